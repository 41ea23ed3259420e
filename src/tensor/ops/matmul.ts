/**
 * Matrix products [..., M, K] · [..., K, N] -> [..., M, N] with broadcast batch axes. Operands may have any strides:
 * a transposed view costs no copy.
 */
import { addressOf, bytesPerElement, type View } from '../../backends/backend.ts';
import type { Kernels } from '../../backends/cpu/kernels.generated.ts';
import { apply1, define, type Operation, requireDType, requireStored, shapeError } from '../operation.ts';
import { broadcastShapes, collapse, contiguousStrides, isContiguous, sameShape, show, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastDense, broadcastStrides } from './elementwise.ts';
import { rowMajor } from './kernel.ts';
import { sumTo } from './reduce.ts';
import { reshape, squeeze, transpose, unsqueeze } from './views.ts';

/** Calls gemm over all batches in as few calls as the strides allow. */
function multiplyBatches(kernels: Kernels, a: View, b: View, c: View): number {
  const rank = a.shape.length;
  const m = a.shape[rank - 2];
  const k = a.shape[rank - 1];
  const n = b.shape[b.shape.length - 1];
  if (c.size === 0) return 0;
  if (k === 0) return kernels.fill(addressOf(c), 0, 0, c.size);
  if (b.dtype === 'bf16') return multiplyStored(kernels, a, b, c);
  if (b.shape.length === 2 && (rank === 2 || isContiguous(a.shape, a.strides))) {
    const [aRow, aColumn] = rank === 2 ? a.strides : [k, 1];
    const [bRow, bColumn] = b.strides;
    const rows = c.size / n;
    return kernels.gemm(
      1,
      rows,
      n,
      k,
      addressOf(a),
      0,
      aRow,
      aColumn,
      addressOf(b),
      0,
      bRow,
      bColumn,
      addressOf(c),
      0,
      n,
      0,
    );
  }
  const batch = c.shape.slice(0, -2);
  const [aRow, aColumn] = a.strides.slice(-2);
  const [bRow, bColumn] = b.strides.slice(-2);
  const aBatch = broadcastStrides({ shape: a.shape.slice(0, -2), strides: a.strides.slice(0, -2) }, batch);
  const bBatch = broadcastStrides({ shape: b.shape.slice(0, -2), strides: b.strides.slice(0, -2) }, batch);
  const cBatch = contiguousStrides(c.shape).slice(0, -2);
  // One matrix for all batches: their rows are rows of one tall matrix where the strides of `a` allow it.
  const shared = bBatch.every((stride, i) => stride === 0 || batch[i] === 1);
  const { shape, strides } = shared
    ? collapse(
        [...batch, m],
        [
          [...cBatch, n],
          [...aBatch, aRow],
        ],
      )
    : collapse(batch, [cBatch, aBatch, bBatch]);
  const [cSteps, aSteps, bSteps = shape.map(() => 0)] = strides;
  const size = bytesPerElement.f32;
  const walk = (axis: number, aAt: number, bAt: number, cAt: number): number => {
    const left = shape.length - axis;
    if (left <= 1) {
      const [extent, aStep, bStep, cStep] =
        left === 1 ? [shape[axis], aSteps[axis], bSteps[axis], cSteps[axis]] : [1, 0, 0, 0];
      return shared
        ? kernels.gemm(1, extent, n, k, aAt, 0, aStep, aColumn, bAt, 0, bRow, bColumn, cAt, 0, n, 0)
        : kernels.gemm(extent, m, n, k, aAt, aStep, aRow, aColumn, bAt, bStep, bRow, bColumn, cAt, cStep, n, 0);
    }
    for (let i = 0; i < shape[axis]; i++) {
      const status = walk(
        axis + 1,
        aAt + i * aSteps[axis] * size,
        bAt + i * bSteps[axis] * size,
        cAt + i * cSteps[axis] * size,
      );
      if (status !== 0) return status;
    }
    return 0;
  };
  return walk(0, addressOf(a), addressOf(b), addressOf(c));
}

/** The same for one matrix b [K, N] that is stored in bf16. */
function multiplyStored(kernels: Kernels, a: View, b: View, c: View): number {
  const [k, n] = b.shape;
  const flat = a.shape.length === 2 ? a : rowMajor(a);
  const [row, column] = a.shape.length === 2 ? a.strides : [k, 1];
  return kernels.gemmBf16(
    c.size / n,
    n,
    k,
    addressOf(flat),
    row,
    column,
    addressOf(b),
    ...two(b.strides),
    addressOf(c),
    n,
    0,
  );
}

const two = ([row, column]: readonly number[]): [number, number] => [row, column];

const matmulOperation: Operation = define({
  name: 'matmul',
  family: 'matrix products',
  summary: '[..., M, K] · [..., K, N] -> [..., M, N]; batch axes broadcast',
  strided: true,
  infer: ([a, b]) => {
    requireDType('matmul', a, 'f32', 'left matrix');
    requireStored('matmul', b, 'right matrix');
    if (a.rank < 2 || b.rank < 2 || a.shape[a.rank - 1] !== b.shape[b.rank - 2]) {
      throw shapeError(
        'matmul',
        '[..., M, K] and [..., K, N]',
        `${show(a.shape)} and ${show(b.shape)}`,
        'Weights are [out, in]: transpose them, or use linear()',
      );
    }
    if (b.dtype === 'bf16' && b.rank > 2) {
      throw shapeError('matmul', 'one matrix [K, N] in bf16', show(b.shape), "Widen it with .to('f32')");
    }
    const rows = a.shape.slice(0, -1);
    const columns = b.shape[b.rank - 1];
    if (b.rank === 2) return [{ shape: [...rows, columns], dtype: 'f32' }];
    const batch = broadcastShapes('matmul', rows.slice(0, -1), b.shape.slice(0, -2));
    return [{ shape: [...batch, a.shape[a.rank - 2], columns], dtype: 'f32' }];
  },
  reference: ([a, b], [c]) => {
    const batch = c.shape.slice(0, -2);
    const [m, k] = a.shape.slice(-2);
    const n = b.shape[b.shape.length - 1];
    const left = broadcastDense(a, [...batch, m, k]);
    const right = broadcastDense(b, [...batch, k, n]);
    for (let i = 0; i < sizeOf(batch); i++) {
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          let sum = 0;
          for (let j = 0; j < k; j++) sum += left[(i * m + row) * k + j] * right[(i * k + j) * n + column];
          c.data[(i * m + row) * n + column] = sum;
        }
      }
    }
  },
  cpu: (kernels, [a, b], [c]) => multiplyBatches(kernels, a, b, c),
  saves: { outputs: [] },
  // C = A B  =>  dA = dC Bᵀ, dB = Aᵀ dC, summed over batch axes that were broadcast
  gradient: ([dc], { inputs: [a, b], needs, inputShapes, into }) => {
    if (!dc) return [];
    let da: Tensor | undefined;
    let db: Tensor | undefined;
    if (needs[0]) {
      const exact = a.rank === dc.rank && sameShape(a.shape.slice(0, -2), dc.shape.slice(0, -2));
      da = sumTo(apply1(matmulOperation, [dc, transpose(b)], undefined, exact ? into(0) : undefined), inputShapes[0]);
    }
    if (needs[1]) {
      if (b.rank === 2) {
        // One product over all rows of all batches instead of a sum of products.
        const rows = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape[a.rank - 1]]);
        db = apply1(
          matmulOperation,
          [transpose(rows), reshape(dc, [rows.shape[0], dc.shape[dc.rank - 1]])],
          undefined,
          into(1),
        );
      } else {
        db = sumTo(apply1(matmulOperation, [transpose(a), dc], undefined), inputShapes[1]);
      }
    }
    return [da, db];
  },
  samples: () =>
    [
      [
        [3, 4],
        [4, 5],
      ],
      [
        [1, 7],
        [7, 1],
      ],
      [
        [2, 3, 4],
        [4, 2],
      ],
      [
        [3, 4],
        [2, 4, 2],
      ],
      [
        [2, 1, 2, 3],
        [3, 3, 2],
      ],
      [
        [2, 3, 2, 2],
        [2, 1, 2, 2],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      [
        [0, 3],
        [3, 2],
      ],
    ].map((inputs) => ({ inputs, attributes: undefined })),
});

/**
 * Matrix product: [..., M, K] · [..., K, N] -> [..., M, N]. Batch axes broadcast; a tensor with one axis is a row on
 * the left and a column on the right, and that axis goes from the result, as in numpy. The right matrix may be stored in
 * bf16 where it is one for all batches.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 0 || b.rank === 0) {
    throw shapeError('matmul', 'tensors with at least one axis', `${show(a.shape)} and ${show(b.shape)}`);
  }
  if (a.rank > 1 && b.rank > 1) return apply1(matmulOperation, [a, b], undefined);
  const left = a.rank === 1 ? unsqueeze(a, 0) : a;
  const right = b.rank === 1 ? unsqueeze(b, 1) : b;
  const full = apply1(matmulOperation, [left, right], undefined);
  const withoutColumn = b.rank === 1 ? squeeze(full, -1) : full;
  return a.rank === 1 ? squeeze(withoutColumn, b.rank === 1 ? -1 : -2) : withoutColumn;
}
