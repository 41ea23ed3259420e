/**
 * Fitting exponential smoothing: starting values, parameters by maximum likelihood, the model by the corrected Akaike
 * criterion (Hyndman, Koehler, Snyder, Grose 2002, "A state space framework for automatic forecasting using exponential
 * smoothing methods"; the automatic choice follows R's `forecast` 8). Seasons longer than 24 are dropped, as R does:
 * so many seasonal states cannot be estimated.
 */
import { LookbackError } from '../../errors.ts';
import type { Random } from '../../random.ts';
import { fitLine, seasonalFigure } from './decompose.ts';
import {
  type Component,
  type EtsForm,
  type EtsParameters,
  type EtsState,
  etsForecast,
  etsName,
  etsPass,
  etsPath,
} from './etsModel.ts';
import { isStable } from './etsStability.ts';
import { nelderMead } from './nelderMead.ts';

export interface EtsOptions {
  /** Values a season. */
  period?: number;
  error?: 'A' | 'M';
  trend?: Component;
  damped?: boolean;
  season?: Component;
  /** What is minimised: the likelihood's objective, or the mean squared one-step error. */
  criterion?: 'likelihood' | 'mse';
  /** Whether the automatic choice may take multiplicative trends, which explode easily. */
  multiplicativeTrend?: boolean;
}

export interface Ets {
  readonly form: EtsForm;
  readonly name: string;
  readonly parameters: EtsParameters;
  /** Before the first and after the last value. */
  readonly initial: EtsState;
  readonly state: EtsState;
  /** Corrected Akaike information criterion; compare only between fits of the same values. */
  readonly aicc: number;
  /** Variance of the one-step errors (relative ones for multiplicative errors), n less the number of parameters. */
  readonly variance: number;
}

/** Longest season that is modelled. */
export const longestEtsPeriod = 24;

const lowest = { alpha: 1e-4, beta: 1e-4, gamma: 1e-4, phi: 0.8 };
const highest = { alpha: 0.9999, beta: 0.9999, gamma: 0.9999, phi: 0.98 };

/**
 * The best exponential smoothing model for values [n]; what the options leave open is chosen by AICc among the models
 * that make sense (no additive error with a multiplicative part; nothing multiplicative unless all values are positive).
 * @throws DATA_INVALID for values that are not finite, or too few for the form asked for.
 */
export function fitEts(values: Float64Array, options: EtsOptions = {}): Ets {
  const { period = 1, criterion = 'likelihood', multiplicativeTrend = false } = options;
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new LookbackError('DATA_INVALID', {
      where: 'exponential smoothing',
      expected: 'at least one value, all finite',
      got: values.length === 0 ? 'none' : 'NaN or Infinity',
      next: 'Fill or cut off missing values first',
    });
  }
  const positive = values.every((value) => value > 0);
  const seasonal = period > 1 && period <= longestEtsPeriod && values.length > period;
  const chosen = options.error !== undefined && options.trend !== undefined && options.season !== undefined;
  let best: Ets | undefined;
  for (const error of options.error ? [options.error] : (['A', 'M'] as const))
    for (const trend of options.trend ? [options.trend] : (['N', 'A', 'M'] as const))
      for (const season of options.season ? [options.season] : (['N', 'A', 'M'] as const))
        for (const damped of options.damped === undefined ? [false, true] : [options.damped]) {
          if (trend === 'N' && damped) continue;
          if (season !== 'N' && !seasonal) continue;
          if (!positive && (error === 'M' || trend === 'M' || season === 'M')) continue;
          if (!chosen) {
            if (trend === 'M' && !multiplicativeTrend && options.trend === undefined) continue;
            if (error === 'A' && (trend === 'M' || season === 'M')) continue;
            if (error === 'M' && trend === 'M' && season === 'A') continue;
          }
          const fit = fitForm({ error, trend, damped, season, period: season === 'N' ? 1 : period }, values, criterion);
          if (fit && (best === undefined || fit.aicc < best.aicc)) best = fit;
        }
  if (best) return best;
  if ((options.trend ?? 'N') === 'N' && (options.season ?? 'N') === 'N' && options.error !== 'M')
    return lastValue(values);
  const seasonless =
    options.season !== undefined && options.season !== 'N' && (period < 2 || period > longestEtsPeriod);
  throw new LookbackError('DATA_INVALID', {
    where: 'exponential smoothing',
    expected: seasonless
      ? `a season of 2 to ${longestEtsPeriod} values for a seasonal form`
      : 'enough values for this form, all positive for a multiplicative one',
    got: seasonless
      ? `one of ${period}`
      : `${values.length} values, period ${period}${positive ? '' : ', not all positive'}`,
    next: 'Leave the form open to have one chosen',
  });
}

/** Too few values for any form: the last one is all that can be said. */
function lastValue(values: Float64Array): Ets {
  const form: EtsForm = { error: 'A', trend: 'N', damped: false, season: 'N', period: 1 };
  const level = values[values.length - 1];
  const state = { level, trend: 0, season: new Float64Array() };
  const parameters = { alpha: highest.alpha, beta: 0, gamma: 0, phi: 1 };
  return { form, name: etsName(form), parameters, initial: state, state, aicc: Infinity, variance: 0 };
}

function fitForm(form: EtsForm, values: Float64Array, criterion: 'likelihood' | 'mse'): Ets | undefined {
  const { trend, season, damped, period } = form;
  const n = values.length;
  const first = initialState(form, values);
  if (first === undefined) return undefined;
  const start = [...initialParameters(form), first.level];
  if (trend !== 'N') start.push(first.trend);
  if (season !== 'N') start.push(...first.season.subarray(0, period - 1));
  if (start.length >= n - 1) return undefined;

  const read = (point: ArrayLike<number>): { parameters: EtsParameters; state: EtsState } => {
    let at = 0;
    const parameters = {
      alpha: point[at++],
      beta: trend === 'N' ? 0 : point[at++],
      gamma: season === 'N' ? 0 : point[at++],
      phi: damped ? point[at++] : 1,
    };
    const level = point[at++];
    const slope = trend === 'N' ? 0 : point[at++];
    const seasons = new Float64Array(season === 'N' ? 0 : period);
    let sum = 0;
    for (let i = 0; i < seasons.length - 1; i++) {
      seasons[i] = point[at++];
      sum += seasons[i];
    }
    // Seasons average 0 or 1: the last one follows from the others.
    if (season !== 'N') seasons[period - 1] = (season === 'M' ? period : 0) - sum;
    return { parameters, state: { level, trend: slope, season: seasons } };
  };
  const inside = ({ alpha, beta, gamma, phi }: EtsParameters) =>
    alpha >= lowest.alpha &&
    alpha <= highest.alpha &&
    (trend === 'N' || (beta >= lowest.beta && beta <= alpha)) &&
    (season === 'N' || (gamma >= lowest.gamma && gamma <= 1 - alpha)) &&
    (!damped || (phi >= lowest.phi && phi <= highest.phi));
  const target = (point: Float64Array) => {
    const { parameters, state } = read(point);
    if (!inside(parameters) || !isStable(form, parameters)) return Infinity;
    if (season === 'M' && state.season.some((value) => value < 0)) return Infinity;
    const { objective, mse } = etsPass(form, parameters, state, values);
    return criterion === 'mse' ? mse : Math.max(objective, -overflow);
  };
  const { point, value } = nelderMead(target, start);
  if (!Number.isFinite(value)) return undefined;
  const { parameters, state } = read(point);
  const errors = new Float64Array(n);
  const pass = etsPass(form, parameters, state, values, errors);
  const count = start.length + 1;
  const squares = errors.reduce((sum, error) => sum + error * error, 0);
  return {
    form,
    name: etsName(form),
    parameters,
    initial: state,
    state: pass.state,
    aicc: pass.objective + 2 * count + (2 * count * (count + 1)) / Math.max(n - count - 1, tinyCount),
    variance: squares / Math.max(n - start.length, 1),
  };
}

const overflow = 1e10;
const tinyCount = 1e-9;

/** Parameters to start the search at, in the order alpha, beta, gamma, phi. */
function initialParameters({ trend, season, damped, period }: EtsForm): number[] {
  const alpha = lowest.alpha + (0.2 * (highest.alpha - lowest.alpha)) / period;
  const out = [alpha];
  if (trend !== 'N') out.push(lowest.beta + 0.1 * (Math.min(highest.beta, alpha) - lowest.beta));
  if (season !== 'N') out.push(lowest.gamma + 0.05 * (Math.min(highest.gamma, 1 - alpha) - lowest.gamma));
  if (damped) out.push(lowest.phi + 0.99 * (highest.phi - lowest.phi));
  return out;
}

/** Level and trend of a line through the first seasons, seasonally adjusted; undefined for too few values. */
function initialState({ trend, season, period }: EtsForm, values: Float64Array): EtsState | undefined {
  let adjusted = values;
  let seasons = new Float64Array();
  if (season !== 'N') {
    if (values.length < 4) return undefined;
    const additive = season === 'A';
    const figure =
      values.length < 3 * period
        ? detrended(values, additive)
        : seasonalFigure(values, period, additive ? 'additive' : 'multiplicative');
    seasons = new Float64Array(period);
    for (let i = 0; i < period - 1; i++) seasons[i] = figure[period - 1 - i];
    if (!additive) {
      seasons = seasons.map((value, i) => (i < period - 1 ? Math.max(value, 1e-2) : 0));
      const sum = seasons.reduce((total, value) => total + value, 0);
      if (sum > period) seasons = seasons.map((value) => value / (sum + 1e-2 * (period - 1)));
    }
    adjusted = values.map((value, t) => (additive ? value - figure[t] : value / Math.max(figure[t], 1e-2)));
  }
  const head = adjusted.subarray(0, Math.min(Math.max(10, 2 * (season === 'N' ? 1 : period)), adjusted.length));
  if (trend === 'N')
    return { level: head.reduce((sum, value) => sum + value, 0) / head.length, trend: 0, season: seasons };
  const { intercept, slope } = fitLine(head);
  // The line at time 0 is one step before the first value.
  const before = intercept - slope;
  if (trend === 'A') {
    const vanishing = Math.abs(intercept) < 1e-8;
    return {
      level: vanishing ? before * (1 + 1e-3) : before,
      trend: vanishing ? slope * (1 - 1e-3) : slope,
      season: seasons,
    };
  }
  const level = Math.abs(intercept) < 1e-8 ? 1e-7 : intercept;
  const ratio = (intercept + slope) / level;
  if (level / ratio < 1e-8 || ratio < 1e-8) {
    return { level: Math.max(adjusted[0], 1e-3), trend: Math.max(adjusted[1] / adjusted[0], 1e-3), season: seasons };
  }
  return { level: level / ratio, trend: ratio, season: seasons };
}

/** Less than three seasons: what a line leaves. */
function detrended(values: Float64Array, additive: boolean): Float64Array {
  const { intercept, slope } = fitLine(values);
  return values.map((value, t) => (additive ? value - intercept - slope * t : value / (intercept + slope * t)));
}

/** Holt and Winters' method with multiplicative or additive seasons: an ETS of fixed form that minimises squared errors. */
export function fitHoltWinters(
  values: Float64Array,
  { period, season = 'M' }: { period: number; season?: 'A' | 'M' },
): Ets {
  const error = season === 'M' ? 'M' : 'A';
  return fitEts(values, { period, error, trend: 'A', damped: false, season, criterion: 'mse' });
}

/**
 * The same form and parameters at the end of other values [n]: those of the fit and what came after them, or, where
 * `fresh`, values that begin elsewhere, whose starting state is estimated anew. No search.
 */
export function continueEts(fit: Ets, values: Float64Array, { fresh = false } = {}): Ets {
  const { form, parameters } = fit;
  const initial = fresh ? (initialState(form, values) ?? fit.initial) : fit.initial;
  return { ...fit, initial, state: etsPass(form, parameters, initial, values).state };
}

/** Point forecasts [H] after the last value. */
export const forecastEts = ({ form, parameters, state }: Ets, horizon: number): Float64Array =>
  etsForecast(form, parameters, state, horizon);

/** Paths [count][H] drawn from the model with normal errors; their quantiles are its prediction intervals. */
export function simulateEts(fit: Ets, horizon: number, count: number, random: Random): Float64Array[] {
  const deviation = Math.sqrt(fit.variance);
  return Array.from({ length: count }, () =>
    etsPath(
      fit.form,
      fit.parameters,
      fit.state,
      Float64Array.from({ length: horizon }, () => deviation * random.normal()),
    ),
  );
}
