/** Windows and ALiBi through the layer and a whole model: fused as step by step, and cached as all at once. */
import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { GPT } from '../models/index.ts';
import { Random } from '../random.ts';
import { normal, scope, sum, tensor, valueAndGrad } from '../tensor/index.ts';
import { MultiHeadAttention } from './attention.ts';
import { KeyValueCache } from './cache.ts';

const random = () => new Random(3, 'reach');
const settings = [{ window: 3 }, { alibi: true }, { alibi: true, window: 2 }];

describe.each(settings)('attention with %o', (options) => {
  it('gives step by step what the fused kernel gives', () => {
    scope(() => {
      const layer = new MultiHeadAttention(8, { random: random(), heads: 2, causal: true, ...options });
      const x = normal([2, 7, 8], { random: random() });
      const seen: string[] = [];
      const tap = { activation: (name: string) => void seen.push(name) };
      const fused = layer.forward(x).dataSync();
      const explicit = layer.forward(x, { tap }).dataSync();
      expect(seen).toContain('pattern');
      explicit.forEach((value, i) => void expect(value).toBeCloseTo(fused[i], 5));
    });
  });

  it('sees no further than it may', () => {
    scope(() => {
      const layer = new MultiHeadAttention(8, { random: random(), heads: 2, causal: true, ...options });
      const x = normal([1, 7, 8], { random: random() });
      const { grads } = valueAndGrad([x], () => sum(layer.forward(x).slice(1, 6)));
      const reach = options.window ?? 7;
      const gradient = grads.get('0')?.dataSync() ?? [];
      for (let t = 0; t < 7; t++) {
        const touched = gradient.slice(t * 8, t * 8 + 8).some((value) => value !== 0);
        expect(touched).toBe(t > 6 - reach);
      }
    });
  });
});

describe('a GPT with a window and slopes', () => {
  it('decodes from its cache the bits of one pass', () => {
    scope(() => {
      const shape = { vocabulary: 11, context: 12, layers: 2, heads: 2, width: 8 };
      const model = new GPT({ ...shape, positions: 'alibi', window: 4 }, { random: random() });
      model.eval();
      const ids = Int32Array.from({ length: 9 }, (_, i) => (i * 5) % 11);
      const whole = model.forward(tensor(ids, { shape: [1, 9] })).dataSync();
      const cache = new KeyValueCache(12);
      for (let t = 0; t < 9; t++) {
        const one = model.forward(tensor(ids.slice(t, t + 1), { shape: [1, 1] }), { cache }).dataSync();
        expect(one).toEqual(whole.slice(t * 11, t * 11 + 11));
      }
    });
  });
});
