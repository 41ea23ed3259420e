/**
 * Reductions over any axes. The kernels reduce the last axis of [rows, columns]: other axes are first moved to
 * the end, but leading axes of a sum or mean are added column by column where they lie.
 */
import { addressOf, type TypedArray } from '../../backends/backend.ts';
import { argCode, reduceCode, unaryCode } from '../../backends/cpu/codes.ts';
import { LookbackError } from '../../errors.ts';
import { exp as exponential, log as logarithm } from '../../math.ts';
import { apply1, define, type Operation, requireDType, type Sample, shapeError } from '../operation.ts';
import { normalizeAxes, normalizeAxis, type Shape, sameShape, show, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { divide, multiply, subtract } from './binary.ts';
import { equal } from './compare.ts';
import { to } from './convert.ts';
import { exp, multiplyScalar } from './unary.ts';
import { expand, permute, reshape, unsqueeze } from './views.ts';

/** Which axes of the (already permuted) input go: `count` of them at the end, or at the front. */
interface Reduced {
  readonly count: number;
  readonly leading: boolean;
}

interface Reduction {
  name: 'sum' | 'mean' | 'max' | 'min' | 'logSumExp' | 'variance';
  summary: string;
  /** Of `columns` values starting at `from`, `step` apart. */
  forward: (x: TypedArray, from: number, step: number, columns: number) => number;
  /** The result over nothing; absent: there is none. */
  empty?: number;
  /** Whether leading axes may be reduced where they lie. */
  leading?: boolean;
  saves: { inputs?: readonly number[]; outputs?: readonly number[] };
  /** dx, or what broadcasts to it. */
  gradient: (dy: Tensor, saved: ForGradient) => Tensor;
}

/** What the gradient of a reduction may need. Results are spread: they have extent 1 where axes were reduced. */
interface ForGradient {
  /** How many elements were reduced to one. */
  readonly columns: number;
  readonly x: () => Tensor;
  readonly y: () => Tensor;
  readonly mean: () => Tensor;
}

function split({ count, leading }: Reduced, shape: Shape): { kept: Shape; rows: number; columns: number } {
  const cut = leading ? count : shape.length - count;
  const kept = leading ? shape.slice(cut) : shape.slice(0, cut);
  return { kept, rows: sizeOf(kept), columns: sizeOf(leading ? shape.slice(0, cut) : shape.slice(cut)) };
}

function reduction({
  name,
  summary,
  forward,
  empty,
  leading: canLead = false,
  saves,
  gradient,
}: Reduction): Operation<Reduced> {
  return define<Reduced>({
    name,
    family: 'reduction',
    summary,
    infer: ([x], reduced) => {
      requireDType(name, x, 'f32');
      if (reduced.count > x.rank) throw shapeError(name, `at least ${reduced.count} axes`, show(x.shape));
      const { kept, columns } = split(reduced, x.shape);
      if (columns === 0 && empty === undefined) throw emptyError(name, x.shape);
      return [{ shape: kept, dtype: 'f32' }];
    },
    reference: ([x], [y], reduced) => {
      const { rows, columns } = split(reduced, x.shape);
      for (let row = 0; row < rows; row++) {
        const value = reduced.leading
          ? forward(x.data, row, rows, columns)
          : forward(x.data, row * columns, 1, columns);
        y.data[row] = columns === 0 ? (empty as number) : value;
      }
    },
    cpu: (kernels, [x], [y], reduced) => {
      const { rows, columns } = split(reduced, x.shape);
      if (rows === 0) return 0;
      if (columns === 0) return kernels.fill(addressOf(y), empty as number, 0, rows);
      if (!reduced.leading) return kernels.reduceRows(reduceCode[name], addressOf(y), addressOf(x), rows, columns);
      const status = kernels.sumColumns(addressOf(y), addressOf(x), columns, rows, 0);
      if (status !== 0 || name === 'sum') return status;
      const at = addressOf(y);
      return kernels.unary(unaryCode.multiplyScalar, at, at, 1, 1, 1, rows, 0, 0, 0, 1, 1 / columns, 0);
    },
    saves,
    gradient: ([dy], { inputs, outputs, inputShapes, attributes }) => {
      if (!dy) return [];
      const shape = inputShapes[0];
      const { columns } = split(attributes, shape);
      const spread = (y: Tensor): Tensor =>
        attributes.leading ? y : reshape(y, [...y.shape, ...new Array<number>(attributes.count).fill(1)]);
      const dx = gradient(spread(dy), {
        columns,
        x: () => inputs[0],
        y: () => spread(outputs[0]),
        mean: () => spread(apply1(meanOperation, [inputs[0]], attributes)),
      });
      return [expand(dx, shape)];
    },
    samples: (): Sample<Reduced>[] => {
      const over = (shape: number[], count: number, leading = false) => ({
        inputs: [shape],
        attributes: { count, leading },
      });
      return [
        over([3, 5], 1),
        over([2, 3, 7], 2),
        over([19], 1),
        over([2, 3], 0),
        over([1, 4], 1),
        over([0, 4], 1),
        ...(canLead ? [over([5, 3], 1, true), over([2, 3, 4], 2, true), over([0, 4], 1, true)] : []),
        ...(empty === undefined ? [] : [over([3, 0], 1)]),
      ];
    },
  });
}

function emptyError(where: string, shape: Shape): LookbackError {
  return new LookbackError('BAD_ARGUMENT', { where, expected: 'at least one element to reduce', got: show(shape) });
}

function total(x: TypedArray, from: number, step: number, columns: number): number {
  let sum = 0;
  for (let i = 0; i < columns; i++) sum += x[from + i * step];
  return sum;
}

function best(better: (a: number, b: number) => number) {
  return (x: TypedArray, from: number, step: number, columns: number): number => {
    let result = x[from];
    for (let i = 1; i < columns; i++) result = better(result, x[from + i * step]);
    return result;
  };
}

const largest = best(Math.max);

/** Elements equal to the result share its gradient evenly. */
function shareEvenly(dy: Tensor, { x, y }: ForGradient): Tensor {
  const hit = to(equal(x(), y()), 'f32');
  return multiply(hit, divide(dy, sumTo(hit, dy.shape)));
}

const sumOperation = reduction({
  name: 'sum',
  summary: 'Σ x',
  forward: total,
  empty: 0,
  leading: true,
  saves: { inputs: [], outputs: [] },
  gradient: (dy) => dy,
});
const meanOperation = reduction({
  name: 'mean',
  summary: 'Σ x / n; NaN over nothing',
  empty: Number.NaN,
  leading: true,
  forward: (x, from, step, columns) => total(x, from, step, columns) / columns,
  saves: { inputs: [], outputs: [] },
  gradient: (dy, { columns }) => multiplyScalar(dy, 1 / columns),
});
const maxOperation = reduction({
  name: 'max',
  summary: 'the largest; equal ones share the gradient',
  forward: largest,
  saves: {},
  gradient: shareEvenly,
});
const minOperation = reduction({
  name: 'min',
  summary: 'the smallest; equal ones share the gradient',
  forward: best(Math.min),
  saves: {},
  gradient: shareEvenly,
});
const logSumExpOperation = reduction({
  name: 'logSumExp',
  summary: 'ln Σ eˣ without overflow; -∞ over nothing',
  empty: -Infinity,
  forward: (x, from, step, columns) => {
    const top = largest(x, from, step, columns);
    if (!Number.isFinite(top)) return top;
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += exponential(x[from + i * step] - top);
    return top + logarithm(sum);
  },
  saves: {},
  gradient: (dy, { x, y }) => multiply(dy, exp(subtract(x(), y()))),
});
const varianceOperation = reduction({
  // dx = 2 (x - mean) / n dy; the mean's own share sums to zero.
  name: 'variance',
  summary: 'Σ (x - mean)² / n; NaN over nothing',
  empty: Number.NaN,
  forward: (x, from, step, columns) => {
    const center = total(x, from, step, columns) / columns;
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += (x[from + i * step] - center) ** 2;
    return sum / columns;
  },
  saves: { outputs: [] },
  gradient: (dy, { columns, x, mean }) => multiply(multiplyScalar(dy, 2 / columns), subtract(x(), mean())),
});

/** Axes to reduce: one, several, or all (undefined). */
export type Axes = number | readonly number[] | undefined;

export interface ReduceOptions {
  /** Keep reduced axes with extent 1. */
  keepDims?: boolean;
}

function reduce(operation: Operation<Reduced>, canLead: boolean, x: Tensor, axes: Axes, keepDims: boolean): Tensor {
  const over = normalizeAxes(operation.name, axes, x.rank);
  const count = over.length;
  const isTrailing = count === 0 || over[0] === x.rank - count;
  const leading = canLead && !isTrailing && over[count - 1] === count - 1;
  const ready =
    isTrailing || leading ? x : permute(x, [...x.shape.map((_, i) => i).filter((i) => !over.includes(i)), ...over]);
  const result = apply1(operation, [ready], { count, leading });
  return keepDims && count > 0
    ? reshape(
        result,
        x.shape.map((extent, i) => (over.includes(i) ? 1 : extent)),
      )
    : result;
}

/** Sum over `axes` (default all): [...] -> [... without them]. 0 over nothing. */
export function sum(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  return reduce(sumOperation, true, x, axes, keepDims);
}

/** Mean over `axes` (default all). NaN over nothing. */
export function mean(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  return reduce(meanOperation, true, x, axes, keepDims);
}

/** Largest over `axes` (default all). @throws LookbackError BAD_ARGUMENT over nothing. */
export function max(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  return reduce(maxOperation, false, x, axes, keepDims);
}

/** Smallest over `axes` (default all). @throws LookbackError BAD_ARGUMENT over nothing. */
export function min(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  return reduce(minOperation, false, x, axes, keepDims);
}

/** ln Σ eˣ over `axes` (default all), without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  return reduce(logSumExpOperation, false, x, axes, keepDims);
}

/** Σ (x - mean)² / (n - correction) over `axes` (default all); `correction: 1` is the unbiased estimate. */
export function variance(
  x: Tensor,
  axes?: Axes,
  { keepDims = false, correction = 0 }: ReduceOptions & { correction?: number } = {},
): Tensor {
  const population = reduce(varianceOperation, false, x, axes, keepDims);
  if (correction === 0) return population;
  const n = normalizeAxes('variance', axes, x.rank).reduce((product, axis) => product * x.shape[axis], 1);
  return multiplyScalar(population, n / (n - correction));
}

/** The gradient of an input that was broadcast: `dy` summed over the axes it was repeated along. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const added = dy.rank - shape.length;
  const axes = dy.shape.map((_, i) => i).filter((i) => i < added || (shape[i - added] === 1 && dy.shape[i] !== 1));
  return reshape(sum(dy, axes), shape);
}

function position(
  name: 'argmax' | 'argmin',
  summary: string,
  better: (a: number, b: number) => boolean,
): Operation<undefined> {
  return define({
    name,
    family: 'reduction',
    summary,
    infer: ([x]) => {
      requireDType(name, x, 'f32');
      if (x.rank === 0) throw shapeError(name, 'at least one axis', '[]');
      if (x.shape[x.rank - 1] === 0) throw emptyError(name, x.shape);
      return [{ shape: x.shape.slice(0, -1), dtype: 'i32' }];
    },
    reference: ([x], [y]) => {
      const columns = x.shape[x.shape.length - 1];
      for (let row = 0; row < y.data.length; row++) {
        let at = 0;
        for (let i = 1; i < columns; i++) if (better(x.data[row * columns + i], x.data[row * columns + at])) at = i;
        y.data[row] = at;
      }
    },
    cpu: (kernels, [x], [y]) => {
      if (y.size === 0) return 0;
      const code = name === 'argmax' ? argCode.max : argCode.min;
      return kernels.argRows(code, addressOf(y), addressOf(x), y.size, x.shape[x.shape.length - 1]);
    },
    samples: () => [
      { inputs: [[3, 5]], attributes: undefined },
      { inputs: [[2, 3, 37]], attributes: undefined },
      { inputs: [{ shape: [2, 5], values: [1, 3, 3, -1, -1, 0, 0, 0, 0, 0] }], attributes: undefined },
      { inputs: [[0, 5]], attributes: undefined },
    ],
  });
}

const argmaxOperation = position(
  'argmax',
  'where the largest of the last axis is (the first of equal ones), as i32',
  (a, b) => a > b,
);
const argminOperation = position(
  'argmin',
  'where the smallest of the last axis is (the first of equal ones), as i32',
  (a, b) => a < b,
);

function positionAlong(operation: Operation<undefined>, x: Tensor, axis: number, keepDims: boolean): Tensor {
  const at = normalizeAxis(operation.name, axis, x.rank);
  const ready = at === x.rank - 1 ? x : permute(x, [...x.shape.map((_, i) => i).filter((i) => i !== at), at]);
  const result = apply1(operation, [ready], undefined);
  return keepDims ? unsqueeze(result, at) : result;
}

/** Where along `axis` the largest element is (the first of equal ones), as i32. */
export function argmax(x: Tensor, axis = -1, { keepDims = false }: ReduceOptions = {}): Tensor {
  return positionAlong(argmaxOperation, x, axis, keepDims);
}

/** Where along `axis` the smallest element is (the first of equal ones), as i32. */
export function argmin(x: Tensor, axis = -1, { keepDims = false }: ReduceOptions = {}): Tensor {
  return positionAlong(argminOperation, x, axis, keepDims);
}
