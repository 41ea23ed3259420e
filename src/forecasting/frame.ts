/**
 * Rows of anything (a CSV, JSON, a query's result) as time series on a regular grid. What does not fit is named with its
 * rows: doubled times, gaps, text among numbers. A missing value is filled only where the caller says how.
 */
import { LookbackError, nearest } from '../errors.ts';
import type { Series } from '../series/index.ts';
import {
  type Frequency,
  formatTime,
  frequencyName,
  type Instant,
  inferFrequency,
  parseFrequency,
  parseTime,
  stepFrom,
  stepsBetween,
  usualPeriod,
} from './frequency.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface FrameOptions {
  /** The column to forecast; several make one series each. Default: the only column of numbers. */
  target?: string | readonly string[];
  /** The column of times; default: one called date, time, month, …, else rows count as steps. */
  time?: string;
  /** The column that names the series where rows of several stand together (long form). */
  id?: string;
  /** Spacing such as `month` or `10 minutes`; inferred without. */
  frequency?: string;
  /** Length of a season in values; the usual one of the frequency without. */
  period?: number;
  /** What becomes of missing values and of times that are not there. */
  missing?: 'refuse' | 'interpolate' | 'carry';
}

export interface TimedSeries extends Series {
  readonly times: readonly string[];
  readonly period: number;
}

export interface Frame {
  readonly series: readonly TimedSeries[];
  readonly frequency: Frequency;
  /** What was noticed and what was done about it, a line each. */
  readonly notes: readonly string[];
  /** Labels of the H steps after the end of a series. */
  readonly future: (series: number, horizon: number) => string[];
}

const timeNames = /^(date|datetime|time|timestamp|month|week|day|year|quarter|period|ds)$/i;
const missingText = /^(|na|n\/a|nan|null|none|\?|-)$/i;
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const named = 3;

/** @throws DATA_INVALID for rows that make no series; BAD_ARGUMENT for columns that are not there. */
export function readFrame(rows: readonly Row[], options: FrameOptions = {}, where = 'rows'): Frame {
  const { missing = 'refuse', id } = options;
  const columns = rows.length > 0 ? Object.keys(rows[0]) : [];
  if (columns.length === 0) throw invalid(where, 'there are no rows', 'Give one row for each time');
  const has = (column: string, role: string) => {
    if (columns.includes(column)) return column;
    const suggestion = nearest(column, columns);
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      problem: `there is no column ${JSON.stringify(column)} (${role}), only ${columns.slice(0, 12).join(', ')}`,
      next: suggestion && `Did you mean ${suggestion}?`,
    });
  };
  const time = options.time === undefined ? columns.find((name) => timeNames.test(name)) : has(options.time, 'time');
  if (id !== undefined) has(id, 'id');
  const numeric = columns.filter((name) => name !== time && name !== id && looksNumeric(rows, name));
  const targets = options.target === undefined ? numeric : [options.target].flat().map((name) => has(name, 'target'));
  if (targets.length === 0) throw invalid(where, 'no column holds numbers', 'Name one with target');
  if (options.target === undefined && targets.length > 1) {
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      problem: `columns ${targets.slice(0, 12).join(', ')} could be forecast`,
      next: 'Choose with target',
    });
  }
  const groups = new Map<string, number[]>();
  rows.forEach((row, i) => {
    const name = id === undefined ? '' : String(row[id] ?? '');
    const group = groups.get(name);
    if (group) group.push(i);
    else groups.set(name, [i]);
  });

  const notes: string[] = [];
  const instants =
    time === undefined
      ? undefined
      : rows.map((row, i) => readTime(row[time], `${where}, row ${i + 1}, column ${time}`));
  let frequency: Frequency | undefined =
    options.frequency === undefined ? undefined : parseFrequency(options.frequency);
  const starts: { last: number; precision: Instant['precision'] }[] = [];
  const series: TimedSeries[] = [];
  for (const [group, members] of groups) {
    const at = (i: number): Instant => instants?.[i] ?? { at: i, precision: 'integer' };
    const title = group === '' ? where : `${where}, series ${group}`;
    const order = sortByTime(members, at, title, notes);
    const times = order.map(at);
    frequency ??= time === undefined || times.length < 2 ? { kind: 'integer', step: 1 } : inferFrequency(times, title);
    const places = placeOnGrid(times, frequency, title);
    const length = places[places.length - 1] + 1;
    if (length > 20 * times.length + 100) {
      throw invalid(
        title,
        `${length - times.length} of ${length} steps of a ${frequencyName(frequency)} are not there`,
        'Say the right frequency, or cut the series',
      );
    }
    const first = times[0];
    const spacing = frequency;
    const labels = Array.from({ length }, (_, step) =>
      formatTime(
        first.precision === 'integer' && time === undefined ? step : stepFrom(spacing, first.at, step),
        first.precision,
      ),
    );
    for (const target of targets) {
      const values = new Float64Array(length).fill(Number.NaN);
      order.forEach((row, k) => {
        values[places[k]] = readNumber(rows[row][target], `${where}, row ${row + 1}, column ${target}`);
      });
      const name = [group, targets.length > 1 || group === '' ? target : ''].filter((part) => part !== '').join(' ');
      const filled = fill(values, missing, labels, `${where}, ${name}`, notes);
      const usual = options.period ?? usualPeriod(frequency);
      const period = filled.length > 2 * usual ? usual : 1;
      if (period !== usual) notes.push(`${name}: ${filled.length} values are too few for a season of ${usual}`);
      series.push({
        name,
        values: filled,
        times: labels,
        period,
        start: labels[0],
        frequency: frequencyName(frequency),
      });
      starts.push({ last: stepFrom(frequency, first.at, length - 1), precision: first.precision });
    }
  }
  const spacing = frequency ?? { kind: 'integer', step: 1 };
  const future = (which: number, horizon: number) =>
    Array.from({ length: horizon }, (_, step) =>
      formatTime(stepFrom(spacing, starts[which].last, step + 1), starts[which].precision),
    );
  return { series, frequency: spacing, notes, future };
}

function looksNumeric(rows: readonly Row[], column: string): boolean {
  const values = rows
    .slice(0, 50)
    .map((row) => row[column])
    .filter((value) => !isMissing(value));
  return (
    values.length > 0 &&
    values.every(
      (value) =>
        typeof value === 'number' ||
        typeof value === 'bigint' ||
        (typeof value === 'string' && plainNumber.test(value.trim())),
    )
  );
}

const isMissing = (value: unknown) =>
  value === null ||
  value === undefined ||
  (typeof value === 'number' && Number.isNaN(value)) ||
  (typeof value === 'string' && missingText.test(value.trim()));

function readTime(value: unknown, where: string): Instant {
  const instant = parseTime(value);
  if (instant) return instant;
  throw invalid(
    where,
    `${JSON.stringify(String(value).slice(0, 40))} is not a time`,
    'Write times as 2024-01-31, 2024-01-31 10:30 or whole numbers',
  );
}

function readNumber(value: unknown, where: string): number {
  if (isMissing(value)) return Number.NaN;
  const number =
    typeof value === 'string' ? (plainNumber.test(value.trim()) ? Number(value) : Number.NaN) : Number(value);
  if (typeof value !== 'boolean' && Number.isFinite(number)) return number;
  throw invalid(where, `${JSON.stringify(String(value).slice(0, 40))} is not a number`);
}

/** Row numbers in order of time. Unsorted rows are sorted and said so; doubled times are refused by name. */
function sortByTime(members: readonly number[], at: (i: number) => Instant, where: string, notes: string[]): number[] {
  const order = [...members].sort((a, b) => at(a).at - at(b).at || a - b);
  if (order.some((row, k) => row !== members[k]))
    notes.push(`${where}: rows were not in order of time and have been sorted`);
  const doubled = order.filter((row, k) => k > 0 && at(row).at === at(order[k - 1]).at);
  if (doubled.length > 0) {
    const labels = doubled
      .slice(0, named)
      .map((row) => formatTime(at(row).at, at(row).precision))
      .join(', ');
    throw invalid(
      where,
      `${doubled.length} times stand twice: ${labels}${doubled.length > named ? ', …' : ''}`,
      'Remove or sum up the doubled rows, or name the column that tells series apart with id',
    );
  }
  return order;
}

function placeOnGrid(times: readonly Instant[], frequency: Frequency, where: string): number[] {
  return times.map(({ at, precision }) => {
    const place = stepsBetween(frequency, times[0].at, at);
    if (Number.isInteger(place)) return place;
    throw invalid(
      where,
      `${formatTime(at, precision)} does not lie on a grid of one ${frequencyName(frequency)} from ${formatTime(times[0].at, precision)}`,
      'Bring the series to one spacing, or say its frequency',
    );
  });
}

/** Gaps at the ends are cut off; gaps inside are refused, interpolated or carried forward. */
function fill(
  values: Float64Array,
  missing: 'refuse' | 'interpolate' | 'carry',
  labels: string[],
  where: string,
  notes: string[],
): Float64Array {
  const gaps = Array.from(values.keys()).filter((i) => Number.isNaN(values[i]));
  if (gaps.length === 0) return values;
  if (gaps.length === values.length) throw invalid(where, 'it holds no values');
  const list = `${gaps
    .slice(0, named)
    .map((i) => labels[i])
    .join(', ')}${gaps.length > named ? ', …' : ''}`;
  if (missing === 'refuse' || Number.isNaN(values[0]) || Number.isNaN(values[values.length - 1])) {
    throw invalid(
      where,
      `${gaps.length} values are missing: ${list}`,
      missing === 'refuse'
        ? 'Say missing: interpolate or carry, or fill them yourself'
        : 'Cut the series where its ends are missing',
    );
  }
  notes.push(
    `${where}: ${gaps.length} missing values ${missing === 'carry' ? 'carried forward' : 'interpolated'}: ${list}`,
  );
  const out = values.slice();
  for (const gap of gaps) {
    if (missing === 'carry') {
      out[gap] = out[gap - 1];
      continue;
    }
    let next = gap;
    while (Number.isNaN(values[next])) next++;
    out[gap] = out[gap - 1] + (values[next] - out[gap - 1]) / (next - gap + 1);
  }
  return out;
}

function invalid(where: string, problem: string, next?: string): LookbackError {
  return new LookbackError('DATA_INVALID', { where, problem, next });
}
