import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import { Random } from '../../random.ts';
import {
  add,
  concat,
  gru,
  lstm,
  mean,
  multiply,
  normal,
  rnn,
  scope,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '../index.ts';

const [B, T, I, H] = [3, 5, 4, 6];

function weightsOf(gates: number) {
  const random = new Random(3, `weights/${gates}`);
  const draw = (...shape: number[]) => normal(shape, { random, std: 0.5 });
  const [inputWeight, recurrentWeight] = [draw(gates * H, I), draw(gates * H, H)];
  return { inputWeight, recurrentWeight, inputBias: draw(gates * H), recurrentBias: draw(gates * H) };
}

const inputs = (steps = T) => normal([B, steps, I], { random: new Random(4) });
const largest = (x: Tensor) => Math.max(...x.dataSync().map(Math.abs));

const cells = {
  rnn: (x: Tensor, options: { initial?: Tensor; onStateGradient?: (dh: Tensor) => void }) =>
    rnn(x, weightsOf(1), options),
  gru: (x: Tensor, options: { initial?: Tensor; onStateGradient?: (dh: Tensor) => void }) =>
    gru(x, weightsOf(3), options),
  lstm: (x: Tensor, { initial, ...options }: { initial?: Tensor; onStateGradient?: (dh: Tensor) => void }) =>
    lstm(x, weightsOf(4), { ...options, initial: initial && { h: initial, c: multiply(initial, 0.5) } }),
};

describe.each(await availableBackends())('recurrent operations on $name', ({ backend }) => {
  const on = (fn: () => void) => () => withBackend(backend, () => scope(fn));

  describe.each(Object.entries(cells))('%s', (_name, run) => {
    it(
      'shows the gradient that reaches each state: that of h_0 of the rest of the sequence',
      on(() => {
        const x = inputs();
        let seen: number[] = [];
        valueAndGrad([x], () => {
          const { output } = run(x, { onStateGradient: (dh) => (seen = [...dh.dataSync()]) });
          return sum(square(output));
        });
        expect(seen.length).toBe(B * T * H);
        // the last state's gradient is that of the loss alone: 2 h_T
        const { last } = run(x, {});
        const atEnd = (b: number) => seen.slice((b * T + T - 1) * H, (b * T + T) * H);
        for (let b = 0; b < B; b++) {
          const expected = slice(last, 0, b, b + 1).dataSync();
          atEnd(b).forEach((value, j) => {
            expect(value).toBeCloseTo(2 * expected[j], 5);
          });
        }
        // and h_1's is larger than its own share, since later states depend on it
        const { output } = run(x, {});
        const alone = [...slice(output, 1, 0, 1).dataSync()].map((value) => 2 * value);
        expect(seen.slice(0, H).some((value, j) => Math.abs(value - alone[j]) > 1e-3)).toBe(true);
      }),
    );

    it(
      'gives the last state, also of no steps',
      on(() => {
        const initial = normal([B, H], { random: new Random(5) });
        const none = run(inputs(0), { initial });
        expect(none.output.shape).toEqual([B, 0, H]);
        expect(largest(add(none.last, multiply(initial, -1)))).toBe(0);
        const { output, last } = run(inputs(), { initial });
        expect(
          largest(
            add(last, multiply(slice(output, 1, T - 1).view([B, H], [T * H, 1], output.offset + (T - 1) * H), -1)),
          ),
        ).toBe(0);
      }),
    );

    it(
      'passes gradients through the last state alone',
      on(() => {
        const x = inputs();
        const initial = normal([B, H], { random: new Random(6) });
        const viaLast = valueAndGrad([x, initial], () => mean(square(run(x, { initial }).last)));
        const viaOutput = valueAndGrad([x, initial], () => mean(square(slice(run(x, { initial }).output, 1, T - 1))));
        for (const key of ['0', '1']) {
          expect(largest(viaLast.grads.get(key)!)).toBeGreaterThan(1e-4);
          const difference = add(viaLast.grads.get(key)!, multiply(viaOutput.grads.get(key)!, -1));
          expect(largest(difference)).toBe(0);
        }
      }),
    );
  });

  it(
    'lstm: two halves with the state handed over are the whole',
    on(() => {
      const x = inputs();
      const whole = lstm(x, weightsOf(4));
      const first = lstm(slice(x, 1, 0, 2), weightsOf(4));
      const second = lstm(slice(x, 1, 2), weightsOf(4), { initial: { h: first.last, c: first.lastCell } });
      expect(largest(add(whole.output, multiply(concat([first.output, second.output], 1), -1)))).toBeLessThan(1e-6);
      expect(largest(add(whole.lastCell, multiply(second.lastCell, -1)))).toBeLessThan(1e-6);
      expect(whole.gates.shape).toEqual([B, T, 4 * H]);
      const lastOfCells = slice(whole.cells, 1, T - 1).dataSync();
      expect([...whole.lastCell.dataSync()]).toEqual([...lastOfCells]);
      expect(lstm(inputs(0), weightsOf(4)).lastCell.toArray()).toEqual(new Array(B).fill(new Array(H).fill(0)));
    }),
  );

  it(
    'gru: the candidate is the third gate',
    on(() => {
      const { gates, candidate, output } = gru(slice(inputs(), 1, 0, 1), weightsOf(3));
      const [, update] = [slice(gates, -1, 0, H), slice(gates, -1, H, 2 * H)];
      // h_1 = (1 - z) n from h_0 = 0
      const expected = multiply(add(multiply(update, -1), 1), candidate);
      expect(largest(add(output, multiply(expected, -1)))).toBeLessThan(1e-6);
    }),
  );

  it(
    'refuses weights that do not fit',
    on(() => {
      expect(() => lstm(inputs(), weightsOf(3))).toThrow(/lstm: .*\[4H, I\].*\[18, 4\]/);
      expect(() => rnn(inputs(), weightsOf(1), { initial: tensor([[1, 2]]) })).toThrow(/initial states \[B, H\]/);
    }),
  );
});
