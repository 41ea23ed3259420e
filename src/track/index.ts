/** Runs and metrics, the parts that run in a browser: formats and names. See `node.ts` for folders. */

export { MetricColumn, type MetricRange, MetricTable, type MetricText } from './columns.ts';
export { metricDirection, type RecipeDifference, recipeDifferences } from './compare.ts';
export { type MetricRow, type MetricValue, metricLine, parseMetrics, resumedLine } from './metrics.ts';
export { runName } from './names.ts';
export {
  loadSafetensors,
  readSafetensors,
  type Safetensors,
  type StoredDtype,
  type StoredTensor,
  type TensorDtype,
  type TensorEntry,
  type WritableEntry,
  writeSafetensors,
} from './safetensors.ts';
export {
  keptScalars,
  readTensorBoard,
  type TensorBoardRestart,
  type TensorBoardScalar,
  tensorBoardFileName,
  writeTensorBoard,
} from './tensorboard.ts';
export { writeCsv, writeJsonl } from './transfer.ts';
