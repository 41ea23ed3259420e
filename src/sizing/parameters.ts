/**
 * Parameters by formula from a shape. Exact: the totals equal the number of elements in the published weights, which
 * the tests hold. Multi-token prediction heads, which some repositories ship besides, are not counted.
 */
import type { Shape } from './shape.ts';

export interface ParameterCount {
  /** V · C */
  embedding: number;
  /** Learned positions. */
  positions: number;
  /** All mixers: attention, and the recurrent layers of a hybrid. */
  attention: number;
  /** All MLPs or experts, with their routers. */
  mlp: number;
  norms: number;
  /** The output projection; 0 where it is the embedding. */
  output: number;
  total: number;
  /** Those that take part in one token: all, less the experts that are not chosen. */
  active: number;
}

/** Counts the parameters of a model. Sources: `attentionParameters` and `mlpParameters`. */
export function countParameters(shape: Shape): ParameterCount {
  const { vocabulary, width, layers, experts, recurrent, learnedPositions, normBias, tied } = shape;
  const recurrentLayers = recurrent?.layers ?? 0;
  const embedding = vocabulary * width;
  const positions = learnedPositions * width;
  const attention =
    (layers - recurrentLayers) * attentionParameters(shape) + recurrentLayers * (recurrent?.parameters ?? 0);
  const dense = mlpParameters(width, shape.mlp);
  let mlp = layers * dense;
  let idle = 0;
  if (experts) {
    const sparseLayers = layers - experts.denseLayers;
    const expert = mlpParameters(width, { ...shape.mlp, width: experts.width });
    const router = experts.routed * (width + (experts.routerBias ? 1 : 0));
    mlp = experts.denseLayers * dense + sparseLayers * ((experts.routed + experts.shared) * expert + router);
    idle = sparseLayers * (experts.routed - experts.active) * expert;
  }
  // Two norms a layer and one at the end: gain, and for LayerNorm a bias.
  const norms = (2 * layers + 1) * width * (normBias ? 2 : 1);
  const output = tied ? 0 : vocabulary * width;
  const total = embedding + positions + attention + mlp + norms + output;
  return { embedding, positions, attention, mlp, norms, output, total, active: total - idle };
}

/**
 * Parameters of one attention.
 *
 * Grouped (Ainslie et al. 2023; layout of Hugging Face's `LlamaAttention`, `Qwen2Attention`, `Qwen3Attention` and
 * GPT-2's fused `c_attn`): q C·HD, k and v C·KD each, output HD·C; biases HD + 2KD and C; query-key norms 2D.
 *
 * Latent (DeepSeek-V2, arXiv 2405.04434, equations 37-47; layout of `DeepseekV3Attention`): queries C·Rq + Rq + Rq·H(N + P)
 * with Rq the rank and its norm; keys and values C(R + P) + R + R·H(N + W), R `kvRank`, N plain, P rotary and W value
 * channels; output HW·C.
 */
export function attentionParameters({ width, attention }: Pick<Shape, 'width' | 'attention'>): number {
  if (attention.kind === 'grouped') {
    const { heads, kvHeads, headWidth, inputBias, outputBias, queryKeyNorm } = attention;
    const inputs = (heads + 2 * kvHeads) * headWidth;
    return (
      width * inputs +
      heads * headWidth * width +
      (inputBias ? inputs : 0) +
      (outputBias ? width : 0) +
      (queryKeyNorm ? 2 * headWidth : 0)
    );
  }
  const { heads, queryRank, kvRank, plainWidth, rotaryWidth, valueWidth, bias } = attention;
  const queries = heads * (plainWidth + rotaryWidth);
  return (
    (queryRank === null ? width * queries : width * queryRank + queryRank + queryRank * queries) +
    width * (kvRank + rotaryWidth) +
    kvRank +
    kvRank * heads * (plainWidth + valueWidth) +
    heads * valueWidth * width +
    (bias ? (queryRank ?? 0) + kvRank + rotaryWidth + width : 0)
  );
}

/**
 * Parameters of one MLP: 2·C·M (GPT-2, Radford et al. 2019), 3·C·M when gated (SwiGLU, Shazeer 2020), and with biases M
 * for each matrix inwards and C for the one outwards.
 */
export function mlpParameters(width: number, mlp: Shape['mlp']): number {
  const inwards = mlp.gated ? 2 : 1;
  return (inwards + 1) * width * mlp.width + (mlp.bias ? inwards * mlp.width + width : 0);
}
