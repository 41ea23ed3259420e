/**
 * Other looks at the same elements: shape, order, part. Nothing is copied but where `reshape` and `contiguous`
 * say so; strides are never negative.
 */
import { LookbackError } from '../../errors.ts';
import { copyInto, fillInto } from '../memory.ts';
import { apply, apply1, define, requireAxis, shapeError } from '../operation.ts';
import { contiguousStrides, normalizeAxis, type Shape, sameShape, show, sizeOf } from '../shape.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { broadcastStrides } from './elementwise.ts';
import { concat } from './join.ts';
import { sumTo } from './reduce.ts';

const nothing = { inputs: [], outputs: [] } as const;

const copyOperation = define({
  name: 'copy',
  family: 'views',
  summary: 'a row-major copy; what contiguous and clone make',
  strided: true,
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  reference: ([x], [y]) => y.data.set(x.data),
  cpu: (_, [x], [y]) => {
    copyInto(y, x);
    return 0;
  },
  saves: nothing,
  gradient: ([dy]) => [dy],
  samples: () => [[3, 5], [], [2, 3, 2, 2, 2], [0, 3]].map((shape) => ({ inputs: [shape], attributes: undefined })),
});

/** The tensor itself when it is row-major, else a row-major copy. */
export function contiguous(x: Tensor): Tensor {
  return x.isContiguous ? x : apply1(copyOperation, [x], undefined);
}

/** A row-major copy with its own memory. */
export function clone(x: Tensor): Tensor {
  return apply1(copyOperation, [x], undefined);
}

const reshapeOperation = define<Shape>({
  name: 'reshape',
  family: 'views',
  summary: 'the same elements in row-major order under another shape',
  isView: true,
  infer: ([x], shape) => {
    const strides = x.isContiguous ? contiguousStrides(shape) : reshapeStrides(x.shape, x.strides, shape);
    // Only reached with strides that merge: `reshape` copies first where they do not.
    if (!strides || sizeOf(shape) !== x.size)
      throw shapeError('reshape', `a view with the elements of ${show(shape)}`, show(x.shape));
    return [{ shape, dtype: x.dtype, strides }];
  },
  saves: nothing,
  gradient: ([dy], { inputShapes }) => [dy && reshape(dy, inputShapes[0])],
  samples: () => [
    { inputs: [[2, 6]], attributes: [2, 3, 2] },
    { inputs: [[1]], attributes: [] },
    { inputs: [[3, 1, 2]], attributes: [3, 2] },
    { inputs: [[0, 3]], attributes: [3, 0] },
  ],
});

/**
 * Strides that show the elements of (`shape`, `strides`) as `target` without a copy, or undefined. Both shapes are
 * cut into the smallest groups of axes of equal size; within a group the old axes must lie in row-major order.
 */
function reshapeStrides(shape: Shape, strides: readonly number[], target: Shape): number[] | undefined {
  if (sizeOf(shape) === 0 || sizeOf(target) !== sizeOf(shape)) return undefined;
  const old = shape.map((extent, i) => ({ extent, stride: strides[i] })).filter(({ extent }) => extent !== 1);
  const result = new Array<number>(target.length).fill(0);
  let from = 0;
  let to = 0;
  while (from < old.length) {
    let fromEnd = from + 1;
    let toEnd = to + 1;
    let oldSize = old[from].extent;
    let newSize = target[to];
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= old[fromEnd++].extent;
      else newSize *= target[toEnd++];
    }
    for (let i = from; i < fromEnd - 1; i++) {
      if (old[i].stride !== old[i + 1].stride * old[i + 1].extent) return undefined;
    }
    let stride = old[fromEnd - 1].stride;
    for (let i = toEnd - 1; i >= to; i--) {
      result[i] = stride;
      stride *= target[i];
    }
    from = fromEnd;
    to = toEnd;
  }
  return result;
}

/**
 * The same elements in row-major order under another shape; one extent may be -1. Copies only where the strides
 * leave no other way.
 *
 * @throws LookbackError SHAPE_MISMATCH when the sizes differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const target = resolveShape(x, shape);
  if (sameShape(target, x.shape)) return x;
  const mergeable = x.isContiguous || reshapeStrides(x.shape, x.strides, target) !== undefined;
  return apply1(reshapeOperation, [mergeable ? x : contiguous(x)], target);
}

function resolveShape(x: Tensor, shape: Shape): Shape {
  const free = shape.indexOf(-1);
  const known = shape.reduce((product, extent, i) => (i === free ? product : product * extent), 1);
  const missing = x.size / known;
  const valid =
    shape.every((extent, i) => i === free || (Number.isInteger(extent) && extent >= 0)) &&
    (free < 0 ? known === x.size : Number.isInteger(missing));
  if (!valid) {
    throw shapeError(
      'reshape',
      `a shape of ${x.size} elements, with at most one -1`,
      `${show(shape)} for ${show(x.shape)}`,
    );
  }
  return free < 0 ? [...shape] : shape.map((extent, i) => (i === free ? missing : extent));
}

/** Axes `start` to `end` (included) merged into one. */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const first = normalizeAxis('flatten', start, x.rank);
  const last = normalizeAxis('flatten', end, x.rank);
  if (last < first) {
    const [expected, got] = ['a first axis that is not behind the last', `${start} and ${end} of ${show(x.shape)}`];
    throw new LookbackError('BAD_ARGUMENT', { where: 'flatten', expected, got });
  }
  const merged = sizeOf(x.shape.slice(first, last + 1));
  return reshape(x, [...x.shape.slice(0, first), merged, ...x.shape.slice(last + 1)]);
}

const permuteOperation = define<readonly number[]>({
  name: 'permute',
  family: 'views',
  summary: 'the axes in another order',
  isView: true,
  infer: ([x], order) => {
    const valid = order.length === x.rank && new Set(order).size === x.rank && order.every((axis) => axis in x.shape);
    if (!valid) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'permute',
        expected: `every axis of ${show(x.shape)} once`,
        got: show(order),
      });
    }
    return [
      { shape: order.map((axis) => x.shape[axis]), dtype: x.dtype, strides: order.map((axis) => x.strides[axis]) },
    ];
  },
  saves: nothing,
  gradient: ([dy], { attributes }) => [
    dy &&
      permute(
        dy,
        attributes.map((_, i) => attributes.indexOf(i)),
      ),
  ],
  samples: () => [
    { inputs: [[2, 3, 4]], attributes: [2, 0, 1] },
    { inputs: [[2, 0]], attributes: [1, 0] },
  ],
});

/** The axes in another order: axis i of the result is axis `order[i]` of x. @throws LookbackError BAD_ARGUMENT. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  return apply1(
    permuteOperation,
    [x],
    order.map((axis) => (axis < 0 ? axis + x.rank : axis)),
  );
}

/** Two axes exchanged, the last two by default. */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  const first = normalizeAxis('transpose', a, x.rank);
  const second = normalizeAxis('transpose', b, x.rank);
  return permute(
    x,
    x.shape.map((_, i) => (i === first ? second : i === second ? first : i)),
  );
}

/** A part of one axis: elements start, start + step, … below stop. */
interface Range {
  readonly axis: number;
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

function sliceView(x: Tensor, { axis, start, stop, step }: Range) {
  return {
    shape: x.shape.map((extent, i) => (i === axis ? Math.max(0, Math.ceil((stop - start) / step)) : extent)),
    strides: x.strides.map((stride, i) => (i === axis ? stride * step : stride)),
    offset: x.offset + start * x.strides[axis],
  };
}

const sliceOperation = define<Range>({
  name: 'slice',
  family: 'views',
  summary: 'elements start, start + step, … below stop of one axis',
  isView: true,
  infer: ([x], range) => {
    requireAxis('slice', x, range.axis);
    if (range.stop > x.shape[range.axis])
      throw shapeError('slice', `an axis ${range.axis} of ${range.stop}`, show(x.shape));
    return [{ dtype: x.dtype, ...sliceView(x, range) }];
  },
  saves: nothing,
  gradient: ([dy], { inputShapes, attributes }) => {
    if (!dy) return [];
    const dx = allocate(inputShapes[0], 'f32', dy.backend);
    fillInto(dx, 0);
    const { shape, strides, offset } = sliceView(dx, attributes);
    copyInto(dx.view(shape, strides, offset), dy);
    return [dx];
  },
  samples: () => [
    { inputs: [[4, 5]], attributes: { axis: 1, start: 1, stop: 4, step: 1 } },
    { inputs: [[7, 2]], attributes: { axis: 0, start: 1, stop: 7, step: 3 } },
    { inputs: [[3]], attributes: { axis: 0, start: 2, stop: 2, step: 1 } },
  ],
});

/**
 * Elements start, start + step, … below stop of one axis. Negative bounds count from the end; bounds outside are
 * cut to the axis.
 *
 * @throws LookbackError BAD_ARGUMENT for a step that is not a whole number above 0.
 */
export function slice(x: Tensor, axis: number, start: number, stop?: number, step = 1): Tensor {
  const at = normalizeAxis('slice', axis, x.rank);
  const extent = x.shape[at];
  const bound = (index: number): number => Math.min(extent, Math.max(0, index < 0 ? index + extent : index));
  if (!(Number.isInteger(step) && step > 0 && Number.isInteger(start) && Number.isInteger(stop ?? 0))) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'slice',
      expected: 'whole numbers, and a step above 0',
      got: `start ${start}, stop ${stop}, step ${step}`,
    });
  }
  const first = bound(start);
  return apply1(sliceOperation, [x], { axis: at, start: first, stop: Math.max(first, bound(stop ?? extent)), step });
}

const splitOperation = define<{ sizes: readonly number[]; axis: number }>({
  name: 'split',
  family: 'views',
  summary: 'neighbouring parts of one axis',
  isView: true,
  differentiableOutputs: 'all',
  infer: ([x], { sizes, axis }) => {
    requireAxis('split', x, axis);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== x.shape[axis])
      throw shapeError('split', `sizes that add up to axis ${axis}`, `${show(sizes)} for ${show(x.shape)}`);
    let start = 0;
    return sizes.map((size) => {
      const view = sliceView(x, { axis, start, stop: start + size, step: 1 });
      start += size;
      return { dtype: x.dtype, ...view };
    });
  },
  saves: nothing,
  gradient: (dys, { inputShapes, attributes: { sizes, axis } }) => {
    const parts = sizes.map((size, i) => dys[i] ?? zeroPart(size));
    return [concat(parts, axis)];

    function zeroPart(size: number): Tensor {
      const backend = dys.find((dy) => dy)?.backend;
      const part = allocate(
        inputShapes[0].map((extent, i) => (i === axis ? size : extent)),
        'f32',
        backend,
      );
      fillInto(part, 0);
      return part;
    }
  },
  samples: () => [
    { inputs: [[2, 6]], attributes: { sizes: [1, 3, 2], axis: 1 } },
    { inputs: [[5, 2, 3]], attributes: { sizes: [5, 0], axis: 0 } },
  ],
});

/**
 * Neighbouring parts of one axis: `sizes` lists their extents, or gives the number of equal parts.
 *
 * @throws LookbackError SHAPE_MISMATCH when the sizes do not fill the axis.
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis('split', axis, x.rank);
  if (typeof sizes === 'number' && !(sizes > 0 && Number.isInteger(x.shape[at] / sizes))) {
    throw shapeError('split', `a number of parts that divides ${x.shape[at]}, the extent of axis ${at}`, String(sizes));
  }
  const list = typeof sizes === 'number' ? new Array<number>(sizes).fill(x.shape[at] / sizes) : sizes;
  const fits = list.every((size) => Number.isInteger(size) && size >= 0);
  if (!fits || list.reduce((sum, size) => sum + size, 0) !== x.shape[at]) {
    throw shapeError('split', `sizes that add up to ${x.shape[at]}, the extent of axis ${at}`, show(list));
  }
  return apply(splitOperation, [x], { sizes: [...list], axis: at });
}

const expandOperation = define<Shape>({
  name: 'expand',
  family: 'views',
  summary: 'axes of extent 1 repeated, and axes added in front, as broadcasting does; no memory is used',
  isView: true,
  infer: ([x], shape) => {
    const missing = shape.length - x.rank;
    if (missing < 0 || x.shape.some((extent, i) => extent !== 1 && extent !== shape[i + missing])) {
      throw shapeError('expand', `a shape that ${show(x.shape)} broadcasts to`, show(shape));
    }
    return [{ shape, dtype: x.dtype, strides: broadcastStrides(x, shape) }];
  },
  saves: nothing,
  gradient: ([dy], { inputShapes }) => [dy && sumTo(dy, inputShapes[0])],
  samples: () => [
    { inputs: [[3, 1]], attributes: [2, 3, 4] },
    { inputs: [[]], attributes: [2, 2] },
    { inputs: [[1, 2]], attributes: [0, 2] },
  ],
});

/** x repeated to `shape` as broadcasting does, without using memory. @throws LookbackError SHAPE_MISMATCH. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply1(expandOperation, [x], [...shape]);
}

/** Without the axes of extent 1, or without `axis`. @throws LookbackError SHAPE_MISMATCH when that is not of extent 1. */
export function squeeze(x: Tensor, axis?: number): Tensor {
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter((extent) => extent !== 1),
    );
  const at = normalizeAxis('squeeze', axis, x.rank);
  if (x.shape[at] !== 1) throw shapeError('squeeze', `extent 1 at axis ${at}`, show(x.shape));
  return reshape(x, x.shape.toSpliced(at, 1));
}

/** A new axis of extent 1 before `axis` (-1: at the end). */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  return reshape(x, x.shape.toSpliced(normalizeAxis('unsqueeze', axis, x.rank + 1), 0, 1));
}
