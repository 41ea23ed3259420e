import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import { Random } from '../../random.ts';
import { checkpoint, dropout, ones, scope, sum, valueAndGrad } from '../index.ts';

describe.each(await availableBackends())('dropout on $name', ({ backend }) => {
  const on = (fn: () => void) => () => withBackend(backend, () => scope(fn));

  it(
    'drops a share p and keeps the mean',
    on(() => {
      const values = dropout(ones([100, 100]), 0.2, { random: new Random(1) }).dataSync();
      const dropped = values.filter((value) => value === 0).length;
      // 10,000 draws: standard deviation 40
      expect(Math.abs(dropped - 2000)).toBeLessThan(200);
      expect(new Set(values)).toEqual(new Set([0, values.find((value) => value !== 0)]));
      expect(values.find((value) => value !== 0)).toBeCloseTo(1.25, 6);
    }),
  );

  it(
    'gives the gradient the same mask, another mask to each call, and the same ones to the same stream',
    on(() => {
      const x = ones([501]);
      const random = new Random(2, 'dropout');
      let output: number[] = [];
      const { grads } = valueAndGrad([x], () => {
        const y = dropout(x, 0.5, { random });
        output = [...y.dataSync()];
        return sum(y);
      });
      expect([...grads.get('0')!.dataSync()]).toEqual(output);
      const next = [...dropout(x, 0.5, { random }).dataSync()];
      expect(next).not.toEqual(output);
      const again = new Random(2, 'dropout');
      expect([...dropout(x, 0.5, { random: again }).dataSync()]).toEqual(output);
      expect([...dropout(x, 0.5, { random: again }).dataSync()]).toEqual(next);
    }),
  );

  it(
    'draws the same mask when checkpoint runs it again',
    on(() => {
      const x = ones([64]);
      const random = new Random(3);
      let output: number[] = [];
      const { grads } = valueAndGrad([x], () => {
        const y = checkpoint((input) => dropout(input, 0.5, { random: random.split('layer') }), x);
        output = [...y.dataSync()];
        return sum(y);
      });
      expect([...grads.get('0')!.dataSync()]).toEqual(output);
    }),
  );

  it(
    'p = 0 changes nothing and draws nothing; p outside [0, 1] is refused',
    on(() => {
      const x = ones([3]);
      const random = new Random(4);
      expect(dropout(x, 0, { random })).toBe(x);
      expect(random.state().position).toBe(0);
      expect(() => dropout(x, 1.5, { random })).toThrow(/probability/);
    }),
  );
});
