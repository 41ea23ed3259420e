/** Shapes, strides and broadcasting: pure functions on arrays of integers. */
import { LookbackError } from '../errors.ts';

export type Shape = readonly number[];

/** Number of elements. A shape without axes holds one. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** Whether the elements lie in row-major order without gaps; axes of extent 1 do not matter. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i];
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[2, 3]`, for messages. */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The shape both broadcast to (numpy's rule). Throws SHAPE_MISMATCH. */
export function broadcastShapes(where: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where,
        expected: 'shapes that broadcast (equal extents, or 1, aligned at the last axis)',
        got: `${show(a)} and ${show(b)}`,
      });
    }
    shape[i] = x === 1 ? y : x;
  }
  return shape;
}

/** `axis` counted from the front. Throws BAD_ARGUMENT. */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || at < 0 || at >= rank) {
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      expected: rank === 0 ? 'no axis, for the tensor is a scalar' : `an axis from ${-rank} to ${rank - 1}`,
      got: String(axis),
    });
  }
  return at;
}

/** Sorted distinct axes counted from the front; undefined means all. Throws BAD_ARGUMENT. */
export function normalizeAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(where, axis, rank));
  const sorted = [...new Set(list)].sort((a, b) => a - b);
  if (sorted.length !== list.length) {
    throw new LookbackError('BAD_ARGUMENT', { where, expected: 'distinct axes', got: show(list) });
  }
  return sorted;
}

/** Extents and numbers of elements end here: kernels take them as int32. */
const largest = 2 ** 31 - 1;

/** Checks that every extent is a non-negative integer and that they and the whole fit int32. Throws BAD_ARGUMENT. */
export function checkShape(where: string, shape: Shape): void {
  let size = 1;
  for (let i = 0; i < shape.length; i++) {
    const extent = shape[i];
    if (!Number.isInteger(extent) || extent < 0) {
      throw new LookbackError('BAD_ARGUMENT', { where, expected: 'extents that are integers ≥ 0', got: show(shape) });
    }
    size = extent > largest ? Infinity : size * extent;
  }
  // Infinity · 0 is NaN: an extent that is too large counts even where the tensor is empty.
  if (!(size <= largest)) {
    throw new LookbackError('BAD_ARGUMENT', { where, expected: 'at most 2^31 - 1 elements', got: show(shape) });
  }
}

/** Axes merged where every operand allows it, extents of 1 dropped. */
export interface Collapsed {
  shape: number[];
  /** One list of strides for each operand. */
  strides: number[][];
}

/** Merges neighbouring axes that are contiguous in every operand; kernels take at most four. */
export function collapse(shape: Shape, operands: readonly (readonly number[])[]): Collapsed {
  const merged: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const last = merged.length - 1;
    const fits = last >= 0 && operands.every((s, i) => strides[i][last] === s[axis] * shape[axis]);
    if (fits) merged[last] *= shape[axis];
    else merged.push(shape[axis]);
    const at = fits ? last : last + 1;
    for (let i = 0; i < operands.length; i++) strides[i][at] = operands[i][axis];
  }
  return { shape: merged, strides };
}
