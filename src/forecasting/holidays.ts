/**
 * Public holidays as a feature, from the package `date-holidays`, which is loaded only here and only when asked for, or
 * from dates of one's own.
 */
import { LookbackError } from '../errors.ts';
import { describe } from './cells.ts';
import { parseTime } from './instant.ts';

const day = 86_400_000;

export interface HolidayCalendar {
  /** A country (`DE`), with its state (`US-CA`) and region (`DE-BY-A`) where they differ, or `own`. */
  readonly name: string;
  /** Whether a day, counted from 1 January 1970, is one. */
  readonly has: (day: number) => boolean;
  /** Own dates, which a saved forecaster must keep. */
  readonly dates?: readonly string[];
}

/** @throws DATA_INVALID for a date that cannot be read. */
export function ownHolidays(dates: readonly string[]): HolidayCalendar {
  const days = new Set(
    dates.map((date) => {
      const instant = parseTime(date);
      if (instant?.precision === 'day') return Math.floor(instant.at / day);
      throw new LookbackError('DATA_INVALID', {
        where: 'holidays',
        expected: 'dates such as 2024-12-25',
        got: describe(date),
      });
    }),
  );
  return { name: 'own', has: (at) => days.has(at), dates: [...dates] };
}

/** What is used of `date-holidays`. */
export interface HolidayPackage {
  readonly default: new () => {
    init(country: string, state?: string, region?: string): unknown;
    getCountries(): Record<string, unknown> | undefined;
    getStates(country: string): Record<string, unknown> | undefined;
    getRegions(country: string, state: string): Record<string, unknown> | undefined;
    getHolidays(year: number): readonly { date: string; start: Date; end: Date; type: string }[];
  };
}

/** Not written into the import, so that bundlers of pages that know no holidays do not look for it. */
const packageName: string = 'date-holidays';

/**
 * The public holidays of a country, state or region.
 * @param from the package itself, for pages: `await import('date-holidays')`; found by its name elsewhere
 * @throws PACKAGE_MISSING where `date-holidays` is not installed; BAD_ARGUMENT for a place that it does not know
 */
export async function loadHolidays(place: string, from?: HolidayPackage): Promise<HolidayCalendar> {
  const { default: Holidays } = from ?? (await findPackage(packageName));
  const [country, state, region] = String(place).toUpperCase().split('-');
  const source = new Holidays();
  const countries = source.getCountries() ?? {};
  const states = country in countries ? (source.getStates(country) ?? {}) : {};
  const regions = state !== undefined && state in states ? (source.getRegions(country, state) ?? {}) : {};
  const known =
    country in countries && (state === undefined || state in states) && (region === undefined || region in regions);
  if (!known) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'holidays',
      expected: 'a country such as DE, with a state or region as in US-CA',
      got: describe(place),
    });
  }
  if (region !== undefined) source.init(country, state, region);
  else if (state !== undefined) source.init(country, state);
  else source.init(country);
  const years = new Map<number, Set<number>>();
  const daysOf = (year: number) => {
    const days = new Set<number>();
    for (const { type, date, start, end } of source.getHolidays(year) ?? []) {
      if (type !== 'public') continue;
      // `date` is local; start and end are instants there, so that their distance counts the days.
      const first = Math.floor(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / day);
      const count = Math.max(1, Math.round((end.getTime() - start.getTime()) / day));
      for (let i = 0; i < count; i++) days.add(first + i);
    }
    return days;
  };
  const has = (at: number) => {
    const year = new Date(at * day).getUTCFullYear();
    let days = years.get(year);
    if (!days) {
      days = daysOf(year);
      years.set(year, days);
    }
    return days.has(at);
  };
  return { name: [country, state, region].filter((part) => part !== undefined).join('-'), has };
}

/** Exported for its test. */
export async function findPackage(name: string): Promise<HolidayPackage> {
  try {
    return await import(/* @vite-ignore */ name);
  } catch (cause) {
    throw new LookbackError('PACKAGE_MISSING', {
      where: 'holidays',
      problem: `the package ${name} is not installed`,
      next: `Run: npm install ${name}`,
      cause,
    });
  }
}
