/** Seeded inputs, and nested lists as tensors and back: what exercises share. */
import type { Random } from '../random.ts';
import { type Tensor, tensor } from '../tensor/index.ts';

export type Vector = readonly number[];
export type Matrix = readonly Vector[];

/** Normal numbers, rounded so that they are short to read; adding 0 makes -0 the 0 that JSON knows. */
export function vector(random: Random, length: number, scale = 1): Vector {
  return Array.from(
    random.fillNormal(new Float32Array(length)),
    (value) => Math.round(1000 * scale * value) / 1000 + 0,
  );
}

export function matrix(random: Random, rows: number, columns: number, scale = 1): Matrix {
  return Array.from({ length: rows }, () => vector(random, columns, scale));
}

/** A list of lists as a tensor of the shape given. */
export function dense(values: Vector | Matrix, shape: readonly number[]): Tensor {
  return tensor(values.flat() as number[], { shape: [...shape], dtype: 'f32' });
}

/** A tensor of two dimensions as rows. */
export function rows(values: ArrayLike<number>, columns: number): Matrix {
  const flat = Array.from(values);
  return Array.from({ length: columns === 0 ? 0 : flat.length / columns }, (_, i) =>
    flat.slice(i * columns, (i + 1) * columns),
  );
}
