/** Finds where a forward pass first left the finite numbers, by running it again with a tap on every activation. */
import type { ForwardOptions } from '../nn/index.ts';
import { inference, scope, type Tensor } from '../tensor/index.ts';
import type { Batch, Trainable } from './loop.ts';

/** The first parameter or named activation that is not finite, or `loss` when all of them are. */
export function nameNonFinite<B extends Batch>(task: Trainable<B>, batch: B, options: ForwardOptions): string {
  for (const [name, parameter] of task.model.namedParameters()) {
    if (!isFinite(parameter)) return `parameter ${name}`;
  }
  let first: string | undefined;
  const activation = (name: string, value: Tensor): undefined => {
    if (!first && value.dtype === 'f32' && !isFinite(value)) first = name;
  };
  scope(() => {
    inference(() => task.loss(batch, { ...options, tap: { activation } }));
  });
  return first ?? 'loss';
}

/** Whether every element is a finite number; reads the tensor. */
export function isFinite(tensor: Tensor): boolean {
  return tensor.dataSync().every(Number.isFinite);
}
