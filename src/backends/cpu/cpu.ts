/**
 * The CPU backend: one class over the kernel table. The native addon and the WebAssembly module are two
 * loaders of that table and behave alike, bit for bit where they can fuse multiply-add.
 */
import { fromBfloat16, toBfloat16 } from '../../bfloat16.ts';
import { LookbackError } from '../../errors.ts';
import {
  addressOf,
  type Backend,
  bytesPerElement,
  type DType,
  type Implementation,
  type MemoryReport,
  Storage,
  type TypedArray,
  type View,
} from '../backend.ts';
import type { Kernels } from './kernels.generated.ts';
import { type BlockSource, type Blocks, Pool } from './pool.ts';

/** A loaded kernel table with its memory. Reads and writes copy; nothing keeps a view of the kernels' memory. */
export interface KernelModule extends BlockSource {
  /** `native-avx512`, `native-avx2`, `wasm-relaxed`, `wasm-simd128`. */
  readonly name: string;
  readonly kernels: Kernels;
  /** Whether multiply-add really fuses here (probed), the condition of bit equality. */
  readonly fused: boolean;
  threads(): number;
  /** Copies `target.byteLength` bytes from `address` into `target`. */
  read(target: ArrayBufferView, address: number): void;
  /** Copies all of `source` to `address`. */
  write(address: number, source: ArrayBufferView): void;
  /** Stops worker threads where they would keep the program alive. */
  close(): void;
}

export class CpuBackend implements Backend {
  readonly kind = 'cpu';
  readonly synchronous = true;
  readonly name: string;
  readonly fused: boolean;

  constructor(
    readonly module: KernelModule,
    /** Where tensors' memory comes from; another one for tests. */
    private readonly pool: Blocks = new Pool(module),
  ) {
    this.name = module.name;
    this.fused = module.fused;
  }

  get threads(): number {
    return this.module.threads();
  }

  allocate(dtype: DType, count: number): Storage {
    const bytes = Math.max(1, count) * bytesPerElement[dtype];
    return new Storage(this, bytes, this.pool.take(bytes), undefined);
  }

  free(storage: Storage): void {
    this.pool.give(storage.address, storage.bytes);
  }

  write(view: View, data: ArrayLike<number>): void {
    if (view.size > 0) this.module.write(addressOf(view), toTyped(view.dtype, data));
  }

  readSync(view: View): TypedArray {
    const target = view.dtype === 'bf16' ? new Uint16Array(view.size) : emptyTyped(view.dtype, view.size);
    // The address of an empty view may lie behind its block, even behind the whole memory.
    if (view.size > 0) this.module.read(target, addressOf(view));
    return target instanceof Uint16Array ? fromBfloat16(target) : target;
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
    if (!operation.cpu) {
      throw new LookbackError('BACKEND_UNAVAILABLE', {
        where: operation.name,
        problem: `the operation has no kernel for ${this.name}`,
        next: 'Give it a cpu implementation or a decomposition',
      });
    }
    const status = operation.cpu(this.module.kernels, inputs, outputs, attributes);
    if (status !== 0) throw kernelError(operation.name, status, inputs);
  }

  memory(): MemoryReport {
    return this.pool.report();
  }

  /** Gives unused blocks back to the machine. */
  trim(): void {
    this.pool.trim();
  }
}

function kernelError(where: string, status: number, inputs: readonly View[]): LookbackError {
  const shapes = inputs.map((view) => `${view.dtype}[${view.shape.join(', ')}]`).join(', ');
  if (status === 1) {
    return new LookbackError('INDEX_OUT_OF_RANGE', {
      where,
      problem: `an index points outside the tensor it indexes (inputs ${shapes})`,
      next: 'Check that every id is at least 0 and below the number of rows',
    });
  }
  if (status === 3) {
    return new LookbackError('OUT_OF_MEMORY', {
      where,
      problem: `no working memory for inputs ${shapes}`,
      next: 'Use a smaller batch or context',
    });
  }
  return new LookbackError('KERNEL_FAILED', { where, problem: `the kernel refused its arguments (${shapes})` });
}

/** An array of zeros that holds `count` elements of `dtype`. */
export function emptyTyped(dtype: DType, count: number): Float32Array | Int32Array | Uint8Array {
  switch (dtype) {
    case 'f32':
    case 'bf16':
      return new Float32Array(count);
    case 'i32':
      return new Int32Array(count);
    case 'u8':
      return new Uint8Array(count);
    default:
      return dtype satisfies never;
  }
}

function toTyped(dtype: DType, data: ArrayLike<number>): ArrayBufferView {
  if (dtype === 'bf16') return toBfloat16(data);
  if (dtype === 'f32') return data instanceof Float32Array ? data : Float32Array.from(data);
  if (dtype === 'i32') return data instanceof Int32Array ? data : Int32Array.from(data);
  return data instanceof Uint8Array ? data : Uint8Array.from(data);
}
