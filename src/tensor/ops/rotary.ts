/** Rotary position embedding: pairs of channels turned by an angle that grows with time (Su et al. 2021, "RoFormer"). */
import { addressOf } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { cos, pow, sin } from '../../math.ts';
import { apply1, define, type Operation, requireDType, shapeError } from '../operation.ts';
import { checkShape, show } from '../shape.ts';
import { type Tensor, tensor } from '../tensor.ts';
import { add, multiply, subtract } from './binary.ts';
import { concat, stack } from './join.ts';
import { rowMajor, timeMajorStrides, unitStride } from './kernel.ts';
import { negate } from './unary.ts';
import { reshape, slice } from './views.ts';

/** Cosines and sines of the angles, each [T, D/2]. */
export interface RotaryTables {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/**
 * Angles (offset + t) · base^(-2i/D) for t = 0 … T-1 and i = 0 … D/2-1, computed in float64.
 *
 * @throws LookbackError BAD_ARGUMENT for an odd D, or a T or D that is no whole number ≥ 0.
 */
export function rotaryTables(
  T: number,
  D: number,
  { base = 10000, offset = 0 }: { base?: number; offset?: number } = {},
): RotaryTables {
  if (D % 2 !== 0) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'rotaryTables', expected: 'an even width', got: String(D) });
  }
  checkShape('rotaryTables', [T, D]);
  const half = D / 2;
  const cosine = new Float64Array(T * half);
  const sine = new Float64Array(T * half);
  for (let i = 0; i < half; i++) {
    const frequency = pow(base, (-2 * i) / D);
    for (let t = 0; t < T; t++) {
      cosine[t * half + i] = cos((offset + t) * frequency);
      sine[t * half + i] = sin((offset + t) * frequency);
    }
  }
  return { cosine: tensor(cosine, { shape: [T, half] }), sine: tensor(sine, { shape: [T, half] }) };
}

interface RotaryAttributes {
  interleaved: boolean;
  /** Turn the other way. */
  inverse: boolean;
}

const rotaryOperation: Operation<RotaryAttributes> = define<RotaryAttributes>({
  name: 'rotary',
  family: 'attention',
  summary: '(a cos - b sin, b cos + a sin) for pairs (a, b) of channels of x [B, H, T, D]; cosine and sine [T, D/2]',
  strided: true,
  infer: ([x, cosine, sine]) => {
    for (const input of [x, cosine, sine]) requireDType('rotary', input, 'f32');
    const [, , time, width] = x.shape;
    const fits = [cosine, sine].every(({ rank, shape }) => rank === 2 && shape[0] === time && shape[1] * 2 === width);
    if (x.rank !== 4 || !fits) {
      const got = [x, cosine, sine].map(({ shape }) => show(shape)).join(', ');
      throw shapeError('rotary', 'x [B, H, T, D] with tables of at least T rows and D/2 columns', got);
    }
    return [{ shape: x.shape, dtype: 'f32', strides: timeMajorStrides(x.shape) }];
  },
  cpu: (kernels, [input, ...tables], [out], { interleaved, inverse }) => {
    if (out.size === 0) return 0;
    const [b, h, t, d] = input.shape;
    const x = unitStride(input);
    const [x0, x1, x2] = x.strides;
    const [to, from, cosine, sine] = [out, x, ...tables.map(rowMajor)].map(addressOf);
    return kernels.rotary(to, from, cosine, sine, b, h, t, d, x0, x1, x2, interleaved ? 1 : 0, inverse ? 1 : 0);
  },
  decompose: ([x, cosine, sine], { interleaved, inverse }) => {
    const s = inverse ? negate(sine) : sine;
    const half = x.shape[3] / 2;
    const pairs = reshape(x, [...x.shape.slice(0, 3), half, 2]);
    const part = (i: number) =>
      interleaved
        ? reshape(slice(pairs, -1, i, i + 1), [...x.shape.slice(0, 3), half])
        : slice(x, -1, i * half, (i + 1) * half);
    const [a, b] = [part(0), part(1)];
    const turned = [subtract(multiply(a, cosine), multiply(b, s)), add(multiply(b, cosine), multiply(a, s))];
    return [interleaved ? reshape(stack(turned, -1), x.shape) : concat(turned, -1)];
  },
  saves: { inputs: [1, 2], outputs: [] },
  // a rotation's transpose turns back; the tables are constants
  gradient: ([dy], { inputs: [, cosine, sine], attributes: { interleaved, inverse } }) =>
    dy ? [apply1(rotaryOperation, [dy, cosine, sine], { interleaved, inverse: !inverse })] : [],
  samples: () => {
    const table = (shape: number[]) => ({ shape, constant: true });
    return [
      { inputs: [[2, 3, 5, 4], table([5, 2]), table([5, 2])], attributes: { interleaved: false, inverse: false } },
      { inputs: [[2, 1, 3, 6], table([3, 3]), table([3, 3])], attributes: { interleaved: true, inverse: false } },
      { inputs: [[1, 2, 1, 34], table([1, 17]), table([1, 17])], attributes: { interleaved: false, inverse: true } },
      { inputs: [[1, 2, 0, 4], table([0, 2]), table([0, 2])], attributes: { interleaved: true, inverse: true } },
    ];
  },
});

/**
 * Turns x [B, H, T, D] by the angles in `tables`, whose row `position + t` serves time t (`position` is how much a cache
 * holds already). Pairs are (i, i + D/2) as in Llama's published weights for transformers, or (2i, 2i+1) with
 * `interleaved`, as in the paper and llama.cpp's.
 *
 * @throws LookbackError SHAPE_MISMATCH when the tables have too few rows or another width.
 */
export function rotary(
  x: Tensor,
  { cosine, sine }: RotaryTables,
  { interleaved = false, position = 0 }: { interleaved?: boolean; position?: number } = {},
): Tensor {
  if (!Number.isInteger(position) || position < 0) {
    const expected = 'a position that is a whole number ≥ 0';
    throw new LookbackError('BAD_ARGUMENT', { where: 'rotary', expected, got: String(position) });
  }
  const end = position + (x.shape[2] ?? 0);
  const rows = (table: Tensor) => (end <= table.shape[0] ? slice(table, 0, position, end) : table);
  return apply1(rotaryOperation, [x, rows(cosine), rows(sine)], { interleaved, inverse: false });
}
