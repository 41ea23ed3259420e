/**
 * The axis on which a table's times lie, and the rule for time zones.
 *
 * A time without an offset is the reading of a clock; with one, or as a Date, it is an instant. Without `timeZone` the
 * clock is taken never to change (UTC), so that a local clock with daylight saving shows a gap and a doubled hour a year,
 * which are refused by name. With `timeZone` readings become instants of that zone: steps below a day count elapsed time
 * (a day may have 23 or 25 hours) and labels carry their offset; steps of a day and above count days of its calendar.
 */
import { describe, invalid, list, type Row, readTime } from './cells.ts';
import { Clock } from './clock.ts';
import {
  type Frequency,
  frequencyName,
  inferFrequency,
  parseFrequency,
  phaseOf,
  stepFrom,
  stepsBetween,
} from './frequency.ts';
import { endOf, formatTime, type Instant, type Precision } from './instant.ts';

const day = 86_400_000;

/** Plain data, so that a saved forecaster can keep it. */
export interface AxisState {
  readonly frequency: Frequency;
  readonly precision: Precision;
  /** Whether the rows themselves are counted, without a column of times. */
  readonly counted: boolean;
  readonly timeZone?: string;
}

export class Axis {
  /** Set where labels are instants that a local clock shows. */
  readonly #clock: Clock | undefined;

  constructor(readonly state: AxisState) {
    this.#clock = state.timeZone !== undefined && isFine(state.frequency) ? new Clock(state.timeZone) : undefined;
  }

  get frequency(): Frequency {
    return this.state.frequency;
  }

  label(at: number): string {
    const { precision } = this.state;
    if (!this.#clock) return formatTime(at, precision);
    return `${formatTime(this.#clock.reading(at), precision === 'second' ? precision : 'minute')}${this.#clock.offsetName(at)}`;
  }

  /** What the local clock and calendar show, as if it were a time in UTC. */
  reading(at: number): number {
    return this.#clock ? this.#clock.reading(at) : at;
  }

  /** When the value at `at` is known: when what its label names is over. */
  known(at: number): number {
    return endOf({ at, precision: this.state.precision });
  }

  step(from: number, steps: number): number {
    return stepFrom(this.frequency, from, steps);
  }

  /** @throws DATA_INVALID for a time between two steps. */
  place(from: number, at: number, where: string): number {
    const place = stepsBetween(this.frequency, from, at);
    if (Number.isSafeInteger(place)) return place;
    throw invalid(
      where,
      `${this.label(at)} does not lie on the steps of the series, which start at ${this.label(from)}`,
      'Bring the series to one spacing, or say its frequency',
    );
  }

  phase(at: number): number {
    return phaseOf(this.frequency, at);
  }
}

const isFine = ({ kind, step }: Frequency) => kind === 'fixed' && step % day !== 0;

/** Times of all rows, as far as they can be told before the spacing is known. */
export interface ReadTimes {
  readonly instants: readonly Instant[];
  readonly absolute: boolean;
}

/**
 * The times of rows; with a frequency of the calendar, integers are years, months (202401), days (20240131), seconds or
 * milliseconds since 1970.
 */
export function readTimes(rows: readonly Row[], column: string, where: string, frequency?: Frequency): ReadTimes {
  const dated = frequency !== undefined && frequency.kind !== 'integer';
  const instants = rows.map((row, i) => {
    const here = () => `${where}, row ${i + 1}, column ${column}`;
    const instant = readTime(row[column], here);
    if (!dated || instant.precision !== 'integer') return instant;
    const meant = datedInteger(instant.at);
    if (meant) return meant;
    throw invalid(
      here(),
      `${describe(row[column])} is not a date`,
      'Write 2024, 202401, 20240131, or seconds or milliseconds since 1970',
    );
  });
  // Four digits are a year only where all are years.
  const mixed = instants.some(({ precision }) => precision === 'integer');
  if (mixed && instants.every(({ precision }) => precision === 'integer' || precision === 'year')) {
    const counts = instants.map(
      ({ at, precision }): Instant => ({
        at: precision === 'year' ? new Date(at).getUTCFullYear() : at,
        precision: 'integer',
      }),
    );
    return { instants: counts, absolute: false };
  }
  const kinds = (test: (instant: Instant) => boolean) => instants.some(test) && !instants.every(test);
  if (kinds(({ precision }) => precision === 'integer'))
    throw invalid(where, `column ${column} holds both dates and plain integers`, 'Write all times in one way');
  if (kinds(({ absolute }) => absolute === true))
    throw invalid(where, `column ${column} holds times with and without an offset`, 'Write all times in one way');
  return { instants, absolute: instants[0]?.absolute === true };
}

function datedInteger(value: number): Instant | undefined {
  const text = String(value);
  const date = (year: number, month: number, of: number) => {
    const at = Date.UTC(year, month - 1, of);
    return new Date(at).getUTCMonth() === month - 1 && new Date(at).getUTCDate() === of ? at : undefined;
  };
  const part = (from: number, to: number) => Number(text.slice(from, to));
  let at: number | undefined;
  if (/^\d{4}$/.test(text)) return { at: Date.UTC(value, 0, 1), precision: 'year' };
  if (/^\d{6}$/.test(text)) {
    at = date(part(0, 4), part(4, 6), 1);
    return at === undefined ? undefined : { at, precision: 'month' };
  }
  if (/^\d{8}$/.test(text)) {
    at = date(part(0, 4), part(4, 6), part(6, 8));
    return at === undefined ? undefined : { at, precision: 'day' };
  }
  if (/^\d{9,10}$/.test(text)) return { at: value * 1000, precision: 'second', absolute: true };
  if (/^\d{12,13}$/.test(text)) return { at: value, precision: 'second', absolute: true };
  return undefined;
}

/**
 * The axis of groups of rows, and where each row lies on it. Groups are spaced alike or refused by name.
 * @throws DATA_INVALID for mixed spacings, a skipped hour, or times that fit no calendar
 */
export function layOut(
  { instants, absolute }: ReadTimes,
  groups: ReadonlyMap<string, readonly number[]>,
  options: { frequency?: Frequency; timeZone?: string; where: string },
): { axis: Axis; at: Float64Array } {
  const { timeZone, where } = options;
  const dates = instants[0].precision !== 'integer';
  const clock = timeZone !== undefined && dates ? new Clock(timeZone) : undefined;
  // Readings show the spacing of days and months; instants that of hours.
  const readings = instants.map((instant) => ({
    ...instant,
    at: clock && absolute ? clock.reading(instant.at) : instant.at,
  }));
  const frequency = options.frequency ?? commonFrequency(readings, groups, where);
  const axis = new Axis({ frequency, precision: finest(readings), counted: false, timeZone: clock && timeZone });
  if (!clock || !isFine(frequency)) return { axis, at: Float64Array.from(readings, ({ at }) => at) };
  if (absolute) return { axis, at: Float64Array.from(instants, ({ at }) => at) };
  return { axis, at: resolve(instants, groups, clock, where) };
}

/** The finest of the precisions in use: labels must tell all steps apart. */
function finest(instants: readonly Instant[]): Precision {
  const order: readonly Precision[] = ['second', 'minute', 'day', 'week', 'month', 'quarter', 'year', 'integer'];
  const used = new Set(instants.map(({ precision }) => precision));
  return order.find((precision) => used.has(precision)) ?? 'integer';
}

/** Readings of a clock as instants; of a repeated hour the first row is the earlier one. */
function resolve(
  instants: readonly Instant[],
  groups: ReadonlyMap<string, readonly number[]>,
  clock: Clock,
  where: string,
): Float64Array {
  const out = new Float64Array(instants.length);
  for (const members of groups.values()) {
    const seen = new Map<number, number>();
    for (const i of members) {
      const { at, precision } = instants[i];
      const possible = clock.instants(at);
      if (possible.length === 0) {
        throw invalid(
          `${where}, row ${i + 1}`,
          `${formatTime(at, precision)} never was in ${clock.timeZone}: the clocks skipped it`,
          'Write times with their offset, or leave timeZone out if the clock never changes',
        );
      }
      const count = seen.get(at) ?? 0;
      seen.set(at, count + 1);
      out[i] = possible[Math.min(count, possible.length - 1)];
    }
  }
  return out;
}

function commonFrequency(
  readings: readonly Instant[],
  groups: ReadonlyMap<string, readonly number[]>,
  where: string,
): Frequency {
  const found = new Map<string, { frequency: Frequency; group: string }>();
  for (const [group, members] of groups) {
    const sorted = members.map((i) => readings[i]).sort((a, b) => a.at - b.at);
    const distinct = sorted.filter(({ at }, i) => i === 0 || at !== sorted[i - 1].at);
    if (distinct.length < 2) continue;
    const frequency = inferFrequency(distinct, where);
    const key = JSON.stringify(frequency);
    if (!found.has(key)) found.set(key, { frequency, group });
  }
  const [first, second] = found.values();
  if (second) {
    const names = [...found.values()].map(({ frequency, group }) => `${group} one a ${frequencyName(frequency)}`);
    throw invalid(where, `series are spaced differently: ${list(names)}`, 'Forecast them apart, or say the frequency');
  }
  return first?.frequency ?? parseFrequency(readings[0].precision === 'integer' ? 'step' : 'day');
}
