/**
 * Whether a series can be told from a random walk: the variance ratio test of Lo and MacKinlay (1988), in the form that
 * allows the spread to change. Over q steps a random walk spreads q times as much as over one; a ratio well below 1 means
 * that steps turn back, well above 1 that they go on. It says nothing about what other columns could tell.
 */
import { LookbackError } from '../errors.ts';
import { log, normalDistribution } from '../math.ts';

export interface VarianceRatio {
  /** Steps taken together. */
  readonly q: number;
  readonly ratio: number;
  /** Standard normal under a random walk. */
  readonly statistic: number;
  /** Two-sided. */
  readonly p: number;
}

interface Steps {
  /** The logarithm where all values are positive, else the values [n + 1]. */
  readonly path: Float64Array;
  readonly drift: number;
  /** Squared steps less the drift [n]. */
  readonly squares: Float64Array;
  readonly total: number;
}

/** undefined for a series that never leaves a straight line by more than rounding. */
function stepsOf(values: Float64Array): Steps | undefined {
  const path = values.every((value) => value > 0) ? values.map(log) : values;
  const n = path.length - 1;
  const drift = (path[n] - path[0]) / n;
  let total = 0;
  let largest = 0;
  const squares = Float64Array.from({ length: n }, (_, t) => {
    const step = path[t + 1] - path[t] - drift;
    total += step * step;
    largest = Math.max(largest, Math.abs(path[t + 1]));
    return step * step;
  });
  return total > 1e-24 * n * largest * largest ? { path, drift, squares, total } : undefined;
}

/**
 * The test at q of a series' steps: of its logarithm where all values are positive.
 * @throws DATA_INVALID for fewer than 2q + 1 values, or a series that never moves
 */
export function varianceRatio(values: Float64Array, q: number): VarianceRatio {
  const n = values.length - 1;
  const refuse = (expected: string, got: string): never => {
    throw new LookbackError('DATA_INVALID', { where: 'varianceRatio', expected, got });
  };
  if (!Number.isInteger(q) || q < 2 || n < 2 * q) {
    return refuse('a whole q >= 2 and at least 2q + 1 values', `q = ${q} and ${values.length} values`);
  }
  const steps = stepsOf(values);
  if (!steps) return refuse('a series that moves', 'a straight line');
  const { path, drift, squares, total } = steps;
  let together = 0;
  for (let t = q; t <= n; t++) {
    const step = path[t] - path[t - q] - q * drift;
    together += step * step;
  }
  const ratio = together / (q * (n - q + 1) * (1 - q / n)) / (total / (n - 1));
  // The ratio less 1 is about a sum of autocorrelations, whose variances are estimated without equal spreads.
  let variance = 0;
  for (let lag = 1; lag < q; lag++) {
    let products = 0;
    for (let t = lag; t < n; t++) products += squares[t] * squares[t - lag];
    const weight = (2 * (q - lag)) / q;
    variance += weight * weight * (products / (total * total));
  }
  const statistic = variance > 0 ? (ratio - 1) / Math.sqrt(variance) : 0;
  return { q, ratio, statistic, p: 2 * normalDistribution(-Math.abs(statistic)) };
}

export interface RandomWalkVerdict {
  /** At the q of 2, 4, 8, 16 that the series is long enough for. */
  readonly ratios: readonly VarianceRatio[];
  /** The least p times how many were tried (Bonferroni), at most 1. */
  readonly p: number;
  /** In words, at 5 %. */
  readonly words: string;
}

/** undefined for series of under 30 values or that never leave a straight line: no test, no words. */
export function randomWalkVerdict(values: Float64Array): RandomWalkVerdict | undefined {
  if (values.length < 30 || !stepsOf(values)) return undefined;
  const ratios = [2, 4, 8, 16].filter((q) => values.length > 4 * q).map((q) => varianceRatio(values, q));
  const p = Math.min(1, ratios.length * Math.min(...ratios.map((one) => one.p)));
  const shown = p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
  return {
    ratios,
    p,
    words:
      p < 0.05
        ? `its steps are not those of a random walk (variance ratio test, ${shown})`
        : `its steps cannot be told from those of a random walk (variance ratio test, ${shown})`,
  };
}
