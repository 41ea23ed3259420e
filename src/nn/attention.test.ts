import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { exp } from '../math.ts';
import { Random } from '../random.ts';
import { full, mean, normal, scope, slice, square, type Tensor, tensor, valueAndGrad } from '../tensor/index.ts';
import { KeyValueCache, MultiHeadAttention, Rotary, type Tap } from './index.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

const random = () => new Random(11);
const close = (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  const expected = b.dataSync();
  a.dataSync().forEach((v, i) => {
    expect(v).toBeCloseTo(expected[i], 10);
  });
};
/** Makes attention compute its pattern without changing anything. */
const watch: Tap = { activation: () => undefined };

describe('MultiHeadAttention', () => {
  it('equals its equation for one head', () => {
    scope(() => {
      const layer = new MultiHeadAttention(2, { heads: 1, causal: true, random: random() });
      const x = normal([1, 3, 2], { random: random() });
      const rows = (t: Tensor) => [0, 1, 2].map((i) => [...t.dataSync().slice(2 * i, 2 * i + 2)]);
      const [q, k, v] = [layer.query, layer.key, layer.value].map((part) => rows(part.forward(x)));
      const mixed = q.map((query, t) => {
        const weights = k.slice(0, t + 1).map((key) => exp((query[0] * key[0] + query[1] * key[1]) / Math.sqrt(2)));
        const total = weights.reduce((a, b) => a + b, 0);
        return [0, 1].map((d) => weights.reduce((sum, w, s) => sum + (w / total) * v[s][d], 0));
      });
      close(layer.forward(x), layer.output.forward(tensor([mixed])));
    });
  });

  it.each([
    ['MHA', 4],
    ['GQA', 2],
    ['MQA', 1],
  ])('%s: fused and explicit paths agree, with their gradients', (_, kvHeads) => {
    scope(() => {
      const layer = new MultiHeadAttention(8, { heads: 4, kvHeads, causal: true, random: random() });
      const x = normal([2, 5, 8], { random: random() });
      const mask = tensor([0, 1, 1, 1, 1, 1, 1, 1, 1, 0], { shape: [2, 5], dtype: 'u8' });
      close(layer.forward(x, { mask }), layer.forward(x, { mask, tap: watch }));
      const fused = valueAndGrad(layer, () => mean(square(layer.forward(x, { mask })))).grads;
      const explicit = valueAndGrad(layer, () => mean(square(layer.forward(x, { mask, tap: watch })))).grads;
      for (const [name, gradient] of fused) close(gradient, explicit.get(name) as Tensor);
    });
  });

  it('computes the pattern only where it is wanted; a replaced one changes the output', () => {
    scope(() => {
      const layer = new MultiHeadAttention(4, { heads: 2, causal: true, random: random() });
      const x = normal([1, 3, 4], { random: random() });
      const names: string[] = [];
      layer.forward(x, { tap: { wants: (name) => name === 'mixed', activation: (name) => void names.push(name) } });
      expect(names).toEqual(['mixed']);
      const even: Tap = { activation: (name, value) => (name === 'pattern' ? full(value.shape, 1 / 3) : undefined) };
      const mixed = layer.forward(x, { tap: even }).dataSync();
      expect(mixed.slice(0, 4)).toEqual(mixed.slice(8, 12));
      const wrong: Tap = { activation: () => full([1], 0) };
      expect(() => layer.forward(x, { tap: wrong })).toThrow(/tap query/);
    });
  });

  it('dropout on the pattern acts in training only', () => {
    scope(() => {
      const layer = new MultiHeadAttention(4, { heads: 2, dropout: 0.5, random: random() });
      const x = normal([1, 6, 4], { random: random() });
      const trained = layer.forward(x, { random: random() }).dataSync();
      expect(layer.eval().forward(x).dataSync()).not.toEqual(trained);
      close(layer.forward(x), layer.forward(x, { tap: watch }));
    });
  });

  it('reads a memory of another width and length', () => {
    scope(() => {
      const layer = new MultiHeadAttention(4, { heads: 2, memoryWidth: 6, random: random() });
      const x = normal([2, 3, 4], { random: random() });
      const memory = normal([2, 5, 6], { random: random().split('memory') });
      const mask = tensor([1, 1, 0, 0, 0, 1, 1, 1, 1, 1], { shape: [2, 5], dtype: 'u8' });
      const y = layer.forward(x, { memory, mask });
      expect(y.shape).toEqual([2, 3, 4]);
      const short = layer.forward(slice(x, 0, 0, 1), { memory: slice(slice(memory, 0, 0, 1), 1, 0, 2) });
      close(slice(y, 0, 0, 1), short);
    });
  });

  it.each([false, true])(
    'a cache gives what the whole sequence gives, in any portions (interleaved %s)',
    (interleaved) => {
      scope(() => {
        const rotary = new Rotary(4, { interleaved });
        const layer = new MultiHeadAttention(8, { heads: 2, kvHeads: 1, causal: true, rotary, random: random() });
        const x = normal([2, 6, 8], { random: random() });
        const whole = layer.forward(x);
        for (const portions of [[6], [1, 1, 1, 1, 1, 1], [3, 1, 2]]) {
          const cache = new KeyValueCache(6);
          for (const count of portions) {
            const { length } = cache;
            const y = layer.forward(slice(x, 1, length, length + count), { cache });
            cache.advance(count);
            close(y, slice(whole, 1, length, length + count));
          }
          expect(() => layer.forward(x, { cache })).toThrow(/at most 6/);
          cache.dispose();
        }
      });
    },
  );

  it('refuses heads that do not divide', () => {
    expect(() => new MultiHeadAttention(6, { heads: 4, random: random() })).toThrow(/divide/);
    expect(() => new Rotary(3)).toThrow(/even/);
  });
});
