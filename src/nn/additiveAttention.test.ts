import { describe, expect, it } from 'vitest';
import { withBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { exp, tanh } from '../math.ts';
import { Random } from '../random.ts';
import { normal, scope, type Tensor } from '../tensor/index.ts';
import { AdditiveAttention } from './additiveAttention.ts';

const rows = (t: Tensor, width: number) =>
  Array.from({ length: t.size / width }, (_, i) => Array.from(t.dataSync().slice(i * width, (i + 1) * width)));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

describe('AdditiveAttention', () => {
  it('is softmax of vᵀ tanh(W q + b + U k), and shows it to a tap that may replace it', () => {
    withBackend(new ReferenceBackend({ float64: true }), () =>
      scope(() => {
        const layer = new AdditiveAttention(3, 4, 5, { random: new Random(1) });
        const q = normal([2, 3], { random: new Random(2) });
        const keys = normal([2, 6, 4], { random: new Random(3) });
        const { context, weights } = layer.forward(q, keys, layer.prepare(keys));
        const [W, U, [v]] = [rows(layer.query.weight, 3), rows(layer.key.weight, 4), rows(layer.score.weight, 5)];
        const b = layer.query.bias?.dataSync() ?? [];
        const k = rows(keys, 4);
        rows(q, 3).forEach((query, row) => {
          const scores = Array.from({ length: 6 }, (_, j) =>
            dot(
              v,
              W.map((w, a) => tanh(dot(w, query) + b[a] + dot(U[a], k[row * 6 + j]))),
            ),
          );
          const total = scores.reduce((sum, score) => sum + exp(score), 0);
          const wanted = scores.map((score) => exp(score) / total);
          rows(weights, 6)[row].forEach((weight, j) => {
            expect(weight).toBeCloseTo(wanted[j], 10);
          });
          rows(context, 4)[row].forEach((value, c) => {
            expect(value).toBeCloseTo(
              dot(
                wanted,
                k.slice(row * 6, row * 6 + 6).map((key) => key[c]),
              ),
              10,
            );
          });
        });
        const first = (value: Tensor) => value.mul(0).add(1 / 6);
        const tap = { activation: (name: string, value: Tensor) => (name === 'pattern' ? first(value) : undefined) };
        const even = layer.forward(q, keys, layer.prepare(keys), { tap }).context;
        expect(even.dataSync()[0]).toBeCloseTo(
          dot(
            k.slice(0, 6).map((key) => key[0]),
            Array(6).fill(1 / 6),
          ),
          10,
        );
      }),
    );
  });
});
