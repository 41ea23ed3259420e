/**
 * A time as it stands in data, read and written: integers, ISO dates and times, quarters, weeks, months by name. What
 * could be read in two ways (1/2/2024) is not read at all.
 */

/** A place on the axis of time, and how precisely it was written. */
export interface Instant {
  /** Milliseconds since 1970 in UTC, or the integer itself. A time without an offset counts as if it were UTC. */
  readonly at: number;
  readonly precision: Precision;
  /** Whether it names an instant (an offset was written, or it was a Date) and not the reading of some clock. */
  readonly absolute?: boolean;
}

export type Precision = 'integer' | 'year' | 'quarter' | 'month' | 'week' | 'day' | 'minute' | 'second';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const monthNames = 'january february march april may june july august september october november december'.split(' ');

/**
 * Integers, `1949`, `1949-Q1`, `1949-01`, `1949-W05`, `1949-01-31` or with slashes, `1949-01-31 10:30[:00[.000]][Z|+01:00]`,
 * `31.1.1949` (between dots the day always comes first), `Jan 31 1949`, `31 January 1949`, Date; undefined for the rest.
 */
export function parseTime(value: unknown): Instant | undefined {
  if (value instanceof Date) {
    const at = value.getTime();
    return Number.isFinite(at) ? { at, precision: at % day === 0 ? 'day' : 'second', absolute: true } : undefined;
  }
  if (typeof value === 'bigint') {
    const at = Number(value);
    return Number.isSafeInteger(at) ? { at, precision: 'integer' } : undefined;
  }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { at: value, precision: 'integer' } : undefined;
  if (typeof value !== 'string' || value.length > 60) return undefined;
  const text = value.trim();
  return parseDate(yearFirst(text)) ?? parsePart(text) ?? parseNamed(text) ?? parseInteger(text);
}

const parseInteger = (text: string): Instant | undefined =>
  /^[+-]?\d{1,15}$/.test(text) ? { at: Number(text), precision: 'integer' } : undefined;

/** `31.1.1949 10:30` as `1949-01-31 10:30`; anything else as it is. */
function yearFirst(text: string): string {
  const [, date, month, year, rest] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(\D.*)?$/.exec(text) ?? [];
  return year === undefined ? text : `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}${rest ?? ''}`;
}

function parseDate(text: string): Instant | undefined {
  const match =
    /^(\d{4})(?:([-/])(\d\d)(?:\2(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?$/.exec(
      text,
    );
  if (!match) return undefined;
  const [, year, , month, date, hours, minutes, seconds, fraction, zone] = match;
  if (Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59 || Number(seconds ?? 0) > 59) return undefined;
  const start = dateOf(Number(year), Number(month ?? 1), Number(date ?? 1));
  if (start === undefined) return undefined;
  const precision = seconds ? 'second' : hours ? 'minute' : date ? 'day' : month ? 'month' : 'year';
  const clock = Number(hours ?? 0) * hour + Number(minutes ?? 0) * minute + Number(seconds ?? 0) * second;
  const at = start + clock + Math.round(Number(fraction ?? 0) * second);
  return zone === undefined ? { at, precision } : { at: at - offsetOf(zone), precision, absolute: true };
}

/** `2024-Q1`, `2024Q1`, `2024-W05`. */
function parsePart(text: string): Instant | undefined {
  const match = /^(\d{4})[- ]?(?:Q([1-4])|W(\d\d))$/i.exec(text);
  if (!match) return undefined;
  const [, year, quarter, week] = match;
  if (quarter) return { at: utc(Number(year), 3 * Number(quarter) - 2, 1), precision: 'quarter' };
  // The first ISO week is the one with 4 January; weeks begin on Monday.
  const fourth = utc(Number(year), 1, 4);
  const monday = fourth - weekday(fourth) * day;
  const at = monday + (Number(week) - 1) * 7 * day;
  const exists = Number(week) >= 1 && isoWeek(at).year === Number(year);
  return exists ? { at, precision: 'week' } : undefined;
}

/** `Jan 31 1949`, `31 January 1949`, `Jan 1949`. */
function parseNamed(text: string): Instant | undefined {
  const match = /^(?:([a-z]{3,9})\.? (?:(\d{1,2}),? )?(\d{4})|(\d{1,2})[- ]([a-z]{3,9})[- ](\d{4}))$/i.exec(text);
  if (!match) return undefined;
  const name = (match[1] ?? match[5]).toLowerCase();
  const month = monthNames.findIndex((full) => name === full || name === full.slice(0, 3));
  if (month < 0) return undefined;
  const date = match[2] ?? match[4];
  const at = dateOf(Number(match[3] ?? match[6]), month + 1, Number(date ?? 1));
  return at === undefined ? undefined : { at, precision: date === undefined ? 'month' : 'day' };
}

/** Midnight; `Date.UTC` takes years below 100 for 19xx. */
function utc(year: number, month: number, date: number): number {
  return new Date(Date.UTC(2000, month - 1, date)).setUTCFullYear(year, month - 1, date);
}

/** undefined for a date that does not exist, which would be read as one in the next month. */
function dateOf(year: number, month: number, date: number): number | undefined {
  const at = utc(year, month, date);
  const back = new Date(at);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === date ? at : undefined;
}

/** 0 for Monday. */
export const weekday = (at: number): number => (new Date(at).getUTCDay() + 6) % 7;

function isoWeek(at: number): { year: number; week: number } {
  const thursday = at + (3 - weekday(at)) * day;
  const year = new Date(thursday).getUTCFullYear();
  return { year, week: Math.floor((thursday - utc(year, 1, 1)) / (7 * day)) + 1 };
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * hour + Number(zone.slice(-2)) * minute);
}

/** A time written as precisely as the data's were. */
export function formatTime(at: number, precision: Precision): string {
  if (precision === 'integer') return String(at);
  const date = new Date(at);
  // Dates end 275,760 years from now.
  if (!Number.isFinite(date.getTime())) return 'beyond the calendar';
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  if (precision === 'quarter') return `${year}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
  if (precision === 'week') {
    const { year: weekYear, week } = isoWeek(at);
    return `${String(weekYear).padStart(4, '0')}-W${String(week).padStart(2, '0')}`;
  }
  const length = { year: 4, month: 7, day: 10, minute: 16, second: 19 }[precision];
  const text = date.toISOString();
  const extra = text.length - 24;
  return text.slice(0, length + extra).replace('T', ' ');
}

/**
 * The first moment at which what a time names is over: the end of the day that `2024-01-31` names, of the month that
 * `2024-01` names; an hour and minute name a moment.
 */
export function endOf({ at, precision }: Instant): number {
  const date = new Date(at);
  const nextMonth = (months: number) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  switch (precision) {
    case 'integer':
    case 'minute':
    case 'second':
      return at;
    case 'day':
      return at + day;
    case 'week':
      return at + 7 * day;
    case 'month':
      return nextMonth(1);
    case 'quarter':
      return nextMonth(3);
    case 'year':
      return nextMonth(12);
    default:
      return precision satisfies never;
  }
}
