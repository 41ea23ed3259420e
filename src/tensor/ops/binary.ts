/**
 * Elementwise arithmetic of two tensors of one type (f32 or i32) that broadcast, or of a tensor and a number.
 * Types are never promoted: a number takes the tensor's type.
 */
import { binaryCode } from '../../backends/cpu/codes.ts';
import { LookbackError } from '../../errors.ts';
import { fillInto } from '../memory.ts';
import { apply1, define, type Operation, requireArithmetic, requireDType } from '../operation.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { greater, lessEqual, where } from './compare.ts';
import { callPair, pairReference, pairShape } from './elementwise.ts';
import { sumTo } from './reduce.ts';
import { addScalar, multiplyScalar, negate } from './unary.ts';

interface Binary {
  name: keyof typeof binaryCode;
  summary: string;
  forward: (a: number, b: number) => number;
  /** On 32-bit integers, where it differs. */
  integer?: (a: number, b: number) => number;
  /** Gradients before they are summed over broadcast axes. */
  gradientA: (dy: Tensor, a: Tensor, b: Tensor) => Tensor;
  gradientB: (dy: Tensor, a: Tensor, b: Tensor) => Tensor;
  /** Whether the gradient reads the inputs. */
  saves?: boolean;
  /** Range of the second sample. */
  range?: readonly [number, number];
}

function binary({ name, summary, forward, integer = forward, gradientA, gradientB, saves = true, range }: Binary) {
  const code = binaryCode[name];
  const floats = pairReference(forward);
  const integers = pairReference(integer);
  return define({
    name,
    family: 'elementwise',
    summary,
    strided: true,
    infer: ([a, b]) => {
      requireArithmetic(name, a);
      requireDType(name, b, a.dtype, 'second input');
      return [{ shape: pairShape(name, a, b), dtype: a.dtype }];
    },
    reference: (inputs, outputs) =>
      outputs[0].data instanceof Int32Array ? integers(inputs, outputs) : floats(inputs, outputs),
    cpu: (kernels, [a, b], [y]) => callPair(kernels, y.dtype === 'i32' ? 'binaryI32' : 'binary', code, y, a, b),
    saves: saves ? { outputs: [] } : { inputs: [], outputs: [] },
    gradient: ([dy], { inputs, needs, inputShapes }) => {
      if (!dy) return [];
      const [a, b] = saves ? inputs : [dy, dy];
      return [
        needs[0] ? sumTo(gradientA(dy, a, b), inputShapes[0]) : undefined,
        needs[1] ? sumTo(gradientB(dy, a, b), inputShapes[1]) : undefined,
      ];
    },
    samples: () => {
      const second = (shape: number[]) => (range ? { shape, range } : shape);
      const pairs: [number[], number[]][] = [
        [
          [3, 5],
          [3, 5],
        ],
        [[17], [17]],
        [[2, 3, 4], [4]],
        [
          [3, 1],
          [1, 5],
        ],
        [[], [2, 3]],
        [
          [2, 1, 2, 1, 2, 1],
          [2, 2, 1, 2, 1, 3],
        ],
        [[0, 3], [3]],
      ];
      return [
        ...pairs.map(([a, b]) => ({ inputs: [a, second(b)], attributes: undefined })),
        {
          inputs: [
            { shape: [2, 3], dtype: 'i32' as const, values: [7, -7, 3, -1, 0, 2147483647] },
            { shape: [3], dtype: 'i32' as const, values: [2, 3, -2] },
          ],
          attributes: undefined,
        },
      ];
    },
  });
}

const addOperation = binary({
  name: 'add',
  summary: 'a + b',
  forward: (a, b) => a + b,
  saves: false,
  gradientA: (dy) => dy,
  gradientB: (dy) => dy,
});
const subtractOperation = binary({
  name: 'subtract',
  summary: 'a - b',
  forward: (a, b) => a - b,
  saves: false,
  gradientA: (dy) => dy,
  gradientB: (dy) => negate(dy),
});
const multiplyOperation = binary({
  name: 'multiply',
  summary: 'a b',
  forward: (a, b) => a * b,
  integer: Math.imul,
  gradientA: (dy, _, b) => multiply(dy, b),
  gradientB: (dy, a) => multiply(dy, a),
});
const divideOperation = binary({
  // d(a/b) = da / b - a db / b²
  name: 'divide',
  summary: 'a / b; on i32 rounded down, and 0 for b = 0',
  forward: (a, b) => a / b,
  integer: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
  range: [0.5, 2],
  gradientA: (dy, _, b) => divide(dy, b),
  gradientB: (dy, a, b) => negate(divide(multiply(divide(dy, b), a), b)),
});
const minimumOperation = binary({
  name: 'minimum',
  summary: 'the smaller of a and b; equal values give the gradient to a',
  forward: Math.min,
  gradientA: (dy, a, b) => where(lessEqual(a, b), dy, 0),
  gradientB: (dy, a, b) => where(greater(a, b), dy, 0),
});
const maximumOperation = binary({
  name: 'maximum',
  summary: 'the larger of a and b; equal values give the gradient to a',
  forward: Math.max,
  gradientA: (dy, a, b) => where(lessEqual(b, a), dy, 0),
  gradientB: (dy, a, b) => where(greater(b, a), dy, 0),
});

/** A number as a tensor without axes of the type of `like`. */
export function scalarLike(where: string, value: number, like: Tensor): Tensor {
  if (like.dtype !== 'f32' && (value | 0) !== value) {
    throw new LookbackError('DTYPE_MISMATCH', {
      where,
      expected: `a whole number of 32 bits, for the tensor is ${like.dtype}`,
      got: String(value),
      next: "Convert the tensor with .to('f32')",
    });
  }
  const scalar = allocate([], like.dtype, like.backend);
  fillInto(scalar, value);
  return scalar;
}

/** Applies an operation to two operands of which one may be a number. */
export function applyPair(operation: Operation<undefined>, a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a !== 'number' && typeof b !== 'number') return apply1(operation, [a, b], undefined);
  if (typeof a !== 'number') return withScalar(scalarLike(operation.name, b as number, a), (s) => [a, s]);
  if (typeof b !== 'number') return withScalar(scalarLike(operation.name, a, b), (s) => [s, b]);
  throw new LookbackError('BAD_ARGUMENT', {
    where: operation.name,
    expected: 'at least one tensor',
    got: 'two numbers',
  });

  function withScalar(scalar: Tensor, operands: (scalar: Tensor) => Tensor[]): Tensor {
    const result = apply1(operation, operands(scalar), undefined);
    scalar.dispose();
    return result;
  }
}

/** a + b. Shapes broadcast; f32 or i32. */
export function add(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === 'number' && isFloat(a)) return addScalar(a, b);
  if (typeof a === 'number' && isFloat(b)) return addScalar(b, a);
  return applyPair(addOperation, a, b);
}

/** a - b. Shapes broadcast; f32 or i32. */
export function subtract(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === 'number' && isFloat(a)) return addScalar(a, -b);
  return applyPair(subtractOperation, a, b);
}

/** a · b, element by element. Shapes broadcast; f32 or i32. */
export function multiply(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === 'number' && isFloat(a)) return multiplyScalar(a, b);
  if (typeof a === 'number' && isFloat(b)) return multiplyScalar(b, a);
  return applyPair(multiplyOperation, a, b);
}

/** a / b. Shapes broadcast. f32 divided by a number is multiplied by its reciprocal; i32 rounds down, x / 0 = 0. */
export function divide(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === 'number' && isFloat(a)) return multiplyScalar(a, 1 / b);
  return applyPair(divideOperation, a, b);
}

/** The smaller of a and b. Shapes broadcast; f32 or i32. Equal values give the gradient to `a`. */
export function minimum(a: Tensor | number, b: Tensor | number): Tensor {
  return applyPair(minimumOperation, a, b);
}

/** The larger of a and b. Shapes broadcast; f32 or i32. Equal values give the gradient to `a`. */
export function maximum(a: Tensor | number, b: Tensor | number): Tensor {
  return applyPair(maximumOperation, a, b);
}

function isFloat(value: Tensor | number): value is Tensor {
  return typeof value !== 'number' && value.dtype === 'f32';
}
