/** Finds where training first left the finite numbers, by doing the step again and looking at everything. */
import { LookbackError } from '../errors.ts';
import type { ForwardOptions, Module } from '../nn/index.ts';
import { inference, scope, type Tensor, valueAndGrad } from '../tensor/index.ts';
import type { Batch, Trainable } from './trainable.ts';

/** The error that stops a run. `where` names the first parameter, activation or gradient, as the functions below do. */
export function nonFinite(step: number, what: string, where: string): LookbackError {
  return new LookbackError('NON_FINITE', {
    where: `step ${step}`,
    problem: `the ${what} is no finite number; ${where} went non-finite first`,
    next: 'Lower train.learningRate, set train.clip, or look at the data; the last good checkpoint is kept',
  });
}

/** The first parameter that is not finite, or undefined. */
export function nonFiniteParameter(model: Module): string | undefined {
  const found = model.namedParameters().find(([, parameter]) => !allFinite(parameter));
  return found && `parameter ${found[0]}`;
}

/** The first parameter or named activation that is not finite, or `the loss` when all of them are. */
export function nameNonFinite<B extends Batch>(task: Trainable<B>, batch: B, options: ForwardOptions): string {
  const parameter = nonFiniteParameter(task.model);
  if (parameter) return parameter;
  let first: string | undefined;
  const activation = (name: string, value: Tensor): undefined => {
    if (!first && value.dtype === 'f32' && !allFinite(value)) first = name;
  };
  scope(() => {
    inference(() => task.loss(batch, { ...options, tap: { activation } }));
  });
  return first ?? 'the loss';
}

/**
 * The parameter whose gradient went first, which on the way back is the last of the model; or that none did alone,
 * where only the sum of their squares is too large.
 */
export function nameNonFiniteGradient<B extends Batch>(
  task: Trainable<B>,
  parts: readonly { batch: B; options: ForwardOptions }[],
): string {
  for (const { batch, options } of parts) {
    const { grads } = valueAndGrad(task.model, () => task.loss(batch, options));
    const bad = [...grads].reverse().find(([, gradient]) => !allFinite(gradient));
    if (bad) return `the gradient of ${bad[0]}`;
  }
  return 'the sum over all parameters';
}

function allFinite(tensor: Tensor): boolean {
  return tensor.dataSync().every(Number.isFinite);
}
