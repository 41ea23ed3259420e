/** What needs files: data by name or path, run folders, and running recipes. `lookback` itself is in the other entry. */
export * from './data/node.ts';
export { loadForecaster, loadLanguageModel, readTransforms, readWeights } from './tasks/export.node.ts';
export { floorsFor } from './tasks/floors.node.ts';
export {
  type AnyTask,
  type RunObserver,
  type RunOptions,
  type RunOutcome,
  resumeRun,
  startRun as run,
} from './tasks/run.node.ts';
export {
  type TrainedFiles,
  type TrainFilesOptions,
  trainFiles,
  trainStreams,
} from './text/training/trainFiles.node.ts';
export * from './track/node.ts';
