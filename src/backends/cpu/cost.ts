/**
 * What the kernels' work amounts to, for profiles and benchmarks: floating-point operations and the bytes that have to
 * move at least once (each operand read or written once, whatever the caches do).
 *
 * A multiply-add counts 2, any other step of arithmetic 1, an exponential or its kin also 1, so that FLOP/s compare with
 * the machine's multiply-add limit for products only. Kernels that are left out count the bytes of their views.
 */
import type { Kernels } from './kernels.generated.ts';

export interface Cost {
  flops: number;
  bytes: number;
}

type Costs = { [Name in keyof Kernels]?: (...given: Parameters<Kernels[Name]>) => Cost };

const floats = (flops: number, count: number): Cost => ({ flops, bytes: 4 * count });
const elements = (n0: number, n1: number, n2: number, n3: number) => n0 * n1 * n2 * n3;

/** Keys a query sees, over all queries: with causal, query t of Tq sees t + 1 + Tk - Tq of Tk. */
export function visiblePairs(tq: number, tk: number, causal: boolean): number {
  if (!causal) return tq * tk;
  // Queries with something to see, the last of which sees all keys.
  const seeing = Math.min(tq, tk);
  return seeing * tk - (seeing * (seeing - 1)) / 2;
}

/** G gates of H units over B sequences of T steps with I inputs, forward: both products of every gate. */
export function recurrentFlops(gates: number, b: number, t: number, i: number, h: number): number {
  return 2 * b * t * gates * h * (i + h);
}

const recurrent = (gates: number, b: number, t: number, i: number, h: number, passes: number): Cost =>
  floats(
    passes * recurrentFlops(gates, b, t, i, h),
    passes * (b * t * (i + (gates + 2) * h) + gates * h * (i + h + 2)),
  );

export const kernelCosts: Costs = {
  unary: (_op, _out, _a, n0, n1, n2, n3) => floats(elements(n0, n1, n2, n3), 2 * elements(n0, n1, n2, n3)),
  binary: (_op, _out, _a, _b, n0, n1, n2, n3) => floats(elements(n0, n1, n2, n3), 3 * elements(n0, n1, n2, n3)),
  copy: (_o, _o0, _o1, _o2, _o3, _i, _i0, _i1, _i2, _i3, n0, n1, n2, n3, bytes) => ({
    flops: 0,
    bytes: 2 * bytes * elements(n0, n1, n2, n3),
  }),
  fill: (_out, _value, dtype, count) => ({ flops: 0, bytes: (dtype === 2 ? 1 : dtype === 3 ? 2 : 4) * count }),
  addInto: (_out, _a, count) => floats(count, 3 * count),
  reduceRows: (_op, _out, _input, rows, columns) => floats(rows * columns, rows * (columns + 1)),
  sumColumns: (_out, _input, rows, columns) => floats(rows * columns, (rows + 1) * columns),
  softmax: (_out, _input, rows, columns) => floats(4 * rows * columns, 2 * rows * columns),
  softmaxGradient: (_dx, _y, _dy, rows, columns) => floats(4 * rows * columns, 3 * rows * columns),
  embedding: (_out, _table, _ids, count, _rows, columns) => floats(0, count * (2 * columns + 1)),
  embeddingGradient: (_d, _dy, _ids, count, rows, columns) => floats(count * columns, (count + rows) * columns + count),
  gemm: (batch, m, n, k) => floats(2 * batch * m * n * k, batch * (m * k + k * n + m * n)),
  linear: (_y, preactivation, _x, _w, bias, m, n, k) =>
    floats(2 * m * n * k + (bias ? m * n : 0), m * k + k * n + m * n * (preactivation ? 2 : 1)),
  gemmBf16: (m, n, k) => floats(2 * m * n * k, m * k + (k * n) / 2 + m * n),
  linearBf16: (_y, slope, _x, _w, bias, m, n, k) =>
    floats(2 * m * n * k + (bias ? m * n : 0), m * k + (k * n) / 2 + m * n * (slope ? 2 : 1)),
  embeddingBf16: (_out, _table, _ids, count, _rows, columns) => floats(0, count * (1.5 * columns + 1)),
  hidden: (_y, z, _x, _w, bias, m, n, k) =>
    floats(2 * m * n * k + 9 * m * n, m * k + n * k + (bias ? n : 0) + m * n * (z ? 2 : 1)),
  hiddenGradient: (_dz, _z, _dy, _w, m, n, k) => floats(2 * m * n * k + 9 * m * n, m * k + n * k + 3 * m * n),
  activationGradient: (_dz, _dy, _saved, count) => floats(8 * count, 3 * count),
  layerNorm: (_y, _mean, _rstd, _x, _w, _b, rows, columns) => floats(8 * rows * columns, 2 * rows * columns),
  layerNormGradient: (_dx, _dw, _db, _dy, _x, _mean, _rstd, _w, rows, columns) =>
    floats(14 * rows * columns, 3 * rows * columns),
  rmsNorm: (_y, _rstd, _x, _w, rows, columns) => floats(5 * rows * columns, 2 * rows * columns),
  rmsNormGradient: (_dx, _dw, _dy, _x, _rstd, _w, rows, columns) => floats(10 * rows * columns, 3 * rows * columns),
  crossEntropy: (_loss, _lse, _logits, _targets, rows, columns) => floats(4 * rows * columns, rows * (columns + 3)),
  crossEntropyGradient: (_d, _dloss, _logits, _lse, _targets, rows, columns) =>
    floats(3 * rows * columns, rows * (2 * columns + 3)),
  // scores and mixture; backwards the scores again, dP, dV, dQ and dK
  attention: (_out, _lse, _q, _k, _v, _mask, b, h, g, tq, tk, d, ...rest) =>
    floats(4 * b * h * d * visiblePairs(tq, tk, rest[9] === 1), 2 * b * d * (h * tq + g * tk)),
  attentionGradient: (_dq, _dk, _dv, _dout, _out, _lse, _q, _k, _v, _mask, b, h, g, tq, tk, d, ...rest) =>
    floats(10 * b * h * d * visiblePairs(tq, tk, rest[9] === 1), 4 * b * d * (h * tq + g * tk)),
  rotary: (_out, _x, _cosine, _sine, b, h, t, d) => floats(3 * b * h * t * d, 2 * b * h * t * d + t * d),
  rnn: (_y, _x, _wx, _wh, _bx, _bh, _h0, b, t, i, h) => recurrent(1, b, t, i, h, 1),
  rnnGradient: (_dx, _dwx, _dwh, _dbx, _dbh, _dh0, _ds, _dy, _y, _x, _wx, _wh, _h0, b, t, i, h) =>
    recurrent(1, b, t, i, h, 2),
  lstm: (_y, _gates, _c, _x, _wx, _wh, _bx, _bh, _h0, _c0, b, t, i, h) => recurrent(4, b, t, i, h, 1),
  lstmGradient: (...given) => {
    const [b, t, i, h] = given.slice(-5);
    return recurrent(4, b, t, i, h, 2);
  },
  gru: (_y, _gates, _hn, _x, _wx, _wh, _bx, _bh, _h0, b, t, i, h) => recurrent(3, b, t, i, h, 1),
  gruGradient: (...given) => {
    const [b, t, i, h] = given.slice(-5);
    return recurrent(3, b, t, i, h, 2);
  },
  dropout: (_out, _x, count) => floats(count, 2 * count),
  adamw: (_p, _m, _v, _g, _scale, count) => floats(14 * count, 7 * count),
  sgd: (_p, velocity, _g, _scale, count) => floats(4 * count, (velocity ? 5 : 3) * count),
  sumSquares: (_out, _x, count) => floats(2 * count, count),
  countNonFinite: (_out, _x, count) => floats(0, count),
};
