/**
 * Judging models as they will be used: from several origins in turn, each sees only what came before it and forecasts
 * the whole horizon (rolling origin; Tashman 2000). Errors on the original scale. A model is fitted anew at each origin,
 * or, where it can go on with a longer history, at the first or at some of them.
 */
import { LookbackError } from '../errors.ts';
import { mae, mape, mase, rmse, rmsse, seasonalErrorScale, smape } from '../series/index.ts';
import type { FitContext, FittedModel, ForecastModel, QuantileForecast, SeriesCovariates } from './model.ts';

export interface BacktestOptions {
  /** How many origins. */
  folds: number;
  /** Values from one origin to the next; default the horizon. */
  stride?: number;
  /** `expanding`: all that came before; else that many of the last values. */
  window?: 'expanding' | number;
  /** Values between the last one known and the first one forecast that count; default 0. */
  gap?: number;
  /** `true` (default): fitted at each origin; `false`: at the first; a number: at every so many of them. */
  refit?: boolean | number;
}

/** One forecast of one series from one origin. */
export interface Fold {
  readonly series: number;
  /** Which of the origins, from 0. */
  readonly turn: number;
  /** Index of the first value forecast. */
  readonly origin: number;
  /** [H]; NaN where nothing was observed, which no score counts. */
  readonly truth: Float64Array;
  readonly mean: Float64Array;
  readonly deviation?: Float64Array;
  readonly quantiles?: QuantileForecast;
}

/**
 * Means over folds and series; the RMSE of forecasts of one step is over all folds together. MAPE and sMAPE in percent;
 * MASE and RMSSE by the one-step seasonal naive errors before the origin, at the period of the context.
 */
export interface ModelScores {
  mae: number;
  rmse: number;
  mape: number;
  smape: number;
  mase: number;
  rmsse: number;
}

/** Errors by the step ahead, [H] each: means over folds and series; NaN for a step that was never observed. */
export interface StepErrors {
  readonly mae: number[];
  readonly rmse: number[];
  /** NaN where a history repeats. */
  readonly mase: number[];
}

export interface BacktestResult {
  readonly scores: ModelScores;
  readonly steps: StepErrors;
  readonly folds: readonly Fold[];
  /** At how many origins the model was fitted. */
  readonly fits: number;
  /** What was chosen at the last origin. */
  readonly detail: string;
}

/** What is known beside series `which` when the values before `origin` are: n = origin, H = gap + horizon. */
export type CovariatesAt = (which: number, origin: number) => SeriesCovariates;

/** The origins [folds], ascending; the last leaves exactly the horizon. @throws DATA_INVALID where the history is too short. */
export function origins(
  length: number,
  horizon: number,
  { folds, stride = horizon, gap = 0 }: BacktestOptions,
  least = 2,
): number[] {
  const out = Array.from({ length: folds }, (_, i) => length - horizon - (folds - 1 - i) * stride);
  if (out[0] - gap >= least) return out;
  throw new LookbackError('DATA_INVALID', {
    where: 'backtest',
    expected: `at least ${least + gap + horizon + (folds - 1) * stride} values for ${folds} origins of horizon ${horizon}`,
    got: `${length}`,
    next: 'Ask for fewer origins or a shorter horizon',
  });
}

/** A fold's steps whose values were observed; the fold itself where all were. */
export function observedSteps(fold: Fold): Fold {
  const { truth, mean, deviation, quantiles } = fold;
  if (!truth.some(Number.isNaN)) return fold;
  const seen = (values: Float64Array) => values.filter((_, step) => !Number.isNaN(truth[step]));
  return {
    ...fold,
    truth: seen(truth),
    mean: seen(mean),
    ...(deviation && { deviation: seen(deviation) }),
    ...(quantiles && { quantiles: { levels: quantiles.levels, values: quantiles.values.map(seen) } }),
  };
}

/**
 * @param series [n] each, NaN where a value is missing: histories reach the model so, and such values are not scored
 * @throws what the model throws for a history that it cannot be fitted to; BAD_ARGUMENT for options that are no whole
 * numbers; DATA_INVALID where nothing to forecast was observed; whatever `context.signal` was aborted with
 */
export async function backtest(
  model: ForecastModel,
  series: readonly Float64Array[],
  context: FitContext,
  options: BacktestOptions,
  covariatesAt?: CovariatesAt,
): Promise<BacktestResult> {
  checkOptions(options);
  const { horizon, period } = context;
  const { gap = 0, refit = true, window = 'expanding' } = options;
  const least = Math.max(2, period + 1);
  const starts = series.map((values) => origins(values.length, horizon, options, least));
  const every = refit === true ? 1 : refit === false ? Number.POSITIVE_INFINITY : refit;
  const folds: Fold[] = [];
  let fitted: FittedModel | undefined;
  let fits = 0;
  for (let turn = 0; turn < options.folds; turn++) {
    context.signal?.throwIfAborted();
    const known = series.map((_, which) => starts[which][turn] - gap);
    const from = known.map((end) => (window === 'expanding' ? 0 : Math.max(0, end - window)));
    const histories = series.map((values, which) => values.slice(from[which], known[which]));
    const at = { origin: turn + 1, origins: options.folds };
    context.onProgress?.({ ...at, step: 0, steps: 0 });
    const here: FitContext = {
      ...context,
      onProgress: context.onProgress && ((progress) => context.onProgress?.({ ...progress, ...at })),
      horizon: gap + horizon,
      covariates: covariatesAt && known.map((end, which) => since(covariatesAt(which, end), from[which])),
    };
    const due = turn === 0 || (every < Number.POSITIVE_INFINITY && turn % every === 0);
    if (fitted?.extend && !due) fitted = fitted.extend(histories, here);
    else {
      fitted = await model.fit(histories, here);
      fits++;
    }
    for (const [which, values] of series.entries()) {
      const origin = starts[which][turn];
      const said = fitted.forecast(which);
      const { mean, deviation, quantiles } = said;
      folds.push({
        series: which,
        turn,
        origin,
        truth: values.slice(origin, origin + horizon),
        mean: mean.subarray(gap),
        ...(deviation && { deviation: deviation.subarray(gap) }),
        ...(quantiles && {
          quantiles: { levels: quantiles.levels, values: quantiles.values.map((value) => value.subarray(gap)) },
        }),
      });
    }
  }
  return { ...summary(series, folds, horizon, period, gap), folds, fits, detail: fitted?.detail ?? '' };
}

/** Columns from `start` on, as the history. */
const since = ({ past, future, fixed }: SeriesCovariates, start: number): SeriesCovariates => ({
  past: past.map((column) => column.subarray(start)),
  future: future.map((column) => column.subarray(start)),
  fixed,
});

function summary(
  series: readonly Float64Array[],
  folds: readonly Fold[],
  horizon: number,
  period: number,
  gap: number,
): Pick<BacktestResult, 'scores' | 'steps'> {
  const scores: ModelScores = { mae: 0, rmse: 0, mape: 0, smape: 0, mase: 0, rmsse: 0 };
  const zeros = () => new Array<number>(horizon).fill(0);
  const steps = { mae: zeros(), rmse: zeros(), mase: zeros() };
  const seen = folds.map(observedSteps).filter(({ truth }) => truth.length > 0);
  if (seen.length === 0) {
    throw new LookbackError('DATA_INVALID', {
      where: 'backtest',
      problem: 'no value that was to be forecast was observed',
      next: 'Give more observations, or other origins',
    });
  }
  const share = 1 / seen.length;
  for (const { series: which, origin, truth, mean } of seen) {
    const before = series[which].subarray(0, origin - gap);
    scores.mae += mae(truth, mean) * share;
    scores.rmse += rmse(truth, mean) * share;
    scores.mape += mape(truth, mean) * share;
    scores.smape += smape(truth, mean) * share;
    scores.mase += mase(truth, mean, before, period) * share;
    scores.rmsse += rmsse(truth, mean, before, period) * share;
  }
  const counts = zeros();
  for (const { series: which, origin, truth, mean } of folds) {
    const scale = seasonalErrorScale(series[which].subarray(0, origin - gap), period);
    for (let h = 0; h < horizon; h++) {
      const error = Math.abs(truth[h] - mean[h]);
      if (Number.isNaN(truth[h])) continue;
      counts[h]++;
      steps.mae[h] += error;
      steps.rmse[h] += error * error;
      steps.mase[h] += scale === 0 ? Number.NaN : error / scale;
    }
  }
  steps.mae = steps.mae.map((sum, h) => sum / counts[h]);
  steps.rmse = steps.rmse.map((sum, h) => Math.sqrt(sum / counts[h]));
  steps.mase = steps.mase.map((sum, h) => sum / counts[h]);
  // The root of one squared error is an absolute error: of one-step forecasts all origins are taken together.
  if (horizon === 1) scores.rmse = steps.rmse[0];
  return { scores, steps };
}

function checkOptions({ folds, stride = 1, window = 'expanding', gap = 0, refit = true }: BacktestOptions): void {
  const whole = (name: string, value: number, least: number) => {
    if (Number.isInteger(value) && value >= least) return;
    throw new LookbackError('BAD_ARGUMENT', {
      where: `backtest.${name}`,
      expected: `a whole number of at least ${least}`,
      got: String(value),
    });
  };
  whole('folds', folds, 1);
  whole('stride', stride, 1);
  whole('gap', gap, 0);
  if (window !== 'expanding') whole('window', window, 1);
  if (typeof refit !== 'boolean') whole('refit', refit, 1);
}
