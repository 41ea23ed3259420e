/**
 * Bodies of forecasters that read the window step by step: x [B, L, F] → a summary [B, C], from which one linear map makes
 * the whole horizon.
 */
import { Dropout } from '../nn/dropout.ts';
import {
  type ForwardOptions,
  initialize,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  type Recurrent,
  type RecurrentKind,
  type RecurrentState,
  Rotary,
  SinusoidalPositions,
  TemporalBlock,
  TransformerBlock,
  tapped,
  within,
} from '../nn/index.ts';
import type { Random } from '../random.ts';
import { mean, reshape, slice, type Tensor } from '../tensor/index.ts';
import type { ForecasterConfig } from './forecaster.ts';
import { makeRecurrent } from './recurrentLanguageModel.ts';

type Config = Required<ForecasterConfig>;

/** The last layer's hidden state after the window. */
export class RecurrentBody extends Module {
  readonly recurrent: Recurrent;

  constructor(kind: RecurrentKind, features: number, config: Config, random: Random) {
    super();
    const { hidden, layers, dropout, recurrentWeight } = config;
    const options = { layers, dropout, recurrentWeight, random: random.split('recurrent') };
    this.recurrent = makeRecurrent(kind, features, hidden, options);
  }

  forward(x: Tensor, options: ForwardOptions): Tensor {
    return this.run(x, options).summary;
  }

  /** As `forward`, going on from `state`, with the state after the last step. */
  run(
    x: Tensor,
    options: ForwardOptions & { state?: readonly RecurrentState[] },
  ): { summary: Tensor; state: RecurrentState[] } {
    const { output, state } = this.recurrent.forward(x, options);
    return { summary: lastStep(output), state };
  }
}

/**
 * A linear map into C channels, positions, pre-norm blocks, norm: causal and read at the last step, or with every step
 * seeing all of the window and read as the mean over steps (encoder).
 */
export class TransformerBody extends Module {
  readonly input: Linear;
  readonly positions: LearnedPositions | SinusoidalPositions | undefined;
  readonly dropout: Dropout;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly causal: boolean;

  constructor(causal: boolean, features: number, config: Config, random: Random) {
    super();
    const { lookback, hidden, layers, heads, dropout, positions } = config;
    const rotary = positions === 'rotary' ? new Rotary(hidden / heads) : undefined;
    const initialization = initialize.gpt2({ layers });
    this.causal = causal;
    this.input = new Linear(features, hidden, { random: random.split('input') });
    if (positions === 'learned') {
      this.positions = new LearnedPositions(lookback, hidden, { random: random.split('positions') });
    } else if (positions === 'sinusoidal') {
      this.positions = new SinusoidalPositions(hidden);
    }
    this.dropout = new Dropout(dropout);
    this.blocks = Array.from({ length: layers }, (_, i) => {
      const stream = random.split('blocks').split(String(i));
      return new TransformerBlock(hidden, {
        heads,
        causal,
        dropout,
        rotary,
        alibi: positions === 'alibi',
        initialization,
        random: stream,
      });
    });
    this.norm = new LayerNorm(hidden);
  }

  forward(x: Tensor, options: ForwardOptions): Tensor {
    let h = this.input.forward(x);
    if (this.positions) h = this.positions.forward(h);
    h = tapped(options, 'embedding', this.dropout.forward(h, within(options, 'embedding')));
    this.blocks.forEach((block, i) => {
      h = block.forward(h, within(options, `blocks.${i}`));
    });
    const norm = this.norm.forward(this.causal ? lastStep(h) : h);
    return tapped(options, 'norm', this.causal ? norm : mean(norm, 1));
  }
}

/** How many blocks of K taps, dilations doubling, see a window of L steps. */
export function layersToSee(lookback: number, kernel: number): number {
  let layers = 1;
  while (1 + 2 * (kernel - 1) * (2 ** layers - 1) < lookback) layers++;
  return layers;
}

/** A temporal convolutional network (Bai, Kolter and Koltun 2018), dilations 1, 2, 4, …, read at the last step. */
export class ConvolutionBody extends Module {
  readonly blocks: readonly TemporalBlock[];

  constructor(features: number, { hidden, layers, kernel, dropout }: Config, random: Random) {
    super();
    this.blocks = Array.from({ length: layers }, (_, i) => {
      const stream = random.split('blocks').split(String(i));
      return new TemporalBlock(i === 0 ? features : hidden, hidden, {
        dilation: 2 ** i,
        kernel,
        dropout,
        random: stream,
      });
    });
  }

  forward(x: Tensor, options: ForwardOptions): Tensor {
    let h = x;
    this.blocks.forEach((block, i) => {
      h = block.forward(h, within(options, `blocks.${i}`));
    });
    return lastStep(h);
  }
}

/** x [B, T, C] → [B, C] */
function lastStep(x: Tensor): Tensor {
  const [B, T, C] = x.shape;
  return reshape(slice(x, 1, T - 1, T), [B, C]);
}
