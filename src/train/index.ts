/** The training loop and what it needs to know of a task. */
export {
  type Batch,
  type Evaluation,
  isSnapshotStep,
  type Trainable,
  type TrainHooks,
  type TrainResult,
  type TrainSettings,
  type TrainState,
  train,
} from './loop.ts';
