/** What a place in `calendar.holidays` stands for: the server has the days, the worker takes them as dates. */
import type { PublicHolidays } from '../../../../src/server/wire.ts';
import { requestJson } from '../api.ts';
import { isStatic } from '../site.ts';
import type { Asked, Look } from './protocol.ts';

const known = new Map<string, PublicHolidays>();

/**
 * `asked` with dates where it names a place. Plain integers have no holidays: the worker says so.
 *
 * @throws ApiFailure for a place that nobody knows, or a server without the package; a plain message without a server
 */
export async function withDates(asked: Asked, look: Look): Promise<Asked> {
  const { calendar } = asked;
  if (typeof calendar !== 'object' || typeof calendar.holidays !== 'string') return asked;
  if (isStatic) {
    throw new Error(
      `${calendar.holidays}: a page without a server knows no holidays by place. Give dates, such as 2024-12-25, 2025-01-01, or use lookback studio.`,
    );
  }
  const [from, to] = look.years ?? [2000, 2000];
  const path = `holidays/${encodeURIComponent(calendar.holidays)}?${new URLSearchParams({ from: `${from}`, to: `${to}` })}`;
  const found = known.get(path) ?? (await requestJson<PublicHolidays>(path));
  known.set(path, found);
  return { ...asked, calendar: { ...calendar, holidays: found.dates } };
}
