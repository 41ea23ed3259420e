import { describe, expect, it } from 'vitest';
import { attention, linear, matmul, normal, Random, scope, sum, valueAndGrad } from '../index.ts';
import { getBackend } from './backend.ts';
import { visiblePairs } from './cpu/cost.ts';
import { startProfile } from './profile.ts';
import { ReferenceBackend } from './reference/reference.ts';

const random = () => new Random(1, 'profile');

describe('a profile', () => {
  it('counts calls, floating-point operations and bytes of each operation', () => {
    scope(() => {
      const [a, b] = [normal([8, 16], { random: random() }), normal([16, 32], { random: random() })];
      const profiler = startProfile();
      matmul(a, b);
      matmul(a, b);
      const { operations, kernelSeconds, kernelShare, seconds } = profiler.stop();
      const [product] = operations;
      expect(operations.map(({ name }) => name)).toEqual(['matmul']);
      expect(product).toMatchObject({ calls: 2, flops: 2 * 2 * 8 * 16 * 32 });
      expect(product.bytes).toBe(2 * 4 * (8 * 16 + 16 * 32 + 8 * 32));
      expect(kernelSeconds).toBeLessThanOrEqual(seconds);
      expect(kernelShare).toBeCloseTo(kernelSeconds / seconds);
    });
  });

  it('names the way back apart', () => {
    scope(() => {
      const x = normal([1, 2, 5, 4], { random: random() });
      const profiler = startProfile();
      valueAndGrad([x], () => sum(attention(x, x, x, { causal: true })));
      const { operations } = profiler.stop();
      const flops = Object.fromEntries(operations.map((one) => [one.name, one.flops]));
      expect(flops.attention).toBe(4 * 2 * 4 * 15);
      expect(flops['attention: gradient']).toBe(10 * 2 * 4 * 15);
    });
  });

  it('leaves the backend as it was, and its results the same', () => {
    scope(() => {
      const backend = getBackend();
      const { run } = backend;
      const [x, w] = [normal([3, 4], { random: random() }), normal([5, 4], { random: random() })];
      const plain = linear(x, w).dataSync();
      const profiler = startProfile();
      expect(() => startProfile()).toThrow('another profiler');
      expect(linear(x, w).dataSync()).toEqual(plain);
      profiler.stop();
      expect(backend.run).toBe(run);
      expect(Object.hasOwn(backend, 'run')).toBe(false);
    });
  });

  it('times the reference backend by operation', () => {
    const backend = new ReferenceBackend();
    const profiler = startProfile(backend);
    const block = backend.allocate('f32', 4);
    const view = { storage: block, dtype: 'f32' as const, shape: [4], strides: [1], offset: 0, size: 4 };
    backend.run({ name: 'noop', reference: () => undefined }, [view], [view], undefined);
    expect(profiler.stop().operations).toMatchObject([{ name: 'noop', calls: 1, bytes: 32 }]);
  });
});

describe('visible pairs', () => {
  it.each([
    [5, 5, true, 15],
    [1, 70, true, 70],
    [3, 5, true, 12],
    [5, 2, true, 3],
    [4, 3, false, 12],
    [0, 3, true, 0],
  ])('of %i queries and %i keys, causal %s: %i', (tq, tk, causal, pairs) => {
    expect(visiblePairs(tq, tk, causal)).toBe(pairs);
    let counted = 0;
    for (let t = 0; t < tq; t++) counted += causal ? Math.max(0, Math.min(tk, t + 1 + tk - tq)) : tk;
    expect(pairs).toBe(counted);
  });
});
