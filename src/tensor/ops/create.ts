/**
 * New tensors: constant, counted, masks, random. They live on the current backend. Random numbers come from a
 * generator that is passed in and are the same on every backend: they are drawn here and copied there.
 */
import type { DType } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { exp } from '../../math.ts';
import type { Random } from '../../random.ts';
import { fillInto } from '../memory.ts';
import { requireDType, shapeError } from '../operation.ts';
import { checkShape, type Shape, sizeOf } from '../shape.ts';
import { allocate, type Tensor, tensor } from '../tensor.ts';

export interface CreateOptions {
  dtype?: DType;
}

/** Every element `value`. */
export function full(shape: Shape, value: number, { dtype = 'f32' }: CreateOptions = {}): Tensor {
  checkShape('full', shape);
  const result = allocate([...shape], dtype);
  fillInto(result, value);
  return result;
}

/** Every element 0. */
export function zeros(shape: Shape, { dtype = 'f32' }: CreateOptions = {}): Tensor {
  return full(shape, 0, { dtype });
}

/** Every element 1. */
export function ones(shape: Shape, { dtype = 'f32' }: CreateOptions = {}): Tensor {
  return full(shape, 1, { dtype });
}

/** Zeros of the shape, type and backend of `like`. */
export function zerosLike(like: Tensor): Tensor {
  return fullLike(like, 0);
}

/** Ones of the shape, type and backend of `like`. */
export function onesLike(like: Tensor): Tensor {
  return fullLike(like, 1);
}

function fullLike(like: Tensor, value: number): Tensor {
  const result = allocate(like.shape, like.dtype, like.backend);
  fillInto(result, value);
  return result;
}

/**
 * start, start + step, … below stop (above it for a negative step); one number counts from 0. i32 unless `dtype`
 * says otherwise.
 *
 * @throws LookbackError BAD_ARGUMENT for a step of 0, or fractions in an i32 range.
 */
export function range(start: number, stop?: number, step = 1, { dtype = 'i32' }: CreateOptions = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const whole = dtype === 'f32' || (Number.isInteger(from) && Number.isInteger(step));
  if (step === 0 || !Number.isFinite((to - from) / step) || !whole) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'range',
      expected: `finite ${dtype === 'f32' ? '' : 'whole '}numbers and a step that is not 0`,
      got: `${from} to ${to} by ${step}`,
      next: dtype === 'f32' ? undefined : "Pass { dtype: 'f32' } for fractions",
    });
  }
  const count = Math.max(0, Math.ceil((to - from) / step));
  checkShape('range', [count]);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => from + i * step),
    { dtype },
  );
}

/** u8 mask [rows, columns]: 1 on and below the diagonal (shifted right by `diagonal`), 0 above. */
export function tril(rows: number, columns = rows, diagonal = 0): Tensor {
  return mask('tril', rows, columns, (row, column) => column <= row + diagonal);
}

/** u8 mask [rows, columns]: 1 on and above the diagonal (shifted right by `diagonal`), 0 below. */
export function triu(rows: number, columns = rows, diagonal = 0): Tensor {
  return mask('triu', rows, columns, (row, column) => column >= row + diagonal);
}

function mask(where: string, rows: number, columns: number, inside: (row: number, column: number) => boolean): Tensor {
  checkShape(where, [rows, columns]);
  const values = new Uint8Array(rows * columns);
  for (let i = 0; i < values.length; i++) values[i] = inside(Math.floor(i / columns), i % columns) ? 1 : 0;
  return tensor(values, { shape: [rows, columns] });
}

/** Where random numbers come from. */
export interface RandomOptions {
  random: Random;
}

function drawn(where: string, shape: Shape, fill: (values: Float32Array) => Float32Array): Tensor {
  checkShape(where, shape);
  return tensor(fill(new Float32Array(sizeOf(shape))), { shape: [...shape] });
}

/** Uniform on [low, high). */
export function uniform(
  shape: Shape,
  { random, low = 0, high = 1 }: RandomOptions & { low?: number; high?: number },
): Tensor {
  return drawn('uniform', shape, (values) => random.fillUniform(values, low, high));
}

/** Normal. */
export function normal(
  shape: Shape,
  { random, mean = 0, std = 1 }: RandomOptions & { mean?: number; std?: number },
): Tensor {
  return drawn('normal', shape, (values) => random.fillNormal(values, mean, std));
}

/** Normal, given that it lies between `low` and `high` standard deviations from the mean. */
export function truncatedNormal(
  shape: Shape,
  {
    random,
    mean = 0,
    std = 1,
    low = -2,
    high = 2,
  }: RandomOptions & {
    mean?: number;
    std?: number;
    low?: number;
    high?: number;
  },
): Tensor {
  return drawn('truncatedNormal', shape, (values) => random.fillTruncatedNormal(values, mean, std, low, high));
}

/** 0 … n - 1 in random order, i32 [n]. */
export function permutation(n: number, { random }: RandomOptions): Tensor {
  return tensor(random.permutation(n));
}

/**
 * One class drawn from softmax(logits) for each row: logits [..., V] -> i32 [...]. Reads the logits, so it needs a
 * backend that reads at once.
 *
 * @throws LookbackError BAD_ARGUMENT where a row has no finite largest logit.
 */
export function categorical(logits: Tensor, { random }: RandomOptions): Tensor {
  requireDType('categorical', logits, 'f32', 'logits');
  const classes = logits.shape[logits.rank - 1];
  if (!classes)
    throw shapeError('categorical', 'logits [..., V] of at least one class', `[${logits.shape.join(', ')}]`);
  const values = logits.dataSync();
  const weights = new Float64Array(classes);
  const drawnClasses = new Int32Array(values.length / classes);
  for (let row = 0; row < drawnClasses.length; row++) {
    const from = row * classes;
    let top = -Infinity;
    for (let i = 0; i < classes; i++) top = Math.max(top, values[from + i]);
    for (let i = 0; i < classes; i++) weights[i] = exp(values[from + i] - top);
    drawnClasses[row] = random.categorical(weights);
  }
  return tensor(drawnClasses, { shape: logits.shape.slice(0, -1) });
}
