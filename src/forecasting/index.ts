/** Forecasts of any table: data, models, honest evaluation, intervals. Runs in Node and in a page. */
export {
  type BacktestOptions,
  type BacktestResult,
  backtest,
  type Fold,
  type ModelScores,
  origins,
} from './backtest.ts';
export {
  type FailedModel,
  type ForecastOptions,
  type ForecastResult,
  forecast,
  forecastModels,
  type LeaderboardRow,
  type SeriesForecast,
} from './forecast.ts';
export { type Frame, type FrameOptions, type Row, readFrame, type TimedSeries } from './frame.ts';
export {
  type Frequency,
  formatTime,
  frequencyName,
  type Instant,
  inferFrequency,
  parseFrequency,
  parseTime,
  usualPeriod,
} from './frequency.ts';
export { conformalInterval, coverage, type Interval } from './intervals.ts';
export type {
  FitContext,
  FittedModel,
  ForecastModel,
  ModelState,
  PointForecast,
  QuantileForecast,
  SeriesCovariates,
} from './model.ts';
