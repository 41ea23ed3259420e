/** What every forecasting model is to those that judge and use it: something that fits histories and then forecasts. */
import type { SharedFits } from './sharedFits.ts';

/** What is known beside one series, as of one origin: n values of history, H to forecast. */
export interface SeriesCovariates {
  /** Known up to the origin, a column each [n]. */
  readonly past: readonly Float64Array[];
  /** Known ahead, such as calendars and plans, a column each [n + H]. */
  readonly future: readonly Float64Array[];
  /** The same at all times, a number a column. */
  readonly fixed: readonly number[];
}

/** How far the fits of a model are. */
export interface FitProgress {
  /** From 1; null for the last fit, to all there is. */
  readonly origin: number | null;
  /** Of the backtest. */
  readonly origins: number;
  /** Steps of gradient descent done, and of how many; 0 of 0 where an origin begins and in models that take none. */
  readonly step: number;
  readonly steps: number;
}

/** What a model may know besides the histories. */
export interface FitContext {
  readonly horizon: number;
  /** Values a season, 1 without. */
  readonly period: number;
  readonly seed: number;
  /** One a series, where there are covariates; a model that cannot use them ignores them. */
  readonly covariates?: readonly SeriesCovariates[];
  /** Ends a long fit early, by throwing. */
  readonly signal?: AbortSignal;
  /** Values that networks and ridge maps look back on; default by the season and the horizon. */
  readonly lookback?: number;
  readonly onProgress?: (progress: FitProgress) => void;
  /** @internal Fits that several models of one competition would make alike. */
  readonly shared?: SharedFits;
}

/** Quantiles of the forecast at ascending levels in (0, 1), which do not cross. */
export interface QuantileForecast {
  readonly levels: readonly number[];
  /** [H] a level. */
  readonly values: readonly Float64Array[];
}

export interface PointForecast {
  /** [H] on the original scale. */
  readonly mean: Float64Array;
  /** Standard errors [H], where the model knows them. */
  readonly deviation?: Float64Array;
  /** Where the model forecasts a distribution. */
  readonly quantiles?: QuantileForecast;
}

/** A fitted model as plain data: settings that JSON can hold and its numbers by name. */
export interface ModelState {
  readonly model: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly numbers: Readonly<Record<string, Float64Array | Float32Array>>;
}

export interface FittedModel {
  /** The H steps after the end of history `which`. */
  readonly forecast: (which: number) => PointForecast;
  /** What was chosen, e.g. `ETS(M,Ad,M)` or `1,217 parameters`. */
  readonly detail: string;
  /** The same parameters with other (usually longer) histories: no refitting. Absent where it makes no sense. */
  readonly extend?: (histories: readonly Float64Array[], context: FitContext) => FittedModel;
  /** Everything that `ForecastModel.restore` needs; absent where a model is fitted anew in no time. */
  readonly state?: () => ModelState;
  /** What the forecast of series `which` looked at: weights [H][lookback], rows summing to 1. */
  readonly alignments?: (which: number) => readonly Float32Array[];
}

export interface ForecastModel {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Whether numbers were learned beyond a formula with a handful of parameters. */
  readonly trained: boolean;
  /** @throws DATA_INVALID for histories it cannot be fitted to, which a leaderboard then says. */
  readonly fit: (histories: readonly Float64Array[], context: FitContext) => FittedModel | Promise<FittedModel>;
  /** A fitted model from its state, with histories to forecast from. @throws DATA_INVALID for a state that is not its own. */
  readonly restore?: (
    state: ModelState,
    histories: readonly Float64Array[],
    context: FitContext,
  ) => FittedModel | Promise<FittedModel>;
  /** Trains a state on, with more data. */
  readonly resume?: (
    state: ModelState,
    histories: readonly Float64Array[],
    context: FitContext,
  ) => FittedModel | Promise<FittedModel>;
}
