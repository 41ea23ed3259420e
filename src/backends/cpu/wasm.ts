/**
 * Loads the kernels as WebAssembly: one module, one shared memory, and worker threads that each have a stack and
 * thread-local block of their own in it (see kernels/wasm.cpp for what the module expects).
 *
 * Relaxed SIMD fuses multiply-add and gives the bits of the native addon; plain simd128 serves where a browser
 * lacks it, to tolerance. Views of the memory are made afresh at each access, since growing it makes them stale.
 */
import { LookbackError } from '../../errors.ts';
import { builtin, node } from '../platform.ts';
import type { KernelModule } from './cpu.ts';
import { type Kernels, kernelAbi } from './kernels.generated.ts';

/** The two builds of the module. */
export type WasmFlavour = 'relaxed' | 'simd128';

interface WasmExports extends Kernels {
  abi(): number;
  fused(): number;
  allocate(bytes: number): number;
  release(address: number, bytes: number): void;
  workerBytes(): number;
  workerStackBytes(): number;
  workerMain(): void;
  tileHeight(rows: number): void;
  __stack_pointer: WebAssembly.Global;
  __wasm_init_tls(address: number): void;
}

/** Tried in turn; some hosts refuse to set aside the address space of the first. */
const maximumPages = [65_536, 32_768, 16_384, 8192];
const initialPages = 64;
/** As kernels/parallel.hpp. */
const mostThreads = 256;

/** Whether this engine validates relaxed SIMD. In Node 20 that takes a flag, which is set here. */
export function allowRelaxedSimd(): void {
  const v8 = builtin<typeof import('node:v8')>('node:v8');
  v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** Whether the engine takes `bytes` as a module. */
export function isSupported(bytes: BufferSource): boolean {
  return WebAssembly.validate(bytes);
}

/**
 * A kernel table over a fresh memory, on one thread. Synchronous: for Node and workers, where large modules may
 * be compiled so.
 *
 * @throws LookbackError BACKEND_UNAVAILABLE
 */
export function instantiate(flavour: WasmFlavour, module: WebAssembly.Module): WasmKernelModule {
  const memory = makeMemory();
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return new WasmKernelModule(flavour, module, memory, instance.exports as unknown as WasmExports);
}

function makeMemory(): WebAssembly.Memory {
  let cause: unknown;
  for (const maximum of maximumPages) {
    try {
      return new WebAssembly.Memory({ initial: initialPages, maximum, shared: true });
    } catch (error) {
      cause = error;
    }
  }
  throw new LookbackError('BACKEND_UNAVAILABLE', {
    where: 'wasm',
    problem: 'the engine gives no shared memory',
    next: 'Use a newer browser, or close other tabs',
    cause,
  });
}

/** What a thread's script gets. */
interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** The stack grows down from here; thread-local storage lies above. */
  stackTop: number;
}

/** Runs in each worker; says so once it is in the pool's loop, which it never leaves. */
const workerScript = `
const begin = ({ module, memory, stackTop }, ready) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stackTop;
  exports.__wasm_init_tls(stackTop);
  ready();
  exports.workerMain();
};
if (typeof require === 'function') {
  const { parentPort, workerData } = require('node:worker_threads');
  begin(workerData, () => parentPort.postMessage('ready'));
} else {
  self.onmessage = ({ data }) => begin(data, () => self.postMessage('ready'));
}
`;

/** See the file header. */
export class WasmKernelModule implements KernelModule {
  readonly name: string;
  readonly kernels: Kernels;
  readonly fused: boolean;
  private workers: { terminate(): unknown }[] = [];

  constructor(
    flavour: WasmFlavour,
    private readonly module: WebAssembly.Module,
    private readonly memory: WebAssembly.Memory,
    private readonly exports: WasmExports,
  ) {
    if (exports.abi() !== kernelAbi) {
      throw new LookbackError('BACKEND_UNAVAILABLE', {
        where: `wasm-${flavour}`,
        problem: 'the module was built from other kernels',
        next: 'Run `npm run kernels`',
      });
    }
    this.name = `wasm-${flavour}`;
    this.kernels = exports;
    this.fused = Boolean(exports.fused());
    exports.threadsStart(1);
    // V8 before 13 (Node before 24) moves multiply-adds away from their operands: six rows then cost a third of the speed.
    if (Number.parseInt(node?.versions?.v8 ?? '13', 10) < 13) exports.tileHeight(4);
  }

  threads(): number {
    return this.exports.threadsCount();
  }

  allocate(bytes: number): number {
    return this.exports.allocate(bytes);
  }

  release(address: number, bytes: number): void {
    this.exports.release(address, bytes);
  }

  read(target: ArrayBufferView, address: number): void {
    bytesOf(target).set(new Uint8Array(this.memory.buffer, address, target.byteLength));
  }

  write(address: number, source: ArrayBufferView): void {
    new Uint8Array(this.memory.buffer, address, source.byteLength).set(bytesOf(source));
  }

  /**
   * Starts workers until `count` threads (this one included) take part. Resolves when all are in the pool; where
   * workers cannot share memory (a page that is not cross-origin isolated) one thread goes on alone.
   */
  async startThreads(count: number): Promise<void> {
    while (this.workers.length + 1 < Math.min(count, mostThreads)) {
      const worker = await this.startWorker();
      if (!worker) break;
      this.workers.push(worker);
    }
    this.exports.threadsStart(Math.min(count, this.workers.length + 1));
  }

  close(): void {
    this.exports.threadsStart(1);
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
  }

  private async startWorker(): Promise<{ terminate(): unknown } | undefined> {
    const block = this.allocate(this.exports.workerBytes());
    if (block === 0) return undefined;
    const stackTop = block + this.exports.workerStackBytes();
    const start: WorkerStart = { module: this.module, memory: this.memory, stackTop };
    const threads = builtin<typeof import('node:worker_threads')>('node:worker_threads');
    if (threads && node) {
      const worker = new threads.Worker(workerScript, { eval: true, workerData: start });
      await new Promise<void>((resolve, reject) => {
        worker.once('message', () => resolve());
        worker.once('error', reject);
      });
      // A waiting thread must not keep the program alive.
      worker.unref();
      return worker;
    }
    if (!globalThis.crossOriginIsolated || typeof Worker === 'undefined') return undefined;
    const address = URL.createObjectURL(new Blob([workerScript], { type: 'text/javascript' }));
    const worker = new Worker(address);
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(start);
    });
    URL.revokeObjectURL(address);
    return worker;
  }
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
