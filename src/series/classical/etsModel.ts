/**
 * Exponential smoothing in state-space form: error, trend and season, each additive or multiplicative (Hyndman, Koehler,
 * Ord, Snyder, "Forecasting with Exponential Smoothing", 2008, tables 2.1 to 2.3). This file holds the recursion and the
 * likelihood of given parameters; `ets.ts` finds parameters and models.
 */
import { log, pow } from '../../math.ts';

/** None, additive, multiplicative. */
export type Component = 'N' | 'A' | 'M';

export interface EtsForm {
  error: 'A' | 'M';
  trend: Component;
  damped: boolean;
  season: Component;
  /** Values a season; 1 where there is none. */
  period: number;
}

export interface EtsParameters {
  alpha: number;
  /** 0 without a trend. */
  beta: number;
  /** 0 without a season. */
  gamma: number;
  /** 1 where nothing is damped. */
  phi: number;
}

/** Level, trend and the last `period` seasonal values, the newest first. */
export interface EtsState {
  level: number;
  trend: number;
  season: Float64Array;
}

/** `ETS(M,Ad,M)`. */
export const etsName = ({ error, trend, damped, season }: EtsForm): string =>
  `ETS(${error},${trend}${damped ? 'd' : ''},${season})`;

const tiny = 1e-10;
const overflow = 1e10;

/** What the state says of `step` = 1, 2, … steps ahead; `powers` is phi + … + phi^step. */
function predicted(form: EtsForm, { level, trend, season }: EtsState, step: number, powers: number): number {
  const line = form.trend === 'N' ? level : form.trend === 'A' ? level + powers * trend : growth(level, trend, powers);
  if (form.season === 'N') return line;
  const seasonal = season[form.period - 1 - ((step - 1) % form.period)];
  return form.season === 'A' ? line + seasonal : line * seasonal;
}

const growth = (level: number, ratio: number, powers: number) =>
  ratio < 0 ? Number.NaN : powers === 1 ? level * ratio : level * pow(ratio, powers);

/** Moves the state on by one observation y; the array of seasons is reused. */
function update(form: EtsForm, { alpha, beta, gamma, phi }: EtsParameters, state: EtsState, y: number): void {
  const { level, trend, season } = state;
  const { period } = form;
  const damped = form.trend === 'N' ? 0 : form.trend === 'A' ? phi * trend : phi === 1 ? trend : pow(trend, phi);
  const line = form.trend === 'N' ? level : form.trend === 'A' ? level + damped : level * damped;
  const old = form.season === 'N' ? 0 : season[period - 1];
  const adjusted = form.season === 'N' ? y : form.season === 'A' ? y - old : Math.abs(old) < tiny ? overflow : y / old;
  state.level = line + alpha * (adjusted - line);
  if (form.trend !== 'N') {
    const slope = form.trend === 'A' ? state.level - level : Math.abs(level) < tiny ? overflow : state.level / level;
    state.trend = damped + (beta / alpha) * (slope - damped);
  }
  if (form.season !== 'N') {
    const now = form.season === 'A' ? y - line : Math.abs(line) < tiny ? overflow : y / line;
    season.copyWithin(1, 0, period - 1);
    season[0] = old + gamma * (now - old);
  }
}

export interface EtsPass {
  /** n log(sum of squared errors), plus 2 sum log|forecast| for multiplicative errors: -2 log-likelihood up to a constant. */
  objective: number;
  /** Mean squared one-step error, in the squared unit of the series. */
  mse: number;
  state: EtsState;
}

/** Runs the recursion over values [n]; `errors` [n], where given, receives the one-step errors (relative for form M). */
export function etsPass(
  form: EtsForm,
  parameters: EtsParameters,
  start: EtsState,
  values: ArrayLike<number>,
  errors?: Float64Array,
): EtsPass {
  const state = { ...start, season: start.season.slice() };
  let squares = 0;
  let logs = 0;
  let raw = 0;
  for (let t = 0; t < values.length; t++) {
    const forecast = predicted(form, state, 1, parameters.phi);
    const difference = values[t] - forecast;
    raw += difference * difference;
    let error = difference;
    if (form.error === 'M') {
      error /= Math.abs(forecast) < tiny ? forecast + tiny : forecast;
      logs += log(Math.abs(forecast));
    }
    squares += error * error;
    if (errors) errors[t] = error;
    update(form, parameters, state, values[t]);
  }
  const n = values.length;
  return { objective: n * log(squares) + (form.error === 'M' ? 2 * logs : 0), mse: raw / n, state };
}

/** Point forecasts [H] from a state. */
export function etsForecast(form: EtsForm, { phi }: EtsParameters, state: EtsState, horizon: number): Float64Array {
  const out = new Float64Array(horizon);
  let power = 1;
  let powers = 0;
  for (let step = 1; step <= horizon; step++) {
    power *= phi;
    powers += power;
    out[step - 1] = predicted(form, state, step, powers);
  }
  return out;
}

/** One path [H] that the model could take, given its standardised errors [H]. */
export function etsPath(
  form: EtsForm,
  parameters: EtsParameters,
  start: EtsState,
  errors: ArrayLike<number>,
): Float64Array {
  const state = { ...start, season: start.season.slice() };
  return Float64Array.from(errors, (error) => {
    const forecast = predicted(form, state, 1, parameters.phi);
    const value = form.error === 'A' ? forecast + error : forecast * (1 + error);
    update(form, parameters, state, value);
    return value;
  });
}
