/** The backends of this machine, for suites that run once for each. */
import type { Backend } from '../src/backends/backend.ts';
import { createBackend } from '../src/backends/init.ts';
import { LookbackError } from '../src/errors.ts';

const names = ['native-avx512', 'native-avx2', 'wasm-relaxed', 'wasm-simd128', 'reference', 'reference-f64'] as const;

/** Every backend that loads here; the native ones are missing where there is no compiler or no such processor. */
export async function availableBackends(): Promise<{ name: string; backend: Backend }[]> {
  const found: { name: string; backend: Backend }[] = [];
  for (const name of names) {
    try {
      found.push({ name, backend: await createBackend({ backend: name, threads: 2 }) });
    } catch (error) {
      if (!(error instanceof LookbackError && error.code === 'BACKEND_UNAVAILABLE')) throw error;
    }
  }
  return found;
}
