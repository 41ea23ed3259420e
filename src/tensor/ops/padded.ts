/**
 * Sequences of unequal length in one batch x [B, T, N]: `lengths` (i32 [B]) says how many steps of each row are real, the
 * rest is padding. Lengths are checked by the kernels; one outside 0 … T throws INDEX_OUT_OF_RANGE.
 */
import { addressOf, type Dense } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { apply1, define, type Operation, requireDType, shapeError } from '../operation.ts';
import { type Shape, show } from '../shape.ts';
import { Tensor, tensor } from '../tensor.ts';
import { maximum, subtract } from './binary.ts';
import { greater, where } from './compare.ts';
import { zeros } from './create.ts';
import { gather } from './indexing.ts';
import { address } from './kernel.ts';
import { expand, reshape } from './views.ts';

/** Steps of each row that are real: a number each, or i32 [B]. */
export type Lengths = Tensor | readonly number[];

/** The lengths as a tensor. @throws LookbackError BAD_ARGUMENT for numbers that are no lengths of x [B, T, …]. */
export function lengthsTensor(where: string, lengths: Lengths, x: Tensor): Tensor {
  if (lengths instanceof Tensor) return lengths;
  const [b, t] = x.shape;
  const wrong = lengths.find((length) => !Number.isInteger(length) || length < 0 || length > t);
  if (lengths.length !== b || wrong !== undefined) {
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      expected: `${b} lengths, one a row, each a whole number from 0 to ${t}`,
      got: wrong === undefined ? `${lengths.length} lengths` : String(wrong),
    });
  }
  return tensor(Int32Array.from(lengths));
}

/** Throws unless `lengths` is i32 [B]. */
export function requireLengths(where: string, lengths: Tensor, b: number): void {
  requireDType(where, lengths, 'i32', 'lengths');
  if (lengths.rank !== 1 || lengths.shape[0] !== b) {
    throw shapeError(where, `lengths [${b}], one a row`, show(lengths.shape));
  }
}

/** Throws INDEX_OUT_OF_RANGE for a length outside 0 … t, as the kernels do. */
export function checkInside(where: string, lengths: ArrayLike<number>, t: number): void {
  for (let row = 0; row < lengths.length; row++) {
    if (lengths[row] >= 0 && lengths[row] <= t) continue;
    throw new LookbackError('INDEX_OUT_OF_RANGE', {
      where,
      expected: `a length from 0 to ${t}`,
      got: String(lengths[row]),
    });
  }
}

function checkTime(where: string, x: Tensor, lengths: Tensor | undefined): void {
  requireDType(where, x, 'f32');
  if (x.rank < 2) throw shapeError(where, 'x [B, T, …]', show(x.shape));
  if (lengths) requireLengths(where, lengths, x.shape[0]);
}

const extents = ({ shape: [b, t], size }: { shape: Shape; size: number }): [number, number, number] => [
  b,
  t,
  size / (b * t),
];

/** y at row, time is x at row, `from(time, length)`; 0 where that is none. */
function moveSteps(where: string, [x, lengths]: readonly Dense[], y: Dense, from: (t: number, n: number) => number) {
  const [b, t] = x.shape;
  if (y.data.length === 0) return;
  const n = x.data.length / (b * t);
  if (lengths) checkInside(where, lengths.data, t);
  for (let row = 0; row < b; row++) {
    const length = lengths ? lengths.data[row] : t;
    for (let time = 0; time < t; time++) {
      const source = from(time, length);
      for (let e = 0; e < n; e++) {
        y.data[(row * t + time) * n + e] = source < 0 ? 0 : x.data[(row * t + source) * n + e];
      }
    }
  }
}

const samples = () => [
  { inputs: [[3, 4, 2], { shape: [3], dtype: 'i32' as const, values: [4, 0, 3] }], attributes: undefined },
  { inputs: [[2, 5, 3, 7], { shape: [2], dtype: 'i32' as const, values: [1, 5] }], attributes: undefined },
  { inputs: [[2, 3], { shape: [2], dtype: 'i32' as const, values: [2, 3] }], attributes: undefined },
  { inputs: [[0, 2, 3], { shape: [0], dtype: 'i32' as const, values: [] }], attributes: undefined },
];

const maskOperation: Operation = define({
  name: 'maskTime',
  family: 'sequences',
  summary: 'x [B, T, …] up to the length of each row (i32 [B]), 0 past it',
  infer: ([x, lengths]) => {
    checkTime('maskTime', x, lengths);
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  reference: (inputs, [y]) => moveSteps('maskTime', inputs, y, (time, length) => (time < length ? time : -1)),
  cpu: (kernels, [x, lengths], [y]) =>
    y.size === 0 ? 0 : kernels.maskRows(addressOf(y), addressOf(x), addressOf(lengths), ...extents(x)),
  saves: { inputs: [1], outputs: [] },
  // what was put to 0 gets no gradient
  gradient: ([dy], { inputs }) => [dy && apply1(maskOperation, [dy, inputs[1]], undefined)],
  samples,
});

const reverseOperation: Operation = define({
  name: 'reverseTime',
  family: 'sequences',
  summary: 'x [B, T, …] with the steps of each row before its length (i32 [B], or all) in reverse; the others stay',
  infer: ([x, lengths]) => {
    checkTime('reverseTime', x, lengths);
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  reference: (inputs, [y]) =>
    moveSteps('reverseTime', inputs, y, (time, length) => (time < length ? length - 1 - time : time)),
  cpu: (kernels, [x, lengths], [y]) =>
    y.size === 0 ? 0 : kernels.reverseRows(addressOf(y), addressOf(x), address(lengths), ...extents(x)),
  saves: { inputs: [1], outputs: [] },
  // reversing twice changes nothing
  gradient: ([dy], { inputs }) => [dy && apply1(reverseOperation, [dy, ...inputs.slice(1)], undefined)],
  samples: () => [...samples(), { inputs: [[2, 3, 5]], attributes: undefined }],
});

/**
 * x [B, T, …] with zeros past each row's length, whatever was there.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT or INDEX_OUT_OF_RANGE for lengths that do not fit.
 */
export function maskTime(x: Tensor, lengths: Lengths): Tensor {
  return apply1(maskOperation, [x, lengthsTensor('maskTime', lengths, x)], undefined);
}

/**
 * x [B, T, …] with time running backwards from each row's own end; padding stays where it is. All T steps without
 * lengths.
 *
 * @throws LookbackError as `maskTime`.
 */
export function reverseTime(x: Tensor, lengths?: Lengths): Tensor {
  return apply1(reverseOperation, lengths ? [x, lengthsTensor('reverseTime', lengths, x)] : [x], undefined);
}

/** y [B, T, H] at each row's last real step, or what the row began with when it has none: [B, H]. */
export function atEnd(y: Tensor, lengths: Tensor, initial: Tensor | undefined): Tensor {
  const [b, t, h] = y.shape;
  const start = initial ?? zeros([b, h]);
  if (t === 0) return start;
  const place = expand(reshape(maximum(subtract(lengths, 1), 0), [b, 1, 1]), [b, 1, h]);
  const last = reshape(gather(y, place, 1), [b, h]);
  return where(reshape(greater(lengths, 0), [b, 1]), last, start);
}
