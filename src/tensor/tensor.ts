/**
 * Tensor: an immutable strided view of a block of numbers.
 *
 * The operations live in ops/ (one file each) and are joined to the class as methods by methods.ts; here is
 * only what a tensor is: shape, strides, element type, storage, and how to get numbers in and out.
 */
import {
  addressOf,
  type Backend,
  bytesPerElement,
  type DType,
  getBackend,
  type Implementation,
  release,
  type Storage,
  type TypedArray,
  type View,
} from '../backends/backend.ts';
import { dtypeCode } from '../backends/cpu/codes.ts';
import { LookbackError } from '../errors.ts';
import type { TensorMethods } from './methods.ts';
import { register } from './scope.ts';
import { checkShape, contiguousStrides, isContiguous, type Shape, show, sizeOf } from './shape.ts';
import { assertNoTape, type TapeNode } from './tape.ts';

/** Numbers in nested arrays, as deep as the tensor has axes. */
export type NestedNumbers = number | NestedNumbers[];

/** The operations as methods; methods.ts puts them on the prototype. */
export interface Tensor extends TensorMethods {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: methods.ts fills in what the class itself cannot import
export class Tensor implements View {
  readonly isTensor = true;
  readonly size: number;
  /** The tape entry that made this tensor, while a tape is recording. */
  node: TapeNode | undefined = undefined;
  /** Which of the entry's outputs this is. */
  nodeOutput = 0;
  private freed = false;

  /** Takes over one reference to `storage`. Belongs to the open scope unless `scoped` is false. */
  constructor(
    public storage: Storage,
    public readonly dtype: DType,
    readonly shape: Shape,
    readonly strides: readonly number[],
    public offset = 0,
    scoped = true,
  ) {
    this.size = sizeOf(shape);
    if (scoped) register(this);
  }

  get backend(): Backend {
    return this.storage.backend;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** Whether the scope it was made in has closed. */
  get isFreed(): boolean {
    return this.freed;
  }

  /** Another look at the same storage; it holds its own reference. */
  view(shape: Shape, strides: readonly number[], offset = this.offset): Tensor {
    this.assertAlive('view');
    this.storage.references++;
    return new Tensor(this.storage, this.dtype, shape, strides, offset);
  }

  /** Frees the tensor now rather than when its scope closes. Rarely needed. */
  dispose(): void {
    if (this.freed) return;
    this.freed = true;
    release(this.storage);
  }

  /** Throws TENSOR_FREED when the tensor's scope has closed. */
  assertAlive(where: string): void {
    if (this.freed) {
      throw new LookbackError('TENSOR_FREED', {
        where,
        problem: `a tensor of shape ${show(this.shape)} was freed when its scope closed`,
        next: 'Return it from the scope, or make it outside',
      });
    }
  }

  /**
   * The elements in row-major order: Float32Array (for bf16 too), Int32Array or Uint8Array (Float64Array on a float64
   * reference backend). A copy.
   */
  async data(): Promise<TypedArray> {
    this.assertAlive('data');
    return this.isContiguous ? this.backend.read(this) : denseCopy(this);
  }

  /** As `data`, at once. @throws LookbackError BAD_ARGUMENT on backends that cannot (WebGPU). */
  dataSync(): TypedArray {
    this.assertAlive('dataSync');
    if (!this.backend.synchronous) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'dataSync',
        problem: `${this.backend.name} reads asynchronously only`,
        next: 'Use `await tensor.data()`',
      });
    }
    return this.isContiguous ? this.backend.readSync(this) : denseCopy(this);
  }

  /** The one element of a tensor of size 1, at once. */
  item(): number {
    if (this.size !== 1) {
      throw new LookbackError('SHAPE_MISMATCH', { where: 'item', expected: 'one element', got: show(this.shape) });
    }
    return this.dataSync()[0];
  }

  /** Nested arrays of numbers, at once; for looking and tests. */
  toArray(): NestedNumbers {
    const data = this.dataSync();
    const build = (axis: number, start: number, step: number): NestedNumbers => {
      if (axis === this.rank) return data[start];
      const inner = step / this.shape[axis];
      return Array.from({ length: this.shape[axis] }, (_, i) => build(axis + 1, start + i * inner, inner));
    };
    return build(0, 0, Math.max(this.size, 1));
  }

  toString(): string {
    return `Tensor(${this.dtype}${show(this.shape)})`;
  }
}

/** Reads a strided view element by element through the storage's dense span; only for looking, never in a step. */
function denseCopy(tensor: Tensor): TypedArray {
  const { shape, strides } = tensor;
  let low = 0;
  let high = 0;
  for (let i = 0; i < shape.length; i++) {
    const reach = strides[i] * (shape[i] - 1);
    if (reach < 0) low += reach;
    else high += reach;
  }
  const spanSize = tensor.size === 0 ? 0 : high - low + 1;
  const { storage, dtype, offset, size } = tensor;
  const span = { storage, dtype, offset: offset + low, shape: [spanSize], strides: [1], size: spanSize };
  const source = tensor.backend.readSync(span);
  const result = source.slice(0, 0).constructor as new (count: number) => TypedArray;
  const dense = new result(size);
  const position = shape.map(() => 0);
  let at = -low;
  for (let i = 0; i < size; i++) {
    dense[i] = source[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++position[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return dense;
}

/** Throws DTYPE_MISMATCH for an element type there is not. */
export function requireKnown(where: string, dtype: DType): void {
  if (dtype in bytesPerElement) return;
  const expected = `a type among ${Object.keys(bytesPerElement).join(', ')}`;
  throw new LookbackError('DTYPE_MISMATCH', { where, expected, got: String(dtype) });
}

/** A new tensor of undefined content. For operations; users take `zeros` or `tensor`. */
export function allocate(shape: Shape, dtype: DType = 'f32', backend: Backend = getBackend()): Tensor {
  requireKnown('tensor', dtype);
  return new Tensor(backend.allocate(dtype, sizeOf(shape)), dtype, shape, contiguousStrides(shape), 0);
}

/**
 * A tensor from nested arrays, or from a flat array with a shape.
 *
 * @throws LookbackError SHAPE_MISMATCH for ragged arrays or a shape that does not hold the values.
 */
export function tensor(
  values: NestedNumbers | TypedArray,
  { shape, dtype = defaultDType(values) }: { shape?: Shape; dtype?: DType } = {},
): Tensor {
  const flat: ArrayLike<number> = ArrayBuffer.isView(values) ? values : flatten(values);
  const actual = shape ?? (ArrayBuffer.isView(values) ? [values.length] : shapeOf(values));
  checkShape('tensor', actual);
  if (sizeOf(actual) !== flat.length) {
    throw new LookbackError('SHAPE_MISMATCH', {
      where: 'tensor',
      expected: `${sizeOf(actual)} values for shape ${show(actual)}`,
      got: `${flat.length}`,
    });
  }
  const result = allocate([...actual], dtype);
  result.backend.write(result, flat);
  return result;
}

function defaultDType(values: NestedNumbers | TypedArray): DType {
  if (values instanceof Int32Array) return 'i32';
  return values instanceof Uint8Array ? 'u8' : 'f32';
}

function shapeOf(values: NestedNumbers): number[] {
  return Array.isArray(values) ? [values.length, ...(values.length > 0 ? shapeOf(values[0]) : [])] : [];
}

function flatten(values: NestedNumbers): number[] {
  if (!Array.isArray(values)) return [values];
  const shape = shapeOf(values);
  const flat: number[] = [];
  const walk = (item: NestedNumbers, axis: number): void => {
    if (Array.isArray(item) ? item.length !== shape[axis] : axis !== shape.length) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'tensor',
        expected: `rows of equal length (shape ${show(shape)})`,
        got: 'a ragged array',
      });
    }
    if (!Array.isArray(item)) flat.push(item);
    else for (const inner of item) walk(inner, axis + 1);
  };
  walk(values, 0);
  return flat;
}

/**
 * A tensor that training changes. Modules hold them; an optimizer moves them into its arena, so their
 * storage may change but never their shape. They belong to no scope.
 */
export class Parameter extends Tensor {
  readonly isParameter = true;
  /** Where the optimizer put the parameter and its gradient, once it has. */
  slot: ArenaSlot | undefined = undefined;
  /** Whether weight decay applies. Matrices decay by default, vectors do not. */
  decay: boolean;

  constructor(value: Tensor, { decay = value.rank >= 2 }: { decay?: boolean } = {}) {
    if (!value.isContiguous) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'Parameter',
        expected: 'a contiguous tensor',
        got: `a view of shape ${show(value.shape)}`,
        next: 'Call .contiguous() first',
      });
    }
    super(retain(value.storage), value.dtype, value.shape, value.strides, value.offset, false);
    this.decay = decay;
  }

  /** Moves the parameter onto `storage` at `offset`; the caller has copied the values there. */
  rebind(storage: Storage, offset: number, slot: ArenaSlot): void {
    release(this.storage);
    this.storage = retain(storage);
    this.offset = offset;
    this.slot = slot;
  }

  /**
   * Stores the values in another floating-point type from now on, rounded to nearest even for bf16. The shape, the name and
   * whoever shares the parameter stay. A no-op for the type it has.
   *
   * @throws LookbackError TAPE_ACTIVE, BAD_ARGUMENT while an optimizer holds it, for updates are made in f32.
   */
  store(dtype: 'f32' | 'bf16'): void {
    this.assertAlive('Parameter.store');
    assertNoTape('Parameter.store');
    if (this.dtype === dtype) return;
    if (this.slot) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'Parameter.store',
        problem: 'an optimizer holds this parameter and updates it in f32',
        next: 'Dispose of the optimizer first',
      });
    }
    const { backend } = this;
    const values = { shape: this.shape, strides: this.strides, offset: 0, size: this.size };
    const storage = backend.allocate(dtype, this.size);
    backend.run(storeImplementation, [this], [{ ...values, storage, dtype }], undefined);
    release(this.storage);
    this.storage = storage;
    this.offset = 0;
    (this as { dtype: DType }).dtype = dtype;
  }

  /** Overwrites the values in place, e.g. from a checkpoint. @throws LookbackError TAPE_ACTIVE, SHAPE_MISMATCH. */
  assign(values: ArrayLike<number>): void {
    this.assertAlive('Parameter.assign');
    assertNoTape('Parameter.assign');
    if (values.length !== this.size) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'Parameter.assign',
        expected: `${this.size} values for shape ${show(this.shape)}`,
        got: String(values.length),
      });
    }
    this.storage.version++;
    this.backend.write(this, values);
  }
}

/** One type to another, element by element; see ops/convert.ts for the operation. */
const storeImplementation: Implementation<undefined> = {
  name: 'store',
  reference: ([from], [to]) => to.data.set(from.data),
  cpu: (kernels, [from], [to]) =>
    from.size === 0
      ? 0
      : kernels.convert(addressOf(to), dtypeCode[to.dtype], addressOf(from), dtypeCode[from.dtype], from.size),
};

/** Where in an arena a parameter lies. */
export interface ArenaSlot {
  /** Gradients of the whole arena, [count]. */
  readonly gradients: Tensor;
  readonly offset: number;
}

function retain(storage: Storage): Storage {
  storage.references++;
  return storage;
}
