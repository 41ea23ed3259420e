/**
 * Whether one model forecasts better than another or was only luckier: the test of Diebold and Mariano (1995) with the
 * correction of Harvey, Leybourne and Newbold (1997), as R's `dm.test`. One loss counts for each origin, so that the
 * errors of one forecast's steps, which go wrong together, are not taken for many observations. It does not correct for
 * having chosen the winner among many.
 */
import { LookbackError } from '../errors.ts';
import { exp, log, log1p } from '../math.ts';
import type { Fold } from './backtest.ts';

export interface DieboldMarianoOptions {
  /** Losses overlap with so many less one neighbours; forecasts of 1 step do not. */
  readonly horizon?: number;
  /** Weights of the autocovariances: all 1 as in the paper, or falling, which keeps the variance positive. */
  readonly variance?: 'truncated' | 'bartlett';
}

export interface DieboldMariano {
  /** Below 0 where the first has the lower losses. */
  readonly statistic: number;
  /** Two-sided, by Student's t with n - 1 degrees of freedom. */
  readonly p: number;
  readonly observations: number;
}

/**
 * The test of losses [n] of one against those of another. A negative truncated variance counts as `horizon: 1`, as in R.
 * Where all differences are 0 the statistic is 0 and p is 1; where all are the same otherwise, p is 0.
 * @throws DATA_INVALID for fewer than max(2, horizon) losses
 */
export function dieboldMariano(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  { horizon = 1, variance = 'truncated' }: DieboldMarianoOptions = {},
): DieboldMariano {
  const n = first.length;
  if (second.length !== n || n < Math.max(2, horizon)) {
    throw new LookbackError('DATA_INVALID', {
      where: 'dieboldMariano',
      expected: `two lists of as many losses, at least ${Math.max(2, horizon)}`,
      got: `${n} and ${second.length}`,
    });
  }
  const differences = Float64Array.from(first, (loss, i) => loss - second[i]);
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const covariance = (lag: number) => {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += (differences[t] - mean) * (differences[t - lag] - mean);
    return sum / n;
  };
  let spread = covariance(0);
  for (let lag = 1; lag < horizon; lag++)
    spread += 2 * (variance === 'bartlett' ? 1 - lag / horizon : 1) * covariance(lag);
  spread /= n;
  if (!(spread > 0)) {
    if (horizon > 1) return dieboldMariano(first, second, { horizon: 1 });
    const statistic = mean === 0 ? 0 : Math.sign(mean) * Number.POSITIVE_INFINITY;
    return { statistic, p: mean === 0 ? 1 : 0, observations: n };
  }
  const correction = Math.sqrt((n + 1 - 2 * horizon + (horizon / n) * (horizon - 1)) / n);
  const statistic = (correction * mean) / Math.sqrt(spread);
  return { statistic, p: studentTails(statistic, n - 1), observations: n };
}

/** P(|T| >= |t|) of Student's t with a whole number of degrees of freedom: the incomplete beta I_x(ν/2, 1/2). */
export function studentTails(t: number, freedom: number): number {
  if (t === 0) return 1;
  const x = freedom / (freedom + t * t);
  const [a, b] = [freedom / 2, 0.5];
  // log B(a, 1/2) from B(1/2, 1/2) = π or B(1, 1/2) = 2 by B(a + 1, b) = B(a, b) a / (a + b).
  let logBeta = freedom % 2 === 1 ? log(Math.PI) : log(2);
  for (let k = freedom % 2 === 1 ? 0.5 : 1; k < a; k++) logBeta += log(k / (k + b));
  const front = exp(a * log(x) + b * log1p(-x) - logBeta);
  if (!(front > 0)) return 0;
  // The continued fraction converges fast below the mean, and I_x(a, b) = 1 - I_(1-x)(b, a) above.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const guarded = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

export interface Comparison {
  /** The two that were compared, the one with the lower loss first. */
  readonly better: string;
  readonly other: string;
  /** What was averaged at each origin. */
  readonly loss: 'absolute error over the seasonal naive error' | 'absolute error';
  readonly origins: number;
  /** Null where there were too few origins. */
  readonly statistic: number | null;
  readonly p: number | null;
  /** In words, at 5 %. */
  readonly words: string;
}

export interface Judged {
  readonly name: string;
  readonly folds: readonly Fold[];
}

/**
 * Compares two models by the folds of the same backtest. Series count by their mean at each origin, scaled by `scales`
 * [series] where those are finite and positive.
 * @param overlap how many origins lie within one horizon: ceil((gap + H) / stride)
 */
export function compareModels(a: Judged, b: Judged, scales: readonly number[], overlap: number): Comparison {
  const scaled = scales.every((scale) => scale > 0 && scale < Number.POSITIVE_INFINITY);
  const losses = (folds: readonly Fold[]): Float64Array => {
    const sums = new Map<number, { sum: number; count: number }>();
    for (const { turn, series, truth, mean } of folds) {
      const at = sums.get(turn) ?? { sum: 0, count: 0 };
      for (let h = 0; h < truth.length; h++) {
        if (Number.isNaN(truth[h])) continue;
        at.sum += Math.abs(truth[h] - mean[h]) / (scaled ? scales[series] : 1);
        at.count++;
      }
      sums.set(turn, at);
    }
    const counted = [...sums.values()].filter(({ count }) => count > 0);
    return Float64Array.from(counted, ({ sum, count }) => sum / count);
  };
  const [lossA, lossB] = [losses(a.folds), losses(b.folds)];
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  const swapped = total(lossB) < total(lossA);
  const [better, other] = swapped ? [b, a] : [a, b];
  const origins = lossA.length;
  const loss = scaled ? 'absolute error over the seasonal naive error' : 'absolute error';
  const base = { better: better.name, other: other.name, loss, origins } as const;
  if (origins < Math.max(3, 2 * overlap)) {
    const few = origins === 1 ? 'One origin is' : `${origins} origins are`;
    return {
      ...base,
      statistic: null,
      p: null,
      words: `${few} too few to tell whether ${better.name} is better than ${other.name}.`,
    };
  }
  const [first, second] = swapped ? [lossB, lossA] : [lossA, lossB];
  const { statistic, p } = dieboldMariano(first, second, { horizon: overlap, variance: 'bartlett' });
  return { ...base, statistic, p, words: inWords(base, p) };
}

function inWords({ better, other, origins }: Pick<Comparison, 'better' | 'other' | 'origins'>, p: number): string {
  const test = `Diebold-Mariano test over ${origins} origins, p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`}`;
  return p < 0.05
    ? `${better} is better than ${other} (${test}).`
    : `There is no evidence that ${better} is better than ${other} (${test}).`;
}
