/**
 * Scaled dot-product attention, softmax(q kᵀ scale) v (Vaswani et al. 2017), in tiles, memory linear in T (Dao et al.
 * 2022). Heads may share keys and values (grouped queries, Ainslie et al. 2023): head h uses group floor(h G / H).
 *
 * A query that may see nothing gets zeros. Does not do: dropout on the pattern, additive biases.
 */
import { addressOf, type View } from '../../backends/backend.ts';
import { contiguous } from '../memory.ts';
import { apply1, define, type OutputSpec, requireDType, type Sample, shapeError } from '../operation.ts';
import { type Shape, show } from '../shape.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { multiply } from './binary.ts';
import { where } from './compare.ts';
import { to } from './convert.ts';
import { tril } from './create.ts';
import { address, rowMajor, runGradient, timeMajorStrides, unitStride } from './kernel.ts';
import { matmul } from './matmul.ts';
import { softmax } from './softmax.ts';
import { reshape, transpose } from './views.ts';

interface AttentionAttributes {
  causal: boolean;
  scale: number;
}

/** Extents b h g tq tk d, as the kernels take them. */
type Extents = [b: number, h: number, g: number, tq: number, tk: number, d: number];

const extents = (q: Shape, k: Shape): Extents => [q[0], q[1], k[1], q[2], k[2], q[3]];

/** Strides of batch, head and time. */
const strides = (view: View): [number, number, number] => [view.strides[0], view.strides[1], view.strides[2]];

function checkAttention(where: string, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | undefined): void {
  for (const [input, name] of [
    [q, 'q'],
    [k, 'k'],
    [v, 'v'],
  ] as const)
    requireDType(where, input, 'f32', name);
  if (mask) requireDType(where, mask, 'u8', 'mask');
  const fits =
    q.rank === 4 &&
    k.rank === 4 &&
    v.rank === 4 &&
    k.shape.every((extent, i) => extent === v.shape[i]) &&
    q.shape[0] === k.shape[0] &&
    q.shape[3] === k.shape[3] &&
    (k.shape[1] === 0 ? q.shape[1] === 0 : q.shape[1] % k.shape[1] === 0) &&
    (!mask || (mask.rank === 2 && mask.shape[0] === k.shape[0] && mask.shape[1] === k.shape[2]));
  if (!fits) {
    throw shapeError(
      where,
      'q [B, H, Tq, D], k and v [B, G, Tk, D] with H a multiple of G, mask [B, Tk]',
      `q ${show(q.shape)}, k ${show(k.shape)}, v ${show(v.shape)}${mask ? `, mask ${show(mask.shape)}` : ''}`,
    );
  }
}

/** Probabilities [B, G, H/G, Tq, Tk], zero where hidden, in ordinary operations. */
function pattern(q: Tensor, k: Tensor, mask: Tensor | undefined, { causal, scale }: AttentionAttributes): Tensor {
  const [b, h, g, tq, tk, d] = extents(q.shape, k.shape);
  const queries = reshape(multiply(q, scale), [b, g, g === 0 ? 0 : h / g, tq, d]);
  let probabilities = matmul(queries, transpose(reshape(k, [b, g, 1, tk, d])));
  const hidden: Tensor[] = [];
  if (causal) hidden.push(tril(tq, tk, tk - tq));
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
    mask?: number[],
  ) => {
    const shapes = [[b, h, tq, d], [b, g, tk, d], ...(withValues ? [[b, g, tk, d]] : [])];
    const masks = mask ? [{ shape: [b, tk], dtype: 'u8' as const, values: mask, constant: true }] : [];
    return { inputs: [...shapes, ...masks], attributes: { causal, scale: 1 / Math.sqrt(Math.max(d, 1)) } };
  };
  return () => [
    sample(2, 3, 3, 5, 5, 4, false),
    sample(1, 4, 2, 5, 5, 3, true),
    sample(2, 2, 1, 3, 6, 5, true, [1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1]),
    sample(2, 2, 2, 4, 3, 2, false, [1, 0, 1, 0, 0, 0]),
    sample(1, 1, 1, 5, 2, 3, true),
    sample(1, 2, 1, 1, 70, 17, true),
    sample(1, 2, 1, 35, 67, 5, true),
    sample(1, 2, 2, 0, 3, 4, false),
  ];
}

const attentionOperation = define<AttentionAttributes>({
  name: 'attention',
  family: 'attention',
  summary: 'softmax(q kᵀ scale) v; q [B, H, Tq, D], k v [B, G, Tk, D], mask u8 [B, Tk] or absent, gives [B, H, Tq, D]',
  strided: true,
  infer: ([q, k, v, mask]): readonly OutputSpec[] => {
    checkAttention('attention', q, k, v, mask);
    return [
      { shape: q.shape, dtype: 'f32', strides: timeMajorStrides(q.shape) },
      { shape: q.shape.slice(0, 3), dtype: 'f32' },
    ];
  },
  cpu: (kernels, inputs, [out, lse], { causal, scale }) => {
    if (out.size === 0) return 0;
    const [q, k, v] = inputs.slice(0, 3).map(unitStride);
    const mask = inputs[3] && rowMajor(inputs[3]);
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
    );
  },
  decompose: ([q, k, v, mask], attributes) => {
    const [b, , g, , tk, d] = extents(q.shape, k.shape);
    return [reshape(matmul(pattern(q, k, mask, attributes), reshape(v, [b, g, 1, tk, d])), q.shape)];
  },
  // with P the pattern: dv = Pᵀ dy, dS = P (dy vᵀ - rows of Σ dy out), dq = dS k scale, dk = dSᵀ q scale
  gradient: ([incoming], { inputs, outputs, attributes: { causal, scale } }) => {
    if (!incoming) return [];
    const [q, k, v] = inputs.slice(0, 3).map(unitStride);
    const mask = inputs[3] && rowMajor(inputs[3]);
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
  infer: ([q, k, mask]) => {
    checkAttention('attentionPattern', q, k, k, mask);
    const [b, h, , tq, tk] = extents(q.shape, k.shape);
    // the kernel works from the log of each row's sum, which a pass of attention (over k in place of v) gives
    return [[b, h, tq, tk], q.shape.slice(0, 3), q.shape].map((shape) => ({ shape, dtype: 'f32' as const }));
  },
  cpu: (kernels, inputs, [out, lse, ignored], { causal, scale }) => {
    if (out.size === 0) return 0;
    const [q, k] = inputs.slice(0, 2).map(unitStride);
    const mask = inputs[2] && rowMajor(inputs[2]);
    const [outAt, lseAt, ignoredAt, qAt, kAt] = [out, lse, ignored, q, k].map(addressOf);
    const shape = extents(q.shape, k.shape);
    const [qs, ks, hides] = [strides(q), strides(k), causal ? 1 : 0];
    return (
      kernels.attention(ignoredAt, lseAt, qAt, kAt, kAt, address(mask), ...shape, ...qs, ...ks, ...ks, hides, scale) ||
      kernels.attentionPattern(outAt, lseAt, qAt, kAt, address(mask), ...shape, ...qs, ...ks, hides, scale)
    );
  },
  decompose: ([q, k, mask], attributes) => {
    const [b, h, , tq, tk] = extents(q.shape, k.shape);
    return [reshape(pattern(q, k, mask, attributes), [b, h, tq, tk])];
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
}

/**
 * softmax(q kᵀ scale) v for q [B, H, Tq, D] and k, v [B, G, Tk, D], H a multiple of G: [B, H, Tq, D]. The memory lies in
 * the order [B, Tq, H, D], so that transpose(1, 2) and reshape to [B, Tq, H D] copy nothing.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH.
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false, mask, scale = defaultScale(q) }: AttentionOptions = {},
): Tensor {
  return apply1(attentionOperation, mask ? [q, k, v, mask] : [q, k, v], { causal, scale });
}

/** The probabilities `attention` would use, [B, H, Tq, Tk]. For looking: no gradient passes. */
export function attentionPattern(
  q: Tensor,
  k: Tensor,
  { causal = false, mask, scale = defaultScale(q) }: AttentionOptions = {},
): Tensor {
  return apply1(attentionPatternOperation, mask ? [q, k, mask] : [q, k], { causal, scale });
}

function defaultScale(q: Tensor): number {
  return 1 / Math.sqrt(q.shape[q.rank - 1] || 1);
}
