/** Time series as plain numbers: transforms, windows, baselines and metrics. No tensors here. */

export { airlinePassengers } from './airline.ts';
export type { Baseline, ForecastFormula } from './baselines.ts';
export {
  baselines,
  drift,
  naive,
  seasonalErrorScale,
  seasonalNaive,
  seasonalNaiveGrowth,
  seasonalSquaredScale,
  windowAverage,
} from './baselines.ts';
export * from './classical/index.ts';
export { mae, mape, mase, rmse, rmsse, smape } from './metrics.ts';
export { crpsOfGaussian, crpsOfQuantiles, crpsOfSamples, pinball, shareInside } from './metrics-distribution.ts';
export type { Series } from './series.ts';
export type { ChainOptions, ChainState } from './transform-chain.ts';
export { TransformChain } from './transform-chain.ts';
export type { Transform, TransformName, TransformScope, TransformSpec, WindowMove } from './transforms.ts';
export { transformNames, transformScopes } from './transforms.ts';
export type { Channels, Range, WindowOptions, Windows } from './windows.ts';
export { makeWindows } from './windows.ts';
