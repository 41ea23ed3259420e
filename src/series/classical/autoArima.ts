/**
 * Choosing the order of a seasonal ARIMA: differences by tests, then a walk over neighbouring orders to the lowest AICc
 * (Hyndman and Khandakar 2008, "Automatic time series forecasting: the forecast package for R", section 3). Orders whose
 * polynomials have roots near the unit circle are refused.
 */
import { LookbackError } from '../../errors.ts';
import { type Arima, type ArimaOrder, difference, fitArima } from './arima.ts';
import { rootsWithin } from './etsStability.ts';
import { residuals } from './leastSquares.ts';
import { ordinaryDifferences, seasonalDifferences } from './unitRoot.ts';

export interface AutoArimaOptions {
  /** Values a season. */
  period?: number;
  maxP?: number;
  maxQ?: number;
  maxSeasonalP?: number;
  maxSeasonalQ?: number;
  /** Longer series are searched by conditional sums of squares; the chosen order is fitted exactly. */
  exactUpTo?: number;
  /** Columns [n] of a regression whose errors are the process. */
  regressors?: readonly Float64Array[];
}

/** Most orders that are tried. */
const mostModels = 94;

/** @throws DATA_INVALID for values that are not finite or for none. */
export function autoArima(
  values: Float64Array,
  {
    period = 1,
    maxP = 5,
    maxQ = 5,
    maxSeasonalP = 2,
    maxSeasonalQ = 2,
    exactUpTo = 150,
    regressors = [],
  }: AutoArimaOptions = {},
): Arima {
  const n = values.length;
  if (n === 0 || !values.every(Number.isFinite)) {
    throw new LookbackError('DATA_INVALID', {
      where: 'automatic ARIMA',
      expected: 'at least one value, all finite',
      got: n === 0 ? 'none' : 'NaN or Infinity',
      next: 'Fill or cut off missing values first',
    });
  }
  const season = period > 1 && n > 2 * period ? period : 1;
  // Tests look at what a plain regression leaves. A regressor that differences would flatten allows no such difference.
  const tested = regressors.length === 0 ? values : residuals(values, regressors);
  const flattens = (seasonal: number, ordinary: number) =>
    seasonal + ordinary > 0 &&
    regressors.some((column) => {
      const left = difference(difference(column, season, seasonal), 1, ordinary);
      return left.every((value) => value === left[0]);
    });
  const wantedD = season > 1 ? seasonalDifferences(tested, season) : 0;
  const D = flattens(wantedD, 0) ? wantedD - 1 : wantedD;
  const seasonless = difference(tested, season, D);
  const wanted = ordinaryDifferences(seasonless);
  const d = wanted > 0 && flattens(D, wanted) ? wanted - 1 : wanted;
  const differenced = difference(seasonless, 1, d);
  // A season that is a plain constant needs no search: nothing is left to explain.
  const flat = differenced.every((value) => value === differenced[0]);
  const allowConstant = d + D <= 1;
  const limits = {
    p: Math.min(maxP, Math.floor(n / 3)),
    q: Math.min(maxQ, Math.floor(n / 3)),
    P: season > 1 ? Math.min(maxSeasonalP, Math.floor(n / 3 / season)) : 0,
    Q: season > 1 ? Math.min(maxSeasonalQ, Math.floor(n / 3 / season)) : 0,
  };
  const method = n > exactUpTo || season > 12 ? 'conditional' : 'exact';
  const tried = new Map<string, Arima | undefined>();
  let best: Arima | undefined;

  /** Fits an order not tried before; true when it is the best so far. */
  const offer = (p: number, q: number, P: number, Q: number, constant: boolean): boolean => {
    if (p < 0 || q < 0 || P < 0 || Q < 0 || p > limits.p || q > limits.q || P > limits.P || Q > limits.Q) return false;
    const key = `${p} ${q} ${P} ${Q} ${constant}`;
    if (tried.has(key) || tried.size >= mostModels) return false;
    const fit = attempt({ p, d, q, P, D, Q, period: season, constant });
    tried.set(key, fit);
    if (!fit || (best && !(fit.aicc < best.aicc))) return false;
    best = fit;
    return true;
  };
  const attempt = (order: ArimaOrder): Arima | undefined => {
    try {
      const fit = fitArima(values, order, { method, regressors });
      return hasRootsNearCircle(fit) || !Number.isFinite(fit.aicc) ? undefined : fit;
    } catch (error) {
      if (error instanceof LookbackError) return undefined;
      throw error;
    }
  };

  if (!flat) {
    offer(Math.min(2, limits.p), Math.min(2, limits.q), Math.min(1, limits.P), Math.min(1, limits.Q), allowConstant);
    offer(0, 0, 0, 0, allowConstant);
    offer(Math.min(1, limits.p), 0, Math.min(1, limits.P), 0, allowConstant);
    offer(0, Math.min(1, limits.q), 0, Math.min(1, limits.Q), allowConstant);
    if (allowConstant) offer(0, 0, 0, 0, false);
    while (best && step(best.order, offer, allowConstant)) {
      // Each step starts again from the new best.
    }
  }
  if (best) return method === 'exact' ? best : fitArima(values, best.order, { regressors });
  const order = {
    p: 0,
    d: Math.min(d, Math.max(n - 3, 0)),
    q: 0,
    P: 0,
    D: flat ? D : 0,
    Q: 0,
    period: season,
    constant: false,
  };
  return fitArima(values, n - order.d - order.D * season > 1 ? order : { ...order, d: 0, D: 0 }, {
    regressors,
  });
}

/** Tries the neighbours of an order in turn; true as soon as one is better. */
function step(
  { p, q, P, Q, constant }: ArimaOrder,
  offer: (p: number, q: number, P: number, Q: number, constant: boolean) => boolean,
  allowConstant: boolean,
): boolean {
  const moves = [
    [-1, 0],
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, -1],
    [-1, 1],
    [1, -1],
    [1, 1],
  ] as const;
  for (const [dP, dQ] of moves) if (offer(p, q, P + dP, Q + dQ, constant)) return true;
  for (const [dp, dq] of moves) if (offer(p + dp, q + dq, P, Q, constant)) return true;
  return allowConstant && offer(p, q, P, Q, !constant);
}

/** A root whose modulus is below 1.01 makes forecasts and likelihood unreliable. */
function hasRootsNearCircle({ arma: { ar, ma } }: Arima): boolean {
  const near = (coefficients: number[]) => {
    let length = coefficients.length;
    while (length > 0 && Math.abs(coefficients[length - 1]) < 1e-10) length--;
    // Roots of the polynomial are inverses of those of its reverse, which must lie within 1 / 1.01.
    return length > 0 && !rootsWithin([1, ...coefficients.slice(0, length)].reverse(), 1 / 1.01);
  };
  return near(Array.from(ar, (value) => -value)) || near(Array.from(ma));
}
