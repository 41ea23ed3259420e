import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { withBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { Random } from '../random.ts';
import { normal, scope, slice, valueAndGrad } from '../tensor/index.ts';
import { TemporalBlock } from './temporalBlock.ts';

describe('TemporalBlock', () => {
  it.each([
    [1, 2],
    [2, 3],
    [4, 2],
  ])('dilated by %d, with %d taps, sees what it says and nothing later', (dilation, kernel) => {
    withBackend(new ReferenceBackend({ float64: true }), () =>
      scope(() => {
        const block = new TemporalBlock(2, 16, { dilation, kernel, random: new Random(1) });
        const x = normal([1, 20, 2], { random: new Random(2) });
        expect(block.forward(x).shape).toEqual([1, 20, 16]);
        const at = 17;
        const { grads } = valueAndGrad([x], () =>
          slice(block.forward(x), 1, at, at + 1)
            .square()
            .sum(),
        );
        const gradient = grads.get('0')?.dataSync() ?? [];
        const seen = Array.from({ length: 20 }, (_, t) => t).filter((t) => gradient[2 * t] !== 0);
        const steps = Array.from({ length: 2 * kernel - 1 }, (_, i) => at - dilation * i).filter((t) => t >= 0);
        expect(seen).toEqual(steps.reverse());
        expect(Math.max(...seen) - Math.min(...seen)).toBe(2 * (kernel - 1) * dilation);
      }),
    );
  });

  it('keeps its input where the channels are the same, and is dropped in training alone', () => {
    scope(() => {
      const random = new Random(1);
      expect(new TemporalBlock(4, 4, { dilation: 1, random }).shortcut).toBeUndefined();
      const block = new TemporalBlock(4, 4, { dilation: 1, dropout: 0.5, random });
      const x = normal([1, 9, 4], { random });
      const [a, b] = [1, 2].map((seed) => block.forward(x, { random: new Random(seed) }).dataSync());
      expect(a).not.toEqual(b);
      block.eval();
      expect(block.forward(x).dataSync()).toEqual(block.forward(x).dataSync());
    });
  });
});
