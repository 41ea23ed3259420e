/** Sorting and the largest few along an axis, with the places the elements came from. */
import { addressOf } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { apply, define, requireAxis, requireDType, type Sample, shapeError } from '../operation.ts';
import { normalizeAxis, show } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { zeros } from './create.ts';
import { scatterAdd } from './indexing.ts';
import { transpose } from './views.ts';

interface SortAttributes {
  /** How many of each sorted row. */
  count: number;
  descending: boolean;
}

/** As the kernel orders: by value, NaN as the largest, then by place. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

const sortOperation = define<SortAttributes>({
  name: 'sort',
  family: 'sorting',
  summary: 'the first `count` of each sorted row of x [..., N], and where they were (i32); equal ones keep their order',
  infer: ([x], { count }) => {
    requireDType('sort', x, 'f32');
    requireAxis('sort', x, x.rank - 1);
    if (!(count <= x.shape[x.rank - 1])) throw shapeError('sort', `rows of at least ${count}`, show(x.shape));
    const shape = [...x.shape.slice(0, -1), count];
    return [
      { shape, dtype: 'f32' },
      { shape, dtype: 'i32' },
    ];
  },
  reference: ([x], [values, places], { count, descending }) => {
    const columns = x.shape[x.shape.length - 1];
    for (let row = 0; row * columns < x.data.length; row++) {
      const data = x.data.subarray(row * columns, (row + 1) * columns);
      const order = Array.from(data, (_, i) => i);
      order.sort((i, j) => (descending ? compare(data[j], data[i]) : compare(data[i], data[j])) || i - j);
      for (let i = 0; i < count; i++) {
        values.data[row * count + i] = data[order[i]];
        places.data[row * count + i] = order[i];
      }
    }
  },
  cpu: (kernels, [x], [values, places], { count, descending }) => {
    if (values.size === 0) return 0;
    const columns = x.shape[x.shape.length - 1];
    const [to, at, from] = [values, places, x].map(addressOf);
    return kernels.sortRows(to, at, from, x.size / columns, columns, count, descending ? 1 : 0);
  },
  saves: { inputs: [], outputs: [1] },
  // each element's gradient goes back to where it came from
  gradient: ([dValues], { outputs, inputShapes }) =>
    dValues ? [scatterAdd(zeros(inputShapes[0]), outputs[1], dValues, -1)] : [],
  samples: (): Sample<SortAttributes>[] => [
    { inputs: [[3, 7]], attributes: { count: 7, descending: false } },
    { inputs: [[2, 3, 17]], attributes: { count: 4, descending: true } },
    { inputs: [[2, 150]], attributes: { count: 100, descending: true } },
    {
      inputs: [{ shape: [2, 6], values: [2, 1, 2, 1, 2, 0, -0, 0, -0, 5, 5, -5], constant: true }],
      attributes: { count: 6, descending: true },
    },
    { inputs: [[5]], attributes: { count: 0, descending: false } },
    { inputs: [[0, 4]], attributes: { count: 2, descending: false } },
  ],
});

/** Values in order, and the place of each along the axis. */
export interface Sorted {
  values: Tensor;
  /** i32. */
  indices: Tensor;
}

function sorted(where: string, x: Tensor, axis: number, attributes: (extent: number) => SortAttributes): Sorted {
  const at = normalizeAxis(where, axis, x.rank);
  const last = x.rank - 1;
  const turned = at === last ? x : transpose(x, at, last);
  const [values, indices] = apply(sortOperation, [turned], attributes(x.shape[at]));
  return at === last
    ? { values, indices }
    : { values: transpose(values, at, last), indices: transpose(indices, at, last) };
}

/**
 * x in ascending order along `axis`, with each element's place. Stable: equal elements keep their order (-0 equals 0), in
 * descending order too; NaN counts as the largest, as in PyTorch. The gradient passes to where each element came from.
 *
 * @throws LookbackError DTYPE_MISMATCH unless f32, SHAPE_MISMATCH for an axis that x lacks.
 */
export function sort(x: Tensor, axis = -1, { descending = false }: { descending?: boolean } = {}): Sorted {
  return sorted('sort', x, axis, (count) => ({ count, descending }));
}

/**
 * The `k` largest of x along `axis`, the largest first (with `largest: false` the smallest), as `sort` orders them.
 *
 * @throws LookbackError as `sort`, and BAD_ARGUMENT unless k is a whole number from 0 to the extent of the axis.
 */
export function topK(x: Tensor, k: number, axis = -1, { largest = true }: { largest?: boolean } = {}): Sorted {
  return sorted('topK', x, axis, (extent) => {
    if (Number.isInteger(k) && k >= 0 && k <= extent) return { count: k, descending: largest };
    const expected = `a whole k from 0 to ${extent}`;
    throw new LookbackError('BAD_ARGUMENT', { where: 'topK', expected, got: String(k) });
  });
}
