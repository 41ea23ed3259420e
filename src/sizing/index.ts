/**
 * Sizing: how many parameters a language model has, what it needs in memory, and what it costs to train.
 *
 * Exact, and tested against published totals: parameters, bytes of weights, bytes of the KV cache, optimizer state.
 * Estimates: activations (programs keep different things), GPU counts (splitting is taken to be perfect), GPU-hours
 * (6·N·D and an assumed utilisation), energy (an assumed overhead) and money (assumed prices with their date).
 * Pure arithmetic: nothing here loads a model or touches a file.
 */
export { type KeptActivations, keptPerToken, servingActivationBytes, trainingActivationBytes } from './activations.ts';
export {
  type ComputeAssumptions,
  computeDefaults,
  gpuHours,
  megawattHours,
  type PowerForecast,
  trainedByPower,
  trainingFlops,
} from './compute.ts';
export { shapeFromConfig } from './config.ts';
export { readCount } from './count.ts';
export { type Estimate, type EstimateOptions, estimate } from './estimate.ts';
export { findGpu, type Gpu, type GpuName, gpus, pricesAssumedOn } from './gpus.ts';
export { checkSlide, type SlideCheck, type TrainingData, trainingData } from './lecture.ts';
export {
  cacheBytes,
  cacheBytesPerToken,
  cachedPerLayer,
  gpusFor,
  type Quantity,
  type TrainingPrecision,
  trainingStateBytes,
  weightBytes,
} from './memory.ts';
export { findModel, models, requireModel } from './models.ts';
export { attentionParameters, countParameters, mlpParameters, type ParameterCount } from './parameters.ts';
export { type Precision, precisionBytes, precisions, readPrecision, showBytes, showNumber } from './precision.ts';
export { type RecipeGpt, shapeFromRecipe } from './recipeShape.ts';
export { attentionName, type Experts, type GroupedAttention, type LatentAttention, type Shape } from './shape.ts';
export {
  estimated,
  headingOf,
  powerLines,
  slideVerdicts,
  type WorkingLine,
  type WorkingPart,
  workingOf,
} from './working.ts';
