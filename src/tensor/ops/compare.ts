/**
 * Comparisons give u8 tensors of 0 and 1; `where` chooses by one. Nothing here but `where` has a gradient.
 */
import { addressOf } from '../../backends/backend.ts';
import { compareCode } from '../../backends/cpu/codes.ts';
import { LookbackError } from '../../errors.ts';
import { apply1, define, type Operation, requireArithmetic, requireDType, type SampleInput } from '../operation.ts';
import { broadcastShapes, isContiguous, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { applyPair, maximum, multiply, scalarLike } from './binary.ts';
import { to } from './convert.ts';
import { broadcastDense, callPair, eachBlock, pairReference, pairShape } from './elementwise.ts';
import { sumTo } from './reduce.ts';

function comparison(
  name: keyof typeof compareCode,
  sign: string,
  holds: (a: number, b: number) => boolean,
): Operation<undefined> {
  return define({
    name,
    family: 'comparison',
    summary: `1 where a ${sign} b, else 0, as u8; f32 or i32`,
    strided: true,
    infer: ([a, b]) => {
      requireArithmetic(name, a, a.dtype === 'u8' ? 'i32' : 'f32');
      requireDType(name, b, a.dtype, 'second input');
      return [{ shape: pairShape(name, a, b), dtype: 'u8' }];
    },
    reference: pairReference((a, b) => (holds(a, b) ? 1 : 0)),
    cpu: (kernels, [a, b], [y]) =>
      callPair(kernels, a.dtype === 'i32' ? 'compareI32' : 'compare', compareCode[name], y, a, b),
    samples: () => {
      const whole = (shape: number[]): SampleInput => ({ shape, dtype: 'i32', range: [0, 4] });
      return [
        {
          inputs: [
            [3, 5],
            [3, 5],
          ],
          attributes: undefined,
        },
        {
          inputs: [
            [2, 3, 4],
            [3, 1],
          ],
          attributes: undefined,
        },
        { inputs: [whole([3, 7]), whole([7])], attributes: undefined },
        { inputs: [[0, 3], [3]], attributes: undefined },
        {
          inputs: [
            [2, 1, 2, 1, 2],
            [2, 2, 1, 3, 1],
          ],
          attributes: undefined,
        },
      ];
    },
  });
}

const equalOperation = comparison('equal', '=', (a, b) => a === b);
const notEqualOperation = comparison('notEqual', '≠', (a, b) => a !== b);
const lessOperation = comparison('less', '<', (a, b) => a < b);
const lessEqualOperation = comparison('lessEqual', '≤', (a, b) => a <= b);
const greaterOperation = comparison('greater', '>', (a, b) => a > b);
const greaterEqualOperation = comparison('greaterEqual', '≥', (a, b) => a >= b);

/** 1 where a = b, as u8. Shapes broadcast; f32 or i32. */
export const equal = (a: Tensor | number, b: Tensor | number): Tensor => applyPair(equalOperation, a, b);
/** 1 where a ≠ b, as u8. */
export const notEqual = (a: Tensor | number, b: Tensor | number): Tensor => applyPair(notEqualOperation, a, b);
/** 1 where a < b, as u8. */
export const less = (a: Tensor | number, b: Tensor | number): Tensor => applyPair(lessOperation, a, b);
/** 1 where a ≤ b, as u8. */
export const lessEqual = (a: Tensor | number, b: Tensor | number): Tensor => applyPair(lessEqualOperation, a, b);
/** 1 where a > b, as u8. */
export const greater = (a: Tensor | number, b: Tensor | number): Tensor => applyPair(greaterOperation, a, b);
/** 1 where a ≥ b, as u8. */
export const greaterEqual = (a: Tensor | number, b: Tensor | number): Tensor => applyPair(greaterEqualOperation, a, b);

/** 1 where the u8 tensor is 0, else 0. */
export const logicalNot = (a: Tensor): Tensor => equal(flags('logicalNot', a), 0);
/** 1 where both u8 tensors are not 0. Shapes broadcast. */
export const logicalAnd = (a: Tensor, b: Tensor): Tensor =>
  to(multiply(flags('logicalAnd', a), flags('logicalAnd', b)), 'u8');
/** 1 where either u8 tensor is not 0. Shapes broadcast. */
export const logicalOr = (a: Tensor, b: Tensor): Tensor =>
  to(maximum(flags('logicalOr', a), flags('logicalOr', b)), 'u8');

function flags(where: string, input: Tensor): Tensor {
  requireDType(where, input, 'u8');
  return to(input, 'i32');
}

const whereOperation = define({
  name: 'where',
  family: 'comparison',
  summary: 'a where the condition (u8) is not 0, else b; all three broadcast',
  strided: true,
  infer: ([condition, a, b]) => {
    requireDType('where', condition, 'u8', 'condition');
    requireArithmetic('where', a);
    requireDType('where', b, a.dtype, 'second choice');
    const choices = pairShape('where', a, b);
    const shape = sameShape(choices, condition.shape) ? choices : broadcastShapes('where', condition.shape, choices);
    return [{ shape, dtype: a.dtype }];
  },
  reference: ([condition, a, b], [y]) => {
    const chosen = broadcastDense(condition, y.shape);
    const left = broadcastDense(a, y.shape);
    const right = broadcastDense(b, y.shape);
    for (let i = 0; i < y.data.length; i++) y.data[i] = chosen[i] ? left[i] : right[i];
  },
  cpu: (kernels, inputs, [y]) => {
    if (y.size === 0) return 0;
    const [c, a, b] = inputs.map(addressOf);
    if (inputs.every((input) => sameShape(input.shape, y.shape) && isContiguous(input.shape, input.strides))) {
      return kernels.where(addressOf(y), c, a, b, 1, 1, 1, y.size, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    }
    return eachBlock(
      y,
      inputs,
      ([n0, n1, n2, n3], [to, c, a, b], [, [c0, c1, c2, c3], [a0, a1, a2, a3], [b0, b1, b2, b3]]) =>
        kernels.where(to, c, a, b, n0, n1, n2, n3, c0, c1, c2, c3, a0, a1, a2, a3, b0, b1, b2, b3),
    );
  },
  saves: { inputs: [0], outputs: [] },
  gradient: ([dy], { inputs, needs, inputShapes }) => [
    undefined,
    dy && needs[1] ? sumTo(where(inputs[0], dy, 0), inputShapes[1]) : undefined,
    dy && needs[2] ? sumTo(where(inputs[0], 0, dy), inputShapes[2]) : undefined,
  ],
  samples: () => {
    const condition = (shape: number[]): SampleInput => ({ shape, dtype: 'u8', range: [0, 2] });
    return [
      { inputs: [condition([3, 5]), [3, 5], [3, 5]], attributes: undefined },
      { inputs: [condition([5]), [3, 1], []], attributes: undefined },
      { inputs: [condition([2, 1, 3, 1, 2]), [1, 2, 3, 2, 1], [2, 1, 1, 2, 2]], attributes: undefined },
      { inputs: [condition([0]), [0], [1]], attributes: undefined },
      {
        inputs: [
          condition([7]),
          { shape: [7], dtype: 'i32', range: [-9, 9] },
          { shape: [], dtype: 'i32', values: [2147483647] },
        ],
        attributes: undefined,
      },
    ];
  },
});

/** a where `condition` (u8) is not 0, else b. All three broadcast; a number takes the other choice's type. */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a === 'number' && typeof b === 'number') {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'where',
      expected: 'at least one tensor to choose from',
      got: 'two numbers',
      next: 'Make one with full()',
    });
  }
  const first = typeof a === 'number' ? scalarLike('where', a, b as Tensor) : a;
  const second = typeof b === 'number' ? scalarLike('where', b, a as Tensor) : b;
  const result = apply1(whereOperation, [condition, first, second], undefined);
  if (first !== a) first.dispose();
  if (second !== b) second.dispose();
  return result;
}
