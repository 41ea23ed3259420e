/**
 * Choosing and starting a backend.
 *
 * Node starts the native addon lazily and synchronously, else WebAssembly on one thread; `await init()` compiles
 * and starts all threads beforehand. Browsers must await it: they compile asynchronously.
 * `LOOKBACK_BACKEND` names one: native, native-avx512, native-avx2,
 * native-neon, native-baseline, wasm, wasm-relaxed, wasm-simd128, reference.
 */
import { LookbackError, nearest } from '../errors.ts';
import { type Backend, setBackend, setStarter } from './backend.ts';
import { CpuBackend } from './cpu/cpu.ts';
import { type InstructionSet, loadNative } from './cpu/native.ts';
import { allowRelaxedSimd, instantiate, isSupported, type WasmFlavour, type WasmKernelModule } from './cpu/wasm.ts';
import { builtin, defaultThreads, environment, node, packageRoot } from './platform.ts';
import { ReferenceBackend } from './reference/reference.ts';

/** What can be asked for. `native` and `wasm` take the best of their kind; `auto` native, else wasm. */
export const backendChoices = [
  'auto',
  'native',
  'native-avx512',
  'native-avx2',
  'native-neon',
  'native-baseline',
  'wasm',
  'wasm-relaxed',
  'wasm-simd128',
  'reference',
  'reference-f64',
] as const;
export type BackendChoice = (typeof backendChoices)[number];

export interface InitOptions {
  backend?: BackendChoice;
  /** Threads including the caller's. Default: LOOKBACK_THREADS, else what the machine offers. */
  threads?: number;
  /** Where to fetch the module from, for pages whose content policy forbids the built-in base64 text. */
  wasmUrl?: string | URL;
}

/**
 * Starts a backend and makes it the default.
 *
 * @throws LookbackError BACKEND_UNAVAILABLE saying what was tried, BAD_ARGUMENT for an unknown name or no thread
 */
export async function init(options: InitOptions = {}): Promise<Backend> {
  const backend = await createBackend(options);
  setBackend(backend);
  return backend;
}

/** As `init`, without making it the default. */
export async function createBackend({
  backend = chosen(),
  threads = defaultThreads(),
  wasmUrl,
}: InitOptions = {}): Promise<Backend> {
  if (!isChoice(backend)) throw unknownBackend('init', backend);
  if (!Number.isInteger(threads) || threads < 1) {
    const expected = 'a number of threads that is an integer ≥ 1';
    throw new LookbackError('BAD_ARGUMENT', { where: 'init', expected, got: String(threads) });
  }
  const tried: string[] = [];
  const ready = startNow(backend, threads, tried);
  if (ready) return ready;
  for (const flavour of wasmFlavours(backend)) {
    const bytes = await wasmBytes(flavour, wasmUrl);
    if (flavour === 'relaxed') allowRelaxedSimd();
    if (!isSupported(bytes)) {
      tried.push(`wasm-${flavour}: this engine lacks the instructions`);
      continue;
    }
    const module = instantiate(flavour, await WebAssembly.compile(bytes));
    if (mayBlock()) await module.startThreads(threads);
    return new CpuBackend(module);
  }
  throw unavailable(backend, tried);
}

/** What `lookback doctor` tells. */
export async function examineBackends(): Promise<{ chosen: string; threads: number; fused: boolean; tried: string[] }> {
  const { tried } = loadNative();
  for (const flavour of ['relaxed', 'simd128'] as const) {
    try {
      if (flavour === 'relaxed') allowRelaxedSimd();
      const loaded = instantiate(flavour, new WebAssembly.Module(await wasmBytes(flavour)));
      tried.push(`wasm-${flavour}: loads, multiply-add ${loaded.fused ? 'fuses' : 'does not fuse'}`);
    } catch (error) {
      tried.push(`wasm-${flavour}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  const backend = await createBackend();
  const fused = backend instanceof CpuBackend ? backend.fused : false;
  return { chosen: backend.name, threads: backend.threads, fused, tried };
}

function chosen(): BackendChoice {
  const asked = environment('LOOKBACK_BACKEND') ?? 'auto';
  if (isChoice(asked)) return asked;
  throw unknownBackend('LOOKBACK_BACKEND', asked);
}

function unknownBackend(where: string, asked: string): LookbackError {
  const suggestion = nearest(asked, backendChoices);
  return new LookbackError('BAD_ARGUMENT', {
    where,
    expected: `one of ${backendChoices.join(', ')}`,
    got: asked,
    next: suggestion && `Did you mean ${suggestion}`,
  });
}

function isChoice(name: string): name is BackendChoice {
  return (backendChoices as readonly string[]).includes(name);
}

/** The backends that need no waiting. */
function startNow(choice: BackendChoice, threads: number, tried: string[]): Backend | undefined {
  switch (choice) {
    case 'reference':
      return new ReferenceBackend();
    case 'reference-f64':
      return new ReferenceBackend({ float64: true });
    case 'wasm':
    case 'wasm-relaxed':
    case 'wasm-simd128':
      return undefined;
    case 'auto':
    case 'native':
    case 'native-avx512':
    case 'native-avx2':
    case 'native-neon':
    case 'native-baseline': {
      const wanted = choice.startsWith('native-') ? (choice.slice('native-'.length) as InstructionSet) : undefined;
      const { module, tried: native } = loadNative({ wanted, threads });
      tried.push(...native);
      return module && new CpuBackend(module);
    }
    default:
      return choice satisfies never;
  }
}

function wasmFlavours(choice: BackendChoice): WasmFlavour[] {
  if (choice === 'wasm-relaxed') return ['relaxed'];
  if (choice === 'wasm-simd128') return ['simd128'];
  return choice === 'auto' || choice === 'wasm' ? ['relaxed', 'simd128'] : [];
}

/** A page's main thread may not wait, so it computes alone; training belongs in a worker. */
function mayBlock(): boolean {
  return node !== undefined || typeof document === 'undefined';
}

async function wasmBytes(flavour: WasmFlavour, url?: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url) {
    const response = await fetch(url);
    if (!response.ok) {
      throw new LookbackError('BACKEND_UNAVAILABLE', {
        where: String(url),
        problem: `the server said ${response.status}`,
      });
    }
    return inflate(new Uint8Array(await response.arrayBuffer()));
  }
  const prebuilt = prebuiltBytes(flavour);
  if (prebuilt) return prebuilt;
  const text =
    flavour === 'relaxed'
      ? (await import('./cpu/wasm/relaxed.generated.ts')).default
      : (await import('./cpu/wasm/simd128.generated.ts')).default;
  return inflate(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

/** The module itself, whether or not it came gzipped. */
async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The module as a file of the package, in Node. */
function prebuiltBytes(flavour: WasmFlavour): Uint8Array<ArrayBuffer> | undefined {
  const fs = builtin<typeof import('node:fs')>('node:fs');
  const path = builtin<typeof import('node:path')>('node:path');
  const zlib = builtin<typeof import('node:zlib')>('node:zlib');
  const root = packageRoot();
  if (!fs || !path || !zlib || !root) return undefined;
  const file = path.join(root, 'kernels', 'prebuilt', `lookback-${flavour}.wasm.gz`);
  return fs.existsSync(file) ? new Uint8Array(zlib.gunzipSync(fs.readFileSync(file))) : undefined;
}

/** Node's lazy start: everything that can be had without waiting. */
function startLazily(): Backend {
  const choice = chosen();
  const tried: string[] = [];
  const ready = startNow(choice, defaultThreads(), tried);
  if (ready) return ready;
  for (const flavour of wasmFlavours(choice)) {
    const bytes = prebuiltBytes(flavour);
    if (flavour === 'relaxed') allowRelaxedSimd();
    if (!bytes || !isSupported(bytes)) {
      tried.push(`wasm-${flavour}: ${bytes ? 'this engine lacks the instructions' : 'the module is missing'}`);
      continue;
    }
    const module: WasmKernelModule = instantiate(flavour, new WebAssembly.Module(bytes));
    return new CpuBackend(module);
  }
  throw unavailable(choice, tried);
}

function unavailable(choice: BackendChoice, tried: readonly string[]): LookbackError {
  return new LookbackError('BACKEND_UNAVAILABLE', {
    where: `backend ${choice}`,
    problem: tried.length > 0 ? `nothing loaded:\n  ${tried.join('\n  ')}\n` : 'nothing loaded',
    next: 'Run `lookback doctor` for what is missing',
  });
}

if (node) setStarter(startLazily);
