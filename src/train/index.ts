/** The training loop and what it needs to know of a task. */
export {
  isSnapshotStep,
  type TrainHooks,
  type TrainResult,
  type TrainSettings,
  type TrainState,
  train,
} from './loop.ts';
export type { Batch, Evaluation, Trainable } from './trainable.ts';
