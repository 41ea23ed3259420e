/**
 * How far a forecast lies from what happened. All take two arrays of the same length n >= 1, on the original scale, and
 * refuse anything else with SHAPE_MISMATCH. Definitions: Hyndman and Koehler 2006, "Another look at measures of
 * forecast accuracy".
 */

import { LookbackError } from '../errors.ts';
import { seasonalErrorScale, seasonalSquaredScale } from './baselines.ts';

export type Numbers = ArrayLike<number>;

/** The mean of a term over pairs. @throws SHAPE_MISMATCH for other than two equally long arrays of at least one. */
export function meanOver(
  where: string,
  actual: Numbers,
  forecast: Numbers,
  term: (a: number, f: number) => number,
): number {
  if (actual.length !== forecast.length || actual.length === 0) {
    throw new LookbackError('SHAPE_MISMATCH', {
      where,
      expected: 'as many forecasts as actual values, at least one',
      got: `${forecast.length} forecasts and ${actual.length} actual values`,
    });
  }
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += term(actual[i], forecast[i]);
  return sum / actual.length;
}

/** Mean absolute error, in the unit of the series. */
export function mae(actual: Numbers, forecast: Numbers): number {
  return meanOver('mae', actual, forecast, (a, f) => Math.abs(a - f));
}

/** Root of the mean squared error, in the unit of the series. */
export function rmse(actual: Numbers, forecast: Numbers): number {
  return Math.sqrt(meanOver('rmse', actual, forecast, (a, f) => (a - f) * (a - f)));
}

/** Mean absolute percentage error, in percent; NaN where an actual value is 0, for it is then undefined. */
export function mape(actual: Numbers, forecast: Numbers): number {
  return 100 * meanOver('mape', actual, forecast, (a, f) => (a === 0 ? Number.NaN : Math.abs((a - f) / a)));
}

/** Symmetric MAPE, in percent from 0 to 200: the mean of 2|a - f| / (|a| + |f|); where both are 0 the term is 0. */
export function smape(actual: Numbers, forecast: Numbers): number {
  const term = (a: number, f: number) => (a === f ? 0 : (2 * Math.abs(a - f)) / (Math.abs(a) + Math.abs(f)));
  return 100 * meanOver('smape', actual, forecast, term);
}

/**
 * Mean absolute scaled error: the MAE over the in-sample MAE of the one-step seasonal naive forecast on `training`,
 * mean |y_t - y_(t-period)|. Below 1 is better than that. NaN where that scale is 0 (a training part that repeats).
 * @throws DATA_INVALID where `training` is not longer than `period`.
 */
export function mase(actual: Numbers, forecast: Numbers, training: Numbers, period: number): number {
  const error = mae(actual, forecast);
  const scale = seasonalErrorScale(training, period);
  return scale === 0 ? Number.NaN : error / scale;
}

/**
 * Root mean squared scaled error (Makridakis et al. 2022, the M5 competition, with period 1): the RMSE over the root of
 * the in-sample mean squared error of the one-step seasonal naive forecast on `training`. NaN where that scale is 0.
 * @throws DATA_INVALID where `training` is not longer than `period`.
 */
export function rmsse(actual: Numbers, forecast: Numbers, training: Numbers, period: number): number {
  const error = rmse(actual, forecast);
  const scale = seasonalSquaredScale(training, period);
  return scale === 0 ? Number.NaN : error / Math.sqrt(scale);
}
