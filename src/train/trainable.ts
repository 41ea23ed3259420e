/** What the training loop needs to know of a task. */
import type { Module } from '../nn/module.ts';
import type { ForwardOptions } from '../nn/tap.ts';
import type { Tensor } from '../tensor/index.ts';

/** One forward pass's worth of examples. */
export interface Batch {
  /** Targets it holds; the loss of an accumulated step is the mean over all targets of its batches. */
  readonly count: number;
}

/** What an evaluation found. `score` is what best checkpoints and early stopping go by; lower is better. */
export interface Evaluation {
  score: number;
  metrics: Record<string, number>;
}

/** What is trained. */
export interface Trainable<B extends Batch = Batch> {
  readonly model: Module;
  /** What the rate counts, e.g. `tokens`. */
  readonly unit: string;
  /** Draws the next batch and moves the cursor on. */
  next(): B;
  /** Mean loss over the batch's targets, a tensor of one element. */
  loss(batch: B, options: ForwardOptions): Tensor;
  /** On a fixed split, with the model in evaluation mode. */
  evaluate(): Evaluation;
  /** Where the data stands, as plain JSON. */
  cursor(): unknown;
  moveTo(cursor: unknown): void;
}
