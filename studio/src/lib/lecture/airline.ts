/** The airline months as the forecasting chapter shows them: labels, and forecasts one step ahead by formulas. Pure. */
import { airlinePassengers, rmse } from '../../../../src/series/index.ts';

export const months: readonly number[] = [...airlinePassengers().values];
export const period = 12;
/** The first of the last 48 months, which one-step models are judged on. */
export const from = months.length - 48;

export const monthName = (index: number): string =>
  `${1949 + Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;

/** Each month from `from` on, from those before it. */
const ahead = (formula: (t: number) => number): number[] =>
  Array.from({ length: months.length - from }, (_, i) => formula(from + i));

/** The month before. */
export const persistence: readonly number[] = ahead((t) => months[t - 1]);
/** The month before, times the step that the same month took a year ago. */
export const seasonalStep: readonly number[] = ahead(
  (t) => (months[t - 1] * months[t - period]) / months[t - period - 1],
);

/** RMSE over the last 48 months. */
export const errorOf = (forecast: ArrayLike<number>): number => rmse(months.slice(from), forecast);
/** RMSE to the month before each: of one who only repeats what was seen, 0. */
export const distanceToLast = (forecast: ArrayLike<number>): number => rmse(persistence, forecast);
