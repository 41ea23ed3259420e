/**
 * How well a forecast distribution fits what happened, lower being better: pinball losses of quantiles, the continuous
 * ranked probability score of quantiles, samples or Gaussians, and coverage of intervals. All are means over n >= 1 values
 * on the original scale and refuse other lengths with SHAPE_MISMATCH. Gneiting and Raftery 2007, "Strictly proper scoring
 * rules, prediction, and estimation".
 */
import { LookbackError } from '../errors.ts';
import { exp, normalDistribution } from '../math.ts';
import { meanOver, type Numbers } from './metrics.ts';

/** Mean pinball loss of the quantiles [n] at `level`: level times what they lie too low, 1 - level times what too high. */
export function pinball(actual: Numbers, quantiles: Numbers, level: number): number {
  if (!(level > 0 && level < 1)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'pinball',
      expected: 'a level between 0 and 1',
      got: String(level),
    });
  }
  return meanOver('pinball', actual, quantiles, (a, q) => Math.max(level * (a - q), (level - 1) * (a - q)));
}

/**
 * CRPS of a forecast given by its quantiles, `values[i]` [n] at the ascending `levels[i]`: twice the integral of the
 * pinball loss over the levels, each standing for the levels nearest to it. A single level of 0.5 gives the MAE.
 */
export function crpsOfQuantiles(actual: Numbers, levels: readonly number[], values: readonly Numbers[]): number {
  if (levels.length === 0 || levels.length !== values.length) {
    throw new LookbackError('SHAPE_MISMATCH', {
      where: 'crpsOfQuantiles',
      expected: 'quantiles for each of at least one level',
      got: `${values.length} for ${levels.length} levels`,
    });
  }
  return levels.reduce((sum, level, i) => {
    const from = i === 0 ? 0 : (levels[i - 1] + level) / 2;
    const to = i === levels.length - 1 ? 1 : (level + levels[i + 1]) / 2;
    return sum + 2 * (to - from) * pinball(actual, values[i], level);
  }, 0);
}

/** CRPS of the empirical distributions of samples, each [n] long: mean |X - y| less half the mean |X - X'|. */
export function crpsOfSamples(actual: Numbers, samples: readonly Numbers[]): number {
  const count = samples.length;
  for (const sample of samples.length > 0 ? samples : [[]]) meanOver('crpsOfSamples', actual, sample, () => 0);
  const sorted = new Float64Array(count);
  let sum = 0;
  for (let t = 0; t < actual.length; t++) {
    for (let i = 0; i < count; i++) sorted[i] = samples[i][t];
    sorted.sort();
    // Of sorted samples Σ_ij |x_i - x_j| is 2 Σ_i (2i + 1 - count) x_i.
    for (let i = 0; i < count; i++) {
      sum += Math.abs(sorted[i] - actual[t]) / count - ((2 * i + 1 - count) * sorted[i]) / (count * count);
    }
  }
  return sum / actual.length;
}

/** CRPS of normal distributions, in closed form; the absolute error where a deviation is 0. */
export function crpsOfGaussian(actual: Numbers, mean: Numbers, deviation: Numbers): number {
  meanOver('crpsOfGaussian', actual, deviation, () => 0);
  let at = 0;
  return meanOver('crpsOfGaussian', actual, mean, (a, m) => {
    const sigma = deviation[at++];
    if (sigma === 0) return Math.abs(a - m);
    const z = (a - m) / sigma;
    const density = exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
    return sigma * (z * (2 * normalDistribution(z) - 1) + 2 * density - 1 / Math.sqrt(Math.PI));
  });
}

/** Share of values that lie in their intervals, ends included. */
export function shareInside(actual: Numbers, lower: Numbers, upper: Numbers): number {
  let at = 0;
  meanOver('shareInside', actual, upper, () => 0);
  return meanOver('shareInside', actual, lower, (a, low) => {
    const high = upper[at++];
    return a >= low && a <= high ? 1 : 0;
  });
}
