/**
 * Forecasts that need no training, to stand beside every trained one. Each sees the history up to the origin and nothing
 * later, and is a formula of a line or two (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 5.2).
 */

import { LookbackError } from '../errors.ts';
import { exp, log } from '../math.ts';

/** history [n], horizon H and the season's length in values -> forecasts [H]. Throws DATA_INVALID for too short a history. */
export type ForecastFormula = (history: ArrayLike<number>, horizon: number, period: number) => Float64Array;

export interface Baseline {
  /** Stable name for tables and recipes. */
  name: string;
  /** One line for people. */
  description: string;
  forecast: ForecastFormula;
}

function requireLength(where: string, history: ArrayLike<number>, period: number, atLeast: number): void {
  if (!Number.isInteger(period) || period < 1) {
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      expected: 'a period that is a whole number >= 1',
      got: String(period),
    });
  }
  if (history.length >= atLeast) return;
  throw new LookbackError('DATA_INVALID', {
    where,
    expected: `a history of at least ${atLeast} values (period ${period})`,
    got: `${history.length}`,
    next: 'Give a longer history or a shorter period',
  });
}

const fill = (horizon: number, value: (step: number) => number) =>
  Float64Array.from({ length: horizon }, (_, step) => value(step));

/** y_(n-1) for every step. */
export const naive: ForecastFormula = (history, horizon, period) => {
  requireLength('naive', history, period, 1);
  return fill(horizon, () => history[history.length - 1]);
};

/** The line through the first and the last value, continued. */
export const drift: ForecastFormula = (history, horizon, period) => {
  requireLength('drift', history, period, 2);
  const last = history[history.length - 1];
  const slope = (last - history[0]) / (history.length - 1);
  return fill(horizon, (step) => last + slope * (step + 1));
};

/** The last season, repeated. */
export const seasonalNaive: ForecastFormula = (history, horizon, period) => {
  requireLength('seasonalNaive', history, period, period);
  return fill(horizon, (step) => history[history.length - period + (step % period)]);
};

/**
 * The last season times e^(k g), where g is the mean of log y_t - log y_(t-period) over the history and k = 1, 2, …
 * counts the seasons ahead. Needs positive values.
 */
export const seasonalNaiveGrowth: ForecastFormula = (history, horizon, period) => {
  requireLength('seasonalNaiveGrowth', history, period, period + 1);
  let growth = 0;
  for (let t = 0; t < history.length; t++) {
    if (!(history[t] > 0)) {
      throw new LookbackError('DATA_INVALID', {
        where: 'seasonalNaiveGrowth',
        expected: 'positive values, for it takes logarithms',
        got: `${history[t]} at index ${t}`,
        next: 'Use seasonalNaive for this series',
      });
    }
    if (t >= period) growth += log(history[t]) - log(history[t - period]);
  }
  growth /= history.length - period;
  const lastSeason = seasonalNaive(history, horizon, period);
  return lastSeason.map((value, step) => value * exp(growth * (Math.floor(step / period) + 1)));
};

/** The mean of the last season (the last `period` values) for every step. */
export const windowAverage: ForecastFormula = (history, horizon, period) => {
  requireLength('windowAverage', history, period, period);
  let sum = 0;
  for (let t = history.length - period; t < history.length; t++) sum += history[t];
  return fill(horizon, () => sum / period);
};

/**
 * Mean |y_t - y_(t-period)| over a training part: the in-sample MAE of the one-step seasonal naive forecast. Pairs with a
 * missing value (NaN) are left out; NaN where no pair is left.
 */
export const seasonalErrorScale = (training: ArrayLike<number>, period: number): number =>
  meanSeasonalError('seasonalErrorScale', training, period, Math.abs);

/** Mean (y_t - y_(t-period))² over a training part, missing values as in `seasonalErrorScale`. */
export const seasonalSquaredScale = (training: ArrayLike<number>, period: number): number =>
  meanSeasonalError('seasonalSquaredScale', training, period, (error) => error * error);

function meanSeasonalError(
  where: string,
  training: ArrayLike<number>,
  period: number,
  loss: (error: number) => number,
): number {
  requireLength(where, training, period, period + 1);
  let sum = 0;
  let pairs = 0;
  for (let t = period; t < training.length; t++) {
    const error = training[t] - training[t - period];
    if (Number.isNaN(error)) continue;
    sum += loss(error);
    pairs++;
  }
  return sum / pairs;
}

/** All of them, in the order of the tables. */
export const baselines: readonly Baseline[] = [
  { name: 'naive', description: 'the last value, repeated', forecast: naive },
  { name: 'drift', description: 'the line through the first and the last value, continued', forecast: drift },
  { name: 'window average', description: 'the mean of the last season', forecast: windowAverage },
  { name: 'seasonal naive', description: 'the last season, repeated', forecast: seasonalNaive },
  {
    name: 'seasonal naive with growth',
    description: 'the last season times the mean yearly growth of the logarithm',
    forecast: seasonalNaiveGrowth,
  },
];
