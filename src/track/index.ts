/** Runs and metrics, the parts that run in a browser: formats and names. See `node.ts` for folders. */

export { MetricColumn, type MetricRange, MetricTable, type MetricText } from './columns.ts';
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
  writeSafetensors,
} from './safetensors.ts';
