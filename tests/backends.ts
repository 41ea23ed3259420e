/** The backends of this machine, for suites that run once for each. */
import type { Backend } from '../src/backends/backend.ts';
import { CpuBackend } from '../src/backends/cpu/cpu.ts';
import { createBackend } from '../src/backends/init.ts';
import { LookbackError } from '../src/errors.ts';
import { ExactBlocks } from './engine/exactBlocks.ts';

const names = [
  'native-avx512',
  'native-avx2',
  'native-neon',
  'native-baseline',
  'wasm-relaxed',
  'wasm-simd128',
  'reference',
  'reference-f64',
] as const;

/** Every backend that loads here; the native ones are missing where there is no compiler or no such processor. */
export async function availableBackends(): Promise<{ name: string; backend: Backend }[]> {
  const found: { name: string; backend: Backend }[] = [];
  for (const name of names) {
    try {
      const backend = await createBackend({ backend: name, threads: 2 });
      // Address checks see no overflow from one block of the pool into the next, so they get exact blocks.
      const exact = process.env.LOOKBACK_NATIVE?.endsWith('sanitize') && backend instanceof CpuBackend;
      found.push({ name, backend: exact ? new CpuBackend(backend.module, new ExactBlocks(backend.module)) : backend });
    } catch (error) {
      if (!(error instanceof LookbackError && error.code === 'BACKEND_UNAVAILABLE')) throw error;
    }
  }
  return found;
}
