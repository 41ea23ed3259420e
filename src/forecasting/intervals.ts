/**
 * Prediction intervals around any model, by how far the forecasts of the backtest missed.
 *
 * - Split conformal (Vovk et al. 2005; Lei et al. 2018): misses in units of a spread that grows with the step say how
 *   wide the next interval must be.
 * - Adaptive conformal (Gibbs and Candès 2021): the same, with a level that moves after each origin towards the coverage
 *   wanted, so that it keeps up with a series that changes.
 * - Conformalized quantiles (Romano et al. 2019): the model's own quantiles, moved out or in by what they missed.
 *
 * A calibration measures each on origins that did not make it: split and quantiles by leaving out each origin in turn,
 * adaptive by going through the origins in order. Folds are of one model; those of other series are left
 * alone, and so are values that were not observed (NaN).
 */
import type { Fold } from './backtest.ts';
import type { QuantileForecast } from './model.ts';

export interface Interval {
  /** [H] on the original scale. */
  lower: Float64Array;
  upper: Float64Array;
}

export const intervalKinds = ['split', 'adaptive', 'quantile'] as const;
export type IntervalKind = (typeof intervalKinds)[number];

type Said = Pick<Fold, 'mean' | 'deviation' | 'quantiles'>;

/** The spread by which misses at a step are measured: the model's own, else that of a random walk. */
const spread = ({ deviation }: Pick<Fold, 'deviation'>, step: number): number => {
  const own = deviation?.[step];
  return own !== undefined && own > 0 ? own : Math.sqrt(step + 1);
};

/** The misses of folds in units of their spreads, ascending. */
function scores(folds: readonly Fold[]): Float64Array {
  const all = folds.flatMap((fold) =>
    Array.from(fold.mean, (mean, step) => Math.abs(fold.truth[step] - mean) / spread(fold, step)).filter(
      (miss) => !Number.isNaN(miss),
    ),
  );
  return Float64Array.from(all).sort();
}

/** The conformal quantile: of n scores the one of rank ceil((n + 1) level), the largest where n is too small for it. */
function quantile(sorted: Float64Array, level: number): number {
  const rank = Math.max(1, Math.ceil((sorted.length + 1) * level));
  return sorted[Math.min(rank, sorted.length) - 1] ?? Number.NaN;
}

function around(forecast: Said, width: number): Interval {
  return {
    lower: forecast.mean.map((mean, step) => mean - width * spread(forecast, step)),
    upper: forecast.mean.map((mean, step) => mean + width * spread(forecast, step)),
  };
}

/** The interval of one series' forecast at `level` (0 to 1), by the misses of its folds. */
export function conformalInterval(
  folds: readonly Fold[],
  forecast: Pick<Fold, 'mean' | 'deviation'>,
  level: number,
): Interval {
  return around(forecast, quantile(scores(folds), level));
}

/** How fast the level of adaptive intervals moves: by so much for an origin all of whose values were missed. */
export const adaptiveRate = 0.1;

/**
 * The level that adaptive intervals have come to after folds in order of their origins: after each,
 * level += rate (share missed - (1 - wanted)). The first two are taken as they are, for there is little to measure by.
 * `inside` tells of each later fold which of its steps its interval held.
 */
export function adaptiveLevel(
  folds: readonly Fold[],
  wanted: number,
  rate = adaptiveRate,
): { level: number; inside: boolean[] } {
  const ordered = [...folds].sort((a, b) => a.origin - b.origin);
  let level = wanted;
  const inside: boolean[] = [];
  for (let k = Math.min(2, ordered.length - 1); k > 0 && k < ordered.length; k++) {
    const fold = ordered[k];
    const { lower, upper } = around(fold, quantile(scores(ordered.slice(0, k)), Math.min(level, 1)));
    const held: boolean[] = [];
    fold.truth.forEach((value, step) => {
      if (!Number.isNaN(value)) held.push(value >= lower[step] && value <= upper[step]);
    });
    if (held.length === 0) continue;
    inside.push(...held);
    const missed = held.filter((one) => !one).length / held.length;
    level = Math.max(0, level + rate * (missed - (1 - wanted)));
  }
  return { level, inside };
}

/** As `conformalInterval`, at the level that these folds have led to. */
export function adaptiveInterval(folds: readonly Fold[], forecast: Said, level: number): Interval {
  return around(forecast, quantile(scores(folds), Math.min(1, adaptiveLevel(folds, level).level)));
}

/** The quantile at `level` [H]: between the two nearest levels on a line, beyond the outermost the outermost. */
export function quantileAt({ levels, values }: QuantileForecast, level: number): Float64Array {
  const above = levels.findIndex((one) => one >= level);
  if (above < 0) return values[levels.length - 1];
  if (above === 0 || levels[above] === level) return values[above];
  const share = (level - levels[above - 1]) / (levels[above] - levels[above - 1]);
  return values[above].map((value, step) => share * value + (1 - share) * values[above - 1][step]);
}

const own = (quantiles: QuantileForecast, level: number): Interval => ({
  lower: quantileAt(quantiles, (1 - level) / 2),
  upper: quantileAt(quantiles, (1 + level) / 2),
});

/**
 * The model's own interval, both ends moved by the conformal quantile of max(lower - y, y - upper), which is below 0 where
 * they were too far apart. undefined where the forecast or a fold has no quantiles.
 */
export function quantileInterval(folds: readonly Fold[], forecast: Said, level: number): Interval | undefined {
  if (!forecast.quantiles || folds.length === 0) return undefined;
  const misses: number[] = [];
  for (const { quantiles, truth } of folds) {
    if (!quantiles) return undefined;
    const { lower, upper } = own(quantiles, level);
    truth.forEach((value, step) => {
      if (!Number.isNaN(value)) misses.push(Math.max(lower[step] - value, value - upper[step]));
    });
  }
  const moved = quantile(Float64Array.from(misses).sort(), level);
  const { lower, upper } = own(forecast.quantiles, level);
  // Moved in beyond each other they meet in the middle.
  const inwards = lower.map((low, step) => Math.max(moved, (low - upper[step]) / 2));
  return {
    lower: lower.map((low, step) => low - inwards[step]),
    upper: upper.map((high, step) => high + inwards[step]),
  };
}

/** The interval of a kind; where the model has no quantiles, `quantile` falls back on `split`. */
export function intervalOf(kind: IntervalKind, folds: readonly Fold[], forecast: Said, level: number): Interval {
  switch (kind) {
    case 'split':
      return conformalInterval(folds, forecast, level);
    case 'adaptive':
      return adaptiveInterval(folds, forecast, level);
    case 'quantile':
      return quantileInterval(folds, forecast, level) ?? conformalInterval(folds, forecast, level);
    default:
      return kind satisfies never;
  }
}

/** Share of truths inside the interval that the other origins give; undefined for a single origin. */
export function coverage(folds: readonly Fold[], level: number): number | undefined {
  return measured(folds, (others, fold) => conformalInterval(others, fold, level))?.coverage;
}

interface Measured {
  coverage: number;
  width: number;
}

/** Coverage and mean width over folds of what the other origins of the same series give. */
function measured(
  folds: readonly Fold[],
  interval: (others: readonly Fold[], fold: Fold) => Interval | undefined,
): Measured | undefined {
  let [inside, count, width] = [0, 0, 0];
  for (const fold of folds) {
    const others = folds.filter(({ series, origin }) => series === fold.series && origin !== fold.origin);
    if (others.length === 0) continue;
    const found = interval(others, fold);
    if (!found) return undefined;
    const { lower, upper } = found;
    fold.truth.forEach((value, step) => {
      if (Number.isNaN(value)) return;
      if (value >= lower[step] && value <= upper[step]) inside++;
      width += upper[step] - lower[step];
      count++;
    });
  }
  return count === 0 ? undefined : { coverage: inside / count, width: width / count };
}

/** Measured coverage beside the one asked for. Null where there are too few origins, or no quantiles, to tell. */
export interface Calibration {
  readonly level: number;
  readonly split: number | null;
  readonly adaptive: number | null;
  /** The model's own quantiles, as they are. */
  readonly own: number | null;
  /** The same, conformalized. */
  readonly quantile: number | null;
  /** Mean width of the split intervals, in the unit of the series. */
  readonly width: number | null;
}

export const calibrationLevels = [0.5, 0.8, 0.9, 0.95] as const;

export function calibration(folds: readonly Fold[], levels: readonly number[] = calibrationLevels): Calibration[] {
  const which = [...new Set(folds.map(({ series }) => series))];
  return levels.map((level) => {
    const split = measured(folds, (others, fold) => conformalInterval(others, fold, level));
    const online = which.flatMap(
      (one) =>
        adaptiveLevel(
          folds.filter(({ series }) => series === one),
          level,
        ).inside,
    );
    return {
      level,
      split: split?.coverage ?? null,
      adaptive: online.length === 0 ? null : online.filter(Boolean).length / online.length,
      own: measured(folds, (_, { quantiles }) => quantiles && own(quantiles, level))?.coverage ?? null,
      quantile: measured(folds, (others, fold) => quantileInterval(others, fold, level))?.coverage ?? null,
      width: split?.width ?? null,
    };
  });
}

/** The levels at which conformal quantiles are scored. */
const scoredLevels = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95] as const;

/**
 * A fold's quantiles: the model's own, else conformal ones from the other origins of the series (symmetric about the
 * forecast); undefined for neither.
 */
export function quantilesOf(folds: readonly Fold[], fold: Fold): QuantileForecast | undefined {
  if (fold.quantiles) return fold.quantiles;
  const others = folds.filter(({ series, origin }) => series === fold.series && origin !== fold.origin);
  if (others.length === 0) return undefined;
  const sorted = scores(others);
  const values = scoredLevels.map((level) => {
    const width = level === 0.5 ? 0 : Math.sign(level - 0.5) * quantile(sorted, Math.abs(2 * level - 1));
    return fold.mean.map((mean, step) => mean + width * spread(fold, step));
  });
  return { levels: scoredLevels, values };
}
