/** What a calendar says of each step, known arbitrarily far ahead: seasons as Fourier terms, cyclic parts, holidays. */
import { LookbackError } from '../errors.ts';
import { cos, sin } from '../math.ts';
import type { Axis } from './axis.ts';
import type { HolidayCalendar } from './holidays.ts';
import { weekday } from './instant.ts';

const day = 86_400_000;

export interface CalendarOptions {
  /** Pairs of sine and cosine: that many for the season, or for each period in steps (365.25 for days of a year). */
  fourier?: number | readonly { period: number; terms: number }[];
  /** The hour of the day, the day of the week, the month of the year on a circle: a sine and a cosine each. */
  hour?: boolean;
  weekday?: boolean;
  month?: boolean;
  /** 1 on holidays; the number of them in a week, month or longer. A name such as `DE` or `US-CA`, dates, or a calendar. */
  holidays?: string | readonly string[] | HolidayCalendar;
}

export interface Calendar {
  readonly names: readonly string[];
  /** Columns [count][steps] from the step at `first` on. */
  readonly columns: (axis: Axis, first: number, steps: number) => Float64Array[];
}

type Feature = (axis: Axis, at: number) => number;

/** @throws BAD_ARGUMENT for terms that make no season, or parts of a clock where steps are plain integers. */
export function makeCalendar(
  options: CalendarOptions,
  axis: Axis,
  period: number,
  holidays?: HolidayCalendar,
): Calendar {
  const { kind, step } = axis.frequency;
  const features: [string, Feature][] = [];
  const circle = (name: string, angle: Feature) => {
    features.push([`${name} sine`, (at, t) => sin(2 * Math.PI * angle(at, t))]);
    features.push([`${name} cosine`, (at, t) => cos(2 * Math.PI * angle(at, t))]);
  };
  const fourier = typeof options.fourier === 'number' ? [{ period, terms: options.fourier }] : (options.fourier ?? []);
  for (const { period: length, terms } of fourier) {
    if (!(length > 1 && Number.isInteger(terms) && terms >= 0 && 2 * terms <= length)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'calendar.fourier',
        expected: 'a period above 1 and from 0 to half as many terms',
        got: `period ${length}, ${terms} terms`,
      });
    }
    for (let k = 1; k <= terms; k++) {
      const turn: Feature = (on, at) => ((on.phase(at) * k) / length) % 1;
      // At half the period the sine is 0 throughout.
      if (2 * k < length) circle(`fourier ${k}/${length}`, turn);
      else features.push([`fourier ${k}/${length} cosine`, (on, at) => cos(2 * Math.PI * turn(on, at))]);
    }
  }
  const clocked = options.hour || options.weekday || options.month || holidays !== undefined;
  if (clocked && (kind === 'integer' || axis.state.precision === 'integer')) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'calendar',
      expected: 'times with dates',
      got: 'steps that are integers',
      next: 'Name the column of times with time, or ask for Fourier terms alone',
    });
  }
  if (options.hour) circle('hour', (on, at) => mod(on.reading(at), day) / day);
  if (options.weekday) circle('weekday', (on, at) => weekday(on.reading(at)) / 7);
  if (options.month) circle('month', (on, at) => new Date(on.reading(at)).getUTCMonth() / 12);
  if (holidays) {
    const long = kind === 'months' || (kind === 'fixed' && step > day);
    features.push([
      `holiday ${holidays.name}`,
      (on, at) => {
        const first = Math.floor(on.reading(at) / day);
        if (!long) return holidays.has(first) ? 1 : 0;
        const end = Math.floor(on.reading(on.step(at, 1)) / day);
        let count = 0;
        for (let date = first; date < end; date++) if (holidays.has(date)) count++;
        return count;
      },
    ]);
  }
  return {
    names: features.map(([name]) => name),
    columns: (on, first, steps) => {
      const times = Float64Array.from({ length: steps }, (_, i) => on.step(first, i));
      return features.map(([, feature]) => times.map((at) => feature(on, at)));
    },
  };
}

/** What `calendar: true` asks for: the parts of the clock and calendar that are longer than a step. */
export function usualCalendar({ frequency: { kind, step } }: Axis): CalendarOptions {
  if (kind === 'integer') return {};
  const below = (length: number) => kind === 'business' || (kind === 'fixed' && step < length);
  return { hour: kind === 'fixed' && step < day, weekday: below(7 * day), month: kind === 'months' ? step < 12 : true };
}

const mod = (value: number, length: number) => ((value % length) + length) % length;
