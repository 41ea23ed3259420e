/**
 * PatchTST (Nie, Nguyen, Sinthong and Kalagnanam 2023, "A Time Series is Worth 64 Words"): the window is cut into patches
 * that overlap, each becomes a token, an encoder lets every token see all others, and one linear map of all of them
 * gives the horizon. Channels are independent: each series goes through the same network alone.
 *
 * The reversible instance normalisation around it is `windowScaling.ts`. Departures: pre-norm blocks with LayerNorm
 * instead of post-norm ones with BatchNorm and residual attention scores; covariates, where there are any, are part of
 * their step's patch.
 */
import { Dropout } from '../nn/dropout.ts';
import {
  type ForwardOptions,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  TransformerBlock,
  tapped,
  within,
} from '../nn/index.ts';
import type { Random } from '../random.ts';
import { concat, expand, reshape, slice, type Tensor } from '../tensor/index.ts';

export interface PatchTSTConfig {
  lookback: number;
  /** Numbers at each step of the window, the target first. */
  features: number;
  /** H · P. */
  outputs: number;
  /** C, channels of a token. */
  hidden: number;
  layers: number;
  heads: number;
  /** Width of the MLP between attentions. */
  mlpWidth: number;
  dropout: number;
  /** Steps of a patch, a multiple of `stride`. */
  patch: number;
  /** Steps from one patch to the next. */
  stride: number;
}

/** x [B, L, F] → patches [B, N, patch·F] → tokens [B, N, C] → [B, H·P] */
export class PatchTST extends Module {
  /** N */
  readonly tokens: number;
  readonly input: Linear;
  readonly positions: LearnedPositions;
  readonly dropout: Dropout;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly output: Linear;

  constructor(
    readonly config: PatchTSTConfig,
    { random }: { random: Random },
  ) {
    super();
    const { lookback, features, outputs, hidden, layers, heads, mlpWidth, dropout, patch, stride } = config;
    // As in the paper the last value is repeated for one more stride behind; in front as often as patches need.
    this.tokens = Math.ceil((lookback + stride - patch) / stride) + 1;
    this.input = new Linear(patch * features, hidden, { random: random.split('input') });
    this.positions = new LearnedPositions(this.tokens, hidden, { random: random.split('positions') });
    this.dropout = new Dropout(dropout);
    this.blocks = Array.from({ length: layers }, (_, i) => {
      const stream = random.split('blocks').split(String(i));
      return new TransformerBlock(hidden, { heads, mlpWidth, dropout, hiddenDropout: dropout, random: stream });
    });
    this.norm = new LayerNorm(hidden);
    this.output = new Linear(this.tokens * hidden, outputs, { random: random.split('output') });
  }

  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    const B = x.shape[0];
    const embedded = this.positions.forward(this.input.forward(this.patches(x)));
    let h = tapped(options, 'embedding', this.dropout.forward(embedded, within(options, 'embedding')));
    this.blocks.forEach((block, i) => {
      h = block.forward(h, within(options, `blocks.${i}`));
    });
    const norm = tapped(options, 'norm', this.norm.forward(h));
    const flat = this.dropout.forward(reshape(norm, [B, this.tokens * this.config.hidden]), within(options, 'output'));
    return this.output.forward(flat);
  }

  /** x [B, L, F] → [B, N, patch·F], of strides laid side by side. */
  private patches(x: Tensor): Tensor {
    const [B, L, F] = x.shape;
    const { patch, stride } = this.config;
    const N = this.tokens;
    const strides = N - 1 + patch / stride;
    const front = strides * stride - L - stride;
    const repeated = (at: number, count: number) => expand(slice(x, 1, at, at + 1), [B, count, F]);
    const padded = concat([...(front > 0 ? [repeated(0, front)] : []), x, repeated(L - 1, stride)], 1);
    const cells = reshape(padded, [B, strides, stride * F]);
    const columns = Array.from({ length: patch / stride }, (_, k) => slice(cells, 1, k, k + N));
    return columns.length === 1 ? columns[0] : concat(columns, 2);
  }
}
