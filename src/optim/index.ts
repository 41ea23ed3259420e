/** Optimizers: transforms joined by `chain`, working on one arena of parameters. */
export { type AdamOptions, adam, adamw } from './adamw.ts';
export { Arena, type ArenaEntry, type Segment } from './arena.ts';
export { clipByGlobalNorm } from './clip.ts';
export { type LionOptions, lion } from './lion.ts';
export { movingAverage } from './movingAverage.ts';
export { type MuonOptions, muon, orthogonalized } from './muon.ts';
export { createOptimizer, type NamedParameters, Optimizer, type OptimizerState } from './optimizer.ts';
export { constant, type Schedule, type WarmupOptions, warmupCosine, warmupLinear } from './schedules.ts';
export { type SgdOptions, sgd } from './sgd.ts';
export { chain, type Rate, type StepContext, type Transform } from './transform.ts';
