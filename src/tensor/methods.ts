/**
 * The common operations as methods of Tensor. Each is the function of ops/ with the tensor as its first argument,
 * so `a.add(b)` and `add(a, b)` are one thing.
 */
import type { DType } from '../backends/backend.ts';
import { add, divide, maximum, minimum, multiply, subtract } from './ops/binary.ts';
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from './ops/compare.ts';
import { to } from './ops/convert.ts';
import { cumulativeSum } from './ops/cumulative.ts';
import { matmul } from './ops/matmul.ts';
import {
  type Axes,
  argmax,
  argmin,
  logSumExp,
  max,
  mean,
  min,
  type ReduceOptions,
  sum,
  variance,
} from './ops/reduce.ts';
import { logSoftmax, softmax } from './ops/softmax.ts';
import {
  abs,
  clamp,
  cos,
  exp,
  floor,
  gelu,
  log,
  log1p,
  negate,
  pow,
  reciprocal,
  relu,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from './ops/unary.ts';
import {
  clone,
  contiguous,
  expand,
  flatten,
  permute,
  reshape,
  slice,
  split,
  squeeze,
  transpose,
  unsqueeze,
} from './ops/views.ts';
import type { Shape } from './shape.ts';
import { Tensor } from './tensor.ts';

/** Methods by the name of the function behind them. */
const methods = {
  add,
  sub: subtract,
  mul: multiply,
  div: divide,
  neg: negate,
  minimum,
  maximum,
  exp,
  log,
  log1p,
  tanh,
  sigmoid,
  relu,
  gelu,
  silu,
  softplus,
  clamp,
  pow,
  sqrt,
  rsqrt,
  sin,
  cos,
  abs,
  sign,
  floor,
  reciprocal,
  square,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
  sum,
  mean,
  max,
  min,
  logSumExp,
  variance,
  argmax,
  argmin,
  cumulativeSum,
  softmax,
  logSoftmax,
  matmul,
  reshape,
  flatten,
  permute,
  transpose,
  slice,
  expand,
  squeeze,
  unsqueeze,
  split,
  contiguous,
  clone,
  to,
} as const satisfies Record<keyof TensorMethods, unknown>;

/** The methods this file gives to Tensor, which names them as its own (`declare module` would not survive bundling). */
export interface TensorMethods {
  /** this + other; shapes broadcast. */
  add(other: Tensor | number): Tensor;
  /** this - other; shapes broadcast. */
  sub(other: Tensor | number): Tensor;
  /** this · other, element by element; shapes broadcast. */
  mul(other: Tensor | number): Tensor;
  /** this / other; shapes broadcast. */
  div(other: Tensor | number): Tensor;
  neg(): Tensor;
  minimum(other: Tensor | number): Tensor;
  maximum(other: Tensor | number): Tensor;
  exp(): Tensor;
  log(): Tensor;
  log1p(): Tensor;
  tanh(): Tensor;
  sigmoid(): Tensor;
  relu(): Tensor;
  gelu(options?: { approximate?: 'none' | 'tanh' }): Tensor;
  silu(): Tensor;
  softplus(): Tensor;
  clamp(low: number, high: number): Tensor;
  pow(exponent: number): Tensor;
  sqrt(): Tensor;
  rsqrt(): Tensor;
  sin(): Tensor;
  cos(): Tensor;
  abs(): Tensor;
  sign(): Tensor;
  floor(): Tensor;
  reciprocal(): Tensor;
  square(): Tensor;
  /** 1 where this = other, as u8. */
  equal(other: Tensor | number): Tensor;
  notEqual(other: Tensor | number): Tensor;
  less(other: Tensor | number): Tensor;
  lessEqual(other: Tensor | number): Tensor;
  greater(other: Tensor | number): Tensor;
  greaterEqual(other: Tensor | number): Tensor;
  /** Sum over `axes`, all by default. */
  sum(axes?: Axes, options?: ReduceOptions): Tensor;
  mean(axes?: Axes, options?: ReduceOptions): Tensor;
  max(axes?: Axes, options?: ReduceOptions): Tensor;
  min(axes?: Axes, options?: ReduceOptions): Tensor;
  logSumExp(axes?: Axes, options?: ReduceOptions): Tensor;
  variance(axes?: Axes, options?: ReduceOptions & { correction?: number }): Tensor;
  /** Where along `axis` the largest element is, as i32. */
  argmax(axis?: number, options?: ReduceOptions): Tensor;
  argmin(axis?: number, options?: ReduceOptions): Tensor;
  cumulativeSum(axis?: number, options?: { reverse?: boolean }): Tensor;
  softmax(axis?: number): Tensor;
  logSoftmax(axis?: number): Tensor;
  /** [..., M, K] · [..., K, N] -> [..., M, N]. */
  matmul(other: Tensor): Tensor;
  /** The same elements in row-major order under another shape; one extent may be -1. */
  reshape(shape: Shape): Tensor;
  flatten(start?: number, end?: number): Tensor;
  permute(order: readonly number[]): Tensor;
  /** Two axes exchanged, the last two by default. */
  transpose(a?: number, b?: number): Tensor;
  slice(axis: number, start: number, stop?: number, step?: number): Tensor;
  expand(shape: Shape): Tensor;
  squeeze(axis?: number): Tensor;
  unsqueeze(axis: number): Tensor;
  split(sizes: number | readonly number[], axis?: number): Tensor[];
  /** The tensor itself when it is row-major, else a row-major copy. */
  contiguous(): Tensor;
  clone(): Tensor;
  /** Another element type; the tensor itself when it has that type already. */
  to(dtype: DType): Tensor;
}

for (const [name, operation] of Object.entries(methods)) {
  const call = operation as (self: Tensor, ...rest: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return call(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}
