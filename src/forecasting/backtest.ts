/**
 * Judging models as they will be used: from several origins in turn, each sees only what came before it and forecasts
 * the whole horizon (rolling origin; Tashman 2000). Errors on the original scale; the model is fitted anew at each origin.
 */
import { LookbackError } from '../errors.ts';
import { mae, mape, mase, rmse, smape } from '../series/index.ts';
import type { FitContext, ForecastModel } from './model.ts';

export interface BacktestOptions {
  /** How many origins. */
  folds: number;
  /** Values from one origin to the next; default the horizon. */
  stride?: number;
  /** `expanding`: all that came before; else that many of the last values. */
  window?: 'expanding' | number;
}

/** One forecast of one series from one origin. */
export interface Fold {
  readonly series: number;
  /** Index of the first value forecast. */
  readonly origin: number;
  readonly truth: Float64Array;
  readonly mean: Float64Array;
  readonly deviation?: Float64Array;
}

/** Means over folds and series. MAPE and sMAPE in percent; MASE by the one-step seasonal naive error before the origin. */
export interface ModelScores {
  mae: number;
  rmse: number;
  mape: number;
  smape: number;
  mase: number;
}

export interface BacktestResult {
  readonly scores: ModelScores;
  readonly folds: readonly Fold[];
  /** What was chosen at the last origin. */
  readonly detail: string;
}

/** The origins [folds], ascending; the last leaves exactly the horizon. @throws DATA_INVALID where the history is too short. */
export function origins(
  length: number,
  horizon: number,
  { folds, stride = horizon }: BacktestOptions,
  least = 2,
): number[] {
  const out = Array.from({ length: folds }, (_, i) => length - horizon - (folds - 1 - i) * stride);
  if (out[0] >= least) return out;
  throw new LookbackError('DATA_INVALID', {
    where: 'backtest',
    expected: `at least ${least + horizon + (folds - 1) * stride} values for ${folds} origins of horizon ${horizon}`,
    got: `${length}`,
    next: 'Ask for fewer origins or a shorter horizon',
  });
}

/** @throws what the model throws for a history that it cannot be fitted to. */
export async function backtest(
  model: ForecastModel,
  series: readonly Float64Array[],
  context: FitContext,
  options: BacktestOptions,
): Promise<BacktestResult> {
  const { horizon, period } = context;
  const least = Math.max(2, period + 1);
  const starts = series.map((values) => origins(values.length, horizon, options, least));
  const folds: Fold[] = [];
  let detail = '';
  for (let k = 0; k < options.folds; k++) {
    const histories = series.map((values, which) => {
      const origin = starts[which][k];
      return values.slice(typeof options.window === 'number' ? Math.max(0, origin - options.window) : 0, origin);
    });
    const fitted = await model.fit(histories, context);
    detail = fitted.detail;
    series.forEach((values, which) => {
      const origin = starts[which][k];
      folds.push({ series: which, origin, truth: values.slice(origin, origin + horizon), ...fitted.forecast(which) });
    });
  }
  const scores = { mae: 0, rmse: 0, mape: 0, smape: 0, mase: 0 };
  for (const { series: which, origin, truth, mean } of folds) {
    const share = 1 / folds.length;
    scores.mae += mae(truth, mean) * share;
    scores.rmse += rmse(truth, mean) * share;
    scores.mape += mape(truth, mean) * share;
    scores.smape += smape(truth, mean) * share;
    scores.mase += mase(truth, mean, series[which].subarray(0, origin), period) * share;
  }
  return { scores, folds, detail };
}
