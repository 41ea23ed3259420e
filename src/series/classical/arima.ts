/**
 * Seasonal ARIMA (p,d,q)(P,D,Q): differences, then an ARMA process by exact maximum likelihood (Box and Jenkins). A
 * constant is the mean of the differenced series: the series' mean without differences, its drift with one. Stationary
 * and invertible parameters only: the search runs over partial autocorrelations (Barndorff-Nielsen and Schou 1973).
 * With regressors it is the process of what a regression leaves, both estimated at once.
 */
import { LookbackError } from '../../errors.ts';
import { log, tanh } from '../../math.ts';
import { type Arma, armaPass, conditionalPass, Innovations } from './armaLikelihood.ts';
import { bfgs } from './bfgs.ts';
import { nelderMead } from './nelderMead.ts';

export interface ArimaOrder {
  p: number;
  d: number;
  q: number;
  /** Of the season, which is `period` values long. */
  P: number;
  D: number;
  Q: number;
  period: number;
  constant: boolean;
}

export interface Arima {
  readonly order: ArimaOrder;
  readonly name: string;
  readonly coefficients: { ar: number[]; ma: number[]; seasonalAr: number[]; seasonalMa: number[] };
  /** Mean of the differenced series, 0 without a constant. */
  readonly mean: number;
  /** Of the errors, degrees of freedom taken off. */
  readonly variance: number;
  readonly logLikelihood: number;
  readonly aicc: number;
  /** Seasonal factors multiplied out. */
  readonly arma: Arma;
  /** One a regressor; 0 for one that the others already say. */
  readonly regression: readonly number[];
  /** What the regression leaves of the series; the series itself without one. */
  readonly values: Float64Array;
}

/** `ARIMA(0,1,1)(0,1,1)[12]`. */
export function arimaName({ p, d, q, P, D, Q, period, constant }: ArimaOrder): string {
  const season = P + D + Q > 0 ? `(${P},${D},${Q})[${period}]` : '';
  const word = constant ? (d + D > 0 ? ' with drift' : ' with mean') : '';
  return `ARIMA(${p},${d},${q})${season}${word}`;
}

/** y_t - y_(t-lag), `times` times; [n] -> [n - times lag]. */
export function difference(values: Float64Array, lag = 1, times = 1): Float64Array {
  let out = values;
  for (let i = 0; i < times; i++) {
    const before = out;
    out = Float64Array.from({ length: Math.max(before.length - lag, 0) }, (_, t) => before[t + lag] - before[t]);
  }
  return out;
}

export interface FitArimaOptions {
  /** `conditional`: sums of squares without the first values' exact treatment, for searches over long series. */
  method?: 'exact' | 'conditional';
  /** Columns [n] beside the values. */
  regressors?: readonly Float64Array[];
}

/** @throws DATA_INVALID for too few values or values that are not finite; BAD_ARGUMENT for an impossible order. */
export function fitArima(
  values: Float64Array,
  order: ArimaOrder,
  { method = 'exact', regressors = [] }: FitArimaOptions = {},
): Arima {
  const { p, d, q, P, D, Q, period, constant } = order;
  if (![p, d, q, P, D, Q].every((count) => Number.isInteger(count) && count >= 0) || (P + D + Q > 0 && period < 2)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'ARIMA order',
      expected: 'whole numbers >= 0, and a period of at least 2 for a seasonal part',
      got: arimaName(order),
    });
  }
  const count = p + q + P + Q + (constant ? 1 : 0) + regressors.length + 1;
  const differenced = difference(difference(values, period, D), 1, d);
  const n = differenced.length;
  if (![values, ...regressors].every((column) => column.every(Number.isFinite)) || n <= count) {
    throw new LookbackError('DATA_INVALID', {
      where: arimaName(order),
      expected: `more than ${count + d + D * period} values, all finite`,
      got: `${values.length} values`,
      next: 'Fill missing values, give a longer history or a smaller order',
    });
  }
  // Differences of a season of a line with slope c are c times the period: R's drift is per value, and so is ours.
  const scale = D > 0 && d === 0 ? period : 1;
  const along = [
    ...(constant ? [new Float64Array(n).fill(scale)] : []),
    ...regressors.map((column) => difference(difference(column, period, D), 1, d)),
  ];
  const unit = Math.sqrt(differenced.reduce((sum, value) => sum + value * value, 0) / n) || 1;
  const scaled = differenced.map((value) => value / unit);
  const read = (point: ArrayLike<number>) => armaOf(order, point);
  const conditional = (point: Float64Array) => conditionalPass(read(point).arma, scaled, along).objective;
  const exact = (point: Float64Array) => armaPass(read(point).arma, scaled, along)?.objective ?? Infinity;
  let { point } = nelderMead(conditional, new Float64Array(p + q + P + Q).fill(0.1), {
    evaluations: 150 * (p + q + P + Q),
    tolerance: 1e-6,
  });
  const zero = new Float64Array(point.length);
  if (method === 'exact') {
    const start = exact(zero) < exact(point) ? zero : point;
    point = bfgs(exact, start).point;
  }
  const { arma, coefficients } = read(point);
  const pass = armaPass(arma, scaled, along);
  if (!pass) {
    throw new LookbackError('DATA_INVALID', {
      where: arimaName(order),
      expected: 'a series whose likelihood can be computed at this order',
      got: 'a process on the edge of stationarity',
      next: 'Choose a smaller order or another difference',
    });
  }
  const objective = pass.objective + 2 * n * log(unit);
  const logLikelihood = -0.5 * (objective + n * (1 + log(2 * Math.PI)));
  const spare = n - count - 1;
  const aicc = -2 * logLikelihood + 2 * count + (spare > 0 ? (2 * count * (count + 1)) / spare : Infinity);
  const variance = (pass.variance * unit * unit * n) / Math.max(n - count + 1, 1);
  const [mean, ...regression] = Array.from(
    constant ? pass.coefficients : [0, ...pass.coefficients],
    (value) => value * unit,
  );
  return {
    order,
    name: arimaName(order),
    coefficients,
    mean,
    variance,
    logLikelihood,
    aicc,
    arma,
    regression,
    values: withoutRegression(values, regression, regressors),
  };
}

/** values [n] less the coefficients times their columns [n]. */
export function withoutRegression(
  values: Float64Array,
  coefficients: readonly number[],
  columns: readonly Float64Array[],
): Float64Array {
  if (coefficients.length === 0) return values;
  return values.map((value, t) => coefficients.reduce((rest, beta, i) => rest - beta * columns[i][t], value));
}

/** Unbounded numbers -> stationary and invertible coefficients, seasonal factors multiplied out. */
function armaOf(
  { p, q, P, Q, period }: ArimaOrder,
  point: ArrayLike<number>,
): { arma: Arma; coefficients: Arima['coefficients'] } {
  let at = 0;
  const take = (count: number) => Array.from({ length: count }, () => tanh(point[at++]));
  const ar = fromPartial(take(p));
  const ma = fromPartial(take(q)).map((value) => -value);
  const seasonalAr = fromPartial(take(P));
  const seasonalMa = fromPartial(take(Q)).map((value) => -value);
  const negated = (values: number[]) => values.map((value) => -value);
  return {
    coefficients: { ar, ma, seasonalAr, seasonalMa },
    arma: {
      ar: multiply(negated(ar), negated(seasonalAr), period).map((value) => -value),
      ma: multiply(ma, seasonalMa, period),
    },
  };
}

/** Partial autocorrelations -> coefficients of a stationary autoregression (Durbin and Levinson). */
function fromPartial(partial: number[]): number[] {
  let out: number[] = [];
  for (const value of partial) out = [...out.map((phi, i) => phi - value * out[out.length - 1 - i]), value];
  return out;
}

/** (1 + a1 B + …)(1 + b1 B^s + …) without its leading 1. */
function multiply(a: number[], b: number[], period: number): Float64Array {
  const out = new Float64Array(a.length + b.length * period);
  for (let i = 0; i < a.length; i++) out[i] += a[i];
  for (let j = 0; j < b.length; j++) {
    out[(j + 1) * period - 1] += b[j];
    for (let i = 0; i < a.length; i++) out[(j + 1) * period + i] += a[i] * b[j];
  }
  return out;
}

export interface ArimaForecast {
  forecast: Float64Array;
  /** Standard errors [H]. */
  deviation: Float64Array;
}

/**
 * Forecasts [H] after the last value, with the standard errors of the errors to come (parameters taken as known). With
 * regressors it is what they leave: add coefficients times columns ahead.
 */
export function forecastArima({ order, arma, mean, variance, values }: Arima, horizon: number): ArimaForecast {
  const { d, D, period } = order;
  const seasonal = difference(values, period, D);
  const differenced = difference(seasonal, 1, d);
  const constant = mean * (D > 0 && d === 0 ? period : 1);
  const centred = differenced.map((value) => value - constant);
  const innovations = Innovations.of(arma, centred.length + horizon);
  let forecast = innovations
    ? innovations.forecast(centred, innovations.errors(centred), horizon)
    : new Float64Array(horizon);
  forecast = forecast.map((value) => value + constant);
  for (let level = d - 1; level >= 0; level--) forecast = integrate(difference(seasonal, 1, level), forecast, 1);
  for (let level = D - 1; level >= 0; level--)
    forecast = integrate(difference(values, period, level), forecast, period);
  return { forecast, deviation: deviations(arma, order, variance, horizon) };
}

function integrate(history: Float64Array, differences: Float64Array, lag: number): Float64Array {
  const out = new Float64Array(differences.length);
  for (let t = 0; t < out.length; t++)
    out[t] = differences[t] + (t < lag ? history[history.length - lag + t] : out[t - lag]);
  return out;
}

/** Through the weights of past errors in the undifferenced series. */
function deviations({ ar, ma }: Arma, { d, D, period }: ArimaOrder, variance: number, horizon: number): Float64Array {
  let full = [1, ...ar.map((value) => -value)];
  const times = (factor: number[]) => {
    const out = new Array<number>(full.length + factor.length - 1).fill(0);
    for (let i = 0; i < full.length; i++) for (let j = 0; j < factor.length; j++) out[i + j] += full[i] * factor[j];
    full = out;
  };
  for (let i = 0; i < d; i++) times([1, -1]);
  for (let i = 0; i < D; i++) times([1, ...Array<number>(period - 1).fill(0), -1]);
  const psi = new Float64Array(horizon);
  const out = new Float64Array(horizon);
  let sum = 0;
  for (let step = 0; step < horizon; step++) {
    psi[step] = step === 0 ? 1 : (ma[step - 1] ?? 0);
    for (let i = 1; i <= Math.min(step, full.length - 1); i++) psi[step] -= full[i] * psi[step - i];
    sum += psi[step] * psi[step];
    out[step] = Math.sqrt(variance * sum);
  }
  return out;
}
