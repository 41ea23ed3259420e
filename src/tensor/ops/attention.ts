/**
 * Scaled dot-product attention, softmax(q kᵀ scale) v (Vaswani et al. 2017), in tiles, memory linear in T (Dao et al.
 * 2022). Heads may share keys and values (grouped queries, Ainslie et al. 2023): head h uses group floor(h G / H).
 *
 * Scores may be bent by the distance (ALiBi, Press et al. 2022) and keys hidden beyond a window (Beltagy et al. 2020).
 * A query that may see nothing gets zeros. Does not do: dropout on the pattern, other additive biases.
 */
import { addressOf, type DType, type View } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { pow } from '../../math.ts';
import { contiguous } from '../memory.ts';
import { apply1, define, type OutputSpec, requireDType, type Sample, shapeError } from '../operation.ts';
import { checkShape, type Shape, show } from '../shape.ts';
import { allocate, type Tensor, tensor } from '../tensor.ts';
import { multiply, subtract } from './binary.ts';
import { where } from './compare.ts';
import { to } from './convert.ts';
import { tril, triu } from './create.ts';
import { address, rowMajor, runGradient, timeMajorStrides, unitStride } from './kernel.ts';
import { matmul } from './matmul.ts';
import { softmax } from './softmax.ts';
import { reshape, transpose } from './views.ts';

interface AttentionAttributes {
  causal: boolean;
  scale: number;
  /** Keys a query sees, its own included; 0 for all. With `causal` only. */
  window: number;
}

/** The optional inputs after q, k and v: the mask is u8, the slopes f32. */
function extras<T extends { readonly dtype: DType }>(rest: readonly T[]): { mask?: T; slopes?: T } {
  return { mask: rest.find(({ dtype }) => dtype === 'u8'), slopes: rest.find(({ dtype }) => dtype !== 'u8') };
}

/** Extents b h g tq tk d, as the kernels take them. */
type Extents = [b: number, h: number, g: number, tq: number, tk: number, d: number];

const extents = (q: Shape, k: Shape): Extents => [q[0], q[1], k[1], q[2], k[2], q[3]];

/** Strides of batch, head and time. */
const strides = (view: View): [number, number, number] => [view.strides[0], view.strides[1], view.strides[2]];

function checkAttention(where: string, q: Tensor, k: Tensor, v: Tensor, rest: readonly Tensor[]): void {
  const { mask, slopes } = extras(rest);
  for (const [input, name] of [
    [q, 'q'],
    [k, 'k'],
    [v, 'v'],
  ] as const)
    requireDType(where, input, 'f32', name);
  if (slopes) requireDType(where, slopes, 'f32', 'slopes');
  const fits =
    q.rank === 4 &&
    k.rank === 4 &&
    v.rank === 4 &&
    k.shape.every((extent, i) => extent === v.shape[i]) &&
    q.shape[0] === k.shape[0] &&
    q.shape[3] === k.shape[3] &&
    (k.shape[1] === 0 ? q.shape[1] === 0 : q.shape[1] % k.shape[1] === 0) &&
    (!mask || (mask.rank === 2 && mask.shape[0] === k.shape[0] && mask.shape[1] === k.shape[2])) &&
    (!slopes || (slopes.rank === 1 && slopes.shape[0] === q.shape[1]));
  if (!fits) {
    throw shapeError(
      where,
      'q [B, H, Tq, D], k and v [B, G, Tk, D] with H a multiple of G, mask [B, Tk], slopes [H]',
      [q, k, v, ...rest].map(({ dtype, shape }) => `${dtype}${show(shape)}`).join(', '),
    );
  }
}

/** Probabilities [B, G, H/G, Tq, Tk], zero where hidden, in ordinary operations. */
function pattern(q: Tensor, k: Tensor, rest: readonly Tensor[], attributes: AttentionAttributes): Tensor {
  const { causal, scale, window } = attributes;
  const { mask, slopes } = extras(rest);
  const [b, h, g, tq, tk, d] = extents(q.shape, k.shape);
  const queries = reshape(multiply(q, scale), [b, g, g === 0 ? 0 : h / g, tq, d]);
  let probabilities = matmul(queries, transpose(reshape(k, [b, g, 1, tk, d])));
  if (slopes) {
    const slope = reshape(slopes, [1, g, g === 0 ? 0 : h / g, 1, 1]);
    probabilities = subtract(probabilities, multiply(slope, attentionDistances(tq, tk)));
  }
  const hidden: Tensor[] = [];
  if (causal) hidden.push(tril(tq, tk, tk - tq));
  if (window > 0) hidden.push(triu(tq, tk, tk - tq - window + 1));
  if (mask) hidden.push(reshape(mask, [b, 1, 1, 1, tk]));
  for (const visible of hidden) probabilities = where(visible, probabilities, -1e30);
  probabilities = softmax(probabilities, -1);
  // Exact zeros, also in rows that see nothing.
  for (const visible of hidden) probabilities = multiply(probabilities, to(visible, 'f32'));
  return probabilities;
}

function samplesOf(withValues: boolean): () => readonly Sample<AttentionAttributes>[] {
  const sample = (
    b: number,
    h: number,
    g: number,
    tq: number,
    tk: number,
    d: number,
    causal: boolean,
    { mask, window = 0, slopes }: { mask?: number[]; window?: number; slopes?: number[] } = {},
  ) => {
    const shapes = [[b, h, tq, d], [b, g, tk, d], ...(withValues ? [[b, g, tk, d]] : [])];
    const masks = mask ? [{ shape: [b, tk], dtype: 'u8' as const, values: mask, constant: true }] : [];
    const bent = slopes ? [{ shape: [h], values: slopes, constant: true }] : [];
    const scale = 1 / Math.sqrt(Math.max(d, 1));
    return { inputs: [...shapes, ...masks, ...bent], attributes: { causal, scale, window } };
  };
  return () => [
    sample(2, 3, 3, 5, 5, 4, false),
    sample(1, 4, 2, 5, 5, 3, true),
    sample(2, 2, 1, 3, 6, 5, true, { mask: [1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1] }),
    sample(2, 2, 2, 4, 3, 2, false, { mask: [1, 0, 1, 0, 0, 0] }),
    sample(1, 1, 1, 5, 2, 3, true),
    sample(1, 2, 1, 1, 70, 17, true),
    sample(1, 2, 1, 35, 67, 5, true),
    sample(1, 2, 2, 0, 3, 4, false),
    sample(1, 2, 1, 9, 9, 3, true, { window: 4 }),
    sample(1, 1, 1, 40, 150, 3, true, { window: 17 }),
    sample(1, 2, 2, 5, 3, 4, true, { window: 2 }),
    sample(2, 4, 2, 6, 9, 5, true, { slopes: [0.5, 0.25, 0, 0.125] }),
    sample(1, 2, 2, 7, 4, 3, false, { slopes: [0.5, 0.25], mask: [1, 0, 1, 1] }),
    sample(1, 2, 1, 3, 80, 4, true, {
      slopes: [0.5, 0.0625],
      window: 70,
      mask: Array.from({ length: 80 }, (_, i) => ((i * 7) % 5 ? 1 : 0)),
    }),
  ];
}

const attentionOperation = define<AttentionAttributes>({
  name: 'attention',
  family: 'attention',
  summary:
    'softmax(q kᵀ scale) v; q [B, H, Tq, D], k v [B, G, Tk, D], mask u8 [B, Tk] and slopes [H] or absent, gives [B, H, Tq, D]',
  strided: true,
  infer: ([q, k, v, ...rest]): readonly OutputSpec[] => {
    checkAttention('attention', q, k, v, rest);
    return [
      { shape: q.shape, dtype: 'f32', strides: timeMajorStrides(q.shape) },
      { shape: q.shape.slice(0, 3), dtype: 'f32' },
    ];
  },
  cpu: (kernels, inputs, [out, lse], { causal, scale, window }) => {
    if (out.size === 0) return 0;
    const [q, k, v] = inputs.slice(0, 3).map(unitStride);
    const { mask, slopes } = extras(inputs.slice(3).map(rowMajor));
    return kernels.attention(
      addressOf(out),
      addressOf(lse),
      addressOf(q),
      addressOf(k),
      addressOf(v),
      address(mask),
      ...extents(q.shape, k.shape),
      ...strides(q),
      ...strides(k),
      ...strides(v),
      causal ? 1 : 0,
      scale,
      window,
      address(slopes),
    );
  },
  decompose: ([q, k, v, ...rest], attributes) => {
    const [b, , g, , tk, d] = extents(q.shape, k.shape);
    return [reshape(matmul(pattern(q, k, rest, attributes), reshape(v, [b, g, 1, tk, d])), q.shape)];
  },
  // with P the pattern: dv = Pᵀ dy, dS = P (dy vᵀ - rows of Σ dy out), dq = dS k scale, dk = dSᵀ q scale
  gradient: ([incoming], { inputs, outputs, attributes: { causal, scale, window } }) => {
    if (!incoming) return [];
    const [q, k, v] = inputs.slice(0, 3).map(unitStride);
    const { mask, slopes } = extras(inputs.slice(3).map(rowMajor));
    const { backend } = incoming;
    const [b, h, g, tq, tk, d] = extents(q.shape, k.shape);
    const [s0, s1, s2, s3] = incoming.strides;
    const dOut = contiguous(incoming.view([b, tq, h, d], [s0, s2, s1, s3]));
    const gradientOf = (shape: Shape): Tensor => {
      const [batch, heads, time, width] = shape;
      return allocate([batch, time, heads, width], 'f32', backend).view(shape, timeMajorStrides(shape));
    };
    const targets = [gradientOf(q.shape), gradientOf(k.shape), gradientOf(k.shape)];
    const empty = q.size === 0 || k.size === 0;
    // zeros are zeros in any order of the axes
    const flat = empty ? targets.map((target) => target.view([target.size], [1])) : targets;
    runGradient('attention: gradient', backend, { empty, targets: flat }, (kernels) =>
      kernels.attentionGradient(
        addressOf(targets[0]),
        addressOf(targets[1]),
        addressOf(targets[2]),
        addressOf(dOut),
        addressOf(outputs[0]),
        addressOf(outputs[1]),
        addressOf(q),
        addressOf(k),
        addressOf(v),
        address(mask),
        b,
        h,
        g,
        tq,
        tk,
        d,
        ...strides(q),
        ...strides(k),
        ...strides(v),
        causal ? 1 : 0,
        scale,
        window,
        address(slopes),
      ),
    );
    return targets;
  },
  samples: samplesOf(true),
});

const attentionPatternOperation = define<AttentionAttributes>({
  name: 'attentionPattern',
  family: 'attention',
  summary: 'softmax(q kᵀ scale), [B, H, Tq, Tk]: what attention weighs the values with; to look at, without gradient',
  strided: true,
  infer: ([q, k, ...rest]) => {
    checkAttention('attentionPattern', q, k, k, rest);
    const [b, h, , tq, tk] = extents(q.shape, k.shape);
    // the kernel works from the log of each row's sum, which a pass of attention (over k in place of v) gives
    return [[b, h, tq, tk], q.shape.slice(0, 3), q.shape].map((shape) => ({ shape, dtype: 'f32' as const }));
  },
  cpu: (kernels, inputs, [out, lse, ignored], { causal, scale, window }) => {
    if (out.size === 0) return 0;
    const [q, k] = inputs.slice(0, 2).map(unitStride);
    const { mask, slopes } = extras(inputs.slice(2).map(rowMajor));
    const [outAt, lseAt, ignoredAt, qAt, kAt] = [out, lse, ignored, q, k].map(addressOf);
    const shape = extents(q.shape, k.shape);
    const [qs, ks] = [strides(q), strides(k)];
    const rule = [causal ? 1 : 0, scale, window, address(slopes)] as const;
    return (
      kernels.attention(ignoredAt, lseAt, qAt, kAt, kAt, address(mask), ...shape, ...qs, ...ks, ...ks, ...rule) ||
      kernels.attentionPattern(outAt, lseAt, qAt, kAt, address(mask), ...shape, ...qs, ...ks, ...rule)
    );
  },
  decompose: ([q, k, ...rest], attributes) => {
    const [b, h, , tq, tk] = extents(q.shape, k.shape);
    return [reshape(pattern(q, k, rest, attributes), [b, h, tq, tk])];
  },
  samples: samplesOf(false),
});

export interface AttentionOptions {
  /** Query t sees keys up to t + Tk - Tq only. */
  causal?: boolean;
  /** u8 [B, Tk]: 1 where a key may be seen. */
  mask?: Tensor;
  /** Default 1 / √D. */
  scale?: number;
  /** With `causal`: a query sees only so many of the last keys, its own included. */
  window?: number;
  /** ALiBi, f32 [H]: slope · |distance| is taken off each score. Constants: no gradient reaches them. */
  slopes?: Tensor;
}

/** What the operations take, checked. */
function attentionCall(
  where: string,
  q: Tensor,
  { causal = false, mask, scale, window = 0, slopes }: AttentionOptions,
): { rest: Tensor[]; attributes: AttentionAttributes } {
  if (!Number.isInteger(window) || window < 0 || (window > 0 && !causal)) {
    const expected = 'a window that is a whole number of keys ≥ 1, with causal: true';
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      expected,
      got: causal ? String(window) : `${window}, not causal`,
    });
  }
  if (mask) requireDType(where, mask, 'u8', 'mask');
  if (slopes) requireDType(where, slopes, 'f32', 'slopes');
  const rest = [mask, slopes].filter((input) => input !== undefined);
  return { rest, attributes: { causal, scale: scale ?? defaultScale(q), window: Math.min(window, 0x7fffffff) } };
}

/** How far key j is from query t, |t + Tk - Tq - j|: f32 [Tq, Tk]. */
export function attentionDistances(tq: number, tk: number): Tensor {
  checkShape('attentionDistances', [tq, tk]);
  const distance = (i: number) => Math.abs(Math.floor(i / tk) + tk - tq - (i % tk));
  return tensor(
    Float32Array.from({ length: tq * tk }, (_, i) => distance(i)),
    { shape: [tq, tk] },
  );
}

/** ALiBi's slopes for H heads, 2^(-8 i / H) for i = 1 … H, f32 [H]. */
export function alibiSlopes(heads: number): Tensor {
  checkShape('alibiSlopes', [heads]);
  return tensor(Float32Array.from({ length: heads }, (_, i) => pow(2, (-8 * (i + 1)) / heads)));
}

/**
 * softmax(q kᵀ scale) v for q [B, H, Tq, D] and k, v [B, G, Tk, D], H a multiple of G: [B, H, Tq, D]. The memory lies in
 * the order [B, Tq, H, D], so that transpose(1, 2) and reshape to [B, Tq, H D] copy nothing.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT for a window without `causal`.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const { rest, attributes } = attentionCall('attention', q, options);
  return apply1(attentionOperation, [q, k, v, ...rest], attributes);
}

/** The probabilities `attention` would use, [B, H, Tq, Tk]. For looking: no gradient passes. */
export function attentionPattern(q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor {
  const { rest, attributes } = attentionCall('attentionPattern', q, options);
  return apply1(attentionPatternOperation, [q, k, ...rest], attributes);
}

function defaultScale(q: Tensor): number {
  return 1 / Math.sqrt(q.shape[q.rank - 1] || 1);
}
