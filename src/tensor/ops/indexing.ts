/**
 * Picking elements by whole numbers: gather, scatterAdd, oneHot, embedding. Indices are i32 and checked by the
 * kernels; one outside its axis throws INDEX_OUT_OF_RANGE.
 */
import { addressOf } from '../../backends/backend.ts';
import { unaryCode } from '../../backends/cpu/codes.ts';
import { LookbackError } from '../../errors.ts';
import { fillInto } from '../memory.ts';
import {
  apply1,
  define,
  type Operation,
  requireAxis,
  requireDType,
  requireStored,
  type SampleInput,
  shapeError,
} from '../operation.ts';
import { normalizeAxis, type Shape, show, sizeOf } from '../shape.ts';
import { allocate, type Tensor } from '../tensor.ts';

/** The index as it is, or an error; for reference implementations. */
function checked(where: string, id: number, extent: number): number {
  if (id >= 0 && id < extent) return id;
  throw new LookbackError('INDEX_OUT_OF_RANGE', {
    where,
    expected: `an index from 0 to ${extent - 1}`,
    got: String(id),
  });
}

interface Along {
  readonly axis: number;
}

function checkIndex(where: string, x: Tensor, index: Tensor, axis: number): void {
  requireDType(where, x, 'f32');
  requireDType(where, index, 'i32', 'index');
  requireAxis(where, x, axis);
  const fits = index.rank === x.rank && index.shape.every((extent, i) => i === axis || extent === x.shape[i]);
  if (!fits) throw shapeError(where, `an index of the shape ${show(x.shape)} but for axis ${axis}`, show(index.shape));
}

/** Visits every index with its place in [outer, index axis, inner] and in [outer, x axis, inner]. */
function eachIndex(
  where: string,
  x: Shape,
  index: { data: ArrayLike<number>; shape: Shape },
  axis: number,
  visit: (at: number, xAt: number) => void,
): void {
  const inner = sizeOf(x.slice(axis + 1));
  const count = index.shape[axis];
  for (let i = 0; i < index.data.length; i++) {
    const outer = Math.floor(i / (inner * count));
    visit(i, (outer * x[axis] + checked(where, index.data[i], x[axis])) * inner + (i % inner));
  }
}

const someIds = (shape: number[], below: number): SampleInput => ({ shape, dtype: 'i32', range: [0, below] });

const gatherOperation: Operation<Along> = define<Along>({
  name: 'gather',
  family: 'indexing',
  summary: 'y[…, i, …] = x[…, index[…, i, …], …] along an axis',
  infer: ([x, index], { axis }) => {
    checkIndex('gather', x, index, axis);
    return [{ shape: index.shape, dtype: 'f32' }];
  },
  reference: ([x, index], [y], { axis }) =>
    eachIndex('gather', x.shape, index, axis, (at, xAt) => {
      y.data[at] = x.data[xAt];
    }),
  cpu: (kernels, [x, index], [y], { axis }) => {
    if (y.size === 0) return 0;
    const outer = sizeOf(x.shape.slice(0, axis));
    const inner = sizeOf(x.shape.slice(axis + 1));
    return kernels.gather(addressOf(y), addressOf(x), addressOf(index), outer, x.shape[axis], index.shape[axis], inner);
  },
  saves: { inputs: [1], outputs: [] },
  gradient: ([dy], { inputs, inputShapes, attributes }) => {
    if (!dy) return [];
    const zeros = allocate(inputShapes[0], 'f32', dy.backend);
    fillInto(zeros, 0);
    return [apply1(scatterAddOperation, [zeros, inputs[1], dy], attributes)];
  },
  samples: () => [
    { inputs: [[3, 5], someIds([3, 4], 5)], attributes: { axis: 1 } },
    { inputs: [[4, 2, 3], someIds([6, 2, 3], 4)], attributes: { axis: 0 } },
    { inputs: [[5], someIds([0], 5)], attributes: { axis: 0 } },
  ],
});

const scatterAddOperation: Operation<Along> = define<Along>({
  name: 'scatterAdd',
  family: 'indexing',
  summary: 'a copy of x with y[…, index[…, i, …], …] += values[…, i, …] along an axis',
  infer: ([x, index, values], { axis }) => {
    checkIndex('scatterAdd', x, index, axis);
    requireDType('scatterAdd', values, 'f32', 'values');
    if (show(values.shape) !== show(index.shape)) {
      throw shapeError('scatterAdd', `values of the index's shape ${show(index.shape)}`, show(values.shape));
    }
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  reference: ([x, index, values], [y], { axis }) => {
    y.data.set(x.data);
    eachIndex('scatterAdd', x.shape, index, axis, (at, xAt) => {
      y.data[xAt] += values.data[at];
    });
  },
  cpu: (kernels, [x, index, values], [y], { axis }) => {
    const to = addressOf(y);
    const copied =
      x.size === 0 ? 0 : kernels.unary(unaryCode.copy, to, addressOf(x), 1, 1, 1, x.size, 0, 0, 0, 1, 0, 0);
    if (copied !== 0 || index.size === 0) return copied;
    const outer = sizeOf(x.shape.slice(0, axis));
    const inner = sizeOf(x.shape.slice(axis + 1));
    return kernels.scatterAdd(to, addressOf(index), addressOf(values), outer, x.shape[axis], index.shape[axis], inner);
  },
  saves: { inputs: [1], outputs: [] },
  gradient: ([dy], { inputs, needs, attributes }) =>
    dy ? [dy, undefined, needs[2] ? apply1(gatherOperation, [dy, inputs[1]], attributes) : undefined] : [],
  samples: () => [
    { inputs: [[3, 5], someIds([3, 7], 5), [3, 7]], attributes: { axis: 1 } },
    { inputs: [[4, 2, 3], someIds([6, 2, 3], 4), [6, 2, 3]], attributes: { axis: 0 } },
    { inputs: [[5], someIds([0], 5), [0]], attributes: { axis: 0 } },
  ],
});

/**
 * y[…, i, …] = x[…, index[…, i, …], …] along `axis`, as torch.gather. `index` (i32) has x's shape but for `axis`.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, INDEX_OUT_OF_RANGE.
 */
export function gather(x: Tensor, index: Tensor, axis: number): Tensor {
  return apply1(gatherOperation, [x, index], { axis: normalizeAxis('gather', axis, x.rank) });
}

/**
 * A copy of x with `values` added at `index` along `axis`. `index` (i32) and `values` have x's shape but for `axis`.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, INDEX_OUT_OF_RANGE.
 */
export function scatterAdd(x: Tensor, index: Tensor, values: Tensor, axis: number): Tensor {
  return apply1(scatterAddOperation, [x, index, values], { axis: normalizeAxis('scatterAdd', axis, x.rank) });
}

const oneHotOperation = define<{ classes: number }>({
  name: 'oneHot',
  family: 'indexing',
  summary: 'ids [...] (i32) -> [..., classes] (f32), 1 at the id and 0 elsewhere',
  infer: ([ids], { classes }) => {
    requireDType('oneHot', ids, 'i32', 'ids');
    return [{ shape: [...ids.shape, classes], dtype: 'f32' }];
  },
  reference: ([ids], [y], { classes }) => {
    for (let i = 0; i < ids.data.length; i++) y.data[i * classes + checked('oneHot', ids.data[i], classes)] = 1;
  },
  cpu: (kernels, [ids], [y], { classes }) =>
    ids.size === 0 ? 0 : kernels.oneHot(addressOf(y), addressOf(ids), ids.size, classes),
  samples: () => [
    { inputs: [someIds([2, 3], 5)], attributes: { classes: 5 } },
    { inputs: [someIds([], 2)], attributes: { classes: 2 } },
    { inputs: [someIds([0], 2)], attributes: { classes: 2 } },
  ],
});

/** ids [...] (i32) -> [..., classes] (f32). @throws LookbackError INDEX_OUT_OF_RANGE, BAD_ARGUMENT. */
export function oneHot(ids: Tensor, classes: number): Tensor {
  if (!Number.isInteger(classes) || classes < 1) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'oneHot', expected: 'at least one class', got: String(classes) });
  }
  return apply1(oneHotOperation, [ids], { classes });
}

/** dtable [rows, columns] from dy [..., columns] and ids [...]. */
const embeddingGradient: Operation<{ rows: number }> = {
  name: 'embeddingGradient',
  family: 'gradient',
  summary: 'dtable[id] += dy',
  infer: ([dy], { rows }) => [{ shape: [rows, dy.shape[dy.rank - 1]], dtype: 'f32' }],
  reference: ([dy, ids], [dtable]) => {
    const columns = dtable.shape[1];
    dtable.data.fill(0);
    for (let i = 0; i < dy.data.length; i++) {
      dtable.data[ids.data[Math.floor(i / columns)] * columns + (i % columns)] += dy.data[i];
    }
  },
  cpu: (kernels, [dy, ids], [dtable]) => {
    const [rows, columns] = dtable.shape;
    if (dtable.size === 0) return 0;
    return kernels.embeddingGradient(addressOf(dtable), addressOf(dy), addressOf(ids), ids.size, rows, columns, 0);
  },
};

const embeddingOperation = define({
  name: 'embedding',
  family: 'indexing',
  summary: 'rows of table [V, C] by ids [...] (i32) -> [..., C]',
  infer: ([table, ids]) => {
    requireStored('embedding', table, 'table');
    requireDType('embedding', ids, 'i32', 'ids');
    if (table.rank !== 2) throw shapeError('embedding', 'a table [V, C]', show(table.shape));
    return [{ shape: [...ids.shape, table.shape[1]], dtype: 'f32' }];
  },
  reference: ([table, ids], [y]) => {
    const [rows, columns] = table.shape;
    for (let i = 0; i < y.data.length; i++) {
      y.data[i] = table.data[checked('embedding', ids.data[Math.floor(i / columns)], rows) * columns + (i % columns)];
    }
  },
  cpu: (kernels, [table, ids], [y]) => {
    const [rows, columns] = table.shape;
    if (y.size === 0) return 0;
    const call = table.dtype === 'bf16' ? kernels.embeddingBf16 : kernels.embedding;
    return call(addressOf(y), addressOf(table), addressOf(ids), ids.size, rows, columns);
  },
  saves: { inputs: [1], outputs: [] },
  gradient: ([dy], { inputs, inputShapes, into }) => [
    dy && apply1(embeddingGradient, [dy, inputs[1]], { rows: inputShapes[0][0] }, into(0)),
  ],
  samples: () => [
    { inputs: [[7, 3], someIds([2, 4], 7)], attributes: undefined },
    { inputs: [[2, 19], someIds([5], 2)], attributes: undefined },
    { inputs: [{ shape: [7, 19], dtype: 'bf16', range: [-1, 1] }, someIds([2, 4], 7)], attributes: undefined },
    { inputs: [[3, 2], someIds([0], 3)], attributes: undefined },
  ],
});

/**
 * Rows of `table` [V, C] (f32, or stored in bf16) by `ids` of any shape (i32) -> [..., C], f32.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, INDEX_OUT_OF_RANGE.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  return apply1(embeddingOperation, [table, ids], undefined);
}
