/** valueAndGrad, grad, gradient checkpointing and operations with a gradient of the user's own. */
import { LookbackError } from '../errors.ts';
import { accumulate, backward } from './backward.ts';
import { fillInto } from './memory.ts';
import type { Operation } from './operation.ts';
import { refusePromise, Scope, scope } from './scope.ts';
import { show } from './shape.ts';
import { currentTape, inference, needsRecord, record, Tape, willCallBack, withTape } from './tape.ts';
import { allocate, Parameter, type Tensor } from './tensor.ts';

export { assertNoTape } from './tape.ts';

/** Anything with named parameters: a module, or a plain list of tensors (named by their index). */
export type GradientTarget = { namedParameters(): Iterable<readonly [string, Tensor]> } | readonly Tensor[];

/** Gradients by name, in the order of the parameters. */
export type Gradients = Map<string, Tensor>;

function named(target: GradientTarget): (readonly [string, Tensor])[] {
  if ('namedParameters' in target) return [...target.namedParameters()];
  return target.map((tensor, i) => [String(i), tensor] as const);
}

/**
 * Runs `fn` and differentiates its result, a tensor of one element, by every parameter of `target`.
 *
 * Everything made on the way is freed; the value and the gradients belong to the scope around. Gradients of
 * parameters that an optimizer has taken over lie in its arena and are overwritten by the next call.
 *
 * @throws LookbackError SCOPE_ASYNC for an asynchronous `fn`, SECOND_ORDER inside another valueAndGrad,
 *   SHAPE_MISMATCH when the result has more than one element, NOT_DIFFERENTIABLE when it depends on none of
 *   the parameters, BAD_ARGUMENT when it is no tensor.
 */
export function valueAndGrad(target: GradientTarget, fn: () => Tensor): { value: Tensor; grads: Gradients } {
  if (currentTape()) {
    throw new LookbackError('SECOND_ORDER', {
      where: 'valueAndGrad',
      problem: 'it was called inside another one, and gradients of gradients are not supported',
      next: 'Differentiate in one call',
    });
  }
  const parameters = named(target);
  const tape = new Tape();
  const forward = new Scope();
  const inner = new Scope();
  const kept = new Set<Tensor>();
  try {
    return inner.run(() => {
      // One leaf for each tensor: a weight used under two names is one parameter.
      for (const [, parameter] of parameters) if (parameter.node?.tape !== tape) tape.leaf(parameter);
      const value = withTape(tape, () => forward.run(() => requireTensor('valueAndGrad', fn())));
      // The tape holds what the way back reads. Functions of the user's may hold more, so they find it until the end.
      if (!tape.callsBack) forward.close(new Set([value]));
      seed(tape, value);
      backward(tape);
      const grads: Gradients = new Map();
      for (const [name, parameter] of parameters) {
        const gradient = leafGradient(parameter);
        grads.set(name, gradient);
        kept.add(gradient);
      }
      kept.add(value);
      return { value, grads };
    });
  } finally {
    tape.close();
    forward.close(kept);
    inner.close(kept);
  }
}

/** As `valueAndGrad`, without the value. */
export function grad(target: GradientTarget, fn: () => Tensor): Gradients {
  const { value, grads } = valueAndGrad(target, fn);
  value.dispose();
  return grads;
}

function seed(tape: Tape, value: Tensor): void {
  if (value.size !== 1) {
    throw new LookbackError('SHAPE_MISMATCH', {
      where: 'valueAndGrad',
      expected: 'a result of one element',
      got: show(value.shape),
      next: 'Reduce it with mean() or sum()',
    });
  }
  const node = value.node?.tape === tape ? value.node : undefined;
  if (!node) {
    throw new LookbackError('NOT_DIFFERENTIABLE', {
      where: 'valueAndGrad',
      problem: 'the result does not depend on any of the parameters through operations that have a gradient',
    });
  }
  const one = allocate(value.shape, value.dtype, value.backend);
  fillInto(one, 1);
  accumulate(node, value.nodeOutput, one);
}

/** Records an operation whose gradient is a function of the user's. */
function recordCallback(operation: Operation<undefined>, inputs: readonly Tensor[], output: Tensor): void {
  willCallBack();
  record(operation, inputs, inputs, [output], undefined);
}

/** What a user's function gave, which must be a tensor and no Promise of one. */
function requireTensor(where: string, result: Tensor): Tensor {
  if (refusePromise(where, result)?.isTensor) return result;
  throw new LookbackError('BAD_ARGUMENT', {
    where,
    expected: 'a function that returns a tensor',
    got: result === undefined ? 'one that returns nothing' : `one that returns ${typeof result}`,
  });
}

/** What reached a leaf, zeros where nothing did; in the current scope. */
function leafGradient(leaf: Tensor): Tensor {
  const node = leaf.node;
  const slot = leaf instanceof Parameter ? leaf.slot : undefined;
  if (slot) {
    const target = slot.gradients.view(leaf.shape, leaf.strides, slot.offset);
    if (node && !node.arenaWritten) fillInto(target, 0);
    return target;
  }
  const gradient = node?.gradients[0];
  if (gradient) return gradient.view(gradient.shape, gradient.strides);
  const zeros = allocate(leaf.shape, leaf.dtype === 'bf16' ? 'f32' : leaf.dtype, leaf.backend);
  fillInto(zeros, 0);
  return zeros;
}

/**
 * Runs `fn` without saving what its gradient needs; the way back runs it again. Trades one more forward pass
 * for the memory of everything inside (Chen et al. 2016, "Training deep nets with sublinear memory cost").
 * `fn` must give the same result when called twice.
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  const outer = currentTape();
  if (!outer) return fn(...inputs);
  const result = scope(() => inference(() => requireTensor('checkpoint', fn(...inputs))));
  const output = result.view(result.shape, result.strides);
  const operation: Operation<undefined> = {
    name: 'checkpoint',
    family: 'gradient',
    summary: 'a function whose inside is computed again on the way back',
    infer: () => [],
    saves: { outputs: [] },
    gradient: ([dy], { inputs: savedInputs, needs }) => {
      const tape = new Tape(outer);
      try {
        const fresh = savedInputs.map((input) => input.view(input.shape, input.strides));
        fresh.forEach((input, i) => {
          if (needs[i]) tape.leaf(input);
        });
        const again = withTape(tape, () => fn(...fresh));
        if (dy && again.node) {
          accumulate(again.node, again.nodeOutput, dy);
          backward(tape);
        }
        return fresh.map((input, i) => (needs[i] ? leafGradient(input) : undefined));
      } finally {
        tape.close();
      }
    },
  };
  willCallBack();
  // Recorded even when no input needs a gradient: parameters inside `fn` do.
  record(operation, inputs, inputs, [output], undefined);
  return output;
}

/**
 * An operation with a forward and a gradient of your own, written with tensors.
 *
 * @param forward from the inputs to the output; runs unrecorded
 * @param gradient from the output's gradient, the inputs and the output to one gradient an input
 */
export function customOperation(
  name: string,
  forward: (...inputs: Tensor[]) => Tensor,
  gradient: (dy: Tensor, inputs: readonly Tensor[], output: Tensor) => readonly (Tensor | undefined)[],
): (...inputs: Tensor[]) => Tensor {
  const operation: Operation<undefined> = {
    name,
    family: 'custom',
    summary: name,
    infer: () => [],
    gradient: ([dy], { inputs, outputs }) => (dy ? gradient(dy, inputs, outputs[0]) : []),
  };
  return (...inputs) => {
    const result = inference(() => requireTensor(name, forward(...inputs)));
    const output = result.view(result.shape, result.strides);
    if (needsRecord(inputs)) recordCallback(operation, inputs, output);
    return output;
  };
}

/**
 * The tensor itself, with a look at the gradient that reaches it on the way back.
 *
 * `look` may return another gradient to pass on instead.
 */
export function tapGradient(input: Tensor, look: (gradient: Tensor) => Tensor | undefined): Tensor {
  const output = input.view(input.shape, input.strides);
  if (needsRecord([input])) {
    const operation: Operation<undefined> = {
      name: 'tapGradient',
      family: 'gradient',
      summary: 'identity; shows the gradient that passes',
      infer: () => [],
      saves: { inputs: [], outputs: [] },
      gradient: ([dy]) => [dy && (look(dy) ?? dy)],
    };
    recordCallback(operation, [input], output);
  }
  return output;
}
