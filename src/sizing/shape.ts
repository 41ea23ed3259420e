/**
 * What of a decoder-only Transformer decides its size: counts and widths, nothing else. A shape says nothing of
 * weights, of how a model behaves, or of encoders, images and sound.
 *
 * Letters: V vocabulary, C width, L layers, H heads, K heads of keys and values, D channels of a head, M width of the
 * MLP, T tokens, B sequences at once.
 */

/**
 * Keys and values of K heads are kept for H heads of queries. K = H is multi-head attention (Vaswani et al. 2017), K = 1
 * multi-query (Shazeer 2019), and between them grouped-query (Ainslie et al. 2023).
 */
export interface GroupedAttention {
  kind: 'grouped';
  heads: number;
  kvHeads: number;
  /** D; H · D need not be C. */
  headWidth: number;
  /** Biases on the projections of queries, keys and values. */
  inputBias: boolean;
  outputBias: boolean;
  /** An RMSNorm over the D channels of each query and key, shared by the heads (Qwen3). */
  queryKeyNorm: boolean;
}

/**
 * Multi-head latent attention (DeepSeek-V2, Liu et al. 2024, section 2.1): keys and values are rebuilt from one latent
 * vector of `kvRank` channels, kept beside one rotary key that all heads share.
 */
export interface LatentAttention {
  kind: 'latent';
  heads: number;
  /** Channels queries pass through; null where they are projected directly. */
  queryRank: number | null;
  kvRank: number;
  /** Channels of a head's query and key without and with rotary positions. */
  plainWidth: number;
  rotaryWidth: number;
  valueWidth: number;
  /** On the two projections down and the output. */
  bias: boolean;
}

/** A mixture of experts in place of the MLP (Shazeer et al. 2017; shared experts: DeepSeekMoE, Dai et al. 2024). */
export interface Experts {
  routed: number;
  /** Routed experts that see a token. */
  active: number;
  /** Experts that see every token. */
  shared: number;
  /** M of one expert. */
  width: number;
  /** Layers that keep the ordinary MLP: the first ones in DeepSeek-V3. */
  denseLayers: number;
  /** One number an expert that balances the load (DeepSeek-V3's `e_score_correction_bias`). */
  routerBias: boolean;
}

export interface Shape {
  name: string;
  /** V */
  vocabulary: number;
  /** C */
  width: number;
  /** L, of every kind. */
  layers: number;
  /** Most tokens it was made for. */
  context: number;
  attention: GroupedAttention | LatentAttention;
  mlp: {
    /** M */
    width: number;
    /** A third matrix, as in SwiGLU (Shazeer 2020). */
    gated: boolean;
    bias: boolean;
  };
  experts?: Experts;
  /** The output projection is the embedding, transposed. */
  tied: boolean;
  /** Rows of learned positions; 0 for rotary ones. */
  learnedPositions: number;
  /** LayerNorm with a bias, as in GPT-2. */
  normBias: boolean;
  /** Of a hybrid model: layers whose cache stops growing at `window` tokens. */
  sliding?: { layers: number; window: number };
  /**
   * Of a hybrid model: layers with a state of fixed size instead of attention (Mamba, linear attention), the parameters
   * of one such mixer, and the numbers it keeps for a sequence.
   */
  recurrent?: { layers: number; parameters: number; state: number };
  /** The precision its makers ship it in, where it is not bf16, and what else a reader should know. */
  note?: string;
}

/** `MHA`, `GQA`, `MQA` or `MLA`, with ` + sliding` or ` + recurrent` for a hybrid. */
export function attentionName({ attention, sliding, recurrent }: Shape): string {
  const kind =
    attention.kind === 'latent'
      ? 'MLA'
      : attention.kvHeads === attention.heads
        ? 'MHA'
        : attention.kvHeads === 1
          ? 'MQA'
          : 'GQA';
  return [kind, sliding?.layers ? 'sliding' : '', recurrent?.layers ? 'recurrent' : ''].filter(Boolean).join(' + ');
}
