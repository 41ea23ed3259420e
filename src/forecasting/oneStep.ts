/**
 * The one-step trap: a forecast of the next value that repeats the last one follows a series so closely that its plot
 * looks like understanding. So beside every one-step model stand two formulas that know nothing: persistence, y[t-1], and
 * where there are seasons the last value moved by what the season before did, y[t-1] · y[t-p] / y[t-p-1].
 */
import { dieboldMariano } from './comparison.ts';
import type { ForecastResult } from './forecast.ts';
import { fillGaps } from './gaps.ts';

export interface OneStepRow {
  readonly name: string;
  /** Root of the mean squared error over all steps, in the unit of the series. */
  readonly rmse: number;
  /** Of the test of Diebold and Mariano on squared errors against the model's; null for the model or too few steps. */
  readonly p: number | null;
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

/** Steps below which no difference is called one. */
const fewest = 8;

/** Judges one-step forecasts of the values of series beside both formulas at the same times. At least one forecast. */
export function oneStepReport(
  name: string,
  series: readonly Float64Array[],
  forecasts: readonly OneStepForecast[],
  period: number,
): OneStepReport {
  const squares = (said: (values: Float64Array, t: number, mean: number) => number) =>
    Float64Array.from(forecasts, ({ series: which, origin, mean }) => {
      const error = said(series[which], origin, mean) - series[which][origin];
      return error * error;
    });
  const own = squares((_, __, mean) => mean);
  const row = (called: string, losses: Float64Array): OneStepRow => ({
    name: called,
    rmse: Math.sqrt(losses.reduce((sum, loss) => sum + loss, 0) / losses.length),
    p: losses === own || losses.length < fewest ? null : dieboldMariano(own, losses).p,
  });
  const model = row(name, own);
  const persistence = row(
    'persistence, y[t-1]',
    squares((values, t) => values[t - 1]),
  );
  const ratios = squares((values, t) => (values[t - 1] * values[t - period]) / values[t - period - 1]);
  const seasonal =
    period > 1 && ratios.every(Number.isFinite) ? row(`y[t-1]·y[t-${period}]/y[t-${period + 1}]`, ratios) : null;
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
  const seen = folds.filter(({ truth }) => !Number.isNaN(truth[0]));
  const forecasts = seen.map(({ series: which, origin, mean }) => ({ series: which, origin, mean: mean[0] }));
  return oneStepReport(
    best,
    // A last value that was missing is the one before it, not one between it and what followed.
    series.map(({ values, missing }) => {
      if (!missing) return values;
      const known = values.slice();
      for (const place of missing) known[place] = Number.NaN;
      return fillGaps(known, 'carry');
    }),
    forecasts,
    period,
  );
}

function verdict({ model, persistence, seasonal, count }: Omit<OneStepReport, 'verdict'>): string {
  const times = (row: OneStepRow) => `${(model.rmse / row.rmse).toFixed(2)} times its error`;
  const told = ({ p }: OneStepRow) =>
    p === null ? `${count} steps are too few` : `Diebold-Mariano, p = ${p.toFixed(3)}`;
  if (model.rmse >= persistence.rmse) {
    return model.rmse === persistence.rmse
      ? `${model.name} is as good as repeating the last value: a plot that follows the series shows no more than that.`
      : `${model.name} is worse than repeating the last value (${times(persistence)}): however close its plot looks, it has learned nothing of use.`;
  }
  if (!(persistence.p !== null && persistence.p < 0.05)) {
    return `There is no evidence that ${model.name} is better than repeating the last value (${times(persistence)}; ${told(persistence)}): however close its plot looks, that is what it shows.`;
  }
  if (seasonal && model.rmse >= seasonal.rmse) {
    return `${model.name} beats the last value but not ${seasonal.name}, a formula without any training (${times(seasonal)}): one step ahead, looking good is cheap.`;
  }
  if (seasonal && !(seasonal.p !== null && seasonal.p < 0.05)) {
    return `${model.name} beats the last value, but there is no evidence that it is better than ${seasonal.name}, a formula without any training (${times(seasonal)}; ${told(seasonal)}).`;
  }
  return `${model.name} beats the last value${seasonal ? ` and ${seasonal.name}` : ''}: it has learned more than to repeat.`;
}
