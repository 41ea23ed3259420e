/**
 * `forecast(rows, { target, horizon })`: reads rows as series, judges models from several origins beside formulas that
 * need no training, and forecasts with the best. The choice among models is by the backtest, and the leaderboard shows
 * all of it.
 */
import type { Fold } from './backtest.ts';
import type { TableInput } from './cells.ts';
import type { Comparison } from './comparison.ts';
import { type Competition, compete, type ForecastOptions } from './competition.ts';
import type { TimedSeries } from './frame.ts';
import { frequencyName } from './frequency.ts';
import { type Calibration, intervalOf } from './intervals.ts';
import type { FailedModel, LeaderboardRow } from './leaderboard.ts';
import type { PointForecast } from './model.ts';
import { type OneStepReport, oneStepOf } from './oneStep.ts';

export interface SeriesForecast {
  name: string;
  times: string[];
  mean: number[];
  lower: number[];
  upper: number[];
}

export interface ForecastResult {
  /** Best first, by MASE (by RMSE where a history repeats so that MASE is undefined). */
  leaderboard: LeaderboardRow[];
  failed: FailedModel[];
  /** The name of the model that made `forecast`. */
  best: string;
  /** What a reader should know: who won, by how much over the best formula, and whether that can be luck. */
  verdict: string;
  /** The best model against the best formula by the test of Diebold and Mariano; null where there is no model. */
  comparison: Comparison | null;
  /** Measured beside nominal coverage of the best model's intervals, over the origins of the backtest. */
  calibration: readonly Calibration[];
  /** MASE and RMSSE are scaled by the errors of the seasonal naive forecast of this period, one step ahead. */
  scalePeriod: number;
  horizon: number;
  level: number;
  frequency: string;
  period: number;
  /** What was noticed in the data. */
  notes: string[];
  forecast: SeriesForecast[];
  /** The series as read. */
  series: TimedSeries[];
  /** The best model's forecasts from the origins of the backtest. */
  folds: Fold[];
  /** Of a horizon of 1: the best model beside persistence and the last value moved as the season before. */
  oneStep?: OneStepReport;
}

/**
 * @param rows rows, or plain numbers one a step
 * @throws DATA_INVALID for rows that make no series or too short ones; BAD_ARGUMENT for unknown models or columns
 */
export async function forecast(rows: TableInput, options: ForecastOptions): Promise<ForecastResult> {
  return report(await compete(rows, options));
}

/** What a competition came to. */
export function report(competition: Competition): ForecastResult {
  const { frame, judgement, chosen, fitted, context, level, notes } = competition;
  const { judged, failed, ...told } = judgement;
  const { horizon, period } = context;
  const { row, result } = chosen;
  const reported: ForecastResult = {
    leaderboard: judged.map((one) => one.row),
    failed: [...failed],
    best: row.model,
    ...told,
    scalePeriod: period,
    horizon,
    level,
    frequency: frequencyName(frame.frequency),
    period,
    notes,
    forecast: frame.series.map((_, which) =>
      seriesForecast(competition, result.folds, which, fitted.forecast(which), level),
    ),
    series: [...frame.series],
    folds: [...result.folds],
  };
  const oneStep = oneStepOf(reported);
  return oneStep ? { ...reported, oneStep } : reported;
}

/** A forecast with its times and the interval that the folds of its series give. */
export function seriesForecast(
  { frame, interval }: Pick<Competition, 'frame' | 'interval'>,
  folds: readonly Fold[],
  which: number,
  point: PointForecast,
  level: number,
): SeriesForecast {
  const own = folds.filter((fold) => fold.series === which);
  const { lower, upper } = intervalOf(interval, own, point, level);
  const { name } = frame.series[which];
  return {
    name,
    times: frame.future(which, point.mean.length),
    mean: [...point.mean],
    lower: [...lower],
    upper: [...upper],
  };
}
