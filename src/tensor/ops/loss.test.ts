import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import {
  crossEntropy,
  layerNorm,
  linear,
  meanSquaredError,
  ones,
  scope,
  tensor,
  valueAndGrad,
  zeros,
} from '../index.ts';

const ids = (...values: number[]) => tensor(Int32Array.from(values));

describe.each(await availableBackends())('losses on $name', ({ backend }) => {
  const on = (fn: () => void) => () => withBackend(backend, () => scope(fn));

  it(
    'crossEntropy of equal logits is ln V, and ignored rows do not count',
    on(() => {
      const logits = zeros([4, 8]);
      expect(crossEntropy(logits, ids(0, 3, 7, 1)).item()).toBeCloseTo(2.0794415, 6);
      expect(crossEntropy(logits, ids(0, -100, -100, 1)).item()).toBeCloseTo(2.0794415, 6);
      expect(crossEntropy(logits, ids(0, 3, 9, 9), { ignoreIndex: 9, reduction: 'sum' }).item()).toBeCloseTo(
        4.158883,
        5,
      );
      const none = crossEntropy(logits, ids(0, -100, 2, 3), { reduction: 'none', scale: 2 }).toArray() as number[];
      [4.158883, 0, 4.158883, 4.158883].forEach((value, i) => {
        expect(none[i]).toBeCloseTo(value, 5);
      });
      expect(crossEntropy(logits, ids(-100, -100, -100, -100)).item()).toBeNaN();
    }),
  );

  it(
    'its gradient is softmax minus the target, divided by the rows that count',
    on(() => {
      const logits = zeros([3, 4]);
      const { grads } = valueAndGrad([logits], () => crossEntropy(logits, ids(1, -100, 3)));
      const [eighth, target] = [0.125, -0.375];
      expect(grads.get('0')!.toArray()).toEqual([
        [eighth, target, eighth, eighth],
        [0, 0, 0, 0],
        [eighth, eighth, eighth, target],
      ]);
    }),
  );

  it(
    'refuses targets outside the vocabulary, other types and shapes',
    on(() => {
      expect(() => crossEntropy(zeros([2, 3]), ids(0, 3)).item()).toThrow(/index/i);
      expect(() => crossEntropy(zeros([2, 3]), ids(0, -1)).item()).toThrow(/index/i);
      expect(() => crossEntropy(zeros([2, 3]), tensor([0, 1]))).toThrow(/targets of type i32/);
      expect(() => crossEntropy(zeros([2, 3]), ids(0))).toThrow(/logits \[\.\.\., V\]/);
      expect(() => meanSquaredError(ones([2]), ones([2, 1]))).toThrow(/one shape/);
    }),
  );

  it(
    'meanSquaredError',
    on(() => {
      expect(meanSquaredError(tensor([1, 2, 4]), tensor([1, 0, 1])).item()).toBeCloseTo(13 / 3, 6);
    }),
  );

  it(
    'linear and layerNorm refuse what does not fit',
    on(() => {
      expect(() => linear(ones([2, 3]), ones([4, 2]))).toThrow(/linear: .*x \[2, 3\], weight \[4, 2\]/);
      expect(() => linear(ones([2, 3]), ones([4, 3]), ones([3]))).toThrow(/bias \[3\]/);
      expect(() => linear(ones([2, 3]), ones([4, 3]), undefined, { activation: 'swish' as 'silu' })).toThrow(
        /none, relu/,
      );
      expect(() => layerNorm(ones([2, 3]), undefined, ones([3]))).toThrow(/a weight where there is a bias/);
      expect(() => layerNorm(ones([2, 3]), ones([2]))).toThrow(/\[C\]/);
    }),
  );
});
