/**
 * Lookback: sequence models in TypeScript. This entry runs in Node and in the browser; what needs files and
 * processes is in `lookback/node`.
 */
export {
  type Backend,
  type Dense,
  type DType,
  getBackend,
  type Implementation,
  type MemoryReport,
  type Storage,
  setBackend,
  type TypedArray,
  type View,
  withBackend,
} from './backends/backend.ts';
export { type BackendChoice, backendChoices, createBackend, type InitOptions, init } from './backends/init.ts';
export { type OperationProfile, type Profile, type Profiler, startProfile } from './backends/profile.ts';
export { ReferenceBackend } from './backends/reference/reference.ts';
export * from './data/index.ts';
export { type ErrorCode, type ErrorParts, errorCodes, LookbackError } from './errors.ts';
export * from './forecasting/index.ts';
export * from './generate/index.ts';
export * as inspect from './inspect/index.ts';
export * as math from './math.ts';
export * from './models/index.ts';
export type { AttentionOptions, Conv1dOptions } from './nn/index.ts';
export * from './nn/index.ts';
export type { Transform } from './optim/index.ts';
export * from './optim/index.ts';
export { Random, type RandomState } from './random.ts';
export type { Transform as SeriesTransform } from './series/index.ts';
export * from './series/index.ts';
export * as sizing from './sizing/index.ts';
export { ForecastTask, forecastAfter, type Score, type WindowBatch } from './tasks/forecast.ts';
export { type Ahead, forecastAll, type History } from './tasks/forecastAhead.ts';
export { type EncodedCorpus, type LanguageModel, LanguageTask, type TokenBatch } from './tasks/language.ts';
export { NetworkStream } from './tasks/networkStream.ts';
export { buildOptimizer, buildSchedule } from './tasks/optimizer.ts';
export * from './tasks/recipe.ts';
export type {
  AttentionOptions as AttentionOperationOptions,
  Conv1dOptions as Conv1dOperationOptions,
} from './tensor/index.ts';
export * from './tensor/index.ts';
export {
  BytePairTokenizer,
  ByteTokenizer,
  bestFloor,
  CharacterTokenizer,
  type CharacterTokenizerJson,
  crossEntropy as ngramCrossEntropy,
  type EncodeOptions,
  type FloorSmoothing,
  type MergeStep,
  type NgramCounts,
  type NgramFloor,
  type NgramFloors,
  type NgramLevel,
  NgramModel,
  type NgramOptions,
  type NgramWeights,
  PipelineTokenizer,
  parseTokenizerJson,
  readGguf,
  readSentencePiece,
  readTiktoken,
  readTiktokenJson,
  type SpecialHandling,
  StreamingDecoder,
  sample as sampleNgram,
  type Tokenizer,
  type TrainOptions as BytePairTrainOptions,
  tokenizerFromJSON,
  toTokenizerJson,
  trainBytePairs,
  trainNgram,
} from './text/index.ts';
export * from './track/index.ts';
export * from './train/index.ts';
export * as vectors from './vectors/index.ts';

import { getBackend, type MemoryReport } from './backends/backend.ts';

/** Bytes the default backend holds; flat over training steps once the first few are done. */
export function memory(): MemoryReport {
  return getBackend().memory();
}
