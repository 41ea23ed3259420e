/**
 * The Theta method (Assimakopoulos and Nikolopoulos 2000), which won the M3 competition: simple exponential smoothing
 * with half the slope of a least-squares line as drift (the equivalence is Hyndman and Billah 2003). A season is taken
 * out first where the autocorrelation at its lag is significant.
 */
import { normalQuantile } from '../../math.ts';
import { fitLine, seasonalFigure } from './decompose.ts';
import { fitEts } from './ets.ts';

/** Whether the autocorrelation at lag `period` exceeds the 90 % band of one whose smaller lags are what they are. */
export function isSeasonal(values: Float64Array, period: number): boolean {
  const n = values.length;
  if (period < 2 || n <= 2 * period || values.every((value) => value === values[0])) return false;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const covariance = (lag: number) => {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += (values[t] - mean) * (values[t - lag] - mean);
    return sum;
  };
  const variance = covariance(0);
  let squares = 0;
  for (let lag = 1; lag < period; lag++) {
    const correlation = covariance(lag) / variance;
    squares += correlation * correlation;
  }
  return Math.abs(covariance(period) / variance) > normalQuantile(0.95) * Math.sqrt((1 + 2 * squares) / n);
}

export interface Theta {
  forecast: Float64Array;
  /** Standard errors [H] of the forecasts, the season left out of account. */
  deviation: Float64Array;
}

/** What the method found in a history; a longer one can be forecast with it. */
export interface ThetaFit {
  readonly alpha: number;
  /** Level before the first value. */
  readonly level: number;
  /** Half the slope of the line through the values. */
  readonly drift: number;
  /** Variance of the one-step errors. */
  readonly variance: number;
  /** Factors [period] of the season, the first value's first; undefined without one. */
  readonly season?: Float64Array;
}

/** Values [n] -> forecasts [H]. @throws DATA_INVALID for values that are not finite. */
export function theta(values: Float64Array, horizon: number, period = 1): Theta {
  return forecastTheta(fitTheta(values, period), values, horizon);
}

/** @throws DATA_INVALID for values that are not finite. */
export function fitTheta(values: Float64Array, period = 1): ThetaFit {
  let seasonal: Float64Array | undefined;
  if (isSeasonal(values, period)) {
    const figure = seasonalFigure(values, period, 'multiplicative');
    if (figure.every((value) => Math.abs(value) >= 1e-10)) seasonal = figure;
  }
  const adjusted = seasonal ? values.map((value, t) => value / (seasonal as Float64Array)[t]) : values;
  const smoothing = fitEts(adjusted, { error: 'A', trend: 'N', season: 'N', damped: false, criterion: 'mse' });
  return {
    alpha: smoothing.parameters.alpha,
    level: smoothing.initial.level,
    drift: fitLine(adjusted).slope / 2,
    variance: smoothing.variance,
    season: seasonal?.slice(0, period),
  };
}

/** Values [n] that begin where those of the fit did -> forecasts [H]. */
export function forecastTheta(
  { alpha, level: initial, drift, variance, season }: ThetaFit,
  values: Float64Array,
  horizon: number,
): Theta {
  const n = values.length;
  const factor = (t: number) => (season ? season[t % season.length] : 1);
  let level = initial;
  let remembered = 1;
  for (let t = 0; t < n; t++) {
    level += alpha * (values[t] / factor(t) - level);
    remembered *= 1 - alpha;
  }
  const forecast = Float64Array.from(
    { length: horizon },
    (_, step) => (level + drift * (step + (1 - remembered) / alpha)) * factor(n + step),
  );
  const deviation = forecast.map((_, step) => Math.sqrt(variance * (step * alpha * alpha + 1)));
  return { forecast, deviation };
}
