/**
 * The exact Gaussian likelihood of an ARMA process by the innovations algorithm (Brockwell and Davis, "Time Series:
 * Theory and Methods", 1991, 5.3 and 8.7): one-step forecasts and their variances without a matrix of states. A mean, a
 * drift and covariates are regressors whose coefficients generalised least squares gives at each point of the search.
 */
import { log } from '../../math.ts';
import { solveNormal } from './leastSquares.ts';

/** w_t = ar_1 w_(t-1) + … + e_t + ma_1 e_(t-1) + …, seasonal factors multiplied out. */
export interface Arma {
  ar: Float64Array;
  ma: Float64Array;
}

export interface ArmaPass {
  /** n log of the mean squared standardised error plus the sum of the log variances: -2 log-likelihood up to a constant. */
  objective: number;
  /** Maximum likelihood estimate of the variance of e. */
  variance: number;
  /** One a regressor; 0 for one that the others already say. */
  coefficients: Float64Array;
  /** One-step errors [n] and their variances over that of e. */
  errors: Float64Array;
  scales: Float64Array;
}

/**
 * Autocovariances 0…count-1 of the process with unit variance of e; undefined where the autoregression is not stationary
 * enough for the equations to be solved.
 */
export function autocovariances({ ar, ma }: Arma, count: number): Float64Array | undefined {
  const p = ar.length;
  const q = ma.length;
  const psi = new Float64Array(q + 1);
  for (let j = 0; j <= q; j++) {
    let sum = j === 0 ? 1 : ma[j - 1];
    for (let i = 1; i <= Math.min(j, p); i++) sum += ar[i - 1] * psi[j - i];
    psi[j] = sum;
  }
  const right = (k: number) => {
    let sum = 0;
    for (let j = k; j <= q; j++) sum += (j === 0 ? 1 : ma[j - 1]) * psi[j - k];
    return sum;
  };
  const size = p + 1;
  const matrix = Array.from({ length: size }, (_, k) => {
    const row = new Float64Array(size + 1);
    row[k] += 1;
    for (let i = 1; i <= p; i++) row[Math.abs(k - i)] -= ar[i - 1];
    row[size] = right(k);
    return row;
  });
  if (!eliminate(matrix)) return undefined;
  const out = new Float64Array(Math.max(count, size));
  for (let k = 0; k < size; k++) out[k] = matrix[k][size];
  for (let k = size; k < count; k++) {
    let sum = right(k);
    for (let i = 1; i <= p; i++) sum += ar[i - 1] * out[k - i];
    out[k] = sum;
  }
  return out[0] > 0 && Number.isFinite(out[0]) ? out : undefined;
}

/** Gauss and Jordan with pivoting: rows of [matrix | right side], the solution replaces the last column. */
export function eliminate(rows: Float64Array[]): boolean {
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let r = column + 1; r < n; r++) if (Math.abs(rows[r][column]) > Math.abs(rows[pivot][column])) pivot = r;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const top = rows[column];
    if (Math.abs(top[column]) < 1e-13) return false;
    for (let c = n; c >= column; c--) top[c] /= top[column];
    for (let r = 0; r < n; r++) {
      const factor = rows[r][column];
      if (r === column || factor === 0) continue;
      for (let c = column; c <= n; c++) rows[r][c] -= factor * top[c];
    }
  }
  return true;
}

/** Innovations of a process: turns values into one-step errors; the coefficients settle to those of the moving average. */
export class Innovations {
  readonly scales: Float64Array;
  readonly #coefficients: Float64Array[] = [];
  readonly #model: Arma;
  readonly #order: number;

  /** undefined from {@link of} where the process is not stationary. */
  private constructor(model: Arma, order: number, scales: Float64Array) {
    this.#model = model;
    this.#order = order;
    this.scales = scales;
  }

  static of(model: Arma, n: number): Innovations | undefined {
    const { ar, ma } = model;
    const p = ar.length;
    const q = ma.length;
    const m = Math.max(p, q);
    const gamma = autocovariances(model, 2 * m + 1);
    if (!gamma) return undefined;
    const out = new Innovations(model, m, new Float64Array(n));
    const weight = (j: number) => (j === 0 ? 1 : ma[j - 1]);
    // Covariance of the transformed process: w up to m, then its moving average part; i <= j count from 0.
    const kappa = (i: number, j: number): number => {
      const lag = j - i;
      if (j < m) return gamma[lag];
      if (i < m) {
        if (lag > m + q) return 0;
        let sum = gamma[lag] ?? 0;
        for (let r = 1; r <= p; r++) sum -= ar[r - 1] * gamma[Math.abs(r - lag)];
        return sum;
      }
      let sum = 0;
      for (let r = 0; r + lag <= q; r++) sum += weight(r) * weight(r + lag);
      return sum;
    };
    const { scales } = out;
    let settled = false;
    for (let t = 0; t < n; t++) {
      if (settled) {
        scales[t] = 1;
        out.#coefficients.push(out.#coefficients[t - 1]);
        continue;
      }
      // theta[j - 1] multiplies the error j steps back.
      const reach = Math.min(t, t < m ? t : q);
      const theta = new Float64Array(reach);
      for (let k = t - reach; k < t; k++) {
        let sum = kappa(k, t);
        const from = out.#coefficients[k];
        for (let j = Math.max(0, k - from.length, t - reach); j < k; j++)
          sum -= from[k - j - 1] * theta[t - j - 1] * scales[j];
        theta[t - k - 1] = sum / scales[k];
      }
      let variance = kappa(t, t);
      for (let j = 1; j <= reach; j++) variance -= theta[j - 1] * theta[j - 1] * scales[t - j];
      if (!(variance > 0)) return undefined;
      scales[t] = variance;
      out.#coefficients.push(theta);
      // From here the recursion repeats the moving average itself.
      settled = t > 2 * m + 1 && variance < 1 + 1e-12 && theta.every((value, j) => Math.abs(value - ma[j]) < 1e-11);
    }
    return out;
  }

  /** One-step errors [n] of values [n], which may be fewer than the object was made for. */
  errors(values: ArrayLike<number>): Float64Array {
    const out = new Float64Array(values.length);
    for (let t = 0; t < values.length; t++) out[t] = values[t] - this.#predict(values, out, t);
    return out;
  }

  /** Forecasts [H] after `values`, given their errors; H more coefficients than values must have been made. */
  forecast(values: ArrayLike<number>, errors: Float64Array, horizon: number): Float64Array {
    const n = values.length;
    const all = new Float64Array(n + horizon);
    const innovations = new Float64Array(n + horizon);
    all.set(Array.from(values));
    innovations.set(errors);
    for (let t = n; t < n + horizon; t++) all[t] = this.#predict(all, innovations, t);
    return all.slice(n);
  }

  #predict(values: ArrayLike<number>, errors: Float64Array, t: number): number {
    const { ar } = this.#model;
    let sum = 0;
    if (t >= this.#order) for (let i = 1; i <= ar.length; i++) sum += ar[i - 1] * values[t - i];
    const theta = this.#coefficients[t];
    for (let j = 1; j <= theta.length; j++) sum += theta[j - 1] * errors[t - j];
    return sum;
  }
}

/** The likelihood of values [n]; coefficients of `regressors` [n] are estimated along. undefined where the process is not stationary. */
export function armaPass(
  model: Arma,
  values: Float64Array,
  regressors: readonly Float64Array[] = [],
): ArmaPass | undefined {
  const n = values.length;
  const innovations = Innovations.of(model, n);
  if (!innovations) return undefined;
  const { scales } = innovations;
  const errors = innovations.errors(values);
  const coefficients = regress(
    errors,
    regressors.map((regressor) => innovations.errors(regressor)),
    0,
    scales,
  );
  let squares = 0;
  let logs = 0;
  for (let t = 0; t < n; t++) {
    squares += (errors[t] * errors[t]) / scales[t];
    logs += log(scales[t]);
  }
  const variance = squares / n;
  return { objective: n * log(Math.max(variance, Number.MIN_VALUE)) + logs, variance, coefficients, errors, scales };
}

/** The same without the first values' exact treatment (errors before the first value are 0): quick, for searches. */
export function conditionalPass(
  { ar, ma }: Arma,
  values: Float64Array,
  regressors: readonly Float64Array[] = [],
): { objective: number; coefficients: Float64Array } {
  const n = values.length;
  const start = ar.length;
  const pass = (series: Float64Array) => {
    const errors = new Float64Array(n);
    for (let t = start; t < n; t++) {
      let sum = series[t];
      for (let i = 1; i <= ar.length; i++) sum -= ar[i - 1] * series[t - i];
      for (let j = 1; j <= Math.min(ma.length, t - start); j++) sum -= ma[j - 1] * errors[t - j];
      errors[t] = sum;
    }
    return errors;
  };
  const errors = pass(values);
  const coefficients = regress(errors, regressors.map(pass), start);
  let squares = 0;
  for (let t = start; t < n; t++) squares += errors[t] * errors[t];
  const count = Math.max(n - start, 1);
  return { objective: n * log(Math.max(squares / count, Number.MIN_VALUE)), coefficients };
}

/** Least squares of `errors` on the columns `along`, weights 1 / scales; what they explain is taken off `errors`. */
function regress(
  errors: Float64Array,
  along: readonly Float64Array[],
  start: number,
  scales?: Float64Array,
): Float64Array {
  const product = (a: Float64Array, b: Float64Array) => {
    let sum = 0;
    for (let t = start; t < a.length; t++) sum += scales ? (a[t] * b[t]) / scales[t] : a[t] * b[t];
    return sum;
  };
  const gram = along.map((a, i) => Float64Array.from(along.slice(0, i + 1), (b) => product(a, b)));
  const coefficients = solveNormal(
    gram,
    Float64Array.from(along, (a) => product(errors, a)),
  );
  along.forEach((column, i) => {
    for (let t = start; t < errors.length; t++) errors[t] -= coefficients[i] * column[t];
  });
  return coefficients;
}
