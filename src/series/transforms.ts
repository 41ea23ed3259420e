/**
 * The steps of a `TransformChain`, as plain data: what each does to a whole series, and how a forecast on its scale goes
 * back to the scale before it. What a step learns (means, ranges, a power) it learns from the training part alone.
 *
 * `centre` and `normalize` differ from the rest: they work on each window, so a series passes through them unchanged and
 * only windows and forecasts are moved. They take the mean of the window's inputs (not its last value, which is one noisy
 * number) from inputs and targets; `normalize` also divides by the inputs' deviation (RevIN: Kim et al. 2022, without its
 * affine map).
 */

import { LookbackError } from '../errors.ts';
import { exp, log, pow } from '../math.ts';
import { guerreroLambda } from './classical/boxCox.ts';

/** The names a recipe's `transform` list takes. */
export const transformNames = [
  'log',
  'boxCox',
  'standardize',
  'minMax',
  'difference',
  'seasonalDifference',
  'centre',
  'normalize',
] as const;
export type TransformName = (typeof transformNames)[number];

/** Whether each series is fitted alone or all of them share the numbers. */
export const transformScopes = ['series', 'global'] as const;
export type TransformScope = (typeof transformScopes)[number];

/** A step as it is asked for: a name, or a name with its settings. */
export type TransformSpec =
  | TransformName
  /** `lambda`: the power, from -1 to 2; without it Guerrero's choice on the training part. */
  | { name: 'boxCox'; lambda?: number; scope?: TransformScope }
  | { name: 'standardize'; scope?: TransformScope }
  | { name: 'minMax'; scope?: TransformScope };

/** A fitted step; plain JSON. */
export type Transform =
  /** y -> ln y */
  | { name: 'log' }
  /** y -> (y^lambda - 1) / lambda, ln y at lambda 0 (Box and Cox 1964) */
  | { name: 'boxCox'; lambda: number }
  /** y -> (y - mean) / std, both of the training part; std is 1 where that is constant */
  | { name: 'standardize'; mean: number; std: number }
  /** y -> (y - least) / range, both of the training part; range is 1 where that is constant */
  | { name: 'minMax'; least: number; range: number }
  /** y_t -> y_t - y_(t-1); loses the first value */
  | { name: 'difference' }
  /** y_t -> y_t - y_(t-period); loses the first `period` values */
  | { name: 'seasonalDifference'; period: number }
  /** window -> window - mean of its `lookback` inputs */
  | { name: 'centre'; lookback: number }
  /** window -> (window - mean) / deviation, both of its `lookback` inputs */
  | { name: 'normalize'; lookback: number };

/** What a window is moved and divided by. */
export interface WindowMove {
  readonly shift: number;
  readonly scale: number;
}

/** How many values at the front a step takes away. */
export function lag(transform: Transform): number {
  switch (transform.name) {
    case 'difference':
      return 1;
    case 'seasonalDifference':
      return transform.period;
    case 'log':
    case 'boxCox':
    case 'standardize':
    case 'minMax':
    case 'centre':
    case 'normalize':
      return 0;
    default:
      return transform satisfies never;
  }
}

/** Mean and standard deviation (population) of the training parts. */
export function fitStandardize(...trains: readonly Float64Array[]): Transform {
  let [sum, count, squares, largest] = [0, 0, 0, 0];
  for (const train of trains) {
    for (const value of train) sum += value;
    count += train.length;
  }
  const mean = sum / count;
  for (const train of trains) {
    for (const value of train) {
      squares += (value - mean) * (value - mean);
      largest = Math.max(largest, Math.abs(value));
    }
  }
  const std = Math.sqrt(squares / count);
  // A spread that is only rounding error would be blown up to size 1.
  return { name: 'standardize', mean, std: std > 1e-12 * largest ? std : 1 };
}

/** Least value and range of the training parts. */
export function fitMinMax(...trains: readonly Float64Array[]): Transform {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const train of trains) {
    for (const value of train) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return { name: 'minMax', least, range: most > least ? most - least : 1 };
}

/** Guerrero's power of the training part; the mean of those of several. */
export function fitBoxCox(period: number, ...trains: readonly Float64Array[]): Transform {
  let lambda = 0;
  for (const train of trains) lambda += guerreroLambda(train, period) / trains.length;
  return { name: 'boxCox', lambda };
}

/**
 * values [n] -> [n - lag]. `lost` is how many values earlier steps took, so that an error names the original index.
 * @throws DATA_INVALID for a value a logarithm or power does not take, or for a series not longer than the lag.
 */
export function applyTransform(transform: Transform, values: Float64Array, lost: number): Float64Array {
  requireMoreThan(transform, values.length, lag(transform));
  switch (transform.name) {
    case 'log':
      requirePositive(transform, values, lost);
      return values.map(log);
    case 'boxCox': {
      requirePositive(transform, values, lost);
      const { lambda } = transform;
      return lambda === 0 ? values.map(log) : values.map((value) => (pow(value, lambda) - 1) / lambda);
    }
    case 'standardize':
      return values.map((value) => (value - transform.mean) / transform.std);
    case 'minMax':
      return values.map((value) => (value - transform.least) / transform.range);
    case 'difference':
    case 'seasonalDifference': {
      const step = lag(transform);
      return values.subarray(step).map((value, i) => value - values[i]);
    }
    case 'centre':
    case 'normalize':
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
    case 'boxCox': {
      const { lambda } = transform;
      if (lambda === 0) return forecast.map((value) => exp(value));
      // A forecast beyond the transform's range is taken to its end, where y is next to 0 (lambda > 0) or huge.
      return forecast.map((value) => pow(Math.max(lambda * value + 1, Number.EPSILON), 1 / lambda));
    }
    case 'standardize':
      return forecast.map((value) => value * transform.std + transform.mean);
    case 'minMax':
      return forecast.map((value) => value * transform.range + transform.least);
    case 'difference':
    case 'seasonalDifference': {
      const step = lag(transform);
      const result = new Float64Array(forecast.length);
      const known = history.length - step;
      for (let i = 0; i < result.length; i++)
        result[i] = forecast[i] + (i < step ? history[known + i] : result[i - step]);
      return result;
    }
    case 'centre':
    case 'normalize': {
      const { shift, scale } = windowMove(transform, history);
      return forecast.map((value) => value * scale + shift);
    }
    default:
      return transform satisfies never;
  }
}

/**
 * What the window that ends with `history` is moved by: the mean of its last `lookback` values, and for `normalize` their
 * deviation (1 where they are constant). @throws DATA_INVALID where there are fewer.
 */
export function windowMove(transform: Transform & { lookback: number }, history: Float64Array): WindowMove {
  const { lookback, name } = transform;
  requireMoreThan(transform, history.length, lookback - 1);
  const from = history.length - lookback;
  let [sum, squares, largest] = [0, 0, 0];
  for (let i = from; i < history.length; i++) sum += history[i];
  const shift = sum / lookback;
  if (name === 'centre') return { shift, scale: 1 };
  for (let i = from; i < history.length; i++) {
    squares += (history[i] - shift) * (history[i] - shift);
    largest = Math.max(largest, Math.abs(history[i]));
  }
  const deviation = Math.sqrt(squares / lookback);
  return { shift, scale: deviation > 1e-12 * largest ? deviation : 1 };
}

function requirePositive({ name }: Transform, values: Float64Array, lost: number): void {
  const at = values.findIndex((value) => !(value > 0));
  if (at < 0) return;
  throw new LookbackError('DATA_INVALID', {
    where: `transform ${name}`,
    expected: 'positive values',
    got: `${values[at]} at index ${at + lost}`,
    next: `Take ${name} out of the transform list, or put it first if it follows a difference`,
  });
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
