/** Which column of a table plays which role, checked once against the columns that are there. */
import { LookbackError, nearest } from '../errors.ts';
import type { CalendarOptions } from './calendar.ts';
import { isMissing, list, looksDated, looksNumeric, plainColumn, type Row } from './cells.ts';
import type { MissingRule } from './gaps.ts';

/** What becomes of rows of one time and series: refused by name, or put together. */
export type DuplicateRule = 'refuse' | 'mean' | 'sum' | 'last';

export interface FrameOptions {
  /**
   * The column to forecast; several make one series each, and `*` stands for every column of numbers that has no other
   * role (wide form). Default: the only column of numbers.
   */
  target?: string | readonly string[];
  /** The column of times; default: one called date, time, month, …, else the only one of dates, else rows count as steps. */
  time?: string;
  /** The column that names the series where rows of several stand together (long form). */
  id?: string;
  /** Spacing such as `month` or `10 minutes`; inferred without. */
  frequency?: string;
  /** Length of a season in values; the usual one of the frequency without. */
  period?: number;
  /** What becomes of missing values and of times that are not there. */
  missing?: MissingRule;
  duplicates?: DuplicateRule;
  /** The zone whose clock the times show, such as Europe/Berlin; see `docs/forecasting.md`. */
  timeZone?: string;
  /** Columns known up to an origin: measured along with the target. */
  past?: readonly string[];
  /** Columns known ahead, such as prices and plans: rows after the last target carry them. */
  future?: readonly string[];
  /** Columns that stay the same within a series; text becomes one column of 0 and 1 for each word. */
  fixed?: readonly string[];
  /** The column that says when a row's covariates were published: before that they are not used. */
  asOf?: string;
  /** Features of the calendar, known ahead; `true` for the parts that are longer than a step. */
  calendar?: true | CalendarOptions;
}

/** Options with all columns named. */
export interface Schema {
  readonly time?: string;
  readonly id?: string;
  readonly targets: readonly string[];
  readonly past: readonly string[];
  readonly future: readonly string[];
  readonly fixed: readonly FixedColumn[];
  readonly asOf?: string;
  readonly missing: MissingRule;
  readonly duplicates: DuplicateRule;
}

/** A column of numbers, or of words with one feature each. */
export interface FixedColumn {
  readonly name: string;
  readonly words?: readonly string[];
}

const timeNames = /^(date|datetime|time|timestamp|month|week|day|year|quarter|period|ds)$/i;

/** @throws BAD_ARGUMENT for columns that are not there or have two roles. */
export function readSchema(rows: readonly Row[], options: FrameOptions, where: string): Schema {
  const { missing = 'refuse', duplicates = 'refuse' } = options;
  oneOf('missing', missing, ['refuse', 'interpolate', 'carry', 'mask']);
  oneOf('duplicates', duplicates, ['refuse', 'mean', 'sum', 'last']);
  const seen = new Set<string>();
  for (const row of rows) for (const name in row) seen.add(name);
  const columns = [...seen];
  const roles = new Map<string, string>();
  const take = (column: string, role: string): string => {
    const before = roles.get(column);
    if (before !== undefined) {
      throw wrong(where, `column ${JSON.stringify(column)} cannot be both ${before} and ${role}`);
    }
    roles.set(column, role);
    if (columns.includes(column)) return column;
    const suggestion = nearest(String(column), columns);
    throw wrong(
      where,
      `there is no column ${JSON.stringify(column)} (${role}), only ${columns.slice(0, 12).join(', ')}`,
      suggestion && `Did you mean ${suggestion}?`,
    );
  };
  const listed = (names: readonly string[] | undefined, role: string) =>
    [names ?? []].flat().map((name) => take(name, role));
  const id = options.id === undefined ? undefined : take(options.id, 'id');
  const asOf = options.asOf === undefined ? undefined : take(options.asOf, 'asOf');
  const past = listed(options.past, 'past');
  const future = listed(options.future, 'future');
  const fixed = listed(options.fixed, 'fixed').map((name) => fixedColumn(rows, name));
  const wide = options.target === '*';
  const named = options.target === undefined || wide ? undefined : listed([options.target].flat(), 'target');
  const free = columns.filter((name) => !roles.has(name));
  const dated = free.filter((name) => looksDated(rows, name));
  const guess = free.find((name) => timeNames.test(name)) ?? (dated.length === 1 ? dated[0] : undefined);
  const time = options.time === undefined ? guess : take(options.time, 'time');
  const numeric = columns.filter((name) => name !== time && !roles.has(name) && looksNumeric(rows, name));
  const targets = named ?? numeric;
  if (targets.length === 0) {
    throw new LookbackError('DATA_INVALID', {
      where,
      problem: `no column holds numbers${inTheWay(rows, columns, [...roles.keys(), ...(time === undefined ? [] : [time])])}`,
      next: 'Write numbers as 1234.5, and name the column with target',
    });
  }
  // A file without a header line would lose its first values to the names of its columns.
  if (named === undefined && columns.every((name) => /^[-+]?\d[\d.,:/ TZ+-]*$/.test(name))) {
    throw new LookbackError('DATA_INVALID', {
      where,
      problem: `the columns are called ${list(columns)}: the first line is taken for their names`,
      next: 'Write a header line, such as date,value, or name the column with target',
    });
  }
  if (named === undefined && !wide && targets.length > 1) {
    throw wrong(
      where,
      `columns ${targets.slice(0, 12).join(', ')} could be forecast`,
      'Choose with target, or forecast all of them with target *',
    );
  }
  return { time, id, targets, past, future, fixed, asOf, missing, duplicates };
}

/** The schema of plain numbers. */
export const isPlain = ({ time, id, targets }: Schema): boolean =>
  time === undefined && id === undefined && targets.length === 1 && targets[0] === plainColumn;

/** The first value that keeps a column from being one of numbers. */
function inTheWay(rows: readonly Row[], columns: readonly string[], taken: readonly string[]): string {
  for (const name of columns.filter((column) => !taken.includes(column))) {
    const at = rows.findIndex((row) => !isMissing(row[name]) && !looksNumeric([row], name));
    if (at >= 0) return `: column ${name} has ${JSON.stringify(String(rows[at][name]).slice(0, 40))} in row ${at + 1}`;
  }
  return '';
}

function fixedColumn(rows: readonly Row[], name: string): FixedColumn {
  if (looksNumeric(rows, name)) return { name };
  const words = new Set(
    rows
      .map((row) => row[name])
      .filter((value) => !isMissing(value))
      .map(String),
  );
  return { name, words: [...words].sort() };
}

export const fixedNames = (columns: readonly FixedColumn[]): string[] =>
  columns.flatMap(({ name, words }) => words?.map((word) => `${name}=${word}`) ?? [name]);

function oneOf(where: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new LookbackError('BAD_ARGUMENT', { where, expected: choices.join(', '), got: JSON.stringify(value) });
}

const wrong = (where: string, problem: string, next?: string) =>
  new LookbackError('BAD_ARGUMENT', { where, problem, next });
