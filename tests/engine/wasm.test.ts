/** WebAssembly's memory and threads: growth in the middle of a run, a maximum that is reached, one thread by default. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { getBackend, setBackend, withBackend } from '../../src/backends/backend.ts';
import type { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { createBackend } from '../../src/backends/init.ts';
import * as L from '../../src/tensor/index.ts';
import { coded } from './coded.ts';

const RealMemory = WebAssembly.Memory;
const mebibyte = 2 ** 20;
const pagesPerMebibyte = 16;

afterEach(() => {
  WebAssembly.Memory = RealMemory;
  vi.unstubAllEnvs();
  setBackend(undefined);
});

/** A backend on a machine that sets aside at most so many pages: more is refused, or quietly less. */
async function backendWith(
  pages: number,
  refuses: boolean,
): Promise<{ backend: CpuBackend; memory: WebAssembly.Memory }> {
  const made: WebAssembly.Memory[] = [];
  WebAssembly.Memory = class extends RealMemory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if (refuses && (descriptor.maximum ?? 0) > pages) throw new RangeError('could not allocate memory');
      super({ ...descriptor, maximum: Math.min(pages, descriptor.maximum ?? pages) });
      made.push(this);
    }
  };
  const backend = (await createBackend({ backend: 'wasm-simd128', threads: 2 })) as CpuBackend;
  return { backend, memory: made[0] };
}

const mebibytes = (count: number, value: number) => L.full([count, mebibyte / 4], value);

describe('the memory', () => {
  it('grows during a run, and what lay in it before stays', async () => {
    const { backend, memory } = await backendWith(65_536, true);
    const before = memory.buffer.byteLength;
    withBackend(backend, () =>
      L.scope(() => {
        const small = L.range(0, 1000, 1, { dtype: 'f32' });
        const parts = [1, 2, 3].map((value) => mebibytes(7, value));
        const total = parts.reduce((a, b) => L.add(a, b));
        expect(memory.buffer.byteLength).toBeGreaterThan(before + 28 * mebibyte);
        expect(total.dataSync().every((value) => value === 6)).toBe(true);
        expect(L.sum(small).item()).toBe(499_500);
        expect([...small.dataSync().slice(0, 3)]).toEqual([0, 1, 2]);
      }),
    );
    backend.module.close();
  });

  it('is retried lower where a machine does not set aside the most', async () => {
    const { backend } = await backendWith(16_384, true);
    expect(withBackend(backend, () => L.scope(() => L.sum(L.ones([10])).item()))).toBe(10);
    backend.module.close();
    await expect(backendWith(100, true)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('no shared memory'),
    });
  });

  it('that is full says OUT_OF_MEMORY, and serves on once something is freed', async () => {
    const { backend } = await backendWith(40 * pagesPerMebibyte, false);
    withBackend(backend, () => {
      const { storages } = backend.memory();
      coded('OUT_OF_MEMORY', () =>
        L.scope(() => {
          for (let i = 0; i < 100; i++) mebibytes(3, i);
        }),
      );
      expect(backend.memory().storages).toBe(storages);
      // Another size: what is pooled has to go back first.
      L.scope(() => expect(L.sum(mebibytes(20, 1)).item()).toBe(20 * (mebibyte / 4)));
      coded('OUT_OF_MEMORY', () => L.scope(() => mebibytes(50, 1)), /50\.0 MiB/);
      coded('OUT_OF_MEMORY', () => L.scope(() => L.zeros([2 ** 30 + 16])), /4096\.\d MiB/);
      // Kernels need working memory too.
      coded('OUT_OF_MEMORY', () =>
        L.scope(() => {
          const square = L.ones([1500, 1500]);
          for (let i = 0; i < 10; i++) L.matmul(square, square);
        }),
      );
      L.scope(() => expect(L.sum(L.matmul(L.ones([8, 8]), L.ones([8, 8]))).item()).toBe(512));
    });
    backend.module.close();
  });
});

it('runs on one thread unless init() was awaited', async () => {
  vi.stubEnv('LOOKBACK_BACKEND', 'wasm-relaxed');
  vi.stubEnv('LOOKBACK_THREADS', '3');
  expect(getBackend()).toMatchObject({ name: 'wasm-relaxed', threads: 1 });
  const started = await createBackend();
  expect(started).toMatchObject({ name: 'wasm-relaxed', threads: 3 });
  (started as CpuBackend).module.close();
  expect(started.threads).toBe(1);
});

it('reads an empty tensor whose address lies behind the memory', async () => {
  const { backend } = await backendWith(65_536, true);
  withBackend(backend, () =>
    L.scope(() => {
      const x = L.slice(L.zeros([0, 1e9]), 1, 9e8);
      expect(x.shape).toEqual([0, 1e8]);
      expect(x.dataSync()).toHaveLength(0);
    }),
  );
  backend.module.close();
});
