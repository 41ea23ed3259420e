/**
 * The reference backend: plain TypeScript, slow and plain, the definition of truth for every kernel.
 *
 * With `float64` its f32 tensors hold doubles, so that numerical gradients and decompositions can be
 * compared to many digits. Inputs are copied to dense arrays before each operation; speed is no aim here.
 */
import { roundToBfloat16 } from '../../bfloat16.ts';
import { LookbackError } from '../../errors.ts';
import {
  type Backend,
  bytesPerElement,
  type Dense,
  type DType,
  type Implementation,
  type MemoryReport,
  Storage,
  type TypedArray,
  type View,
} from '../backend.ts';

export class ReferenceBackend implements Backend {
  readonly kind = 'reference';
  readonly synchronous = true;
  readonly threads = 1;
  readonly name: string;
  readonly float64: boolean;
  private inUse = 0;
  private peak = 0;
  private storages = 0;
  private allocations = 0;

  constructor({ float64 = false }: { float64?: boolean } = {}) {
    this.float64 = float64;
    this.name = float64 ? 'reference-f64' : 'reference';
  }

  allocate(dtype: DType, count: number): Storage {
    const bytes = count * bytesPerElement[dtype];
    this.inUse += bytes;
    this.peak = Math.max(this.peak, this.inUse);
    this.storages++;
    this.allocations++;
    return new Storage(this, bytes, 0, this.empty(dtype, count));
  }

  free(storage: Storage): void {
    this.inUse -= storage.bytes;
    this.storages--;
  }

  write(view: View, data: ArrayLike<number>): void {
    const to = storageData(view);
    to.set(data, view.offset);
    if (view.dtype === 'bf16') round(to.subarray(view.offset, view.offset + view.size));
  }

  readSync(view: View): TypedArray {
    return storageData(view).slice(view.offset, view.offset + view.size);
  }

  async read(view: View): Promise<TypedArray> {
    return this.readSync(view);
  }

  run<Attributes>(
    operation: Implementation<Attributes>,
    inputs: readonly View[],
    outputs: readonly View[],
    attributes: Attributes,
  ): void {
    if (!operation.reference) {
      throw new LookbackError('BACKEND_UNAVAILABLE', {
        where: operation.name,
        problem: 'the operation has no reference implementation',
        next: 'Give it one, or a decomposition into operations that have one',
      });
    }
    const results = outputs.map((view) => ({ data: this.empty(view.dtype, view.size), shape: view.shape }));
    operation.reference(
      inputs.map((view) => this.dense(view)),
      results,
      attributes,
    );
    for (let i = 0; i < outputs.length; i++) {
      if (outputs[i].dtype === 'bf16') round(results[i].data);
      scatter(results[i].data, outputs[i]);
    }
  }

  memory(): MemoryReport {
    const { inUse, allocations, storages, peak } = this;
    return { inUse, reserved: inUse, allocations, storages, peak };
  }

  private empty(dtype: DType, count: number): TypedArray {
    if (dtype === 'i32') return new Int32Array(count);
    if (dtype === 'u8') return new Uint8Array(count);
    if (dtype === 'bf16') return new Float32Array(count);
    return this.float64 ? new Float64Array(count) : new Float32Array(count);
  }

  private dense(view: View): Dense {
    const from = storageData(view);
    const to = this.empty(view.dtype, view.size);
    forEachOffset(view, (offset, i) => {
      to[i] = from[offset];
    });
    return { data: to, shape: view.shape };
  }
}

function storageData(view: View): TypedArray {
  if (!view.storage.data) {
    throw new LookbackError('BACKEND_MIXED', {
      where: 'reference backend',
      problem: `a tensor of ${view.storage.backend.name} was given`,
      next: 'Keep all tensors of one computation on one backend',
    });
  }
  return view.storage.data;
}

/** What is stored as bf16 is rounded when an operation has written it. */
function round(data: TypedArray): void {
  for (let i = 0; i < data.length; i++) data[i] = roundToBfloat16(data[i]);
}

function scatter(from: TypedArray, view: View): void {
  const to = storageData(view);
  forEachOffset(view, (offset, i) => {
    to[offset] = from[i];
  });
}

/** Visits the elements of a view in row-major order with their offset in the storage. */
function forEachOffset({ shape, strides, offset, size }: View, visit: (offset: number, index: number) => void): void {
  const position = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    visit(at, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++position[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
}
