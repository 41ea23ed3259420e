import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import { Random } from '../../random.ts';
import {
  attention,
  attentionPattern,
  contiguous,
  matmul,
  normal,
  rotary,
  rotaryTables,
  scope,
  slice,
  square,
  subtract,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
} from '../index.ts';

const draw = (shape: number[], name: string) => normal(shape, { random: new Random(8, name) });
const largest = (x: Tensor) => Math.max(...x.dataSync().map(Math.abs));

describe.each(await availableBackends())('attention on $name', ({ backend }) => {
  const on = (fn: () => void) => () => withBackend(backend, () => scope(fn));

  it(
    'is its pattern times the values',
    on(() => {
      const [q, k, v] = [draw([2, 3, 5, 8], 'q'), draw([2, 3, 7, 8], 'k'), draw([2, 3, 7, 8], 'v')];
      const mask = tensor(Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0), { shape: [2, 7] });
      for (const options of [{}, { causal: true }, { mask }, { causal: true, mask, scale: 0.7 }]) {
        const pattern = attentionPattern(q, k, options);
        expect(pattern.shape).toEqual([2, 3, 5, 7]);
        expect(largest(subtract(matmul(pattern, v), attention(q, k, v, options)))).toBeLessThan(1e-5);
      }
    }),
  );

  it(
    'gives zeros, and no gradient, to queries that see nothing',
    on(() => {
      const [q, k, v] = [draw([1, 2, 5, 4], 'q'), draw([1, 2, 2, 4], 'k'), draw([1, 2, 2, 4], 'v')];
      const { grads } = valueAndGrad([q, k, v], () => {
        const output = attention(q, k, v, { causal: true });
        expect(largest(slice(output, 2, 0, 3))).toBe(0);
        expect(largest(slice(output, 2, 3))).toBeGreaterThan(0);
        return sum(square(output));
      });
      expect(largest(slice(grads.get('0')!, 2, 0, 3))).toBe(0);
      for (const gradient of grads.values()) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
      expect(largest(slice(attentionPattern(q, k, { causal: true }), 2, 0, 3))).toBe(0);
    }),
  );

  it(
    'one query after the others equals its row in the whole',
    on(() => {
      const [q, k, v] = [draw([1, 2, 6, 4], 'q'), draw([1, 1, 6, 4], 'k'), draw([1, 1, 6, 4], 'v')];
      const whole = attention(q, k, v, { causal: true });
      const last = attention(slice(q, 2, 5), k, v, { causal: true });
      expect(largest(subtract(slice(whole, 2, 5), last))).toBeLessThan(1e-6);
    }),
  );

  it(
    'lies in memory so that heads join without a copy',
    on(() => {
      const q = draw([2, 3, 4, 5], 'q');
      if (backend.kind === 'cpu') expect(transpose(attention(q, q, q), 1, 2).isContiguous).toBe(true);
    }),
  );

  it(
    'refuses shapes that do not fit',
    on(() => {
      const q = draw([2, 3, 4, 5], 'q');
      expect(() => attention(q, draw([2, 2, 4, 5], 'k'), draw([2, 2, 4, 5], 'v'))).toThrow(/H a multiple of G/);
      expect(() => attention(q, q, q, { mask: draw([2, 4], 'm') })).toThrow(/mask of type u8/);
    }),
  );

  it(
    'rotary: products depend on distances in time only, and a cache goes on where it was',
    on(() => {
      const tables = rotaryTables(16, 6);
      for (const interleaved of [false, true]) {
        const row = draw([1, 1, 1, 6], 'x');
        const at = (position: number) => rotary(row, tables, { interleaved, position });
        const product = (a: number, b: number) => matmul(at(a), transpose(at(b))).item();
        expect(product(3, 5)).toBeCloseTo(product(9, 11), 4);
        expect(Math.abs(product(3, 5) - product(3, 8))).toBeGreaterThan(1e-3);
        const x = draw([2, 2, 4, 6], 'sequence');
        const whole = rotary(x, tables, { interleaved });
        const rest = rotary(slice(x, 2, 3), tables, { interleaved, position: 3 });
        expect(largest(subtract(slice(whole, 2, 3), rest))).toBe(0);
        expect(largest(subtract(slice(whole, 2, 0, 1), contiguous(slice(x, 2, 0, 1))))).toBe(0);
      }
      expect(() => rotary(draw([1, 1, 4, 6], 'x'), tables, { position: 13 })).toThrow(/at least T rows/);
      expect(() => rotaryTables(4, 5)).toThrow(/even width/);
    }),
  );
});
