/**
 * Activations, estimated. The count follows Korthikanti et al. 2022 (Reducing Activation Recomputation in Large
 * Transformer Models, arXiv 2205.05198, section 4.1), generalised to heads of any width, gated MLPs and experts. Dropout
 * masks, temporary buffers and fragmentation are left out, so a real program needs more.
 */
import { type Quantity, requireWhole } from './memory.ts';
import { showNumber } from './precision.ts';
import type { Shape } from './shape.ts';

/**
 * What a training step keeps for its backward pass: `flash` all inputs of a layer but the T × T patterns, which
 * FlashAttention (Dao et al. 2022) computes anew; `stored` the patterns too; `recomputed` only the input of each layer.
 */
export type KeptActivations = 'flash' | 'stored' | 'recomputed';

/**
 * Numbers of 16 bits one layer keeps for one token, without its T × T patterns: inputs of both norms 2C; input of the
 * projections C; queries, keys, values; input of the output projection; input of the MLP C; and of its hidden layer the
 * values before and after the activation, 2M, or gate, values and product, 3M, for each expert that sees the token.
 * With H·D = C and M = 4C this is 16C, the paper's 34C bytes less 2C of dropout masks.
 */
export function keptPerToken(shape: Shape): number {
  return 4 * shape.width + attentionChannels(shape) + (shape.mlp.gated ? 3 : 2) * activeHidden(shape);
}

/**
 * Bytes of a training step over `batch` sequences of `context` tokens: layers in 16 bits, logits and their gradient in
 * fp32 (2 · V · 4 bytes a token). `recomputed` keeps C numbers a layer and one whole layer at a time.
 */
export function trainingActivationBytes(
  shape: Shape,
  { context, batch = 1, kept = 'flash' }: { context: number; batch?: number; kept?: KeptActivations },
): Quantity {
  requireWhole('context', context);
  requireWhole('batch', batch);
  const { layers, width, vocabulary, attention } = shape;
  const patterns = kept === 'stored' ? attention.heads * context : 0;
  const perLayer = keptPerToken(shape) + patterns;
  const perToken = kept === 'recomputed' ? layers * width + perLayer : layers * perLayer;
  const tokens = context * batch;
  return {
    bytes: tokens * (perToken * 2 + vocabulary * 8),
    working: `${showNumber(tokens)} × (${showNumber(perToken)} × 2 B + ${showNumber(vocabulary)} × 8 B)`,
  };
}

/**
 * Bytes of a forward pass without gradients over a chunk of the prompt: the residual stream and the widest layer in
 * 16 bits, and fp32 logits of one token a sequence. The chunk is `chunk` tokens at most, as serving programs cut it.
 */
export function servingActivationBytes(
  shape: Shape,
  { context, batch = 1, chunk = 8192 }: { context: number; batch?: number; chunk?: number },
): Quantity {
  requireWhole('context', context);
  requireWhole('batch', batch);
  const tokens = Math.min(context * batch, chunk);
  const widest = Math.max(attentionChannels(shape), (shape.mlp.gated ? 2 : 1) * activeHidden(shape));
  const perToken = 2 * shape.width + widest;
  return {
    bytes: tokens * perToken * 2 + batch * shape.vocabulary * 4,
    working: `${showNumber(tokens)} × ${showNumber(perToken)} × 2 B + ${showNumber(batch)} × ${showNumber(shape.vocabulary)} × 4 B`,
  };
}

/** Channels of queries, keys, values and what goes into the output projection. */
function attentionChannels({ attention }: Shape): number {
  const { heads } = attention;
  if (attention.kind === 'grouped') return 2 * (heads + attention.kvHeads) * attention.headWidth;
  const { plainWidth, rotaryWidth, valueWidth } = attention;
  return 2 * heads * (plainWidth + rotaryWidth + valueWidth);
}

/** Hidden channels of the MLP, or of the experts, that see one token, in the widest kind of layer. */
function activeHidden({ mlp, experts }: Shape): number {
  if (!experts) return mlp.width;
  const chosen = (experts.active + experts.shared) * experts.width;
  return experts.denseLayers > 0 ? Math.max(mlp.width, chosen) : chosen;
}
