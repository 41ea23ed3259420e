import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, getBackend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { log } from '../math.ts';
import { KeyValueCache } from '../nn/index.ts';
import { Random } from '../random.ts';
import { scope, slice, type Tensor, tensor, valueAndGrad } from '../tensor/index.ts';
import { GPT, type GPTConfig } from './gpt.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

const small: GPTConfig = { vocabulary: 11, context: 8, layers: 2, heads: 4, width: 16 };
const llama: GPTConfig = {
  ...small,
  kvHeads: 2,
  positions: 'rotary',
  norm: 'rmsNorm',
  mlp: 'swiglu',
  bias: false,
  tieWeights: false,
};
const make = (config: GPTConfig) => new GPT(config, { random: new Random(2) });

function ids(B: number, T: number, seed = 1): Tensor {
  const random = new Random(seed, 'ids');
  return tensor(
    Int32Array.from({ length: B * T }, () => random.integer(11)),
    { shape: [B, T] },
  );
}

describe('GPT', () => {
  it("has nanoGPT's parameters: count, names, tying", () => {
    const config = { vocabulary: 65, context: 64, layers: 4, heads: 4, width: 128, bias: false };
    const model = make(config);
    // nanoGPT prints 0.80M, which leaves out the position table of 64 × 128.
    expect(model.parameterCount()).toBe(795904 + 64 * 128);
    expect(model.head.weight).toBe(model.embedding.weight);
    expect(model.namedParameters()[3][0]).toBe('blocks.0.attention.query.weight');
  });

  it.each([
    ['GPT-2', small],
    ['Llama', llama],
    ['sinusoidal', { ...small, positions: 'sinusoidal' } satisfies GPTConfig],
  ])('%s: starts at the loss of a uniform guess, and every parameter gets a gradient', (_, config) => {
    scope(() => {
      const model = make(config);
      const { value, grads } = valueAndGrad(model, () => model.loss(ids(3, 8), ids(3, 8, 2)));
      expect(Math.abs(value.item() - log(11))).toBeLessThan(0.1);
      for (const [name, gradient] of grads)
        expect(
          gradient.dataSync().some((v) => v !== 0),
          name,
        ).toBe(true);
    });
  });

  it.each([
    ['GPT-2', small],
    ['Llama', llama],
  ])('%s: cached decoding equals the whole forward pass', (_, config) => {
    scope(() => {
      const model = make(config).eval();
      const x = ids(2, 8);
      const whole = model.forward(x);
      const cache = new KeyValueCache(8);
      for (const [from, to] of [
        [0, 3],
        [3, 4],
        [4, 6],
        [6, 7],
        [7, 8],
      ]) {
        const expected = slice(whole, 1, from, to).dataSync();
        model
          .forward(slice(x, 1, from, to), { cache })
          .dataSync()
          .forEach((v, i) => {
            expect(v).toBeCloseTo(expected[i], 12);
          });
      }
      cache.dispose();
    });
  });

  it('no step sees a later one', () => {
    scope(() => {
      const model = make(small);
      const x = ids(1, 8);
      const changed = x.dataSync().slice();
      changed[7] = (changed[7] + 1) % 11;
      const y = model.forward(tensor(changed, { shape: [1, 8] }));
      expect(slice(y, 1, 0, 7).dataSync()).toEqual(slice(model.forward(x), 1, 0, 7).dataSync());
      expect(slice(y, 1, 7, 8).dataSync()).not.toEqual(slice(model.forward(x), 1, 7, 8).dataSync());
    });
  });

  it('memory is flat over steps', () => {
    const model = make(small);
    const step = () =>
      scope(() => {
        valueAndGrad(model, () => model.loss(ids(1, 4), ids(1, 4, 2)));
      });
    step();
    const { storages } = getBackend().memory();
    step();
    expect(getBackend().memory().storages).toBe(storages);
  });

  it('refuses more steps than its context', () => {
    scope(() => expect(() => make(small).forward(ids(1, 9))).toThrow(/at most 8 steps/));
  });

  it('shows its activations and their gradients under stable names', () => {
    scope(() => {
      const model = make(small);
      const seen: string[] = [];
      const gradients: string[] = [];
      const tap = {
        activation: (name: string) => void seen.push(name),
        gradient: (name: string) => void gradients.push(name),
      };
      valueAndGrad(model, () => model.loss(ids(1, 4), ids(1, 4, 2), { tap }));
      expect(seen[0]).toBe('embedding');
      expect(seen).toContain('blocks.1.attention.pattern');
      expect(seen.slice(-3)).toEqual(['blocks.1.output', 'norm', 'logits']);
      expect(gradients.toReversed()).toEqual(expect.arrayContaining(seen));
    });
  });
});
