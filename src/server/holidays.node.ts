/** The public holidays of a place for the forecast page, which could not carry those of all countries. */
import { LookbackError } from '../errors.ts';
import { loadHolidays } from '../forecasting/holidays.ts';
import type { PublicHolidays } from './wire.ts';

const day = 86_400_000;

/**
 * From 1 January of the year `from` to 31 December of the year `to`.
 *
 * @throws BAD_ARGUMENT for years that are none or more than 300, or an unknown place; PACKAGE_MISSING without `date-holidays`
 */
export async function publicHolidays(place: string, from = '', to = ''): Promise<PublicHolidays> {
  const [first, last] = [from, to].map((year) => (/^\d{4}$/.test(year) ? Number(year) : Number.NaN));
  if (!(first <= last && last - first < 300)) {
    const expected = 'two years in order, such as from=2020&to=2024, at most 300 of them';
    throw new LookbackError('BAD_ARGUMENT', { where: 'holidays', expected, got: `${from}, ${to}`.slice(0, 80) });
  }
  const { has } = await loadHolidays(place);
  const dates: string[] = [];
  for (let at = Date.UTC(first, 0, 1) / day; at < Date.UTC(last + 1, 0, 1) / day; at++) {
    if (has(at)) dates.push(new Date(at * day).toISOString().slice(0, 10));
  }
  return { dates };
}
