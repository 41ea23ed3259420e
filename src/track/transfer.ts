/**
 * Rows to and from what other programs read and write: CSV, JSON lines, TensorBoard's scalars. Texts and rows only;
 * files are for `import.node.ts` and whoever exports.
 */

import { LookbackError } from '../errors.ts';
import { type MetricRow, type MetricValue, metricLine, reservedNames, spelled } from './metrics.ts';
import type { TensorBoardScalar } from './tensorboard.ts';

/** Columns that other programs write for ours; compared without case, spaces and underscores at the front. */
const stepNames = ['step', 'globalstep', 'iteration', 'iter'];
const timeNames = ['time', 'walltime', 'timestamp'];

/** What stands in one place of a file: a CSV cell or a JSON value, by its column. */
export interface ForeignRecord {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One line a row, header first: step, time, then every metric in the order it first appears. */
export function* writeCsv(rows: readonly MetricRow[]): Generator<string> {
  const names = new Set<string>();
  for (const { values } of rows) for (const name of Object.keys(values)) names.add(name);
  yield `${['step', 'time', ...[...names].map(cell)].join(',')}\n`;
  for (const { step, time, values } of rows) {
    let line = `${step},${time}`;
    for (const name of names) line += `,${Object.hasOwn(values, name) ? cell(values[name]) : ''}`;
    yield `${line}\n`;
  }
}

/** The rows as `metrics.jsonl` has them, without what was voided. */
export function* writeJsonl(rows: Iterable<MetricRow>): Generator<string> {
  for (const row of rows) yield `${metricLine(row)}\n`;
}

/**
 * A cell as RFC 4180 quotes it. A text that a spreadsheet would run as a formula, or that reads as a number, gets an
 * apostrophe before it, and so does one that begins with an apostrophe: {@link parseCell} takes one away.
 */
function cell(value: MetricValue): string {
  if (typeof value === 'number') return String(value);
  const safe =
    /^['=+\-@\t\r]/.test(value) || numberIn(value) !== undefined || value.trim() === '' ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What a CSV cell says: nothing, a number where it reads as one, or a text. */
export function parseCell(text: string): MetricValue | undefined {
  if (text.trim() === '') return undefined;
  return numberIn(text) ?? textIn(text);
}

/** A CSV cell that is a text whatever it looks like, such as a header. */
export function textIn(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell;
}

function numberIn(text: string): number | undefined {
  const trimmed = text.trim();
  const number = trimmed === '' ? Number.NaN : Number(trimmed);
  return Number.isNaN(number) ? spellings.get(trimmed.toLowerCase()) : number;
}

/** As spreadsheets, pandas and JavaScript write them. */
const spellings = new Map([
  ['nan', Number.NaN],
  ['infinity', Infinity],
  ['inf', Infinity],
  ['-infinity', -Infinity],
  ['-inf', -Infinity],
]);

/**
 * The rows of a table from elsewhere, by ascending step. Empty cells and nulls are no values.
 *
 * @param step the column of steps; default: `step`, `global_step` or `iteration`
 * @param time seconds since 1970 for rows that do not say, when no column is called `time` or `wall time`
 * @throws FILE_INVALID naming the line without a step, or with a value that is neither a number nor a text
 */
export function rowsOf(
  records: readonly ForeignRecord[],
  { where, step: stepColumn, time: defaultTime }: { where: string; step?: string; time: number },
): MetricRow[] {
  const rows: MetricRow[] = [];
  let columns: { step: string | undefined; time: string | undefined } | undefined;
  for (const { line, fields } of records) {
    const invalid = (problem: string, next?: string) =>
      new LookbackError('FILE_INVALID', { where: `${where}, line ${line}`, problem, next });
    const names = Object.keys(fields);
    if (!columns?.step || !Object.hasOwn(fields, columns.step)) {
      columns = { step: stepColumn ?? known(names, stepNames), time: known(names, timeNames) };
    }
    const step = columns.step === undefined ? undefined : plainValue(fields[columns.step]);
    if (typeof step !== 'number' || !Number.isFinite(step)) {
      const given = stepColumn ?? columns.step;
      throw invalid(
        given === undefined ? 'no column of steps' : `no finite number in ${JSON.stringify(given)}`,
        `Name the column of steps: --step NAME; there are ${names.slice(0, 8).join(', ')}`,
      );
    }
    const clock = columns.time === undefined ? undefined : plainValue(fields[columns.time]);
    const values: Record<string, MetricValue> = {};
    for (const name of names) {
      if (name === columns.step || (name === columns.time && typeof clock === 'number')) continue;
      const value = plainValue(fields[name]);
      if (value === undefined) continue;
      if (value === null) throw invalid(`${JSON.stringify(name)} is neither a number nor a text`);
      values[freeName(name, values)] = value;
    }
    rows.push({ step, time: typeof clock === 'number' && Number.isFinite(clock) ? clock : defaultTime, values });
  }
  return rows.sort((a, b) => a.step - b.step);
}

/** Scalars of one step become one row, unless a tag comes twice; by ascending step. */
export function rowsOfScalars(unsorted: readonly TensorBoardScalar[]): MetricRow[] {
  const scalars = [...unsorted].sort((a, b) => a.step - b.step);
  const rows: { step: number; time: number; values: Record<string, MetricValue> }[] = [];
  for (const { step, time, tag, value } of scalars) {
    const name = freeName(tag, {});
    let row = rows.at(-1);
    if (row?.step !== step || Object.hasOwn(row.values, name)) {
      row = { step, time, values: {} };
      rows.push(row);
    }
    row.values[name] = value;
  }
  return rows;
}

/** A name that a metric may have and that is not taken: with underscores at its end where needed. */
function freeName(name: string, taken: Readonly<Record<string, MetricValue>>): string {
  let free = name === '' ? 'value' : name;
  while (reservedNames.includes(free) || Object.hasOwn(taken, free)) free += '_';
  return free;
}

function known(names: readonly string[], wanted: readonly string[]): string | undefined {
  const plain = (name: string) => name.replace(/^_+/, '').replaceAll(/[\s_]/g, '').toLowerCase();
  for (const each of wanted) {
    const found = names.find((name) => plain(name) === each);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A number, a text, undefined for nothing, null for anything else. */
function plainValue(value: unknown): MetricValue | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' ? spelled(value) : null;
}
