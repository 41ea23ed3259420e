/**
 * Checks that loop over the registry of operations: numerical gradients in float64, and parity of a backend with
 * the float64 reference, forward and gradient. Inputs come from the records' samples, each both row-major and
 * strided; values are the same on every backend.
 */
import { type Backend, type DType, withBackend } from '../../src/backends/backend.ts';
import { ReferenceBackend } from '../../src/backends/reference/reference.ts';
import { Random } from '../../src/random.ts';
import {
  add,
  full,
  multiply,
  operations,
  Parameter,
  permute,
  scope,
  slice,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '../../src/tensor/index.ts';
import { apply, type Operation, type Sample, type SampleInput } from '../../src/tensor/operation.ts';
import { sizeOf } from '../../src/tensor/shape.ts';

/**
 * How inputs lie in memory. In an arena they are parameters of an optimizer: gradients are written into one block
 * that holds NaN before, back to back, so that their addresses are multiples of four bytes only.
 */
export const layouts = ['contiguous', 'strided', 'arena'] as const;
export type Layout = (typeof layouts)[number];

/** An operation and one of its samples, with the values of the inputs. */
export interface Case {
  operation: Operation<unknown>;
  sample: number;
  attributes: unknown;
  inputs: InputValues[];
}

interface InputValues {
  shape: readonly number[];
  dtype: DType;
  values: number[];
  differentiable: boolean;
}

/** Registered operations that can be tested: those with samples. */
export function testedOperations(): Operation<unknown>[] {
  return [...operations().values()].filter(({ samples }) => samples) as unknown as Operation<unknown>[];
}

/** The samples of an operation with values from a stream named after it. */
export function casesOf(operation: Operation<unknown>): Case[] {
  return (operation.samples?.() ?? []).map(({ inputs, attributes }: Sample<unknown>, sample) => {
    const random = new Random(7, `${operation.name}/${sample}`);
    return { operation, sample, attributes, inputs: inputs.map((input) => makeValues(input, random)) };
  });
}

function makeValues(input: Sample<unknown>['inputs'][number], random: Random): InputValues {
  const given: SampleInput = 'shape' in input ? input : { shape: input };
  const { shape, dtype = 'f32', values, constant = false } = given;
  const isFloat = dtype === 'f32' || dtype === 'bf16';
  const [low, high] = given.range ?? (isFloat ? [-1, 1] : [0, 2]);
  const drawn = Array.from({ length: sizeOf(shape) }, () =>
    isFloat ? Math.fround(random.uniform(low, high)) : Math.floor(random.uniform(low, high)),
  );
  return { shape, dtype, values: values ? [...values] : drawn, differentiable: dtype === 'f32' && !constant };
}

/** The tensor of an input on the current backend. Strided: a transposed and sliced look at a larger block. */
function makeTensor({ shape, dtype, values }: InputValues, layout: Layout): Tensor {
  if (layout !== 'strided' || shape.length === 0 || values.length === 0) return tensor(values, { shape, dtype });
  const last = shape.length - 1;
  const order = shape.map((_, i) => last - i);
  // Reversed axes, the first of them twice as long as needed with other numbers in between.
  const wide = order.map((axis, i) => shape[axis] * (i === 0 ? 2 : 1));
  const block = new Array<number>(values.length * 2).fill(dtype === 'f32' ? 0.5 : 1);
  const step = values.length / shape[last];
  for (let i = 0; i < values.length; i++) {
    let rest = i;
    let at = 0;
    let stride = 1;
    const position = shape.map(() => 0);
    for (let axis = last; axis >= 0; axis--) {
      position[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    for (let axis = 0; axis < last; axis++) {
      at += position[axis] * stride;
      stride *= shape[axis];
    }
    block[at + (2 * position[last] + 1) * step] = values[i];
  }
  return permute(slice(tensor(block, { shape: wide, dtype }), 0, 1, undefined, 2), order);
}

/** The outputs that gradients may come from. */
function differentiableOutputs(operation: Operation<unknown>, outputs: readonly Tensor[]): Tensor[] {
  const { differentiableOutputs: which = [0] } = operation;
  return outputs.filter((output, i) => output.dtype === 'f32' && (which === 'all' || which.includes(i)));
}

/** Σ outputs · fixed random weights: one number whose gradient tests all outputs. */
function loss(outputs: readonly Tensor[]): Tensor {
  let total: Tensor | undefined;
  outputs.forEach((output, i) => {
    const random = new Random(11, `weights/${i}`);
    const weights = Array.from({ length: output.size }, () => Math.fround(random.uniform(-1, 1)));
    const part = sum(multiply(output, tensor(weights, { shape: output.shape })));
    total = total ? add(total, part) : part;
  });
  if (!total) throw new Error('no output to differentiate');
  return total;
}

/** What an operation gives on a backend. */
export interface Result {
  outputs: { dtype: DType; shape: readonly number[]; values: number[] }[];
  /** By input; undefined where it is not differentiable. */
  gradients: (number[] | undefined)[];
}

/** Outputs, and gradients of the weighted sum of them. */
export function evaluate(backend: Backend, { operation, inputs, attributes }: Case, layout: Layout): Result {
  return withBackend(backend, () =>
    scope(() => {
      const tensors = inputs.map((input) => makeTensor(input, layout));
      const outputs = apply(operation, tensors, attributes).map((output) => ({
        dtype: output.dtype,
        shape: output.shape,
        values: Array.from(output.dataSync()),
      }));
      const gradients: (number[] | undefined)[] = inputs.map(() => undefined);
      const leaves = inputs.map((_, i) => i).filter((i) => inputs[i].differentiable);
      if (isDifferentiable(operation) && leaves.length > 0) {
        if (layout === 'arena') for (const [i, parameter] of inArena(tensors, leaves)) tensors[i] = parameter;
        const { grads } = valueAndGrad(
          leaves.map((i) => tensors[i]),
          () => loss(differentiableOutputs(operation, apply(operation, tensors, attributes))),
        );
        leaves.forEach((input, i) => {
          const gradient = grads.get(String(i));
          gradients[input] = gradient && Array.from(gradient.dataSync());
          if (tensors[input] instanceof Parameter) tensors[input].dispose();
        });
      }
      return { outputs, gradients };
    }),
  );
}

/** Parameters for the tensors at `leaves`, with their gradients in one arena. */
function inArena(tensors: readonly Tensor[], leaves: readonly number[]): [number, Parameter][] {
  const sizes = leaves.map((i) => tensors[i].size);
  const gradients = full([sizes.reduce((total, size) => total + size, 0)], Number.NaN);
  let offset = 0;
  return leaves.map((i) => {
    const parameter = new Parameter(tensors[i]);
    parameter.slot = { gradients, offset };
    offset += tensors[i].size;
    return [i, parameter];
  });
}

/** Whether gradients flow through the operation. */
export function isDifferentiable({ gradient }: Operation<unknown>): boolean {
  return gradient !== undefined;
}

/** Step of the central differences: error h² from the third derivative, 1e-16 / h from rounding. */
const step = 1e-5;
/** Elements of each input that are checked, evenly spread. */
const checkedElements = 20;

/**
 * Largest difference between the gradient and central differences, both in float64, relative to the largest
 * element of the gradient (or 1).
 */
export function gradientError(testCase: Case, layout: Layout): number {
  const backend = new ReferenceBackend({ float64: true });
  const { operation, inputs, attributes } = testCase;
  const { gradients } = evaluate(backend, testCase, layout);
  const value = (changed: InputValues[]): number =>
    withBackend(backend, () =>
      scope(() => {
        const tensors = changed.map((input) => makeTensor(input, layout));
        return loss(differentiableOutputs(operation, apply(operation, tensors, attributes))).item();
      }),
    );
  let worst = 0;
  gradients.forEach((gradient, i) => {
    if (!gradient) return;
    const scale = gradient.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1);
    const stride = Math.max(1, Math.ceil(gradient.length / checkedElements));
    for (let at = 0; at < gradient.length; at += stride) {
      const moved = (by: number): number => {
        const values = inputs[i].values.with(at, inputs[i].values[at] + by);
        return value(inputs.with(i, { ...inputs[i], values }));
      };
      const difference = Math.abs((moved(step) - moved(-step)) / (2 * step) - gradient[at]) / scale;
      // NaN compares false with everything; it must count as wrong.
      if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
    }
  });
  return worst;
}

/** Allowed difference of float32 results, relative to the largest magnitude of each. */
const float32Tolerance = 1e-5;

/** One disagreement with the reference. */
export interface Disagreement {
  what: string;
  error: number;
}

/**
 * Where `backend` disagrees with the float64 reference by more than the tolerance: relative to the largest
 * magnitude of each output or gradient, exactly for integers.
 */
export function disagreements(backend: Backend, testCase: Case, layout: Layout): Disagreement[] {
  const expected = evaluate(new ReferenceBackend({ float64: true }), testCase, layout);
  const got = evaluate(backend, testCase, layout);
  const found: Disagreement[] = [];
  const compare = (what: string, want: readonly number[], have: readonly number[], tolerance: number): void => {
    const error = want.length === have.length ? largestDifference(want, have) : Infinity;
    if (!(error <= tolerance)) found.push({ what, error });
  };
  // A decomposition may leave out outputs that callers never see.
  expected.outputs.forEach(({ dtype, shape, values }, i) => {
    const output = got.outputs[i];
    if (`${output?.dtype}${output?.shape}` !== `${dtype}${shape}`)
      found.push({ what: `shape of output ${i}`, error: Infinity });
    else compare(`output ${i}`, values, output.values, dtype === 'f32' ? float32Tolerance : 0);
  });
  expected.gradients.forEach((gradient, i) => {
    if (gradient) compare(`gradient of input ${i}`, gradient, got.gradients[i] ?? [], float32Tolerance);
  });
  return found;
}

/** Largest |want - have| relative to the largest finite |want|; infinities and NaN must be at the same places. */
function largestDifference(want: readonly number[], have: readonly number[]): number {
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(want[i], have[i]) || want[i] === have[i]) {
      scale = Number.isFinite(want[i]) ? Math.max(scale, Math.abs(want[i])) : scale;
      continue;
    }
    if (!Number.isFinite(want[i]) || !Number.isFinite(have[i])) return Infinity;
    scale = Math.max(scale, Math.abs(want[i]));
    worst = Math.max(worst, Math.abs(want[i] - have[i]));
  }
  return worst === 0 ? 0 : worst / Math.max(scale, 1e-30);
}
