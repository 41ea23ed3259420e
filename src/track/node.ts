/** Runs as folders on disk: records, metrics, checkpoints, snapshots. Node only. */

export {
  type Checkpoint,
  type CheckpointKind,
  checkpointStep,
  type Json,
  type LoadedCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
} from './checkpoint.node.ts';
export { type ExportFormat, exportFormats, exportRun } from './export.node.ts';
export { ensureFolder, readBytes, readJson, readLines, writeChunksAtomic, writeFileAtomic } from './files.node.ts';
export { type ImportFormat, type ImportOptions, importRun } from './import.node.ts';
export type { RunLabels } from './labels.node.ts';
export { MetricsReader, type MetricsUpdate, type ReaderOptions } from './reader.node.ts';
export { Run, type RunRecord, type RunStatus } from './run.node.ts';
export { listSnapshots, loadSnapshot, saveSnapshot } from './snapshot.node.ts';
export {
  type CreateRunOptions,
  createRun,
  type ListedRun,
  listRuns,
  openRun,
  recipeHash,
  removeRun,
} from './store.node.ts';
export { TrackedRun, type TrackOptions, track } from './track.node.ts';
