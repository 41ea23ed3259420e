/** Formulas and classical models as forecasting models, one fit a series, and the mean of the best of them. */
import { LookbackError } from '../errors.ts';
import { exp, log } from '../math.ts';
import {
  autoArima,
  fitEts,
  fitHoltWinters,
  fitStlEts,
  forecastArima,
  forecastEts,
  forecastStlEts,
  guerreroLambda,
  longestEtsPeriod,
  theta,
} from '../series/classical/index.ts';
import { baselines } from '../series/index.ts';
import type { FitContext, FittedModel, ForecastModel, PointForecast } from './model.ts';

type One = (history: Float64Array, context: FitContext) => PointForecast & { detail?: string };

/** A model that looks at each series alone. */
function local(name: string, description: string, one: One): ForecastModel {
  const fit = (histories: readonly Float64Array[], context: FitContext): FittedModel => {
    const forecasts = histories.map((history) => one(history, context));
    const details = new Set(forecasts.map(({ detail }) => detail).filter((detail) => detail !== undefined));
    return { forecast: (which) => forecasts[which], detail: details.size === 1 ? [...details][0] : '' };
  };
  return { name, description, trained: false, fit };
}

/**
 * Whether the spread of a series grows with its level so that logarithms even it out: all values positive, and Guerrero's
 * power nearer to 0 than to 1. Decided from the history alone.
 */
export function prefersLogarithm(history: Float64Array, period: number): boolean {
  if (!history.every((value) => value > 0) || history.length < 4 * Math.max(period, 2)) return false;
  return guerreroLambda(history, period) < 0.5;
}

/** Fits on the logarithm where that evens out the spread. */
function onLogarithm(one: One): One {
  return (history, context) => {
    if (!prefersLogarithm(history, context.period)) return one(history, context);
    const { mean, deviation, detail } = one(history.map(log), context);
    const back = mean.map(exp);
    return {
      mean: back,
      deviation: deviation?.map((value, step) => back[step] * value),
      detail: `${detail} on logarithms`,
    };
  };
}

const etsOf: One = (history, { horizon, period }) => {
  const fit = fitEts(history, { period });
  return { mean: forecastEts(fit, horizon), detail: fit.name };
};
const thetaOf: One = (history, { horizon, period }) => {
  const { forecast, deviation } = theta(history, horizon, period);
  return { mean: forecast, deviation };
};
const arimaOf = onLogarithm((history, { horizon, period }) => {
  // Seasons of hundreds of values make orders that no series can fill; STL takes such seasons out instead.
  const fit = autoArima(history, { period: period <= longestEtsPeriod ? period : 1 });
  const { forecast, deviation } = forecastArima(fit, horizon);
  return { mean: forecast, deviation, detail: fit.name };
});
const stlOf = onLogarithm((history, { horizon, period }) => {
  if (period < 2) {
    throw new LookbackError('DATA_INVALID', {
      where: 'stl-ets',
      expected: 'a season',
      got: 'period 1',
      next: 'Choose ets',
    });
  }
  const fit = fitStlEts(history, { period });
  return { mean: forecastStlEts(fit, horizon, period), detail: fit.name };
});
const holtWintersOf: One = (history, { horizon, period }) => {
  const season = history.every((value) => value > 0) ? 'M' : 'A';
  return {
    mean: forecastEts(fitHoltWinters(history, { period, season }), horizon),
    detail: season === 'M' ? 'multiplicative' : 'additive',
  };
};

/** The mean of those of the four that can be fitted: an average of sound models beats most choices among them. */
const combinedOf: One = (history, context) => {
  const forecasts: Float64Array[] = [];
  let failure: unknown;
  for (const one of [etsOf, thetaOf, arimaOf, stlOf]) {
    try {
      forecasts.push(one(history, context).mean);
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      failure = error;
    }
  }
  if (forecasts.length === 0) throw failure;
  const mean = Float64Array.from(
    { length: context.horizon },
    (_, step) => forecasts.reduce((sum, forecast) => sum + forecast[step], 0) / forecasts.length,
  );
  return { mean, detail: `mean of ${forecasts.length}` };
};

const shortName = (name: string) => name.replaceAll(' ', '-');

export const formulas: readonly ForecastModel[] = baselines.map(({ name, description, forecast }) =>
  local(shortName(name), description, (history, { horizon, period }) => ({ mean: forecast(history, horizon, period) })),
);

export const classicalModels: readonly ForecastModel[] = [
  local('theta', 'the Theta method: exponential smoothing with half the trend', thetaOf),
  local('ets', 'exponential smoothing, form chosen by AICc', etsOf),
  local('holt-winters', 'level, trend and season smoothed', holtWintersOf),
  local('arima', 'seasonal ARIMA, order chosen by AICc', arimaOf),
  local('stl-ets', 'season by STL, the rest by exponential smoothing', stlOf),
  local('combined', 'the mean of ets, theta, arima and stl-ets', combinedOf),
];
