/** Forecasts of any table: data, models, honest evaluation, intervals. Runs in Node and in a page. */

export { type AnomalyOptions, type AnomalyResult, anomalies, type Judged } from './anomalies.ts';
export {
  type BacktestOptions,
  type BacktestResult,
  backtest,
  type CovariatesAt,
  type Fold,
  type ModelScores,
  observedSteps,
  origins,
  type StepErrors,
} from './backtest.ts';
export type { CalendarOptions } from './calendar.ts';
export { forecastModels } from './catalog.ts';
export type { NumberArray, Row, TableInput } from './cells.ts';
export { type Comparison, compareModels, type DieboldMariano, dieboldMariano } from './comparison.ts';
export type { ForecastOptions } from './competition.ts';
export type { CovariateNames } from './covariates.ts';
export { type ForecastResult, forecast, type SeriesForecast } from './forecast.ts';
export { FittedForecaster, fitForecaster, type PredictOptions } from './forecaster.ts';
export { Frame, type TimedSeries } from './frame.ts';
export { type Frequency, frequencyName, inferFrequency, parseFrequency, usualPeriod } from './frequency.ts';
export type { MissingRule } from './gaps.ts';
export { type HolidayCalendar, type HolidayPackage, loadHolidays, ownHolidays } from './holidays.ts';
export { formatTime, type Instant, type Precision, parseTime } from './instant.ts';
export {
  adaptiveInterval,
  type Calibration,
  calibration,
  conformalInterval,
  coverage,
  type Interval,
  type IntervalKind,
  intervalKinds,
  quantileInterval,
} from './intervals.ts';
export type { FailedModel, ForecastProgress, LeaderboardRow } from './leaderboard.ts';
export type {
  FitContext,
  FitProgress,
  FittedModel,
  ForecastModel,
  ModelState,
  PointForecast,
  QuantileForecast,
  SeriesCovariates,
} from './model.ts';
export { neuralModel } from './neuralModels.ts';
export { streamNetwork } from './neuralState.ts';
export { type OneStepReport, oneStepReport } from './oneStep.ts';
export { type RandomWalkVerdict, randomWalkVerdict, type VarianceRatio, varianceRatio } from './randomWalk.ts';
export { type ExtendOptions, extendFrame, readFrame } from './readFrame.ts';
export { fitRidge, type Ridge, type RidgeKind, type RidgeOptions, ridgeForecast } from './ridge.ts';
export type { DuplicateRule, FrameOptions } from './schema.ts';
export { ForecastStream, RecurrentStream, type StreamState, type StreamStep } from './stream.ts';
