/** Data, the parts that run in a browser: what is known, how it is split, in which order it is drawn. */

export { cutWindows, OffsetSampler, type SamplerState, ShuffledSampler, type TokenSource } from './batches.ts';
export {
  allDocuments,
  type DocumentBatch,
  type DocumentSource,
  DocumentTokens,
  documentWindows,
  drawDocuments,
  ignoredTarget,
} from './documentBatches.ts';
export { documentMask, type PackedRows, type PackOptions, packDocuments } from './packing.ts';
export { type DataFile, type DataSet, dataSets, type SeriesSet, type TextSet } from './registry.ts';
export { splitCounts, splitFraction } from './splits.ts';
