/** Single cells of a table: what counts as missing, as a number, as a time. Text among numbers is refused by its row. */
import { LookbackError } from '../errors.ts';
import { type Instant, parseTime } from './instant.ts';

/** A row of a table: anything by the name of its column. */
export type Row = Readonly<Record<string, unknown>>;

/** What can be forecast: rows, or plain numbers one a step (null and NaN are missing). */
export type TableInput = readonly Row[] | readonly (number | null)[] | NumberArray;
/** Arrays of numbers of any element type. */
export type NumberArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

const missingText = /^(|na|n\/a|nan|null|none|\?|-)$/i;
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Sums of a million squares still are numbers. */
const largest = 1e150;

/** The name of the column that plain numbers are given. */
export const plainColumn = 'value';

/** @throws DATA_INVALID for what is neither rows nor numbers. */
export function toRows(input: TableInput, where = 'rows'): readonly Row[] {
  const numbers = ArrayBuffer.isView(input) && !(input instanceof DataView);
  if (!Array.isArray(input) && !numbers) throw invalid(where, `${describe(input)} is no list of rows or numbers`);
  const items = input as ArrayLike<unknown>;
  const plain = numbers || typeof items[0] === 'number' || items[0] === null;
  return Array.from(items, (item, i) => {
    if (plain) {
      if (typeof item === 'number' || item === null || item === undefined) return { [plainColumn]: item };
      throw invalid(`${where}, item ${i + 1}`, `${describe(item)} is not a number`);
    }
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item as Row;
    throw invalid(
      `${where}, row ${i + 1}`,
      `${describe(item)} is not a row`,
      'Give objects such as { date: "2024-01", value: 3 }',
    );
  });
}

export const isMissing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  (typeof value === 'number' && Number.isNaN(value)) ||
  (typeof value === 'string' && missingText.test(value.trim()));

/** Whether the first of its values are numbers, and there is one. */
export const looksNumeric = (rows: readonly Row[], column: string): boolean =>
  firstAre(
    rows,
    column,
    (value) =>
      typeof value === 'number' ||
      typeof value === 'bigint' ||
      (typeof value === 'string' && plainNumber.test(value.trim())),
  );

/** Whether the first of its values are dates that could be nothing else, and there is one. */
export const looksDated = (rows: readonly Row[], column: string): boolean =>
  firstAre(rows, column, (value) => {
    const instant = typeof value === 'number' ? undefined : parseTime(value);
    return instant !== undefined && instant.precision !== 'integer' && instant.precision !== 'year';
  });

function firstAre(rows: readonly Row[], column: string, test: (value: unknown) => boolean): boolean {
  let seen = 0;
  for (let i = 0; i < rows.length && seen < 50; i++) {
    const value = rows[i][column];
    if (isMissing(value)) continue;
    if (!test(value)) return false;
    seen++;
  }
  return seen > 0;
}

/** NaN where nothing is there. @throws DATA_INVALID for anything else that is no finite number. */
export function readNumber(value: unknown, where: () => string, booleans = false): number {
  if (typeof value === 'number' && Math.abs(value) <= largest) return value;
  if (isMissing(value)) return Number.NaN;
  if (booleans && (value === true || value === false)) return value ? 1 : 0;
  if (typeof value === 'bigint') return Number(value);
  const number = typeof value === 'string' && plainNumber.test(value.trim()) ? Number(value) : value;
  if (typeof number === 'number' && Math.abs(number) <= largest) return number;
  if (typeof number === 'number' && Math.abs(number) > largest)
    throw invalid(where(), `${describe(value)} is too large`, `Use a unit in which values stay below ${largest}`);
  const next = 'Write numbers as 1234.5, missing ones as nothing or NA';
  throw invalid(where(), `${describe(value)} is not a number`, next);
}

export function readTime(value: unknown, where: () => string): Instant {
  const instant = parseTime(value);
  if (instant) return instant;
  throw invalid(
    where(),
    `${describe(value)} is not a time`,
    'Write times as 2024-01-31, 2024-01-31 10:30 or whole numbers',
  );
}

/** At most 40 characters of anything, for messages. */
export function describe(value: unknown): string {
  let text: string;
  try {
    text = String(value);
  } catch {
    text = typeof value;
  }
  return JSON.stringify(text.slice(0, 40));
}

export function invalid(where: string, problem: string, next?: string): LookbackError {
  return new LookbackError('DATA_INVALID', { where, problem, next });
}

/** `1 value`, `2 values` */
export const counted = (number: number, one: string, many: string): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

/** `a, b, c, …` */
export const list = (names: readonly string[], most = 3): string =>
  `${names.slice(0, most).join(', ')}${names.length > most ? ', …' : ''}`;
