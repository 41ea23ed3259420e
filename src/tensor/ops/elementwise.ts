/**
 * What elementwise operations share: broadcasting, the strided kernel calls and the reference loops.
 * The operations themselves are in unary.ts, binary.ts and compare.ts.
 */
import { addressOf, bytesPerElement, type Dense, type TypedArray, type View } from '../../backends/backend.ts';
import type { Kernels } from '../../backends/cpu/kernels.generated.ts';
import { four } from '../memory.ts';
import { type Operation, type OutputSpec, requireDType } from '../operation.ts';
import { broadcastShapes, collapse, contiguousStrides, isContiguous, type Shape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

type Four = readonly [number, number, number, number];

/** Kernels that take an operation code, an output and two strided inputs. */
type PairKernel = 'binary' | 'binaryI32' | 'compare' | 'compareI32';

/** Strides of `view` when it is read as the larger `shape`: 0 along axes it repeats. */
export function broadcastStrides(view: { shape: Shape; strides: readonly number[] }, shape: Shape): readonly number[] {
  const missing = shape.length - view.shape.length;
  return shape.map((extent, i) => (i < missing || view.shape[i - missing] !== extent ? 0 : view.strides[i - missing]));
}

/**
 * Row-major and repeated whole along leading axes only, as a bias or a number is: how many elements there are before
 * they start again. 0 where that is not so.
 */
function periodOf({ shape, strides, size }: View, output: Shape): number {
  let axis = shape.length - 1;
  const missing = output.length - shape.length;
  while (axis >= 0 && shape[axis] === output[axis + missing]) axis--;
  for (let i = axis; i >= 0; i--) if (shape[i] !== 1) return 0;
  return isContiguous(shape, strides) ? size : 0;
}

/**
 * Calls a kernel of at most four axes over any number: neighbouring axes are merged where all operands allow it,
 * the outermost of what remains are walked here. `strides` and `addresses` start with the output's.
 */
export function eachBlock(
  output: View,
  inputs: readonly View[],
  call: (extents: Four, addresses: readonly number[], strides: readonly Four[]) => number,
): number {
  if (output.size === 0) return 0;
  const operands = [output, ...inputs];
  const { shape, strides } = collapse(
    output.shape,
    operands.map((view) => broadcastStrides(view, output.shape)),
  );
  const extents = four(shape, 1);
  const steps = strides.map((list) => four(list, 0));
  const walk = (axis: number, addresses: readonly number[]): number => {
    if (shape.length - axis <= 4) return call(extents, addresses, steps);
    for (let i = 0; i < shape[axis]; i++) {
      const status = walk(
        axis + 1,
        addresses.map((address, k) => address + i * strides[k][axis] * bytesPerElement[operands[k].dtype]),
      );
      if (status !== 0) return status;
    }
    return 0;
  };
  return walk(0, operands.map(addressOf));
}

/** out = f(a) for one input of the output's shape. */
export function callUnary(kernels: Kernels, code: number, out: View, a: View, p0: number, p1: number): number {
  if (out.size === 0) return 0;
  if (isContiguous(a.shape, a.strides)) {
    return kernels.unary(code, addressOf(out), addressOf(a), 1, 1, 1, out.size, 0, 0, 0, 1, p0, p1);
  }
  return eachBlock(out, [a], ([n0, n1, n2, n3], [to, from], [, [a0, a1, a2, a3]]) =>
    kernels.unary(code, to, from, n0, n1, n2, n3, a0, a1, a2, a3, p0, p1),
  );
}

/** out = f(a, b) for inputs that broadcast to the output's shape. */
export function callPair(kernels: Kernels, kernel: PairKernel, code: number, out: View, a: View, b: View): number {
  if (out.size === 0) return 0;
  const n = out.size;
  const aPeriod = periodOf(a, out.shape);
  const bPeriod = aPeriod > 0 ? periodOf(b, out.shape) : 0;
  const inner = Math.min(aPeriod, bPeriod);
  if (inner > 0 && Math.max(aPeriod, bPeriod) === n) {
    const aRow = aPeriod === n ? inner : 0;
    const bRow = bPeriod === n ? inner : 0;
    const [to, left, right] = [addressOf(out), addressOf(a), addressOf(b)];
    return kernels[kernel](code, to, left, right, 1, 1, n / inner, inner, 0, 0, aRow, 1, 0, 0, bRow, 1);
  }
  return eachBlock(out, [a, b], ([n0, n1, n2, n3], [to, left, right], [, [a0, a1, a2, a3], [b0, b1, b2, b3]]) =>
    kernels[kernel](code, to, left, right, n0, n1, n2, n3, a0, a1, a2, a3, b0, b1, b2, b3),
  );
}

/** The elements of a dense array repeated to fill `shape`; for reference implementations. */
export function broadcastDense({ data, shape }: Dense, to: Shape): TypedArray {
  if (sameShape(shape, to)) return data;
  const strides = broadcastStrides({ shape, strides: contiguousStrides(shape) }, to);
  const result = data.slice(0, 0).constructor as new (count: number) => TypedArray;
  const size = to.reduce((product, extent) => product * extent, 1);
  const wide = new result(size);
  for (let i = 0; i < size; i++) {
    let rest = i;
    let at = 0;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      at += (rest % to[axis]) * strides[axis];
      rest = Math.floor(rest / to[axis]);
    }
    wide[i] = data[at];
  }
  return wide;
}

/** The reference loop of an operation on two inputs that broadcast. */
export function pairReference(forward: (a: number, b: number) => number) {
  return ([a, b]: readonly Dense[], [out]: readonly Dense[]): void => {
    const left = broadcastDense(a, out.shape);
    const right = broadcastDense(b, out.shape);
    for (let i = 0; i < out.data.length; i++) out.data[i] = forward(left[i], right[i]);
  };
}

/** Shape rule of two inputs that broadcast; the cheap case first. */
export function pairShape(where: string, a: Tensor, b: Tensor): Shape {
  return sameShape(a.shape, b.shape) ? a.shape : broadcastShapes(where, a.shape, b.shape);
}

/**
 * The gradient of a unary function as one kernel: from what was saved (input or output) and dy to dx. Not in the
 * registry, for it is no operation users call.
 */
export function gradientKernel(
  name: string,
  code: number,
  forward: (saved: number, dy: number) => number,
): Operation<undefined> {
  return {
    name,
    family: 'gradient',
    summary: name,
    strided: true,
    infer: ([saved]): readonly OutputSpec[] => {
      requireDType(name, saved, 'f32');
      return [{ shape: saved.shape, dtype: 'f32' }];
    },
    reference: pairReference(forward),
    cpu: (kernels, [saved, dy], [dx]) => callPair(kernels, 'binary', code, dx, saved, dy),
  };
}
