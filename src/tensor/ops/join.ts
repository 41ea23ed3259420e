/** Putting tensors together: concat, stack, pad. */
import type { View } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { copyInto, fillInto } from '../memory.ts';
import { apply1, define, requireAxis, requireDType, shapeError } from '../operation.ts';
import { normalizeAxis, type Shape, show, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { slice, split, unsqueeze } from './views.ts';

/** The part of `view` that starts at `start` on `axis` and has `extent` elements there. */
function part(view: View, axis: number, start: number, extent: number): View {
  const { storage, dtype, strides } = view;
  const shape = view.shape.map((old, i) => (i === axis ? extent : old));
  return { storage, dtype, strides, shape, offset: view.offset + start * strides[axis], size: sizeOf(shape) };
}

/** Copies blocks of `inner` elements for the reference: row by row into rows of `width` elements at `start`. */
function placeRows(
  to: { data: { [i: number]: number } },
  from: ArrayLike<number>,
  inner: number,
  width: number,
  start: number,
) {
  for (let i = 0; i < from.length; i++) to.data[Math.floor(i / inner) * width + start + (i % inner)] = from[i];
}

const concatOperation = define<{ axis: number }>({
  name: 'concat',
  family: 'joining',
  summary: 'tensors one after the other along an axis',
  strided: true,
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    requireAxis('concat', first, axis);
    for (const input of inputs) {
      requireDType('concat', input, first.dtype);
      const fits =
        input.rank === first.rank && input.shape.every((extent, i) => i === axis || extent === first.shape[i]);
      if (!fits) {
        throw shapeError(
          'concat',
          `shapes equal but for axis ${axis}`,
          `${show(first.shape)} and ${show(input.shape)}`,
        );
      }
    }
    const total = inputs.reduce((sum, input) => sum + input.shape[axis], 0);
    return [{ shape: first.shape.map((extent, i) => (i === axis ? total : extent)), dtype: first.dtype }];
  },
  reference: (inputs, [y], { axis }) => {
    const width = sizeOf(y.shape.slice(axis));
    let start = 0;
    for (const { data, shape } of inputs) {
      const inner = sizeOf(shape.slice(axis));
      placeRows(y, data, inner, width, start);
      start += inner;
    }
  },
  cpu: (_, inputs, [y], { axis }) => {
    let start = 0;
    for (const input of inputs) {
      copyInto(part(y, axis, start, input.shape[axis]), input);
      start += input.shape[axis];
    }
    return 0;
  },
  saves: { inputs: [], outputs: [] },
  gradient: ([dy], { inputShapes, attributes: { axis } }) =>
    dy
      ? split(
          dy,
          inputShapes.map((shape) => shape[axis]),
          axis,
        )
      : [],
  samples: () => [
    {
      inputs: [
        [2, 3],
        [2, 1],
        [2, 4],
      ],
      attributes: { axis: 1 },
    },
    {
      inputs: [
        [2, 3],
        [0, 3],
        [1, 3],
      ],
      attributes: { axis: 0 },
    },
    {
      inputs: [
        [2, 1, 2, 2, 2],
        [2, 2, 2, 2, 2],
      ],
      attributes: { axis: 1 },
    },
  ],
});

/** Tensors of one type one after the other along `axis`. @throws LookbackError BAD_ARGUMENT for an empty list. */
export function concat(list: readonly Tensor[], axis = 0): Tensor {
  if (list.length === 0) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'concat', expected: 'at least one tensor', got: 'an empty list' });
  }
  return apply1(concatOperation, list, { axis: normalizeAxis('concat', axis, list[0].rank) });
}

/** Tensors of one shape along a new axis. @throws LookbackError BAD_ARGUMENT for an empty list. */
export function stack(list: readonly Tensor[], axis = 0): Tensor {
  return concat(
    list.map((item) => unsqueeze(item, axis)),
    axis,
  );
}

interface Padding {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
  readonly value: number;
}

const padded = (shape: Shape, { axis, before, after }: Padding): Shape =>
  shape.map((extent, i) => (i === axis ? before + extent + after : extent));

const padOperation = define<Padding>({
  name: 'pad',
  family: 'joining',
  summary: 'a value put before and after the elements of one axis',
  strided: true,
  infer: ([x], padding) => {
    requireAxis('pad', x, padding.axis);
    return [{ shape: padded(x.shape, padding), dtype: x.dtype }];
  },
  reference: ([x], [y], { axis, before, value }) => {
    const inner = sizeOf(x.shape.slice(axis + 1));
    y.data.fill(value);
    placeRows(y, x.data, x.shape[axis] * inner, y.shape[axis] * inner, before * inner);
  },
  cpu: (_, [x], [y], { axis, before, value }) => {
    fillInto(y, value);
    copyInto(part(y, axis, before, x.shape[axis]), x);
    return 0;
  },
  saves: { inputs: [], outputs: [] },
  gradient: ([dy], { inputShapes, attributes: { axis, before } }) => [
    dy && slice(dy, axis, before, before + inputShapes[0][axis]),
  ],
  samples: () => [
    { inputs: [[2, 3]], attributes: { axis: 1, before: 2, after: 1, value: 0 } },
    { inputs: [[2, 3, 2]], attributes: { axis: 1, before: 0, after: 2, value: -1.5 } },
    { inputs: [[2, 0]], attributes: { axis: 1, before: 1, after: 1, value: 3 } },
  ],
});

/** `before` and `after` elements of `value` around `axis`. @throws LookbackError BAD_ARGUMENT for negative counts. */
export function pad(x: Tensor, axis: number, before: number, after: number, value = 0): Tensor {
  if (!(Number.isInteger(before) && before >= 0 && Number.isInteger(after) && after >= 0)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'pad',
      expected: 'counts that are whole numbers ≥ 0',
      got: `${before} before and ${after} after`,
      next: 'Use slice() to cut elements off',
    });
  }
  return apply1(padOperation, [x], { axis: normalizeAxis('pad', axis, x.rank), before, after, value });
}
