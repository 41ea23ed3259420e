import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, getBackend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { Random } from '../random.ts';
import { checkpoint, concat, mean, normal, scope, slice, square, type Tensor, valueAndGrad } from '../tensor/index.ts';
import { SinusoidalPositions, TransformerBlock, type TransformerBlockOptions } from './index.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

const make = (options: Partial<TransformerBlockOptions> = {}) =>
  new TransformerBlock(8, { heads: 2, random: new Random(3), ...options });
const input = (T = 5) => normal([2, T, 8], { random: new Random(4) });
const close = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  Array.from(a).forEach((v, i) => {
    expect(v).toBeCloseTo(b[i], 10);
  });
};

describe('TransformerBlock', () => {
  it.each<[string, Partial<TransformerBlockOptions>]>([
    ['pre-norm, gelu', {}],
    ['post-norm, relu', { order: 'post', mlp: 'relu' }],
    ['Llama', { norm: 'rmsNorm', mlp: 'swiglu', bias: false, kvHeads: 1, causal: true }],
    ['cross-attention', { cross: true, causal: true }],
  ])('%s: every parameter gets the gradient that differences give', (_, options) => {
    scope(() => {
      const block = make(options);
      const x = input();
      const memory = options.cross ? input(3) : undefined;
      const loss = () => mean(square(block.forward(x, { memory })));
      const { grads } = valueAndGrad(block, loss);
      for (const [name, parameter] of block.namedParameters()) {
        const values = parameter.dataSync();
        const at = values.length - 1;
        const shifted = (by: number) => {
          const moved = values.slice();
          moved[at] += by;
          parameter.assign(moved);
          return loss().item();
        };
        const numerical = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
        parameter.assign(values);
        expect((grads.get(name) as Tensor).dataSync()[at], name).toBeCloseTo(numerical, 7);
      }
    });
  });

  it('an encoder without positions is permutation-equivariant; a causal block is not', () => {
    scope(() => {
      const x = input();
      const swapped = concat([slice(x, 1, 1, 5), slice(x, 1, 0, 1)], 1);
      const movedAfter = (block: TransformerBlock) => {
        const y = block.forward(x);
        return concat([slice(y, 1, 1, 5), slice(y, 1, 0, 1)], 1).dataSync();
      };
      close(make().forward(swapped).dataSync(), movedAfter(make()));
      const causal = make({ causal: true });
      expect(causal.forward(swapped).dataSync()).not.toEqual(movedAfter(causal));
    });
  });

  it('the last position of a causal block and of its encoder agree', () => {
    scope(() => {
      const last = (causal: boolean) => slice(make({ causal }).forward(input()), 1, 4, 5).dataSync();
      close(last(true), last(false));
    });
  });

  it('frees its intermediates', () => {
    scope(() => {
      const block = make();
      const x = input();
      block.forward(x).dispose();
      const { storages } = getBackend().memory();
      block.forward(x).dispose();
      expect(getBackend().memory().storages).toBe(storages);
    });
  });

  it('a checkpointed run repeats its dropout', () => {
    scope(() => {
      const block = make({ dropout: 0.3, hiddenDropout: 0.3 });
      const x = input();
      const options = { random: new Random(8, 'step 1') };
      const plain = valueAndGrad(block, () => mean(square(block.forward(x, options))));
      const again = valueAndGrad(block, () => mean(square(checkpoint((h) => block.forward(h, options), x))));
      expect(again.value.item()).toBe(plain.value.item());
      for (const [name, gradient] of plain.grads)
        close((again.grads.get(name) as Tensor).dataSync(), gradient.dataSync());
    });
  });

  it('names what a tap sees', () => {
    scope(() => {
      const names: string[] = [];
      make().forward(input(), { tap: { activation: (name) => void names.push(name) } });
      expect(names).toEqual([
        'attention.query',
        'attention.key',
        'attention.value',
        'attention.pattern',
        'attention.mixed',
        'attention.output',
        'mlp.hidden',
        'mlp.output',
        'output',
      ]);
    });
  });

  it('needs a memory where it has cross-attention', () => {
    scope(() => expect(() => make({ cross: true }).forward(input())).toThrow(/memory/));
  });
});

describe('SinusoidalPositions', () => {
  it('continues from an offset', () => {
    scope(() => {
      const positions = new SinusoidalPositions(8);
      const whole = positions.forward(input(70));
      close(positions.forward(slice(input(70), 1, 66, 70), 66).dataSync(), slice(whole, 1, 66, 70).dataSync());
    });
  });
});
