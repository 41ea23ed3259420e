/**
 * Runs of other programs: TensorBoard's event files, CSV and JSON lines become a run folder of their own.
 *
 * Only the file or folder that was named is read: links inside a folder are not followed, and nothing in a file is
 * taken for a path.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { LookbackError } from '../errors.ts';
import { guard, readBytes } from './files.node.ts';
import type { MetricRow } from './metrics.ts';
import type { Run } from './run.node.ts';
import { type CreateRunOptions, createRun } from './store.node.ts';
import { keptScalars, readTensorBoard, type TensorBoardRestart, type TensorBoardScalar } from './tensorboard.ts';
import { type ForeignRecord, parseCell, rowsOf, rowsOfScalars, textIn } from './transfer.ts';

export type ImportFormat = 'csv' | 'jsonl' | 'tensorboard';

export interface ImportOptions extends Pick<CreateRunOptions, 'root' | 'name' | 'project' | 'tags'> {
  /** Default: by the name of the file; a folder is TensorBoard's. */
  format?: ImportFormat;
  /** The column of steps; default: one called step, global_step or iteration. */
  step?: string;
}

/**
 * Makes a finished run of what a file or folder holds. Rows keep their times; where there are none, they get the
 * moment of the import. Nothing is left behind when it fails.
 *
 * @throws FILE_NOT_FOUND, FILE_INVALID naming line or byte, BAD_ARGUMENT as {@link createRun}
 */
export function importRun(path: string, { format, step, ...run }: ImportOptions = {}): Run {
  if (!existsSync(path)) throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'no such file or folder' });
  const chosen = format ?? formatOf(path);
  const rows = readRows(path, chosen, step);
  if (rows.length === 0) {
    throw new LookbackError('FILE_INVALID', { where: path, problem: 'it holds no numbers that could be imported' });
  }
  const started = dateOf(rows.reduce((least, { time }) => Math.min(least, time), Infinity));
  const recipe = { imported: basename(resolve(path)), format: chosen };
  const made = createRun({ ...run, recipe, seed: 0, backend: 'external', versions: {}, started });
  for (const row of rows) made.append(row);
  const last = new Map<string, number>();
  for (const { values } of rows) {
    for (const [name, value] of Object.entries(values)) if (typeof value === 'number') last.set(name, value);
  }
  made.finish('finished', Object.fromEntries(last));
  return made;
}

function readRows(path: string, format: ImportFormat, step: string | undefined): MetricRow[] {
  const time = Date.now() / 1000;
  switch (format) {
    case 'csv':
      return rowsOf(csvRecords(readText(path), path), { where: path, step, time });
    case 'jsonl':
      return rowsOf(jsonlRecords(readText(path), path), { where: path, step, time });
    case 'tensorboard':
      return rowsOfScalars(tensorBoardScalars(path));
    default:
      return format satisfies never;
  }
}

function formatOf(path: string): ImportFormat {
  if (statSync(path).isDirectory() || basename(path).includes('tfevents')) return 'tensorboard';
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (['.jsonl', '.ndjson'].includes(extension)) return 'jsonl';
  throw new LookbackError('FILE_INVALID', {
    where: path,
    expected: 'a .csv or .jsonl file, an event file or a folder of event files',
    next: 'Name the format: --format csv, jsonl or tensorboard',
  });
}

function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path));
  } catch (cause) {
    if (cause instanceof LookbackError) throw cause;
    throw new LookbackError('FILE_INVALID', { where: path, problem: 'it is not UTF-8 text', cause });
  }
}

function csvRecords(text: string, where: string): ForeignRecord[] {
  let table: { record: string[]; info: { lines: number } }[];
  try {
    const options = { bom: true, info: true, skip_empty_lines: true, relax_column_count: false };
    table = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new LookbackError('FILE_INVALID', { where, problem: cause.message.replace(/\.$/, ''), cause });
  }
  const names = table[0]?.record.map(textIn) ?? [];
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new LookbackError('FILE_INVALID', { where, problem: `two columns are called ${JSON.stringify(repeated)}` });
  }
  return table.slice(1).map(({ record, info }) => ({
    line: info.lines,
    fields: Object.fromEntries(names.map((name, i) => [name, parseCell(record[i] ?? '')])),
  }));
}

/** An object a line. A resume marker of ours takes the rows beyond it away; a torn last line is end of file. */
function jsonlRecords(text: string, where: string): ForeignRecord[] {
  let records: ForeignRecord[] = [];
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      if (index === lines.length - 1) break;
      throw new LookbackError('FILE_INVALID', {
        where: `${where}, line ${index + 1}`,
        problem: 'it is not JSON',
        cause,
      });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new LookbackError('FILE_INVALID', { where: `${where}, line ${index + 1}`, problem: 'it is no object' });
    }
    const fields = value as Record<string, unknown>;
    const { resumed } = fields;
    if (typeof resumed !== 'number') records.push({ line: index + 1, fields });
    else records = records.filter(({ fields: { step } }) => typeof step !== 'number' || step <= resumed);
  }
  return records;
}

/** Every event file in a folder and those below it, whose names come before the tags as TensorBoard has them. */
function tensorBoardScalars(path: string): TensorBoardScalar[] {
  if (!statSync(path).isDirectory()) return keptScalars(readTensorBoard(readBytes(path), path));
  const scalars: TensorBoardScalar[] = [];
  let files = 0;
  const walk = (folder: string, prefix: string) => {
    const entries = guard('FILE_INVALID', folder, () => readdirSync(folder, { withFileTypes: true }));
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const events: (TensorBoardScalar | TensorBoardRestart)[] = [];
    for (const entry of entries) {
      const inside = join(folder, entry.name);
      if (entry.isDirectory()) walk(inside, `${prefix}${entry.name}/`);
      if (!entry.isFile() || !entry.name.includes('tfevents')) continue;
      files++;
      for (const event of readTensorBoard(readBytes(inside), inside)) events.push(event);
    }
    // A restart voids what the files of its own folder say.
    for (const scalar of keptScalars(events)) scalars.push({ ...scalar, tag: prefix + scalar.tag });
  };
  walk(path, '');
  if (files === 0) {
    throw new LookbackError('FILE_INVALID', {
      where: path,
      problem: 'there is no event file in it',
      next: 'Name a folder with files called events.out.tfevents.…',
    });
  }
  return scalars;
}

/** Now, where the seconds are no date of a computer. */
function dateOf(seconds: number): Date {
  const date = new Date(seconds * 1000);
  return seconds > 0 && date.getTime() < 8e15 && !Number.isNaN(date.getTime()) ? date : new Date();
}
