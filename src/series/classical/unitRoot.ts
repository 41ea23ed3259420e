/**
 * How often a series must be differenced before it is stationary: once by season where the season is strong (Wang, Smith,
 * Hyndman 2006, measured by STL), then as often as the test of Kwiatkowski, Phillips, Schmidt and Shin (1992) says that
 * the level still wanders. The rules and thresholds are those of R's `forecast`.
 */
import { difference } from './arima.ts';
import { stl } from './stl.ts';

const isConstant = (values: Float64Array) => values.every((value) => value === values[0]);

/** 1 - var(remainder) / var(season + remainder), at least 0; 0 where the series is too short to tell. */
export function seasonalStrength(values: Float64Array, period: number): number {
  if (period < 2 || values.length <= 2 * period || isConstant(values)) return 0;
  const { seasonal, remainder } = stl(values, { period });
  const together = variance(remainder.map((value, t) => value + seasonal[t]));
  return together === 0 ? 0 : Math.min(1, Math.max(0, 1 - variance(remainder) / together));
}

/** 1 where the seasonal strength exceeds 0.64, else 0. */
export const seasonalDifferences = (values: Float64Array, period: number): number =>
  seasonalStrength(values, period) > 0.64 ? 1 : 0;

/** The KPSS statistic of a level: large for a series that wanders; its 5 % critical value is 0.463. */
export function kpss(values: Float64Array): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const lags = Math.trunc((3 * Math.sqrt(n)) / 13);
  let cumulated = 0;
  let squares = 0;
  for (const value of values) {
    cumulated += value - mean;
    squares += cumulated * cumulated;
  }
  let spread = 0;
  for (let lag = 0; lag <= lags; lag++) {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += (values[t] - mean) * (values[t - lag] - mean);
    spread += (lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * sum;
  }
  return squares / n / spread;
}

/** 0 to 2. */
export function ordinaryDifferences(values: Float64Array): number {
  let current = values;
  for (let d = 0; d < 2; d++) {
    if (current.length < 3 || isConstant(current) || !(kpss(current) > 0.463)) return d;
    current = difference(current);
    if (isConstant(current)) return d;
  }
  return 2;
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (values.length - 1);
}
