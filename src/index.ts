/**
 * Lookback: sequence models in TypeScript. This entry runs in Node and in the browser; what needs files and
 * processes is in `lookback/node`.
 */
export {
  type Backend,
  type DType,
  getBackend,
  type MemoryReport,
  setBackend,
  type TypedArray,
  withBackend,
} from './backends/backend.ts';
export { type BackendChoice, createBackend, type InitOptions, init } from './backends/init.ts';
export { ReferenceBackend } from './backends/reference/reference.ts';
export * from './data/index.ts';
export { type ErrorCode, errorCodes, LookbackError } from './errors.ts';
export * from './generate/index.ts';
export * as math from './math.ts';
export * from './models/index.ts';
export * from './nn/index.ts';
export type { AttentionOptions, Conv1dOptions } from './nn/index.ts';
export * from './optim/index.ts';
export { Random, type RandomState } from './random.ts';
export type { Transform } from './optim/index.ts';
export * from './series/index.ts';
export type { Transform as SeriesTransform } from './series/index.ts';
export { ForecastTask, type Score } from './tasks/forecast.ts';
export { LanguageTask } from './tasks/language.ts';
export { buildOptimizer, buildSchedule } from './tasks/optimizer.ts';
export * from './tasks/recipe.ts';
export * from './tensor/index.ts';
export {
  bestFloor,
  CharacterTokenizer,
  crossEntropy as ngramCrossEntropy,
  type NgramFloor,
  NgramModel,
  sample as sampleNgram,
  type Tokenizer,
  trainNgram,
} from './text/index.ts';
export * from './track/index.ts';
export * from './train/index.ts';

import { getBackend, type MemoryReport } from './backends/backend.ts';

/** Bytes the default backend holds; flat over training steps once the first few are done. */
export function memory(): MemoryReport {
  return getBackend().memory();
}
