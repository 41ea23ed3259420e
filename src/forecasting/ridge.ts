/**
 * Linear maps from a window to the steps after it, fitted in closed form by ridge regression: the linear, NLinear and
 * DLinear of Zeng et al. 2022 ("Are Transformers effective for time series forecasting?") without gradient descent.
 * The second moments of all windows come from the series by a recursion along their diagonals, O((L + H)²) beside one pass
 * over the values, never from a matrix of windows. Deterministic: nothing is random.
 *
 * Every kind ends as one affine map of the standardized window. The penalty is chosen on the last part of the training
 * values, then all of them are used. Covariates are not looked at.
 */
import { LookbackError } from '../errors.ts';
import { cholesky, solveCholesky } from './cholesky.ts';

export const ridgeKinds = ['linear', 'nlinear', 'dlinear'] as const;
/** `nlinear` takes the window's last value off inputs and targets; `dlinear` splits the window into trend and rest. */
export type RidgeKind = (typeof ridgeKinds)[number];

export interface RidgeOptions {
  readonly kind: RidgeKind;
  /** Values looked back on, L. */
  readonly lookback: number;
  /** Steps ahead, H. */
  readonly horizon: number;
  /** `global`: one map learned from all series, each on its own scale; `series`: a map each. */
  readonly scope?: 'global' | 'series';
  /** Tried in turn, in units of the features' mean variance. */
  readonly penalties?: readonly number[];
  /** Share of the values at the end on which the penalty is chosen. */
  readonly heldOut?: number;
  /** Whether the map adds a constant to each step, which is not penalized; default true. */
  readonly intercept?: boolean;
}

/** forecast[h] = bias[h] + Σ_i weights[h · L + i] window[i], on the standardized scale. */
export interface RidgeMap {
  /** [H · L] */
  readonly weights: Float64Array;
  /** [H] */
  readonly bias: Float64Array;
  /** Root mean squared errors [H] on the part where the penalty was chosen; NaN where there was none. */
  readonly deviation: Float64Array;
  readonly penalty: number;
}

export interface Ridge {
  readonly kind: RidgeKind;
  readonly lookback: number;
  readonly horizon: number;
  /** One, or one a series. */
  readonly maps: readonly RidgeMap[];
}

/** Mean and deviation by which a series comes to the scale of the map; a constant one keeps its unit. */
export interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

/** Width of the moving average that is DLinear's trend, in values. */
const trendWidth = 25;
const usualPenalties = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100];
/** Where too little is held out to choose. */
const cautiousPenalty = 0.1;

/**
 * @throws DATA_INVALID where no series is longer than lookback + horizon - 1 values (with `scope: 'series'`: where any is not).
 */
export function fitRidge(series: readonly Float64Array[], options: RidgeOptions): Ridge {
  const { kind, lookback, horizon, scope = 'global', penalties = usualPenalties, heldOut = 0.2 } = options;
  const { intercept = true } = options;
  const needed = lookback + horizon;
  const lengths = series.map(({ length }) => length);
  const shortest = scope === 'series' ? Math.min(...lengths) : Math.max(...lengths);
  if (!(shortest >= needed)) {
    throw new LookbackError('DATA_INVALID', {
      where: `ridge-${kind}`,
      expected: `at least ${needed} values (look-back ${lookback}, horizon ${horizon})`,
      got: `${shortest}`,
      next: 'Shorten the look-back or the horizon, or give a longer history',
    });
  }
  const features = { ...combinations(kind, lookback, horizon), intercept };
  const groups = scope === 'series' ? series.map((one) => [one]) : [series];
  const maps = groups.map((group) => {
    const scaled = group.map((values) => standardized(values, scaleOf(values)));
    const cuts = scaled.map(({ length }) => length - Math.floor(heldOut * length));
    const early = momentsOf(
      scaled.map((values, i) => values.subarray(0, cuts[i])),
      features,
    );
    const late = momentsOf(
      scaled.map((values, i) => values.subarray(Math.max(0, cuts[i] - lookback))),
      features,
    );
    let penalty = cautiousPenalty;
    let least = Number.POSITIVE_INFINITY;
    let deviation = new Float64Array(horizon).fill(Number.NaN);
    if (early.count > 0 && late.count > 0) {
      for (const candidate of penalties) {
        const errors = squaredErrors(solve(early, features, candidate), late, features);
        const mean = errors.reduce((sum, error) => sum + error, 0) / horizon;
        if (mean >= least) continue;
        [penalty, least, deviation] = [candidate, mean, errors.map((error) => Math.sqrt(Math.max(0, error)))];
      }
    }
    const all = momentsOf(scaled, features);
    return { ...windowMap(solve(all, features, penalty), features), deviation, penalty };
  });
  return { kind, lookback, horizon, maps };
}

/** window [L] -> forecast [H], both on the series' own scale. */
export function ridgeForecast(
  { maps, lookback, horizon }: Ridge,
  which: number,
  window: ArrayLike<number>,
  { mean, deviation }: Scale,
): Float64Array {
  const { weights, bias } = maps.length === 1 ? maps[0] : maps[which];
  const forecast = new Float64Array(horizon);
  for (let h = 0; h < horizon; h++) {
    let sum = bias[h];
    for (let i = 0; i < lookback; i++) sum += weights[h * lookback + i] * ((window[i] - mean) / deviation);
    forecast[h] = mean + deviation * sum;
  }
  return forecast;
}

export function scaleOf(values: Float64Array): Scale {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  let largest = 0;
  for (const value of values) {
    squares += (value - mean) * (value - mean);
    largest = Math.max(largest, Math.abs(value));
  }
  const deviation = Math.sqrt(squares / values.length);
  return { mean, deviation: deviation > 1e-12 * largest ? deviation : 1 };
}

const standardized = (values: Float64Array, { mean, deviation }: Scale) =>
  values.map((value) => (value - mean) / deviation);

/** A linear combination of the L + H values of a window and what follows it. */
type Combination = readonly (readonly [at: number, weight: number])[];

interface Features {
  readonly lookback: number;
  readonly horizon: number;
  readonly intercept: boolean;
  /** What the map sees, D combinations. */
  readonly inputs: readonly Combination[];
  /** What it is to say, H combinations. */
  readonly targets: readonly Combination[];
}

function combinations(kind: RidgeKind, lookback: number, horizon: number): Omit<Features, 'intercept'> {
  const last = lookback - 1;
  const ahead = Array.from({ length: horizon }, (_, h) => lookback + h);
  const all = Array.from({ length: lookback }, (_, i) => i);
  switch (kind) {
    case 'linear':
      return { lookback, horizon, inputs: all.map((i) => [[i, 1]]), targets: ahead.map((i) => [[i, 1]]) };
    case 'nlinear': {
      const fromLast = (i: number): Combination => [
        [i, 1],
        [last, -1],
      ];
      return { lookback, horizon, inputs: all.slice(0, last).map(fromLast), targets: ahead.map(fromLast) };
    }
    case 'dlinear': {
      // The ends of the window are repeated, as in the paper's code.
      const trend = all.map((i): Combination => {
        const weights = new Map<number, number>();
        for (let k = -Math.floor(trendWidth / 2); k <= Math.floor(trendWidth / 2); k++) {
          const at = Math.min(last, Math.max(0, i + k));
          weights.set(at, (weights.get(at) ?? 0) + 1 / trendWidth);
        }
        return [...weights];
      });
      const rest = trend.map((terms, i): Combination => [[i, 1], ...terms.map(([at, w]) => [at, -w] as const)]);
      return { lookback, horizon, inputs: [...trend, ...rest], targets: ahead.map((i) => [[i, 1]]) };
    }
    default:
      return kind satisfies never;
  }
}

/** Means of products of (1, inputs, targets) over `count` windows, symmetric, in rows of `size` = 1 + D + H. */
interface Moments {
  readonly count: number;
  readonly size: number;
  readonly products: Float64Array;
}

function momentsOf(series: readonly Float64Array[], { lookback, horizon, inputs, targets }: Features): Moments {
  const width = lookback + horizon;
  const sums = new Float64Array(width);
  const raw = new Float64Array(width * width);
  let count = 0;
  for (const values of series) {
    const windows = values.length - width + 1;
    if (windows < 1) continue;
    count += windows;
    for (let j = 0; j < width; j++) {
      let sum = 0;
      let product = 0;
      for (let s = 0; s < windows; s++) {
        sum += values[s + j];
        product += values[s] * values[s + j];
      }
      sums[j] += sum;
      raw[j] += product;
      // Σ_s v[s+i+1] v[s+j+1] is Σ_s v[s+i] v[s+j] without its first product and with the one after its last.
      for (let i = 0; i + j + 1 < width; i++) {
        product += values[windows + i] * values[windows + i + j] - values[i] * values[i + j];
        raw[(i + 1) * width + i + j + 1] += product;
      }
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) raw[i * width + j] = raw[j * width + i];

  const rows = [...inputs, ...targets];
  const size = 1 + rows.length;
  const products = new Float64Array(size * size);
  const total = Math.max(1, count);
  products[0] = count / total;
  const half = new Float64Array(width);
  rows.forEach((row, r) => {
    half.fill(0);
    let mean = 0;
    for (const [at, weight] of row) {
      mean += weight * sums[at];
      for (let j = 0; j < width; j++) half[j] += weight * raw[at * width + j];
    }
    products[r + 1] = mean / total;
    products[(r + 1) * size] = mean / total;
    rows.forEach((other, c) => {
      let sum = 0;
      for (const [at, weight] of other) sum += weight * half[at];
      products[(r + 1) * size + c + 1] = sum / total;
    });
  });
  return { count, size, products };
}

/** Coefficients [H][1 + D] of (1, inputs), the first not penalized. */
function solve({ size, products }: Moments, features: Features, penalty: number): Float64Array[] {
  const { inputs, horizon, intercept } = features;
  const D = inputs.length;
  // Without an intercept nothing is taken off.
  const means = intercept ? products.subarray(1, size) : new Float64Array(size - 1);
  const covariance = (r: number, c: number) => products[(r + 1) * size + c + 1] - means[r] * means[c];
  const matrix = new Float64Array(D * D);
  let trace = 0;
  for (let r = 0; r < D; r++) {
    for (let c = 0; c <= r; c++) matrix[r * D + c] = covariance(r, c);
    trace += matrix[r * D + r];
  }
  // The smallest addend keeps a window of constants solvable: its coefficients are then 0.
  const addend = penalty * (trace / Math.max(1, D)) + 1e-12;
  for (let r = 0; r < D; r++) matrix[r * D + r] += addend;
  const factor = cholesky(matrix, D);
  return Array.from({ length: horizon }, (_, h) => {
    const coefficients = new Float64Array(1 + D);
    const right = Float64Array.from({ length: D }, (_, r) => covariance(r, D + h));
    if (factor) coefficients.set(solveCholesky(factor, D, right), 1);
    coefficients[0] = means[D + h];
    for (let r = 0; r < D; r++) coefficients[0] -= coefficients[r + 1] * means[r];
    return coefficients;
  });
}

/** Mean squared errors [H] over the windows of the moments. */
function squaredErrors(coefficients: Float64Array[], { size, products }: Moments, { inputs }: Features): Float64Array {
  const D = inputs.length;
  return Float64Array.from(coefficients, (beta, h) => {
    const target = 1 + D + h;
    let error = products[target * size + target];
    for (let r = 0; r <= D; r++) {
      let inner = -2 * products[r * size + target];
      for (let c = 0; c <= D; c++) inner += products[r * size + c] * beta[c];
      error += beta[r] * inner;
    }
    return error;
  });
}

/** The coefficients as one affine map of the window itself. */
function windowMap(
  coefficients: readonly Float64Array[],
  { inputs, targets, lookback, horizon }: Features,
): Pick<RidgeMap, 'weights' | 'bias'> {
  const weights = new Float64Array(horizon * lookback);
  const bias = new Float64Array(horizon);
  coefficients.forEach((beta, h) => {
    bias[h] = beta[0];
    inputs.forEach((row, r) => {
      for (const [at, weight] of row) weights[h * lookback + at] += beta[r + 1] * weight;
    });
    // What a target takes off the value ahead is given back.
    for (const [at, weight] of targets[h]) if (at < lookback) weights[h * lookback + at] -= weight;
  });
  return { weights, bias };
}
