/**
 * The contract between tensors and the machines that compute them: allocate, free, read, write, run.
 *
 * A backend knows storages and operations, never tensors, tapes or scopes. An operation brings its own
 * implementation for each kind of backend (see tensor/operation.ts); a backend only carries it out.
 */
import { LookbackError } from '../errors.ts';
import type { Kernels } from './cpu/kernels.generated.ts';

/**
 * Element types. There is no implicit promotion between them. bf16 stores: weights in it halve their memory and are
 * widened where they are used; in JavaScript it is read as Float32Array and rounded (bfloat16.ts) when written.
 */
export type DType = 'f32' | 'i32' | 'u8' | 'bf16';

/** Arrays that carry elements in and out. f32 on a float64 reference backend is read as Float64Array. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Bytes of one element on the kernels' side. */
export const bytesPerElement = { f32: 4, i32: 4, u8: 1, bf16: 2 } as const satisfies Record<DType, number>;

/** A block of memory a backend owns. `references` counts the tensors and tapes that still need it. */
export class Storage {
  references = 1;
  /** Counts in-place changes (optimizer steps), so that stale uses can be refused. */
  version = 0;
  constructor(
    readonly backend: Backend,
    readonly bytes: number,
    /** Address of the first byte (kernels) or 0. */
    readonly address: number,
    /** The elements themselves (reference backend only). */
    readonly data: TypedArray | undefined,
  ) {}
}

/** A strided look into a storage. Offset and strides count elements. */
export interface View {
  readonly storage: Storage;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** A dense array with its shape, as reference implementations see their inputs and outputs. */
export interface Dense {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** How an operation is computed on each kind of backend. */
export interface Implementation<Attributes> {
  readonly name: string;
  /** Plain TypeScript on dense arrays: the definition of truth. Absent for operations that decompose. */
  readonly reference?: (inputs: readonly Dense[], outputs: readonly Dense[], attributes: Attributes) => void;
  /** Calls of the kernel table; returns the kernels' status. */
  readonly cpu?: (
    kernels: Kernels,
    inputs: readonly View[],
    outputs: readonly View[],
    attributes: Attributes,
  ) => number;
}

/** What a backend holds, in bytes. */
export interface MemoryReport {
  /** In tensors that are alive. */
  inUse: number;
  /** Taken from the machine, in use or kept for reuse. */
  reserved: number;
  /** How often the machine was asked for memory since the start. */
  allocations: number;
  /** Live storages. */
  storages: number;
  /** Largest `inUse` so far. */
  peak: number;
}

/** See the file header. All sizes are in elements unless they say bytes. */
export interface Backend {
  /** For people and run records, e.g. `native-avx512`, `wasm-relaxed`, `reference-f64`. */
  readonly name: string;
  readonly kind: 'reference' | 'cpu' | 'webgpu';
  /** Whether `readSync` works here. */
  readonly synchronous: boolean;
  readonly threads: number;
  allocate(dtype: DType, count: number): Storage;
  free(storage: Storage): void;
  write(view: View, data: ArrayLike<number>): void;
  readSync(view: View): TypedArray;
  read(view: View): Promise<TypedArray>;
  run<Attributes>(
    operation: Implementation<Attributes>,
    inputs: readonly View[],
    outputs: readonly View[],
    attributes: Attributes,
  ): void;
  memory(): MemoryReport;
}

/** Gives back one reference to a storage; the last one frees it. */
export function release(storage: Storage): void {
  if (--storage.references === 0) storage.backend.free(storage);
}

/** Address of a view's first element. */
export function addressOf(view: View): number {
  return view.storage.address + view.offset * bytesPerElement[view.dtype];
}

let current: Backend | undefined;
let starter: (() => Backend) | undefined;

/** The backend new tensors live on. Starts the default one on first use where that can be done synchronously. */
export function getBackend(): Backend {
  if (current) return current;
  if (!starter) {
    throw new LookbackError('BACKEND_NOT_READY', {
      where: 'backend',
      problem: 'no backend has been started',
      next: 'Call `await init()` once before the first tensor is made',
    });
  }
  current = starter();
  return current;
}

/** Makes `backend` the one new tensors live on; returns the one before. */
export function setBackend(backend: Backend | undefined): Backend | undefined {
  const before = current;
  current = backend;
  return before;
}

/** Registers how the default backend is started lazily (Node registers one; browsers must await `init()`). */
export function setStarter(start: () => Backend): void {
  starter = start;
}

/** Runs a synchronous function with `backend` as the default. */
export function withBackend<T>(backend: Backend, fn: () => T): T {
  const before = setBackend(backend);
  try {
    return fn();
  } finally {
    setBackend(before);
  }
}
