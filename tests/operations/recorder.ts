/** A CPU backend whose kernels do nothing but say that they were called. For the reference page, which names them. */
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import type { Kernels } from '../../src/backends/cpu/kernels.generated.ts';
import type { Operation } from '../../src/tensor/operation.ts';
import { casesOf, evaluate } from './check.ts';

/** Kernels that the samples of an operation reach, and the kernels made for its gradient. */
export function kernelsOf(operation: Operation<unknown>): string[] {
  const called = new Set<string>();
  const kernels = new Proxy({} as Kernels, {
    get: (_, name) => () => {
      called.add(String(name));
      return 0;
    },
  });
  const backend = new CpuBackend({
    name: 'recorder',
    kernels,
    fused: false,
    allocate: () => 64,
    release: () => undefined,
    threads: () => 1,
    read: () => undefined,
    write: () => undefined,
    close: () => undefined,
  });
  const run = (ran: Operation<unknown>): string[] => {
    called.clear();
    for (const testCase of casesOf(operation)) evaluate(backend, { ...testCase, operation: ran }, 'contiguous');
    return [...called];
  };
  const forward = run({ ...operation, gradient: undefined });
  // The other kernels on the way back belong to the sum that a test differentiates, or are operations of their own.
  return [...forward, ...run(operation).filter((name) => name.endsWith('Gradient'))];
}
