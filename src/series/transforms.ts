/**
 * The steps of a `TransformChain`, as plain data: what each does to a whole series, and how a forecast on its scale goes
 * back to the scale before it. Only `standardize` learns anything, and it learns from the training part alone.
 *
 * `centre` differs from the rest: it works on each window, so a series passes through it unchanged and only windows and
 * forecasts are shifted. It subtracts the mean of the window's inputs (not its last value, which is one noisy
 * number) from inputs and targets.
 */

import { LookbackError } from '../errors.ts';
import { exp, log } from '../math.ts';

/** The names a recipe's `transform` list takes. */
export const transformNames = ['log', 'standardize', 'difference', 'seasonalDifference', 'centre'] as const;
export type TransformName = (typeof transformNames)[number];

/** A fitted step; plain JSON. */
export type Transform =
  /** y -> ln y */
  | { name: 'log' }
  /** y -> (y - mean) / std, both of the training part; std is 1 where that is constant */
  | { name: 'standardize'; mean: number; std: number }
  /** y_t -> y_t - y_(t-1); loses the first value */
  | { name: 'difference' }
  /** y_t -> y_t - y_(t-period); loses the first `period` values */
  | { name: 'seasonalDifference'; period: number }
  /** window -> window - mean of its `lookback` inputs */
  | { name: 'centre'; lookback: number };

/** How many values at the front a step takes away. */
export function lag(transform: Transform): number {
  switch (transform.name) {
    case 'difference':
      return 1;
    case 'seasonalDifference':
      return transform.period;
    case 'log':
    case 'standardize':
    case 'centre':
      return 0;
    default:
      return transform satisfies never;
  }
}

/** Mean and standard deviation (population) of the training part. */
export function fitStandardize(train: Float64Array): Transform {
  let sum = 0;
  for (const value of train) sum += value;
  const mean = sum / train.length;
  let squares = 0;
  let largest = 0;
  for (const value of train) {
    squares += (value - mean) * (value - mean);
    largest = Math.max(largest, Math.abs(value));
  }
  const std = Math.sqrt(squares / train.length);
  // A spread that is only rounding error would be blown up to size 1.
  return { name: 'standardize', mean, std: std > 1e-12 * largest ? std : 1 };
}

/**
 * values [n] -> [n - lag]. `lost` is how many values earlier steps took, so that an error names the original index.
 * @throws DATA_INVALID for a value log does not take, or for a series not longer than the lag.
 */
export function applyTransform(transform: Transform, values: Float64Array, lost: number): Float64Array {
  requireMoreThan(transform, values.length, lag(transform));
  switch (transform.name) {
    case 'log':
      return values.map((value, i) => {
        if (value > 0) return log(value);
        throw new LookbackError('DATA_INVALID', {
          where: 'transform log',
          expected: 'positive values',
          got: `${value} at index ${i + lost}`,
          next: 'Take log out of the transform list, or put it first if it follows a difference',
        });
      });
    case 'standardize':
      return values.map((value) => (value - transform.mean) / transform.std);
    case 'difference':
    case 'seasonalDifference': {
      const step = lag(transform);
      return values.subarray(step).map((value, i) => value - values[i]);
    }
    case 'centre':
      return values;
    default:
      return transform satisfies never;
  }
}

/** forecast [H] after the step -> [H] before it, given `history`: the series up to the origin, before the step. */
export function invertTransform(transform: Transform, forecast: Float64Array, history: Float64Array): Float64Array {
  switch (transform.name) {
    case 'log':
      return forecast.map((value) => exp(value));
    case 'standardize':
      return forecast.map((value) => value * transform.std + transform.mean);
    case 'difference':
    case 'seasonalDifference': {
      const step = lag(transform);
      const result = new Float64Array(forecast.length);
      const known = history.length - step;
      for (let i = 0; i < result.length; i++)
        result[i] = forecast[i] + (i < step ? history[known + i] : result[i - step]);
      return result;
    }
    case 'centre': {
      const mean = centreOf(transform.lookback, history);
      return forecast.map((value) => value + mean);
    }
    default:
      return transform satisfies never;
  }
}

/** The mean of the last `lookback` values. @throws DATA_INVALID where there are fewer. */
export function centreOf(lookback: number, history: Float64Array): number {
  requireMoreThan({ name: 'centre', lookback }, history.length, lookback - 1);
  let sum = 0;
  for (let i = history.length - lookback; i < history.length; i++) sum += history[i];
  return sum / lookback;
}

function requireMoreThan(transform: Transform, length: number, least: number): void {
  if (length > least) return;
  throw new LookbackError('DATA_INVALID', {
    where: `transform ${transform.name}`,
    expected: `more than ${least} values`,
    got: `${length}`,
    next: 'Give a longer series, or take this transform out of the list',
  });
}
