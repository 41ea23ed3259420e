/**
 * Series from CSV: a header line, then one row a step. Whatever is not plainly a number is refused with its line;
 * nothing is filled in, skipped or reordered in silence.
 */

import { CsvError, parse } from 'csv-parse/sync';
import { LookbackError, nearest } from '../errors.ts';

export interface SeriesTable {
  /** The names of the columns read. */
  readonly columns: string[];
  /** One array for each of `columns`, all of one length, every number finite. */
  readonly values: Float64Array[];
  /** The time labels as they stand in the file; undefined without a time column. */
  readonly times: string[] | undefined;
}

export interface SeriesColumns {
  /** Which columns to read; default: the only one that is not the time column. */
  columns?: readonly string[];
  /** The column of time labels; default: one called date, time, month, … */
  time?: string;
}

const timeNames = /^(date|datetime|time|timestamp|month|week|day|year|ds)$/i;
const missing = /^(|na|n\/a|nan|null|none|\?|-)$/i;
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Lines named in one error; a file with a thousand gaps needs no longer message. */
const linesNamed = 5;

/**
 * Reads columns of a CSV text.
 *
 * @param where what to call the file in an error
 * @throws DATA_INVALID: no rows, no such column (with the nearest), missing values (with their lines), a cell that is
 *   not a number (with line and column), time that runs backwards
 */
export function parseSeries(text: string, { columns, time }: SeriesColumns = {}, where = 'csv'): SeriesTable {
  const [header, ...rows] = parseRows(text, where);
  if (!header || rows.length === 0)
    throw invalid(where, 'it has no rows', 'Give a header line and one row for each step');
  const names = header.cells;
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw invalid(where, `two columns are called ${JSON.stringify(repeated)}`);

  const timeName = time ?? names.find((name) => timeNames.test(name));
  const timeIndex = timeName === undefined ? -1 : indexOf(timeName, names, where);
  const chosen = columns ?? names.filter((name) => name !== timeName);
  if (chosen.length === 0 || (!columns && chosen.length > 1)) {
    throw invalid(where, `columns ${chosen.join(', ')} could be forecast`, 'Choose with data.column');
  }
  const indices = chosen.map((name) => indexOf(name, names, where));

  const gaps: string[] = [];
  const values = chosen.map(() => new Float64Array(rows.length));
  for (const [row, { cells, line }] of rows.entries()) {
    for (const [k, index] of indices.entries()) {
      const cell = cells[index];
      if (missing.test(cell)) gaps.push(chosen.length > 1 ? `${line} (${chosen[k]})` : `${line}`);
      else if (plainNumber.test(cell) && Number.isFinite(Number(cell))) values[k][row] = Number(cell);
      else throw invalid(`${where}, line ${line}, column ${chosen[k]}`, `${JSON.stringify(cell)} is not a number`);
    }
  }
  if (gaps.length > 0) {
    const named = gaps.slice(0, linesNamed).join(', ');
    const rest = gaps.length > linesNamed ? ` and ${gaps.length - linesNamed} more` : '';
    throw invalid(where, `values are missing in line ${named}${rest}`, 'Fill them in or cut the series before them');
  }
  const times = timeIndex < 0 ? undefined : rows.map(({ cells }) => cells[timeIndex]);
  if (times) refuseBackwards(times, rows, where);
  return { columns: [...chosen], values, times };
}

interface Row {
  readonly cells: string[];
  /** Where the row ends in the file, counted from 1. */
  readonly line: number;
}

function parseRows(text: string, where: string): Row[] {
  try {
    const records = parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return records.map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new LookbackError('DATA_INVALID', { where, problem: `it is not CSV: ${cause.message}`, cause });
  }
}

function indexOf(name: string, names: readonly string[], where: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  const suggestion = nearest(name, names);
  throw invalid(
    where,
    `it has no column ${JSON.stringify(name)}, only ${names.join(', ')}`,
    suggestion ? `Did you mean ${suggestion}?` : undefined,
  );
}

/** Many published series run newest first, which a forecaster would take for the past. Only ISO dates are judged. */
function refuseBackwards(times: readonly string[], rows: readonly Row[], where: string): void {
  if (!times.every((time) => /^\d{4}-\d\d/.test(time))) return;
  const row = times.findIndex((time, i) => i > 0 && time < times[i - 1]);
  if (row < 0) return;
  const problem = `${times[row]} comes after ${times[row - 1]}: time runs backwards`;
  throw invalid(`${where}, line ${rows[row].line}`, problem, 'Sort the rows by time, oldest first');
}

function invalid(where: string, problem: string, next?: string): LookbackError {
  return new LookbackError('DATA_INVALID', { where, problem, next });
}
