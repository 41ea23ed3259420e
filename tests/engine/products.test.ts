/**
 * Matrix products of any layout, exactly: whole numbers, so that no order of summing rounds. Sizes lie off the tiles and past
 * the blocks of k, and on either side of what is copied, by whom and when (kernels/gemm.hpp).
 */
import { describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backends/backend.ts';
import { Random } from '../../src/random.ts';
import * as L from '../../src/tensor/index.ts';
import { availableBackends } from '../backends.ts';

/** M, K, N. */
const sizes = [
  [57, 1100, 70],
  [150, 530, 100],
  [96, 600, 401],
  [401, 600, 96],
  [128, 300, 1057],
  [300, 64, 513],
  [31, 520, 1025],
] as const;

function whole(count: number, name: string): Float32Array {
  const random = new Random(1, name);
  return Float32Array.from({ length: count }, () => random.integer(17) - 8);
}

/** C[M, N] = A[M, K] B[K, N]. */
function product(a: Float32Array, b: Float32Array, [m, k, n]: readonly number[]): Float32Array {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      for (let j = 0; j < n; j++) c[i * n + j] += a[i * k + p] * b[p * n + j];
    }
  }
  return c;
}

function flipped(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}

const cases = sizes.map(([m, k, n]) => {
  const [a, b] = [whole(m * k, `a${m}`), whole(k * n, `b${n}`)];
  return { size: [m, k, n], a, b, expected: product(a, b, [m, k, n]) };
});

const kernels = (await availableBackends()).filter(({ backend }) => backend.kind === 'cpu');

describe.each(kernels)('$name', ({ backend }) => {
  it.each(cases)('$size, every layout', ({ size: [m, k, n], a, b, expected }) => {
    const before = setBackend(backend);
    try {
      L.scope(() => {
        const lefts = [L.tensor(a, { shape: [m, k] }), L.transpose(L.tensor(flipped(a, m, k), { shape: [k, m] }))];
        const rights = [L.tensor(b, { shape: [k, n] }), L.transpose(L.tensor(flipped(b, k, n), { shape: [n, k] }))];
        for (const left of lefts) {
          for (const right of rights) {
            const got = Float32Array.from(L.matmul(left, right).dataSync());
            expect(Buffer.from(got.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
          }
        }
      });
    } finally {
      setBackend(before);
    }
  });
});
