/**
 * TransformerBlock: attention, attention to a memory if wanted, and an MLP, each around a residual stream.
 *
 * An encoder block is a decoder block minus the mask: `causal: false`.
 */
import { LookbackError } from '../errors.ts';
import type { Random } from '../random.ts';
import { add, type Tensor } from '../tensor/index.ts';
import { scope } from '../tensor/scope.ts';
import { MultiHeadAttention } from './attention.ts';
import type { KeyValueCache } from './cache.ts';
import { Dropout } from './dropout.ts';
import type { TransformerInitialization } from './initialize.ts';
import { MLP, type MLPKind, usualMLPWidth } from './mlp.ts';
import { Module } from './module.ts';
import { type LayerNorm, makeNorm, type NormKind, type RMSNorm } from './norm.ts';
import type { Rotary } from './positions.ts';
import { type ForwardOptions, tapped, within } from './tap.ts';

export interface TransformerBlockOptions {
  random: Random;
  heads: number;
  /** Heads of keys and values; as many as heads by default. */
  kvHeads?: number;
  causal?: boolean;
  /** `pre`: x + f(norm(x)), trains without warm-up; `post`: norm(x + f(x)), the original. */
  order?: 'pre' | 'post';
  norm?: NormKind;
  normEpsilon?: number;
  mlp?: MLPKind;
  mlpWidth?: number;
  /** In linear layers and norms. */
  bias?: boolean;
  /** On the pattern and on what is added to the residual stream. */
  dropout?: number;
  /** Dropout on the MLP's hidden layer too, as in the original and in PyTorch; GPT-2 has none there. */
  hiddenDropout?: number;
  rotary?: Rotary;
  alibi?: boolean;
  window?: number;
  /** Adds attention to `memory` between the two. */
  cross?: boolean;
  initialization?: TransformerInitialization;
}

export interface BlockForwardOptions extends ForwardOptions {
  /** u8 [B, T], 1 where a step of x may be seen, or [B, T, T], 1 where the first may see the second. */
  mask?: Tensor;
  /** What `cross` attends to, [B, S, C]. */
  memory?: Tensor;
  /** u8 [B, S], 1 where a step of the memory may be seen. */
  memoryMask?: Tensor;
  cache?: KeyValueCache;
}

/** x [B, T, C] → [B, T, C]: x ← x + attention(norm(x)); x ← x + mlp(norm(x)), or with the norms after the sums. */
export class TransformerBlock extends Module {
  readonly attentionNorm: LayerNorm | RMSNorm;
  readonly attention: MultiHeadAttention;
  readonly crossNorm: LayerNorm | RMSNorm | undefined;
  readonly cross: MultiHeadAttention | undefined;
  readonly mlpNorm: LayerNorm | RMSNorm;
  readonly mlp: MLP;
  readonly dropout: Dropout;
  readonly order: 'pre' | 'post';

  constructor(
    width: number,
    {
      random,
      heads,
      kvHeads = heads,
      causal = false,
      order = 'pre',
      norm = 'layerNorm',
      normEpsilon = 1e-5,
      mlp = 'gelu',
      mlpWidth = usualMLPWidth(mlp, width),
      bias = true,
      dropout = 0,
      hiddenDropout = 0,
      rotary,
      alibi,
      window,
      cross = false,
      initialization,
    }: TransformerBlockOptions,
  ) {
    super();
    const newNorm = () => makeNorm(norm, width, { epsilon: normEpsilon, bias });
    const shared = { heads, kvHeads, bias, dropout, initialization };
    this.attentionNorm = newNorm();
    this.attention = new MultiHeadAttention(width, {
      ...shared,
      causal,
      rotary,
      alibi,
      window,
      random: random.split('attention'),
    });
    this.crossNorm = cross ? newNorm() : undefined;
    this.cross = cross ? new MultiHeadAttention(width, { ...shared, random: random.split('cross') }) : undefined;
    this.mlpNorm = newNorm();
    this.mlp = new MLP(width, {
      kind: mlp,
      mlpWidth,
      bias,
      dropout: hiddenDropout,
      initialization,
      random: random.split('mlp'),
    });
    this.dropout = new Dropout(dropout);
    this.order = order;
  }

  /**
   * Intermediates that the gradient does not need are freed at once.
   * @throws LookbackError BAD_ARGUMENT for cross-attention without a memory.
   */
  forward(x: Tensor, options: BlockForwardOptions = {}): Tensor {
    return scope(() => {
      const { tap, random, path, mask, memory, memoryMask, cache } = options;
      const plain: ForwardOptions = { tap, random, path };
      let y = this.residual(x, 'attention', this.attentionNorm, plain, (h, o) =>
        this.attention.forward(h, { ...o, mask, cache }),
      );
      const { cross, crossNorm } = this;
      if (cross && crossNorm) {
        if (!memory) {
          throw new LookbackError('BAD_ARGUMENT', {
            where: 'TransformerBlock',
            problem: 'a block with cross-attention was given no memory',
            next: 'Pass forward(x, { memory })',
          });
        }
        y = this.residual(y, 'cross', crossNorm, plain, (h, o) => cross.forward(h, { ...o, memory, mask: memoryMask }));
      }
      y = this.residual(y, 'mlp', this.mlpNorm, plain, (h, o) => this.mlp.forward(h, o));
      return tapped(options, 'output', y);
    });
  }

  private residual(
    x: Tensor,
    name: string,
    norm: LayerNorm | RMSNorm,
    options: ForwardOptions,
    part: (x: Tensor, options: ForwardOptions) => Tensor,
  ): Tensor {
    const inside = within(options, name);
    const y = part(this.order === 'pre' ? norm.forward(x) : x, inside);
    const sum = add(x, this.dropout.forward(y, within(inside, 'residual')));
    return this.order === 'pre' ? sum : norm.forward(sum);
  }
}
