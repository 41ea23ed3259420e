import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import { GRU, LSTM, type Recurrent, RNN } from '../../nn/index.ts';
import { Random } from '../../random.ts';
import {
  contiguous,
  type Lengths,
  maskTime,
  normal,
  reverseTime,
  scope,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '../index.ts';

const lengths = [5, 0, 2, 7, 1, 3, 7, 4, 6];
const [B, T, I, H] = [lengths.length, 7, 3, 6];
const numbers = (x: Tensor) => Array.from(x.dataSync());
const row = (x: Tensor, b: number) => contiguous(slice(x, 0, b, b + 1));

const kinds = { rnn: RNN, gru: GRU, lstm: LSTM };

describe.each(await availableBackends())('sequences of unequal length on $name', ({ backend }) => {
  const on = (fn: () => void) => () => withBackend(backend, () => scope(fn));

  it(
    'maskTime and reverseTime',
    on(() => {
      const x = tensor([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]);
      expect(numbers(maskTime(x, [4, 1]))).toEqual([1, 2, 3, 4, 5, 0, 0, 0]);
      expect(numbers(reverseTime(x, [3, 0]))).toEqual([3, 2, 1, 4, 5, 6, 7, 8]);
      expect(numbers(reverseTime(x))).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
      const { grads } = valueAndGrad([x], () => sum(square(reverseTime(maskTime(x, [2, 4]), [2, 3]))));
      expect(numbers(grads.get('0') as Tensor)).toEqual([2, 4, 0, 0, 10, 12, 14, 16]);
    }),
  );

  it(
    'refuses lengths that do not fit, with a code',
    on(() => {
      const x = normal([2, 3, 1], { random: new Random(1) });
      const wrong: [Lengths, string][] = [
        [[1], 'BAD_ARGUMENT'],
        [[1, 4], 'BAD_ARGUMENT'],
        [[1, 0.5], 'BAD_ARGUMENT'],
        [tensor(Int32Array.of(1, 4)), 'INDEX_OUT_OF_RANGE'],
        [tensor(Int32Array.of(1, -1)), 'INDEX_OUT_OF_RANGE'],
        [tensor([1, 2]), 'DTYPE_MISMATCH'],
        [tensor(Int32Array.of(1, 2, 3)), 'SHAPE_MISMATCH'],
      ];
      for (const [given, code] of wrong) {
        for (const Net of Object.values(kinds)) {
          const net = new Net(1, 2, { random: new Random(2) });
          expect(() => net.forward(x, { lengths: given })).toThrow(expect.objectContaining({ code }));
        }
        expect(() => maskTime(x, given)).toThrow(expect.objectContaining({ code }));
      }
    }),
  );

  for (const [kind, Net] of Object.entries(kinds)) {
    for (const bidirectional of [false, true]) {
      const make = (): Recurrent => new Net(I, H, { layers: 2, bidirectional, random: new Random(3) });
      const name = `${bidirectional ? 'bidirectional ' : ''}${kind}`;
      const input = () => normal([B, T, I], { random: new Random(4) });

      it(
        `${name}: a row of a padded batch is the row alone, bit for bit, and 0 past its end`,
        on(() => {
          const [net, x] = [make(), input()];
          const { output, state } = net.forward(x, { lengths });
          const width = output.shape[2];
          lengths.forEach((length, b) => {
            const alone = net.forward(slice(row(x, b), 1, 0, length));
            const expected = [...numbers(alone.output), ...new Array((T - length) * width).fill(0)];
            expect(numbers(row(output, b))).toEqual(expected);
            state.forEach(({ hidden, cell }, i) => {
              expect(numbers(row(hidden, b))).toEqual(numbers(alone.state[i].hidden));
              if (cell && alone.state[i].cell) expect(numbers(row(cell, b))).toEqual(numbers(alone.state[i].cell));
            });
          });
        }),
      );

      it(
        `${name}: padding may hold anything, has no part in any gradient and gets none`,
        on(() => {
          const net = make();
          const gradients = (padding: number) => {
            const values = Array.from(input().dataSync(), (value, i) =>
              Math.floor(i / I) % T < lengths[Math.floor(i / (I * T))] ? value : padding,
            );
            const x = tensor(Float64Array.from(values), { shape: [B, T, I] });
            const leaves = [x, ...net.parameters()];
            const { grads } = valueAndGrad(leaves, () => {
              const { output, state } = net.forward(x, { lengths });
              return state.reduce((total, { hidden }) => total.add(sum(square(hidden))), sum(square(output)));
            });
            return leaves.map((_, i) => numbers(grads.get(String(i)) as Tensor));
          };
          const [zeros, others] = [gradients(0), gradients(Number.NaN)];
          expect(others).toEqual(zeros);
          zeros[0].forEach((value, i) => {
            const padded = Math.floor(i / I) % T >= lengths[Math.floor(i / (I * T))];
            expect(Number.isFinite(value) && (!padded || value === 0)).toBe(true);
          });
          expect(zeros.every((list) => list.some((value) => value !== 0))).toBe(true);
        }),
      );
    }
  }

  it(
    'the gradient of the last cell reaches c0 past an empty row unchanged',
    on(() => {
      const net = new LSTM(I, H, { random: new Random(3) });
      const [hidden, cell] = [1, 2].map((seed) => normal([B, H], { random: new Random(seed) }));
      const { grads } = valueAndGrad([cell, hidden], () => {
        const { state } = net.forward(normal([B, T, I], { random: new Random(4) }), {
          lengths,
          state: [{ hidden, cell }],
        });
        return sum(state[0].cell ?? hidden);
      });
      const empty = lengths.indexOf(0);
      expect(numbers(row(grads.get('0') as Tensor, empty))).toEqual(new Array(H).fill(1));
      expect(numbers(row(grads.get('1') as Tensor, empty))).toEqual(new Array(H).fill(0));
      expect(numbers(row(grads.get('0') as Tensor, 0))).not.toEqual(new Array(H).fill(1));
    }),
  );

  it(
    'a tap sees no gradient past the end',
    on(() => {
      const net = new GRU(I, H, { random: new Random(3) });
      const seen = new Map<string, number[]>();
      const tap = { gradient: (name: string, gradient: Tensor) => void seen.set(name, numbers(gradient)) };
      const x = normal([B, T, I], { random: new Random(4) });
      valueAndGrad([x], () => sum(net.forward(x, { lengths, tap }).output));
      const state = seen.get('gru.0.state') ?? [];
      expect(state.length).toBe(B * T * H);
      state.forEach((value, i) => {
        const past = Math.floor(i / H) % T >= lengths[Math.floor(i / (H * T))];
        expect(value !== 0).toBe(!past);
      });
    }),
  );
});
