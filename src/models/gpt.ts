/**
 * GPT: a decoder-only Transformer language model (Radford et al. 2019), flexible enough to be a Llama (Touvron et al.
 * 2023).
 *
 * Departures from the GPT-2 paper, all nanoGPT's:
 * - gelu is the exact one, not the tanh approximation;
 * - no dropout on the MLP's hidden layer;
 * - the output projection is the embedding transposed by default, and never has a bias.
 * Llama is { positions: 'rotary', norm: 'rmsNorm', mlp: 'swiglu', bias: false }, with kvHeads as it has; it starts from
 * the same normal values as GPT-2 here.
 */
import { LookbackError } from '../errors.ts';
import { Dropout } from '../nn/dropout.ts';
import {
  type BlockForwardOptions,
  Embedding,
  initialize,
  type LayerNorm,
  LearnedPositions,
  Linear,
  type MLPKind,
  Module,
  makeNorm,
  type NormKind,
  type PositionKind,
  type RMSNorm,
  Rotary,
  SinusoidalPositions,
  TransformerBlock,
  tapped,
  usualMLPWidth,
  within,
} from '../nn/index.ts';
import type { Random } from '../random.ts';
import type { Tensor } from '../tensor/index.ts';
import { crossEntropy } from '../tensor/ops/loss.ts';
import { show } from '../tensor/shape.ts';
import type { Decoder, Generative } from './decoder.ts';
import { GPTDecoder } from './gptDecoder.ts';

export interface GPTConfig {
  /** V, number of tokens. */
  vocabulary: number;
  /** Most tokens the model sees at once. */
  context: number;
  layers: number;
  heads: number;
  /** Heads of keys and values; as many as heads by default. */
  kvHeads?: number;
  /** C, channels of the residual stream. */
  width: number;
  /** On the embedding, the patterns and what each part adds. */
  dropout?: number;
  positions?: PositionKind;
  /** A step sees so many of the last ones, itself included; 0 for all. */
  window?: number;
  norm?: NormKind;
  mlp?: MLPKind;
  /** M, hidden channels of the MLP; 4C, or about 8C/3 for swiglu. */
  mlpWidth?: number;
  /** In linear layers and norms. */
  bias?: boolean;
  /** The output projection is the embedding, transposed. */
  tieWeights?: boolean;
  normEpsilon?: number;
  rotaryBase?: number;
  /** Which channels rotate together: neighbours (Meta's Llama) or halves (Hugging Face). */
  rotaryInterleaved?: boolean;
}

/** Defaults that do not depend on other settings: nanoGPT's. */
export const gptDefaults = {
  dropout: 0,
  positions: 'learned',
  window: 0,
  norm: 'layerNorm',
  mlp: 'gelu',
  bias: true,
  tieWeights: true,
  normEpsilon: 1e-5,
  rotaryBase: 10000,
  rotaryInterleaved: false,
} as const satisfies Partial<GPTConfig>;

/** What `forward` takes besides ids. */
export interface GPTForwardOptions extends Pick<BlockForwardOptions, 'tap' | 'random' | 'path' | 'mask' | 'cache'> {
  /** i32 [B, T]: where each token stands, when several documents share a row; 0, 1, 2, … by default. */
  places?: Tensor;
}

export class GPT extends Module implements Generative {
  readonly config: Required<GPTConfig>;
  readonly embedding: Embedding;
  readonly positions: LearnedPositions | SinusoidalPositions | undefined;
  readonly dropout: Dropout;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm | RMSNorm;
  readonly head: Linear;

  /** @throws LookbackError BAD_ARGUMENT for heads that do not divide. */
  constructor(given: GPTConfig, { random }: { random: Random }) {
    super();
    const filled = { ...gptDefaults, ...given };
    const { kvHeads = filled.heads, mlpWidth = usualMLPWidth(filled.mlp, filled.width) } = given;
    const config: Required<GPTConfig> = { ...filled, kvHeads, mlpWidth };
    const { vocabulary, context, layers, heads, width, bias } = config;
    const initialization = initialize.gpt2({ layers });
    const { weight } = initialization;
    const rotary =
      config.positions === 'rotary'
        ? new Rotary(width / heads, { base: config.rotaryBase, interleaved: config.rotaryInterleaved })
        : undefined;

    this.config = config;
    this.embedding = new Embedding(vocabulary, width, { random: random.split('embedding'), weight });
    this.positions = additivePositions(config, random);
    this.dropout = new Dropout(config.dropout);
    this.blocks = Array.from(
      { length: layers },
      (_, i) =>
        new TransformerBlock(width, {
          heads,
          kvHeads,
          causal: true,
          norm: config.norm,
          normEpsilon: config.normEpsilon,
          mlp: config.mlp,
          mlpWidth,
          bias,
          dropout: config.dropout,
          rotary,
          alibi: config.positions === 'alibi',
          window: config.window,
          initialization,
          random: random.split('blocks').split(String(i)),
        }),
    );
    this.norm = makeNorm(config.norm, width, { epsilon: config.normEpsilon, bias });
    const tied = config.tieWeights ? this.embedding.weight : undefined;
    this.head = new Linear(width, vocabulary, { bias: false, weight, tied, random: random.split('head') });
    if (context < 1) throw new LookbackError('BAD_ARGUMENT', { where: 'GPT', expected: 'a context of 1 or more' });
  }

  /**
   * ids i32 [B, T] → logits [B, T, V] of the token after each. With a cache the ids continue what it holds, and it is
   * advanced.
   *
   * @throws LookbackError SHAPE_MISMATCH for more steps than the context.
   */
  forward(ids: Tensor, options: GPTForwardOptions = {}): Tensor {
    return tapped(options, 'logits', this.head.forward(this.hidden(ids, options)));
  }

  /** ids i32 [B, T] → what the output projection reads, [B, T, C]. */
  hidden(ids: Tensor, options: GPTForwardOptions = {}): Tensor {
    const offset = options.cache?.length ?? 0;
    this.check(ids, offset);
    let x = this.embedding.forward(ids);
    if (this.positions) x = this.positions.forward(x, offset, options.places);
    x = tapped(options, 'embedding', this.dropout.forward(x, within(options, 'embedding')));
    this.blocks.forEach((block, i) => {
      x = block.forward(x, within(options, `blocks.${i}`));
    });
    options.cache?.advance(ids.shape[1]);
    return tapped(options, 'norm', this.norm.forward(x));
  }

  /** Mean cross-entropy in nats of targets i32 [B, T]; targets of -100 do not count. For `labelSmoothing` see `crossEntropy`. */
  loss(
    ids: Tensor,
    targets: Tensor,
    { labelSmoothing, ...options }: GPTForwardOptions & { labelSmoothing?: number } = {},
  ): Tensor {
    return crossEntropy(this.forward(ids, options), targets, { labelSmoothing });
  }

  decoder(): Decoder {
    return new GPTDecoder(this);
  }

  private check(ids: Tensor, offset: number): void {
    if (ids.rank === 2 && offset + ids.shape[1] <= this.config.context) return;
    throw new LookbackError('SHAPE_MISMATCH', {
      where: 'GPT',
      expected: `ids [B, T] with at most ${this.config.context} steps`,
      got: `${show(ids.shape)}${offset > 0 ? ` after ${offset}` : ''}`,
      next: 'Shorten the input, or build the model with a longer context',
    });
  }
}

/** Positions that are added to the embedding; rotary ones and slopes live in the blocks. */
function additivePositions(
  { positions, context, width }: Required<GPTConfig>,
  random: Random,
): LearnedPositions | SinusoidalPositions | undefined {
  switch (positions) {
    case 'learned':
      return new LearnedPositions(context, width, { random: random.split('positions') });
    case 'sinusoidal':
      return new SinusoidalPositions(width);
    case 'none':
    case 'rotary':
    case 'alibi':
      return undefined;
    default:
      return positions satisfies never;
  }
}
