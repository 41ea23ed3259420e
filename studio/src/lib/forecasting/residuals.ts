/** What the errors of a backtest say. Pure; the page draws it. */
import type { Fold } from '../../../../src/forecasting/index.ts';

/** Errors in order of time; where several origins forecast the same time, that of the nearest origin. */
export interface Residuals {
  /** Indices into the series, ascending [n]. */
  readonly at: readonly number[];
  /** Truth minus forecast [n]. */
  readonly values: readonly number[];
  /** How many steps ahead each was forecast, from 1 [n]. */
  readonly ahead: readonly number[];
}

export function residualsOf(folds: readonly Fold[], series: number): Residuals {
  const nearest = new Map<number, { value: number; ahead: number }>();
  for (const { series: which, origin, truth, mean } of folds) {
    if (which !== series) continue;
    truth.forEach((actual, step) => {
      // Values that were not observed say nothing.
      if (Number.isNaN(actual)) return;
      const known = nearest.get(origin + step);
      if (known === undefined || step + 1 < known.ahead)
        nearest.set(origin + step, { value: actual - mean[step], ahead: step + 1 });
    });
  }
  const at = [...nearest.keys()].sort((a, b) => a - b);
  const all = at.flatMap((time) => nearest.get(time) ?? []);
  return { at, values: all.map(({ value }) => value), ahead: all.map(({ ahead }) => ahead) };
}

export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** Bins of one width by the rule of Freedman and Diaconis, 4 to 40 of them; one for values that are all the same. */
export function histogram(values: readonly number[]): Bin[] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  if (least === most) return [{ from: least - 0.5, to: least + 0.5, count: sorted.length }];
  const quartile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  const rule = (2 * (quartile(0.75) - quartile(0.25))) / Math.cbrt(sorted.length);
  const count = Math.max(4, Math.min(40, rule > 0 ? Math.ceil((most - least) / rule) : 4));
  const width = (most - least) / count;
  const bins = Array.from({ length: count }, (_, i) => ({
    from: least + i * width,
    to: least + (i + 1) * width,
    count: 0,
  }));
  for (const value of sorted) bins[Math.min(count - 1, Math.floor((value - least) / width))].count++;
  return bins;
}

/** Autocorrelations at lags 1 to `lags`; NaN for values that do not vary. */
export function autocorrelation(values: readonly number[], lags: number): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const moved = values.map((value) => value - mean);
  const power = moved.reduce((sum, value) => sum + value * value, 0);
  return Array.from({ length: Math.max(0, Math.min(lags, values.length - 1)) }, (_, i) => {
    let sum = 0;
    for (let t = i + 1; t < moved.length; t++) sum += moved[t] * moved[t - i - 1];
    return power > 0 ? sum / power : Number.NaN;
  });
}
