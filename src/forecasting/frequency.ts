/**
 * The spacing of a time series: read from its times or given by name, continued into the future, and turned into the
 * length of a season. How times are written is `instant.ts`'s business, clocks that change are `clock.ts`'s.
 */
import { LookbackError } from '../errors.ts';
import { type Instant, weekday } from './instant.ts';

export type Frequency =
  | { kind: 'integer'; step: number }
  /** Milliseconds. */
  | { kind: 'fixed'; step: number }
  | { kind: 'months'; step: number }
  /** Monday to Friday. */
  | { kind: 'business'; step: 1 };

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const units: readonly (readonly [string, number])[] = [
  ['week', 7 * day],
  ['day', day],
  ['hour', hour],
  ['minute', minute],
  ['second', second],
];

/** `month`, `3 months`, `10 minutes`, `business day`. */
export function frequencyName(frequency: Frequency): string {
  const counted = (count: number, unit: string) => (count === 1 ? unit : `${count} ${unit}s`);
  switch (frequency.kind) {
    case 'integer':
      return counted(frequency.step, 'step');
    case 'business':
      return 'business day';
    case 'months':
      if (frequency.step % 12 === 0) return counted(frequency.step / 12, 'year');
      return frequency.step === 3 ? 'quarter' : counted(frequency.step, 'month');
    case 'fixed': {
      const [unit, length] = units.find(([, length]) => frequency.step % length === 0) ?? ['millisecond', 1];
      return counted(frequency.step / length, unit);
    }
    default:
      return frequency satisfies never;
  }
}

/** The usual season in values: a year of months, quarters or weeks, a week of days, a day of anything shorter; else 1. */
export function usualPeriod(frequency: Frequency): number {
  switch (frequency.kind) {
    case 'integer':
      return 1;
    case 'business':
      return 5;
    case 'months':
      return 12 % frequency.step === 0 ? 12 / frequency.step : 1;
    case 'fixed': {
      const { step } = frequency;
      if (step === 7 * day) return 52;
      if (step === day) return 7;
      if (step < minute) return minute % step === 0 ? minute / step : 1;
      return day % step === 0 ? day / step : 1;
    }
    default:
      return frequency satisfies never;
  }
}

/** As other tools write them; `M` is left out, for it is a month here and a minute there. */
const shortNames: Readonly<Record<string, string>> = {
  s: 'second',
  min: 'minute',
  h: 'hour',
  d: 'day',
  b: 'business day',
  w: 'week',
  q: 'quarter',
  y: 'year',
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  quarterly: 'quarter',
  yearly: 'year',
};

/** `month`, `10 minutes`, `business day`, `10min`, `W`, `daily`… @throws BAD_ARGUMENT for anything else. */
export function parseFrequency(text: string): Frequency {
  const match = /^\s*(\d+)?\s*([a-z]+(?: day)?)\s*$/i.exec(String(text).slice(0, 60));
  const count = Number(match?.[1] ?? 1);
  const word = match?.[2].toLowerCase() ?? '';
  const unit = shortNames[word] ?? word.replace(/s$/, '');
  const known = /^(business day|second|minute|hour|day|week|month|quarter|year|step)$/.test(unit);
  if (!known || !Number.isSafeInteger(count) || count < 1 || count > 1e6 || (unit === 'business day' && count > 1)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'frequency',
      expected: 'a spacing such as month, quarter, week, business day, hour, 10 minutes',
      got: JSON.stringify(String(text).slice(0, 40)),
    });
  }
  if (unit === 'business day') return { kind: 'business', step: 1 };
  if (unit === 'step') return { kind: 'integer', step: count };
  const months = { month: 1, quarter: 3, year: 12 }[unit];
  if (months) return { kind: 'months', step: months * count };
  return { kind: 'fixed', step: count * (units.find(([name]) => name === unit)?.[1] ?? day) };
}

const monthOf = (at: number) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth();
const lastDay = (month: number) => new Date(Date.UTC(Math.floor(month / 12), (month % 12) + 1, 0)).getUTCDate();

/** Whole steps from `from` to `to`, or a broken number where `to` lies between two steps. */
export function stepsBetween(frequency: Frequency, from: number, to: number): number {
  switch (frequency.kind) {
    case 'integer':
    case 'fixed':
      return (to - from) / frequency.step;
    case 'months': {
      const months = monthOf(to) - monthOf(from);
      const expected = addMonths(from, months);
      // The end of a month counts as the same day as the end of another.
      const isEnd = new Date(to).getUTCDate() === lastDay(monthOf(to)) && new Date(from).getUTCDate() >= 28;
      return to === expected || (isEnd && to % day === from % day)
        ? months / frequency.step
        : months / frequency.step + 0.5;
    }
    case 'business': {
      const [start, end] = [Math.floor(from / day), Math.floor(to / day)];
      // 1970-01-01 was a Thursday; day 4 was a Monday.
      const workdays = (days: number) => {
        const since = days - 4;
        const weeks = Math.floor(since / 7);
        return weeks * 5 + Math.min(since - weeks * 7, 5);
      };
      const weekend = (((end - 4) % 7) + 7) % 7 >= 5;
      return workdays(end) - workdays(start) + (weekend || to % day !== from % day ? 0.5 : 0);
    }
    default:
      return frequency satisfies never;
  }
}

function addMonths(from: number, months: number): number {
  const total = monthOf(from) + months;
  const date = new Date(from).getUTCDate();
  const end = date === lastDay(monthOf(from)) && date >= 28;
  return (
    Date.UTC(Math.floor(total / 12), total % 12, end ? lastDay(total) : Math.min(date, lastDay(total))) +
    (((from % day) + day) % day)
  );
}

/** The time `steps` steps after `from`. */
export function stepFrom(frequency: Frequency, from: number, steps: number): number {
  switch (frequency.kind) {
    case 'integer':
    case 'fixed':
      return from + steps * frequency.step;
    case 'months':
      return addMonths(from, steps * frequency.step);
    case 'business': {
      // A weekend counts as the Friday before it.
      const today = weekday(from);
      const total = Math.min(today, 4) + steps;
      const weeks = Math.floor(total / 5);
      return from + (weeks * 7 + (total - weeks * 5) - today) * day;
    }
    default:
      return frequency satisfies never;
  }
}

/** How many steps lie between a fixed moment and `at`: the same for all series of one frequency, for phases of seasons. */
export function phaseOf(frequency: Frequency, at: number): number {
  switch (frequency.kind) {
    case 'integer':
    case 'fixed':
      return at / frequency.step;
    case 'months':
      return monthOf(at) / frequency.step;
    case 'business':
      return stepsBetween(frequency, 0, at);
    default:
      return frequency satisfies never;
  }
}

/**
 * The spacing that most neighbours have, of ascending times without repeats; at least two.
 * @throws DATA_INVALID for fewer.
 */
export function inferFrequency(times: readonly Instant[], where: string): Frequency {
  if (times.length < 2) {
    throw new LookbackError('DATA_INVALID', {
      where,
      expected: 'at least two times to tell the spacing from',
      got: `${times.length}`,
      next: 'Say the frequency',
    });
  }
  const gaps = times.slice(1).map(({ at }, i) => at - times[i].at);
  const usual = mostCommon(gaps);
  if (times[0].precision === 'integer') return { kind: 'integer', step: usual };
  if (usual >= 28 * day) {
    const step = mostCommon(times.slice(1).map(({ at }, i) => monthOf(at) - monthOf(times[i].at)));
    const monthly: Frequency = { kind: 'months', step: Math.max(step, 1) };
    const whole = times.filter(({ at }) => Number.isInteger(stepsBetween(monthly, times[0].at, at))).length;
    if (whole > times.length / 2) return monthly;
  }
  const workdays = times.every(({ at }) => new Date(at).getUTCDay() % 6 !== 0);
  if (usual === day && workdays && gaps.some((gap) => gap === 3 * day)) return { kind: 'business', step: 1 };
  return { kind: 'fixed', step: usual };
}

/** The most frequent value; of several the smallest. */
function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b)[0][0];
}
