/**
 * Splitting a series by moving averages into trend and a seasonal figure that repeats (Kendall and Stuart, "The Advanced
 * Theory of Statistics" 3, 1983), and least-squares lines. It stands behind starting values and the Theta method; STL
 * (`stl.ts`) is the better decomposition.
 */
import { LookbackError } from '../../errors.ts';

/** Least squares: values [n] at times 0, 1, … -> intercept at time 0 and slope. */
export function fitLine(values: ArrayLike<number>): { intercept: number; slope: number } {
  const n = values.length;
  const middle = (n - 1) / 2;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] / n;
  let across = 0;
  let along = 0;
  for (let i = 0; i < n; i++) {
    across += (i - middle) * (values[i] - mean);
    along += (i - middle) * (i - middle);
  }
  const slope = along === 0 ? 0 : across / along;
  return { intercept: mean - slope * middle, slope };
}

/**
 * The seasonal component [n], which repeats with `period` and averages 0 (additive) or 1 (multiplicative).
 * @throws DATA_INVALID for fewer than two periods.
 */
export function seasonalFigure(
  values: Float64Array,
  period: number,
  kind: 'additive' | 'multiplicative',
): Float64Array {
  const n = values.length;
  if (n < 2 * period) {
    throw new LookbackError('DATA_INVALID', {
      where: 'seasonal decomposition',
      expected: `at least two periods, ${2 * period} values`,
      got: `${n}`,
      next: 'Give a longer history or a shorter period',
    });
  }
  const additive = kind === 'additive';
  const half = Math.floor(period / 2);
  const sums = new Float64Array(period);
  const counts = new Float64Array(period);
  for (let t = half; t < n - half; t++) {
    let trend = 0;
    for (let j = -half; j <= half; j++) trend += (period % 2 === 0 && Math.abs(j) === half ? 0.5 : 1) * values[t + j];
    trend /= period;
    sums[t % period] += additive ? values[t] - trend : values[t] / trend;
    counts[t % period]++;
  }
  const figure = sums.map((sum, i) => sum / counts[i]);
  const mean = figure.reduce((sum, value) => sum + value, 0) / period;
  return Float64Array.from({ length: n }, (_, t) => (additive ? figure[t % period] - mean : figure[t % period] / mean));
}
