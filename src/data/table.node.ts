/** A file of rows as plain objects: CSV, TSV, JSON, JSON lines, Parquet, told apart by the name and the first bytes. */
import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { LookbackError } from '../errors.ts';

export type TableRow = Record<string, unknown>;

/** @throws DATA_MISSING for a file that cannot be read, DATA_INVALID for one that holds no table. */
export async function readTable(file: string): Promise<TableRow[]> {
  const bytes = readBytes(file);
  if (bytes.length >= 4 && bytes.toString('latin1', 0, 4) === 'PAR1') return readParquet(bytes, file);
  if (bytes.includes(0)) throw invalid(file, 'it is not text and not Parquet', 'Give CSV, JSON, JSON lines or Parquet');
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF/, '');
  const start = text.trimStart().charAt(0);
  if (start === '[') return readJson(text, file);
  if (start === '{') return readJsonLines(text, file);
  return readCsv(text, file);
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const problem = (cause as NodeJS.ErrnoException).code === 'EISDIR' ? 'it is a folder' : 'it cannot be read';
    throw new LookbackError('DATA_MISSING', { where: file, problem, next: 'Check the path', cause });
  }
}

/** The delimiter is the one of comma, semicolon and tab that the header holds most of. */
function readCsv(text: string, file: string): TableRow[] {
  const header = text.split('\n', 1)[0];
  const count = (delimiter: string) => header.split(delimiter).length;
  const delimiter = [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
  let records: string[][];
  try {
    records = parse(text, { delimiter, skip_empty_lines: true, trim: true });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new LookbackError('DATA_INVALID', { where: file, problem: `it is not CSV: ${cause.message}`, cause });
  }
  const [names, ...rows] = records;
  if (!names || rows.length === 0)
    throw invalid(file, 'it has no rows', 'Give a header line and one row for each time');
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw invalid(file, `two columns are called ${JSON.stringify(repeated)}`);
  return rows.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

function readJson(text: string, file: string): TableRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LookbackError('DATA_INVALID', {
      where: file,
      problem: `it is not JSON: ${(cause as Error).message}`,
      cause,
    });
  }
  if (Array.isArray(value) && value.length > 0) {
    if (value.every(isRow)) return value;
    if (value.every((item) => typeof item === 'number' || item === null)) return value.map((item) => ({ value: item }));
  }
  throw invalid(file, 'it is not a list of objects or of numbers', 'Write [{"date": "2024-01-01", "value": 1}, …]');
}

function readJsonLines(text: string, file: string): TableRow[] {
  const rows: TableRow[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (cause) {
      throw new LookbackError('DATA_INVALID', { where: `${file}, line ${i + 1}`, problem: 'it is not JSON', cause });
    }
    if (!isRow(row)) throw invalid(`${file}, line ${i + 1}`, 'it is not an object');
    rows.push(row);
  });
  return rows;
}

async function readParquet(bytes: Buffer, file: string): Promise<TableRow[]> {
  try {
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return await parquetReadObjects({ file: copy, compressors });
  } catch (cause) {
    throw new LookbackError('DATA_INVALID', {
      where: file,
      problem: `it is damaged Parquet: ${(cause as Error).message}`,
      cause,
    });
  }
}

const isRow = (value: unknown): value is TableRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function invalid(where: string, problem: string, next?: string): LookbackError {
  return new LookbackError('DATA_INVALID', { where, problem, next });
}
