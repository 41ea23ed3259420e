/**
 * The text of a table as rows: CSV with comma, semicolon or tab, JSON, JSON lines, told apart by their first sign. Runs
 * in a page too; what the cells mean is left to who reads the rows, but for the decimal mark, which `decimals.ts` finds.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { LookbackError } from '../errors.ts';
import { type DecimalMark, decimalMarks, rewriteNumbers } from './decimals.ts';

export type TableRow = Record<string, unknown>;

/** Whether bytes are a Parquet file's, which `parquet.ts` reads. */
export const isParquet = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 4)) === 'PAR1';

export interface TableOptions {
  /** Rows at most. */
  most?: number;
  /** The decimal mark of columns of CSV that do not say theirs: whether 1,234 is 1.234 or 1234. */
  decimal?: DecimalMark;
}

/**
 * Rows of the bytes of a text, which is UTF-8, or Windows-1252 where it cannot be.
 *
 * @param where what to call it in an error
 * @throws DATA_INVALID for what holds no table or more rows; DECIMALS_UNCLEAR for numbers that can be read in two ways;
 *   BAD_ARGUMENT for a mark that is none
 */
export function parseTable(bytes: Uint8Array, where: string, options: TableOptions = {}): TableRow[] {
  const { most = Number.POSITIVE_INFINITY, decimal } = options;
  if (decimal !== undefined && !decimalMarks.includes(decimal)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'decimal',
      expected: decimalMarks.join(' or '),
      got: JSON.stringify(decimal),
    });
  }
  if (bytes.includes(0))
    throw invalid(where, 'it is not text and not Parquet', 'Give CSV, JSON, JSON lines or Parquet');
  const text = decoded(bytes);
  const start = text.trimStart().charAt(0);
  const read = start === '[' ? readJson : start === '{' ? readJsonLines : readCsv;
  const rows = read(text, where, most, decimal);
  if (rows.length > most) throw tooManyRows(where, most);
  return rows;
}

/** The decoders take a byte order mark away. */
function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

export const tooManyRows = (where: string, most: number): LookbackError =>
  new LookbackError('DATA_INVALID', {
    where,
    expected: `at most ${most.toLocaleString('en')} rows`,
    got: 'more',
    next: 'Cut the table, or sum it up to a longer spacing',
  });

/** The delimiter is the one of comma, semicolon and tab that the header holds most of. */
function readCsv(text: string, where: string, most: number, decimal: DecimalMark | undefined): TableRow[] {
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
    throw notCsv(cause, text, where, delimiter);
  }
  const [names, ...rows] = records;
  if (!names || rows.length === 0)
    throw invalid(where, 'it has no rows', 'Give a header line and one row for each time');
  // A delimiter at the end of every line makes a column of nothing.
  while (names.length > 1 && names[names.length - 1] === '' && rows.every((cells) => cells[names.length - 1] === ''))
    names.pop();
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw invalid(where, `two columns are called ${JSON.stringify(repeated)}`);
  rewriteNumbers(names, rows, { where, delimiter, decimal });
  return rows.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

const delimiterNames: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' };

/** What is wrong, and in which line. */
function notCsv(cause: CsvError, text: string, where: string, delimiter: string): LookbackError {
  const { lines, bytes, record } = cause as CsvError & { lines: number; bytes: number; record?: string[] };
  if (record) {
    const wide = text.split('\n', 1)[0].split(delimiter).length;
    return new LookbackError('DATA_INVALID', {
      where: `${where}, line ${lines}`,
      problem: `it has ${record.length} cell${record.length === 1 ? '' : 's'} between ${delimiterNames[delimiter]}, the header ${wide}`,
      next: 'Give every row as many cells as the header has, and quote a cell that holds the delimiter',
      cause,
    });
  }
  // A quote left open reaches the end of the file: the line where it opens says more.
  const before = new TextEncoder().encode(text).subarray(0, bytes);
  const opened = before.reduce((count, byte) => count + Number(byte === 10), 1);
  const open = cause.code === 'CSV_QUOTE_NOT_CLOSED';
  return new LookbackError('DATA_INVALID', {
    where: `${where}, line ${open ? opened : lines}`,
    problem: open ? 'a quote is opened and never closed' : 'a quote stands in the middle of a cell',
    next: open
      ? 'Close it, or double quotes that belong to the text'
      : 'Quote the whole cell and double the quotes in it',
    cause,
  });
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
