/**
 * What an operation is, and how one is carried out.
 *
 * One operation, one record: name, shape rule, implementation per backend, gradient, sample inputs. The
 * registry drives gradient checks, backend parity and docs/operations.md, so a new operation touches one
 * TypeScript file and one kernel.
 */
import type { DType, Implementation } from '../backends/backend.ts';
import { LookbackError } from '../errors.ts';
import { contiguous } from './memory.ts';
import { checkShape, contiguousStrides, type Shape, show, sizeOf } from './shape.ts';
import { inference, needsRecord, record } from './tape.ts';
import { Tensor } from './tensor.ts';

/** Shape and element type of an output. */
export interface OutputSpec {
  shape: Shape;
  dtype: DType;
  /** Strides when the output is not row-major (attention writes [B, T, H, D] and shows [B, H, T, D]). */
  strides?: readonly number[];
  /** First element, for operations with `isView`; default that of the input. */
  offset?: number;
}

/** What a gradient function sees. */
export interface GradientContext<Attributes> {
  /** The inputs; reading one that `saves` leaves out throws. */
  readonly inputs: readonly Tensor[];
  /** The outputs, likewise. */
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** Which inputs need a gradient. */
  readonly needs: readonly boolean[];
  readonly inputShapes: readonly Shape[];
  /**
   * Where the gradient of input `i` may be written directly: the optimizer's arena, on the first use of a
   * parameter in this backward pass. Return the same tensor to say that it was.
   */
  into(i: number): Tensor | undefined;
  /**
   * What has reached input `i` from later operations, where the gradient may be added to it in place. Return the same
   * tensor to say that it was.
   */
  onto(i: number): Tensor | undefined;
}

/** A sample for tests and the generated page. Values are made from a seeded generator by the tests. */
export interface Sample<Attributes> {
  /** Shapes of the inputs, or explicit integer values. */
  inputs: readonly (Shape | SampleInput)[];
  attributes: Attributes;
}

/** How a test makes one input. */
export interface SampleInput {
  shape: Shape;
  dtype?: DType;
  /** Uniform range of f32 values, default [-1, 1]; for i32, integers in [low, high). */
  range?: readonly [low: number, high: number];
  /** Explicit values instead. */
  values?: readonly number[];
  /** The operation is not differentiated in this input. */
  constant?: boolean;
}

/** See the file header. `Attributes` must be plain data. */
export interface Operation<Attributes = undefined> extends Implementation<Attributes> {
  /** One line for the reference page: what it computes, with shapes. */
  readonly summary: string;
  /** Heading on the reference page. */
  readonly family: string;
  /** Shapes and types of the outputs. Throws coded errors for what does not fit; `cpu` may then trust them. */
  readonly infer: (inputs: readonly Tensor[], attributes: Attributes) => readonly OutputSpec[];
  /** Nothing is computed: the outputs look at the first input with the strides and offsets that `infer` gives. */
  readonly isView?: boolean;
  /** The outputs a gradient may come from. Default: the first. */
  readonly differentiableOutputs?: readonly number[] | 'all';
  /** The kernel takes any strides (up to four axes after collapsing); otherwise inputs arrive contiguous. */
  readonly strided?: boolean;
  /**
   * The operation written in simpler ones. The reference backend runs this instead; its float64 gradient is
   * the truth that kernels are held to. Returns the first outputs, at least those callers use.
   */
  readonly decompose?: (inputs: readonly Tensor[], attributes: Attributes) => readonly Tensor[];
  /** Gradients of the inputs from those of the outputs (undefined: zero). Runs unrecorded. */
  readonly gradient?: (
    outputGradients: readonly (Tensor | undefined)[],
    context: GradientContext<Attributes>,
  ) => readonly (Tensor | undefined)[];
  /** Which inputs and outputs the gradient reads. Default: all. */
  readonly saves?: { readonly inputs?: readonly number[]; readonly outputs?: readonly number[] };
  readonly samples?: () => readonly Sample<Attributes>[];
}

const registry = new Map<string, Operation<never>>();

/** Registers an operation record and returns it. Names are unique. */
export function define<Attributes = undefined>(operation: Operation<Attributes>): Operation<Attributes> {
  if (registry.has(operation.name)) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'define', problem: `operation ${operation.name} exists already` });
  }
  registry.set(operation.name, operation as unknown as Operation<never>);
  return operation;
}

/** Every registered operation by name. */
export function operations(): ReadonlyMap<string, Operation<never>> {
  return registry;
}

/**
 * Carries out an operation: checks, shapes, memory, the backend's kernel, and the tape's record.
 *
 * `into` gives the tensor the first output is written to (gradients into an arena) instead of a new one.
 *
 * @throws LookbackError TENSOR_FREED, BACKEND_MIXED, and what the operation's `infer` throws.
 */
export function apply<Attributes>(
  operation: Operation<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
  into?: Tensor,
): Tensor[] {
  const backend = inputs[0].storage.backend;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input.isFreed) input.assertAlive(operation.name);
    if (input.storage.backend !== backend) {
      throw new LookbackError('BACKEND_MIXED', {
        where: operation.name,
        expected: `all inputs on ${backend.name}`,
        got: `one on ${input.storage.backend.name}`,
        next: 'Make all tensors of one computation under one backend',
      });
    }
  }
  const specs = operation.infer(inputs, attributes);
  for (let i = 0; i < specs.length; i++) checkShape(operation.name, specs[i].shape);
  if (operation.isView) {
    const views = specs.map(({ shape, strides, offset }) =>
      inputs[0].view(shape, strides ?? contiguousStrides(shape), offset),
    );
    if (operation.gradient && needsRecord(inputs)) record(operation, inputs, inputs, views, attributes);
    return views;
  }
  if (backend.kind === 'reference' && !operation.reference && operation.decompose) {
    const decomposed = () => operation.decompose?.(inputs, attributes) ?? [];
    return [...(operation.gradient ? decomposed() : inference(decomposed))];
  }
  const ready = operation.strided ? inputs : inputs.map(contiguous);
  const outputs = specs.map(({ shape, dtype, strides }, i) =>
    i === 0 && into
      ? into
      : new Tensor(backend.allocate(dtype, sizeOf(shape)), dtype, shape, strides ?? contiguousStrides(shape)),
  );
  backend.run(operation, ready, outputs, attributes);
  if (operation.gradient && needsRecord(inputs)) record(operation, inputs, ready, outputs, attributes);
  if (ready !== inputs) for (let i = 0; i < ready.length; i++) if (ready[i] !== inputs[i]) ready[i].dispose();
  return outputs;
}

/** As `apply`, for operations with one output. */
export function apply1<Attributes>(
  operation: Operation<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
  into?: Tensor,
): Tensor {
  return apply(operation, inputs, attributes, into)[0];
}

/** Throws SHAPE_MISMATCH naming the operation, what it takes and what came. */
export function shapeError(where: string, expected: string, got: string, next?: string): LookbackError {
  return new LookbackError('SHAPE_MISMATCH', { where, expected, got, next });
}

/** Throws SHAPE_MISMATCH for an `axis` of an operation's attributes that `input` lacks. */
export function requireAxis(where: string, input: Tensor, axis: number): void {
  if (!(axis in input.shape)) throw shapeError(where, `a tensor with an axis ${axis}`, show(input.shape));
}

/** Throws DTYPE_MISMATCH unless `input` is f32 or i32, the types of arithmetic. */
export function requireArithmetic(where: string, input: Tensor, suggested: DType = 'f32'): void {
  if (input.dtype !== 'f32' && input.dtype !== 'i32') requireDType(where, input, suggested);
}

/** Throws DTYPE_MISMATCH unless `input` is f32, or bf16, which is widened where it is read. */
export function requireStored(where: string, input: Tensor, name: string): void {
  if (input.dtype !== 'bf16') requireDType(where, input, 'f32', name);
}

/** Throws DTYPE_MISMATCH unless `input` has the element type. */
export function requireDType(where: string, input: Tensor, dtype: DType, name = 'input'): void {
  if (input.dtype === dtype) return;
  throw new LookbackError('DTYPE_MISMATCH', {
    where,
    expected: `${name} of type ${dtype}`,
    got: input.dtype,
    next: `Convert it with .to('${dtype}')`,
  });
}
