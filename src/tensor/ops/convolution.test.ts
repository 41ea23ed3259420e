import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../../backends/backend.ts';
import { ReferenceBackend } from '../../backends/reference/reference.ts';
import { type Conv1dOptions, conv1d, range, reshape, slice, tensor, to, zeros } from '../index.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend());
});
afterAll(() => {
  setBackend(before);
});

/** 1 2 3 … as [1, T, 1], filtered by `filter`. */
function filtered(steps: number, filter: number[], options: Conv1dOptions): number[] {
  const x = reshape(to(range(1, steps + 1), 'f32'), [1, steps, 1]);
  return [...conv1d(x, tensor(filter, { shape: [1, 1, filter.length] }), undefined, options).dataSync()];
}

describe('conv1d', () => {
  it('pads as asked', () => {
    expect(filtered(4, [100, 10, 1], {})).toEqual([123, 234]);
    expect(filtered(4, [100, 10, 1], { padding: 'causal' })).toEqual([1, 12, 123, 234]);
    expect(filtered(4, [100, 10, 1], { padding: 'same' })).toEqual([12, 123, 234, 340]);
    expect(filtered(4, [10, 1], { padding: 'same' })).toEqual([12, 23, 34, 40]);
    expect(filtered(3, [10, 1], { padding: 1 })).toEqual([1, 12, 23, 30]);
    expect(filtered(5, [10, 1], { padding: 'causal', stride: 2 })).toEqual([1, 23, 45]);
    expect(filtered(5, [10, 1], { padding: 'causal', dilation: 3 })).toEqual([1, 2, 3, 14, 25]);
  });

  it('takes sequences of no step', () => {
    expect(conv1d(zeros([2, 0, 1]), zeros([3, 1, 2]), undefined, { padding: 'causal' }).shape).toEqual([2, 0, 3]);
  });

  it('mixes channels, or filters each alone', () => {
    const x = tensor([
      [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    ]);
    const mixed = conv1d(
      x,
      tensor([
        [
          [1, 1],
          [1, 0],
        ],
      ]),
      tensor([0.5]),
    );
    expect(mixed.toArray()).toEqual([[[13.5], [25.5]]]);
    const alone = conv1d(x, tensor([[[1, 1]], [[1, -1]]]), tensor([0, 1]), { groups: 2 });
    expect(alone.toArray()).toEqual([
      [
        [3, -9],
        [5, -9],
      ],
    ]);
  });

  it('refuses what it cannot do', () => {
    const x = zeros([1, 3, 4]);
    expect(() => conv1d(x, zeros([4, 2, 1]), undefined, { groups: 2 })).toThrow(/groups = Cin = Cout/);
    expect(() => conv1d(x, zeros([2, 4, 5]))).toThrow(/at least 5 steps/);
    expect(() => conv1d(x, zeros([2, 3, 1]))).toThrow(/Cin \/ groups/);
    expect(() => conv1d(x, zeros([2, 4, 1]), undefined, { stride: 2, padding: 'same' })).toThrow(/stride 1/);
    expect(() => conv1d(x, zeros([2, 4, 1]), undefined, { dilation: 0 })).toThrow(/dilation that is an integer/);
    expect(() => conv1d(slice(x, 1, 0, 0).view([3], [1]), zeros([2, 4, 1]))).toThrow(/x \[B, T, Cin\]/);
  });
});
