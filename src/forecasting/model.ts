/** What every forecasting model is to those that judge and use it: something that fits histories and then forecasts. */

/** What a model may know besides the histories. */
export interface FitContext {
  readonly horizon: number;
  /** Values a season, 1 without. */
  readonly period: number;
  readonly seed: number;
}

export interface PointForecast {
  /** [H] on the original scale. */
  readonly mean: Float64Array;
  /** Standard errors [H], where the model knows them. */
  readonly deviation?: Float64Array;
}

export interface FittedModel {
  /** The H steps after the end of history `which`. */
  readonly forecast: (which: number) => PointForecast;
  /** What was chosen, e.g. `ETS(M,Ad,M)` or `1,217 parameters`. */
  readonly detail: string;
}

export interface ForecastModel {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Whether numbers were learned beyond a formula with a handful of parameters. */
  readonly trained: boolean;
  /** @throws DATA_INVALID for histories it cannot be fitted to, which a leaderboard then says. */
  readonly fit: (histories: readonly Float64Array[], context: FitContext) => FittedModel | Promise<FittedModel>;
}
