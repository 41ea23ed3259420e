/**
 * The one-step trap: a forecast of the next value that repeats the last one follows a series so closely that its plot
 * looks like understanding. So beside every one-step model stand two formulas that know nothing: persistence, y[t-1], and
 * where there are seasons the last value moved by what the season before did, y[t-1] · y[t-p] / y[t-p-1].
 */
import type { ForecastResult } from './forecast.ts';

export interface OneStepRow {
  readonly name: string;
  /** Root of the mean squared error over all steps, in the unit of the series. */
  readonly rmse: number;
}

export interface OneStepReport {
  /** How many values were forecast. */
  readonly count: number;
  readonly model: OneStepRow;
  readonly persistence: OneStepRow;
  /** Null without seasons or where a value to divide by is 0. */
  readonly seasonal: OneStepRow | null;
  /** In words. */
  readonly verdict: string;
}

/** One value forecast one step ahead: of series `series` at time `origin`. */
export interface OneStepForecast {
  readonly series: number;
  readonly origin: number;
  readonly mean: number;
}

/** Judges one-step forecasts of the values of series beside both formulas at the same times. At least one forecast. */
export function oneStepReport(
  name: string,
  series: readonly Float64Array[],
  forecasts: readonly OneStepForecast[],
  period: number,
): OneStepReport {
  const over = (said: (values: Float64Array, t: number, mean: number) => number) => {
    let squares = 0;
    for (const { series: which, origin, mean } of forecasts) {
      const error = said(series[which], origin, mean) - series[which][origin];
      squares += error * error;
    }
    return Math.sqrt(squares / forecasts.length);
  };
  const model = { name, rmse: over((_, __, mean) => mean) };
  const persistence = { name: 'persistence, y[t-1]', rmse: over((values, t) => values[t - 1]) };
  const ratio = over((values, t) => (values[t - 1] * values[t - period]) / values[t - period - 1]);
  const seasonal =
    period > 1 && Number.isFinite(ratio) ? { name: `y[t-1]·y[t-${period}]/y[t-${period + 1}]`, rmse: ratio } : null;
  const told = { count: forecasts.length, model, persistence, seasonal };
  return { ...told, verdict: verdict(told) };
}

/** The winner of a backtest of horizon 1 beside both formulas; undefined for other horizons. */
export function oneStepOf({
  horizon,
  best,
  series,
  folds,
  period,
}: Pick<ForecastResult, 'horizon' | 'best' | 'series' | 'folds' | 'period'>): OneStepReport | undefined {
  if (horizon !== 1) return undefined;
  const forecasts = folds.map(({ series: which, origin, mean }) => ({ series: which, origin, mean: mean[0] }));
  return oneStepReport(
    best,
    series.map(({ values }) => values),
    forecasts,
    period,
  );
}

function verdict({ model, persistence, seasonal }: Omit<OneStepReport, 'verdict'>): string {
  const times = (row: OneStepRow) => `${(model.rmse / row.rmse).toFixed(2)} times its error`;
  if (!(model.rmse < persistence.rmse)) {
    return model.rmse === persistence.rmse
      ? `${model.name} is as good as repeating the last value: a plot that follows the series shows no more than that.`
      : `${model.name} is worse than repeating the last value (${times(persistence)}): however close its plot looks, it has learned nothing of use.`;
  }
  if (seasonal && !(model.rmse < seasonal.rmse)) {
    return `${model.name} beats the last value but not ${seasonal.name}, a formula without any training (${times(seasonal)}): one step ahead, looking good is cheap.`;
  }
  return `${model.name} beats the last value${seasonal ? ` and ${seasonal.name}` : ''}: it has learned more than to repeat.`;
}
