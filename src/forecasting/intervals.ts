/**
 * Prediction intervals around any model by split conformal prediction (Vovk et al. 2005; Lei et al. 2018): how far the
 * forecasts of the backtest missed, in units of a spread that grows with the step, says how wide the next ones must be.
 * Their coverage is measured by leaving out each origin in turn.
 */
import type { Fold } from './backtest.ts';

export interface Interval {
  /** [H] on the original scale. */
  lower: Float64Array;
  upper: Float64Array;
}

/** The spread by which misses at a step are measured: the model's own, else that of a random walk. */
const spread = ({ deviation }: Pick<Fold, 'deviation'>, step: number): number => {
  const own = deviation?.[step];
  return own !== undefined && own > 0 ? own : Math.sqrt(step + 1);
};

/** The misses of folds in units of their spreads, ascending. */
function scores(folds: readonly Fold[]): Float64Array {
  const all = folds.flatMap((fold) =>
    Array.from(fold.mean, (mean, step) => Math.abs(fold.truth[step] - mean) / spread(fold, step)),
  );
  return Float64Array.from(all).sort();
}

/** The conformal quantile: of n scores the one of rank ceil((n + 1) level), the largest where n is too small for it. */
function quantile(sorted: Float64Array, level: number): number {
  const rank = Math.ceil((sorted.length + 1) * level);
  return sorted[Math.min(rank, sorted.length) - 1] ?? Number.NaN;
}

/** The interval of one series' forecast at `level` (0 to 1), by the misses of its folds. */
export function conformalInterval(
  folds: readonly Fold[],
  forecast: Pick<Fold, 'mean' | 'deviation'>,
  level: number,
): Interval {
  const width = quantile(scores(folds), level);
  return {
    lower: forecast.mean.map((mean, step) => mean - width * spread(forecast, step)),
    upper: forecast.mean.map((mean, step) => mean + width * spread(forecast, step)),
  };
}

/** Share of truths inside the interval that the other origins give; undefined for a single origin. */
export function coverage(folds: readonly Fold[], level: number): number | undefined {
  const starts = new Set(folds.map(({ origin }) => origin));
  if (starts.size < 2) return undefined;
  let inside = 0;
  let count = 0;
  for (const fold of folds) {
    const others = folds.filter(({ series, origin }) => series === fold.series && origin !== fold.origin);
    if (others.length === 0) continue;
    const { lower, upper } = conformalInterval(others, fold, level);
    fold.truth.forEach((value, step) => {
      if (value >= lower[step] && value <= upper[step]) inside++;
      count++;
    });
  }
  return count === 0 ? undefined : inside / count;
}
