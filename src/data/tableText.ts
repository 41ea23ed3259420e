/**
 * The text of a table as rows: CSV with comma, semicolon or tab, JSON, JSON lines, told apart by their first sign. Runs
 * in a page too; what the cells mean is left to who reads the rows.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { LookbackError } from '../errors.ts';

export type TableRow = Record<string, unknown>;

/** Whether bytes are a Parquet file's, which `parquet.ts` reads. */
export const isParquet = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 4)) === 'PAR1';

/**
 * Rows of the bytes of a text.
 *
 * @param where what to call it in an error
 * @param most rows at most
 * @throws DATA_INVALID for what holds no table or more rows
 */
export function parseTable(bytes: Uint8Array, where: string, most = Number.POSITIVE_INFINITY): TableRow[] {
  if (bytes.includes(0))
    throw invalid(where, 'it is not text and not Parquet', 'Give CSV, JSON, JSON lines or Parquet');
  // The decoder takes a byte order mark away.
  const text = new TextDecoder().decode(bytes);
  const start = text.trimStart().charAt(0);
  const read = start === '[' ? readJson : start === '{' ? readJsonLines : readCsv;
  const rows = read(text, where, most);
  if (rows.length > most) throw tooManyRows(where, most);
  return rows;
}

export const tooManyRows = (where: string, most: number): LookbackError =>
  new LookbackError('DATA_INVALID', {
    where,
    expected: `at most ${most.toLocaleString('en')} rows`,
    got: 'more',
    next: 'Cut the table, or sum it up to a longer spacing',
  });

/** The delimiter is the one of comma, semicolon and tab that the header holds most of. */
function readCsv(text: string, where: string, most: number): TableRow[] {
  const header = text.split('\n', 1)[0];
  const count = (delimiter: string) => header.split(delimiter).length;
  const delimiter = [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
  let records: string[][];
  try {
    // One line for the header, one to see that there are more.
    const to = Number.isFinite(most) ? most + 2 : undefined;
    records = parse(text, { delimiter, skip_empty_lines: true, trim: true, to });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const next = cause.code.includes('QUOTE')
      ? 'Close the quote, or double quotes that belong to the text'
      : 'Give every row as many cells as the header has';
    throw new LookbackError('DATA_INVALID', { where, problem: `it is not CSV: ${cause.message}`, next, cause });
  }
  const [names, ...rows] = records;
  if (!names || rows.length === 0)
    throw invalid(where, 'it has no rows', 'Give a header line and one row for each time');
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw invalid(where, `two columns are called ${JSON.stringify(repeated)}`);
  return rows.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

function readJson(text: string, where: string): TableRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LookbackError('DATA_INVALID', { where, problem: `it is not JSON: ${(cause as Error).message}`, cause });
  }
  if (Array.isArray(value) && value.length > 0) {
    if (value.every(isRow)) return value;
    if (value.every((item) => typeof item === 'number' || item === null)) return value.map((item) => ({ value: item }));
  }
  throw invalid(where, 'it is not a list of objects or of numbers', 'Write [{"date": "2024-01-01", "value": 1}, …]');
}

function readJsonLines(text: string, where: string): TableRow[] {
  const rows: TableRow[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (cause) {
      throw new LookbackError('DATA_INVALID', { where: `${where}, line ${i + 1}`, problem: 'it is not JSON', cause });
    }
    if (!isRow(row)) throw invalid(`${where}, line ${i + 1}`, 'it is not an object');
    rows.push(row);
  });
  return rows;
}

const isRow = (value: unknown): value is TableRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function invalid(where: string, problem: string, next?: string): LookbackError {
  return new LookbackError('DATA_INVALID', { where, problem, next });
}
