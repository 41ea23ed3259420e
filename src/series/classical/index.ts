/** Classical forecasting models: exponential smoothing, Theta, STL and ARIMA, each held to R's `forecast`. */
export * from './arima.ts';
export type { Arma } from './armaLikelihood.ts';
export { type AutoArimaOptions, autoArima } from './autoArima.ts';
export { guerreroLambda } from './boxCox.ts';
export {
  continueEts,
  type Ets,
  type EtsOptions,
  fitEts,
  fitHoltWinters,
  forecastEts,
  longestEtsPeriod,
  simulateEts,
} from './ets.ts';
export type { Component as EtsComponent, EtsForm, EtsParameters, EtsState } from './etsModel.ts';
export { fitStlEts, forecastStlEts, type Stl, type StlEts, type StlOptions, stl } from './stl.ts';
export { fitTheta, forecastTheta, isSeasonal, type Theta, type ThetaFit, theta } from './theta.ts';
export { kpss, ordinaryDifferences, seasonalDifferences, seasonalStrength } from './unitRoot.ts';
