/**
 * Forecaster: from a window of the past to the whole horizon at once (direct forecasting, no feedback of its own output).
 *
 * - rnn, lstm, gru: the last layer's hidden state after the window, then one linear map to all steps.
 * - transformer: a linear map into C channels, positions, causal pre-norm blocks, norm, and the same from the last step.
 * - linear: one linear map from the flattened window (the strong simple baseline of Zeng et al. 2023).
 */

import { LookbackError } from '../errors.ts';
import { Dropout } from '../nn/dropout.ts';
import {
  type ForwardOptions,
  initialize,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  type PositionKind,
  type Recurrent,
  type RecurrentKind,
  Rotary,
  SinusoidalPositions,
  TransformerBlock,
  tapped,
  within,
} from '../nn/index.ts';
import type { Random } from '../random.ts';
import { reshape, slice, type Tensor } from '../tensor/index.ts';
import { meanSquaredError } from '../tensor/ops/loss.ts';
import { show } from '../tensor/shape.ts';
import { makeRecurrent } from './recurrentLanguageModel.ts';

export interface ForecasterConfig {
  kind: RecurrentKind | 'transformer' | 'linear';
  /** Steps of the window. */
  lookback: number;
  /** Steps of the forecast. */
  horizon: number;
  /** Numbers at each step of the window. */
  features?: number;
  /** Numbers at each step of the forecast. */
  targets?: number;
  /** H or C; not for linear. */
  hidden?: number;
  layers?: number;
  /** For the transformer. */
  heads?: number;
  /** Between recurrent layers, or in blocks. */
  dropout?: number;
  /** For the transformer. */
  positions?: PositionKind;
  /** How recurrent matrices start. */
  recurrentWeight?: 'uniform' | 'orthogonal';
}

export const forecasterDefaults = {
  features: 1,
  targets: 1,
  hidden: 64,
  layers: 1,
  heads: 4,
  dropout: 0,
  positions: 'learned',
  recurrentWeight: 'uniform',
} as const satisfies Partial<ForecasterConfig>;

export class Forecaster extends Module {
  readonly config: Required<ForecasterConfig>;
  /** Window [B, lookback, features] → summary [B, C]; absent for linear, whose summary is the window. */
  readonly body: RecurrentBody | TransformerBody | undefined;
  readonly head: Linear;

  constructor(given: ForecasterConfig, { random }: { random: Random }) {
    super();
    const config: Required<ForecasterConfig> = { ...forecasterDefaults, ...given };
    const { kind, lookback, horizon, features, targets, hidden } = config;
    this.config = config;
    const inside = random.split('body');
    if (kind === 'transformer') this.body = new TransformerBody(config, inside);
    else if (kind !== 'linear') this.body = new RecurrentBody(kind, config, inside);
    const width = this.body ? hidden : lookback * features;
    this.head = new Linear(width, horizon * targets, { random: random.split('head') });
  }

  /**
   * x [B, lookback, features] → [B, horizon, targets].
   *
   * @throws LookbackError SHAPE_MISMATCH for a window of another shape.
   */
  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    const { lookback, features, horizon, targets } = this.config;
    if (x.rank !== 3 || x.shape[1] !== lookback || x.shape[2] !== features) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'Forecaster',
        expected: `windows [B, ${lookback}, ${features}]`,
        got: show(x.shape),
      });
    }
    const B = x.shape[0];
    const summary = this.body ? this.body.forward(x, options) : reshape(x, [B, lookback * features]);
    return tapped(options, 'forecast', reshape(this.head.forward(summary), [B, horizon, targets]));
  }

  /** Mean squared error against y [B, horizon, targets]. */
  loss(x: Tensor, y: Tensor, options: ForwardOptions = {}): Tensor {
    return meanSquaredError(this.forward(x, options), y);
  }
}

class RecurrentBody extends Module {
  readonly recurrent: Recurrent;

  constructor(kind: RecurrentKind, config: Required<ForecasterConfig>, random: Random) {
    super();
    const { features, hidden, layers, dropout, recurrentWeight } = config;
    const options = { layers, dropout, recurrentWeight, random: random.split('recurrent') };
    this.recurrent = makeRecurrent(kind, features, hidden, options);
  }

  forward(x: Tensor, options: ForwardOptions): Tensor {
    return lastStep(this.recurrent.forward(x, options).output);
  }
}

class TransformerBody extends Module {
  readonly input: Linear;
  readonly positions: LearnedPositions | SinusoidalPositions | undefined;
  readonly dropout: Dropout;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;

  constructor(
    { lookback, features, hidden, layers, heads, dropout, positions }: Required<ForecasterConfig>,
    random: Random,
  ) {
    super();
    const rotary = positions === 'rotary' ? new Rotary(hidden / heads) : undefined;
    const initialization = initialize.gpt2({ layers });
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
        causal: true,
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
    return tapped(options, 'norm', this.norm.forward(lastStep(h)));
  }
}

/** x [B, T, C] → [B, C] */
function lastStep(x: Tensor): Tensor {
  const [B, T, C] = x.shape;
  return reshape(slice(x, 1, T - 1, T), [B, C]);
}
