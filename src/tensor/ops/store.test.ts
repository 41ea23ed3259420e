import { describe, expect, it } from 'vitest';
import { availableBackends } from '../../../tests/backends.ts';
import { withBackend } from '../../backends/backend.ts';
import { fromBfloat16, roundToBfloat16, toBfloat16 } from '../../bfloat16.ts';
import { Linear, LSTM } from '../../nn/index.ts';
import { adamw, createOptimizer } from '../../optim/index.ts';
import { Random } from '../../random.ts';
import {
  concat,
  contiguous,
  embedding,
  full,
  linear,
  matmul,
  multiply,
  normal,
  scope,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
} from '../index.ts';

/** The bits, so that -0 is not 0 and one NaN is another. */
const bits = (x: Tensor | Float32Array) =>
  Array.from(new Uint32Array(Float32Array.from(x instanceof Float32Array ? x : x.dataSync()).buffer));

/** Floats of every exponent, ties in both directions, subnormals, infinities, NaN. */
function awkward(): Float32Array {
  const words: number[] = [];
  for (let upper = 0; upper < 0x10000; upper += 37) {
    for (const lower of [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff]) words.push(((upper << 16) | lower) >>> 0);
  }
  words.push(0x7f800000, 0xff800000, 0x7f800001, 0x7fffffff, 0xffc00000, 0x7f7fffff, 0x00000001, 0x80000000);
  return new Float32Array(Uint32Array.from(words).buffer);
}

/** Rounds by the definition: the nearer of the two neighbours, the even one of a tie. In float64, where it is exact. */
function byDefinition(x: number): number {
  if (Number.isNaN(x) || x === 0 || !Number.isFinite(x)) return x;
  let unit = 2 ** -133;
  while (Math.abs(x) >= unit * 256) unit *= 2;
  const steps = Math.abs(x) / unit;
  const down = Math.floor(steps);
  const up = steps - down > 0.5 || (steps - down === 0.5 && down % 2 === 1);
  const rounded = (down + (up ? 1 : 0)) * unit;
  return Math.sign(x) * (rounded >= 2 ** 128 ? Infinity : rounded || 0);
}

describe('bfloat16 in JavaScript', () => {
  it('rounds as defined, and every bfloat16 comes back', () => {
    for (const x of awkward()) expect(Object.is(roundToBfloat16(x), byDefinition(x)), `${x}`).toBe(true);
    const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
    const nan = (half: number) => (half & 0x7fff) > 0x7f80;
    expect(toBfloat16(fromBfloat16(halves))).toEqual(halves.map((half) => (nan(half) ? 0x7fc0 : half)));
  });
});

describe.each(await availableBackends())('bf16 storage on $name', ({ backend }) => {
  const on = (fn: () => void) => () => withBackend(backend, () => scope(fn));

  it(
    'rounds to nearest even with the bits of JavaScript, and widens exactly',
    on(() => {
      const values = awkward();
      const expected = bits(fromBfloat16(toBfloat16(values)));
      expect(bits(tensor(values).to('bf16'))).toEqual(expected);
      expect(bits(tensor(values).to('bf16').to('f32'))).toEqual(expected);
      expect(bits(tensor(values, { dtype: 'bf16' }))).toEqual(expected);
      expect(bits(full([3], 1.00390625, { dtype: 'bf16' }))).toEqual(bits(Float32Array.of(1, 1, 1)));
    }),
  );

  it(
    'takes half the memory, in views and copies too',
    on(() => {
      const { inUse } = backend.memory();
      const x = normal([64, 96], { random: new Random(1) });
      const wide = backend.memory().inUse - inUse;
      const half = x.to('bf16');
      expect(backend.memory().inUse - inUse - wide).toBe(wide / 2);
      const rounded = half.to('f32');
      const views = (one: Tensor) => contiguous(slice(transpose(one), 0, 3, 50, 2));
      expect(bits(views(half))).toEqual(bits(views(rounded)));
      expect(bits(concat([half, half], 1))).toEqual(bits(concat([rounded, rounded], 1)));
      expect(() => multiply(half, half)).toThrow(expect.objectContaining({ code: 'DTYPE_MISMATCH' }));
    }),
  );

  // M on both sides of what runs thin, K over one block of the sums, N off the tiles.
  for (const [m, k, n] of [
    [1, 1, 1],
    [1, 700, 67],
    [3, 64, 100],
    [4, 1030, 33],
    [5, 17, 40],
    [33, 129, 300],
    [130, 600, 97],
  ]) {
    it(
      `products with a weight in bf16 = those with the rounded weight, bit for bit: M ${m} K ${k} N ${n}`,
      on(() => {
        const random = new Random(2, `${m}`);
        const [x, b] = [normal([m, k], { random }), normal([n], { random })];
        const w = normal([n, k], { random, std: 0.3 }).to('bf16');
        const rounded = w.to('f32');
        for (const activation of ['none', 'gelu', 'relu'] as const) {
          expect(bits(linear(x, w, b, { activation }))).toEqual(bits(linear(x, rounded, b, { activation })));
        }
        expect(bits(matmul(x, transpose(w)))).toEqual(bits(matmul(x, transpose(rounded))));
        const flat = contiguous(transpose(w));
        expect(bits(matmul(x, flat))).toEqual(bits(matmul(x, contiguous(transpose(rounded)))));
        const gradients = (weight: Tensor) =>
          ['0', '1'].map((i) => {
            const { grads } = valueAndGrad([x, b], () => sum(square(linear(x, weight, b, { activation: 'gelu' }))));
            return bits(grads.get(i) as Tensor);
          });
        expect(gradients(w)).toEqual(gradients(rounded));
      }),
    );
  }

  it(
    'embedding, LSTM and gradients of stored weights, in f32',
    on(() => {
      const random = new Random(3);
      const table = normal([11, 19], { random }).to('bf16');
      const ids = tensor(Int32Array.of(3, 0, 10, 3));
      expect(bits(embedding(table, ids))).toEqual(bits(embedding(table.to('f32'), ids)));
      const net = new LSTM(3, 5, { random: new Random(4), layers: 2 });
      const x = normal([2, 4, 3], { random });
      net.storeWeights('bf16');
      const stored = bits(net.forward(x).output);
      const { grads } = valueAndGrad(net, () => sum(square(net.forward(x).output)));
      expect([...grads.values()].every(({ dtype }) => dtype === 'f32')).toBe(true);
      net.storeWeights('f32');
      expect(bits(net.forward(x).output)).toEqual(stored);
    }),
  );

  it(
    'a gradient passes the rounding as if there were none',
    on(() => {
      const x = tensor([1.001, -2.003]);
      const { grads } = valueAndGrad([x], () => sum(square(x.to('bf16').to('f32'))));
      expect(bits(grads.get('0') as Tensor)).toEqual(bits(Float32Array.of(2, -4)));
    }),
  );

  it(
    'a parameter keeps its identity and name, and an optimizer refuses bf16',
    on(() => {
      const layer = new Linear(7, 4, { random: new Random(5) });
      const { weight } = layer;
      layer.storeWeights('bf16');
      expect(layer.weight).toBe(weight);
      expect([weight.dtype, layer.bias?.dtype]).toEqual(['bf16', 'f32']);
      expect(() => createOptimizer(adamw({ rate: 1 }), layer)).toThrow(
        expect.objectContaining({ code: 'DTYPE_MISMATCH' }),
      );
      const state = layer.stateDict();
      layer.loadStateDict(state);
      expect(bits(layer.weight)).toEqual(bits(state.get('weight')?.data as Float32Array));
      layer.storeWeights('f32');
      const optimizer = createOptimizer(adamw({ rate: 1 }), layer);
      expect(() => layer.storeWeights('bf16')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
      optimizer.dispose();
    }),
  );
});
