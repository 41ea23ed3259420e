/** Formulas and classical models as forecasting models, one fit a series. Their code is loaded when one is fitted. */
import { baselines } from '../series/baselines.ts';
import { type LocalModel, localModel } from './localModel.ts';
import type { FitContext, FittedModel, ForecastModel } from './model.ts';

export { prefersLogarithm } from './logarithm.ts';

const shortName = (name: string) => name.replaceAll(' ', '-');

export const formulas: readonly ForecastModel[] = baselines.map(({ name, description, forecast }) => {
  const fit = (histories: readonly Float64Array[], { horizon, period }: FitContext): FittedModel => {
    const forecasts = histories.map((history) => ({ mean: forecast(history, horizon, period) }));
    return { forecast: (which) => forecasts[which], detail: '', extend: fit };
  };
  return { name: shortName(name), description, trained: false, fit };
});

type Fits = typeof import('./classicalFits.ts');
const classical = (name: string, description: string, pick: (fits: Fits) => LocalModel): ForecastModel =>
  localModel(name, description, async () => pick(await import('./classicalFits.ts')));

export const classicalModels: readonly ForecastModel[] = [
  classical('theta', 'the Theta method: exponential smoothing with half the trend', ({ theta }) => theta),
  classical('ets', 'exponential smoothing, form chosen by AICc', ({ ets }) => ets),
  classical('holt-winters', 'level, trend and season smoothed', ({ holtWinters }) => holtWinters),
  classical('arima', 'seasonal ARIMA, order chosen by AICc', ({ arima }) => arima),
  classical('stl-ets', 'season by STL, the rest by exponential smoothing', ({ stlEts }) => stlEts),
  classical('combined', 'the mean of ets, theta, arima and stl-ets', ({ combined }) => combined),
];

/** What `auto` adds where there are covariates known ahead. */
export const regressionModel: ForecastModel = localModel(
  'regression',
  'covariates known ahead, ARIMA for what they leave',
  async () => (await import('./regression.ts')).regression,
);
