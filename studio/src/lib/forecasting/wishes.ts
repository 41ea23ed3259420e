/** What the reader asks for, as the form holds it, and as the library takes it. Pure. */
import type { Asked, ColumnFacts, Look, ModelFacts, Role } from './protocol.ts';

export interface Wishes {
  horizon: number;
  origins: number;
  /** Values from one origin to the next; null: the horizon. */
  stride: number | null;
  /** Values not yet known at an origin. */
  gap: number;
  /** Fitted to that many of the last values; null: to all. */
  window: number | null;
  /** Fitted anew at every so many origins; 0: at the first alone. */
  refit: number;
  /** Coverage of the intervals. */
  percent: number;
  interval: NonNullable<Asked['interval']>;
  /** Null: the usual one. */
  period: number | null;
  /** '' as the times say. */
  frequency: string;
  missing: NonNullable<Asked['missing']>;
  duplicates: NonNullable<Asked['duplicates']>;
  /** '' for a clock that never changes. */
  timeZone: string;
  calendar: boolean;
  /** A country, as `DE`, or a state, as `US-CA`, or dates between commas; '' for none. */
  holidays: string;
  /** Names of models, networks without a head. */
  models: string[];
  /** Values that networks and ridge maps look back on; null: their usual. */
  lookback: number | null;
  /** What networks forecast: '' numbers, else a distribution. */
  head: '' | 'quantile' | 'gaussian' | 'studentT';
  seed: number;
}

export const firstWishes: Wishes = {
  horizon: 12,
  origins: 3,
  stride: null,
  gap: 0,
  window: null,
  refit: 1,
  percent: 90,
  interval: 'quantile',
  period: null,
  frequency: '',
  missing: 'refuse',
  duplicates: 'refuse',
  timeZone: '',
  calendar: false,
  holidays: '',
  models: [],
  lookback: null,
  head: '',
  seed: 1,
};

/** A season where there is one, else a dozen, and never more than a fifth of the shortest series. */
export function usualHorizon({ series, period }: Look): number {
  const shortest = Math.min(...series.map(({ values }) => values.length));
  return Math.max(1, Math.min(period > 1 ? period : 12, Math.floor(shortest / 5)));
}

/** The options of `forecast`; keys that ask for nothing special are left out. */
export function askedOf(
  columns: readonly ColumnFacts[],
  roles: Readonly<Record<string, Role>>,
  wishes: Wishes,
  models: readonly ModelFacts[],
): Asked {
  const { horizon, percent, interval, period, frequency, missing, duplicates, timeZone, lookback, head, seed } = wishes;
  const of = (role: Role) => columns.filter(({ name }) => roles[name] === role).map(({ name }) => name);
  const [time] = of('time');
  const [id] = of('series');
  const [asOf] = of('published');
  const lists = { target: of('target'), past: of('past'), future: of('future'), fixed: of('fixed') };
  const classical = models.filter(({ group }) => group === 'classical').map(({ name }) => name);
  const all = classical.length > 0 && classical.every((name) => wishes.models.includes(name));
  const named = models
    .filter(({ name }) => wishes.models.includes(name) && !(all && classical.includes(name)))
    .map(({ name, group }) => (group === 'network' && head !== '' ? `${name}:${head}` : name));
  return {
    ...Object.fromEntries(Object.entries(lists).filter(([, names]) => names.length > 0)),
    ...(time === undefined ? {} : { time }),
    ...(id === undefined ? {} : { id }),
    ...(asOf === undefined ? {} : { asOf }),
    horizon,
    // Formulas stand in every leaderboard: naming one asks for nothing else.
    models: all || named.length > 0 ? [...(all ? ['auto'] : []), ...named] : ['naive'],
    backtest: backtestOf(wishes),
    level: percent / 100,
    ...(interval === 'quantile' ? {} : { interval }),
    seed,
    ...(frequency.trim() === '' ? {} : { frequency: frequency.trim() }),
    ...(period === null ? {} : { period }),
    ...(timeZone.trim() === '' ? {} : { timeZone: timeZone.trim() }),
    ...calendarOf(wishes),
    ...(lookback === null ? {} : { lookback }),
    missing,
    duplicates,
  };
}

/** The number of origins alone where nothing else is asked for. */
function backtestOf({ origins, stride, gap, window, refit }: Wishes): NonNullable<Asked['backtest']> {
  const more = {
    ...(stride === null ? {} : { stride }),
    ...(gap === 0 ? {} : { gap }),
    ...(window === null ? {} : { window }),
    ...(refit === 1 ? {} : { refit: refit > 0 && refit }),
  };
  return Object.keys(more).length === 0 ? origins : { folds: origins, ...more };
}

/** As the command line joins --calendar and --holidays. */
function calendarOf({ calendar, holidays }: Wishes): Pick<Asked, 'calendar'> {
  const said = holidays.trim();
  if (said === '') return calendar ? { calendar: true } : {};
  const named = /\d{4}/.test(said) ? said.split(',').map((date) => date.trim()) : said;
  return { calendar: { holidays: named, ...(calendar ? { hour: true, weekday: true, month: true } : {}) } };
}
