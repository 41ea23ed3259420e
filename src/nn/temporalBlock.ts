/**
 * TemporalBlock: the residual block of a temporal convolutional network (Bai, Kolter and Koltun 2018, figure 1b).
 * Departure: LayerNorm over the channels of each step in the place of weight normalisation.
 */
import type { Random } from '../random.ts';
import { add, relu, type Tensor } from '../tensor/index.ts';
import { Conv1d } from './convolution.ts';
import { Dropout } from './dropout.ts';
import { kaimingNormal } from './initialize.ts';
import { Module } from './module.ts';
import { LayerNorm } from './norm.ts';
import { type ForwardOptions, tapped, within } from './tap.ts';

export interface TemporalBlockOptions {
  random: Random;
  /** Steps between the taps of both filters. */
  dilation: number;
  /** Taps of each filter. */
  kernel?: number;
  dropout?: number;
}

/**
 * y = relu(x' + g(g(x))), g = dropout · relu · norm · causal convolution of K taps, d steps apart; x' is x, or a map of it
 * to C channels: x [B, T, I] → y [B, T, C]. Step t sees 1 + 2 (K - 1) d steps, itself the last.
 */
export class TemporalBlock extends Module {
  readonly first: Conv1d;
  readonly firstNorm: LayerNorm;
  readonly second: Conv1d;
  readonly secondNorm: LayerNorm;
  readonly shortcut: Conv1d | undefined;
  readonly dropout: Dropout;

  constructor(inputs: number, channels: number, { random, dilation, kernel = 3, dropout = 0 }: TemporalBlockOptions) {
    super();
    const convolution = (name: string, from: number, taps: number) =>
      new Conv1d(from, channels, taps, {
        dilation: taps === 1 ? 1 : dilation,
        padding: 'causal',
        weight: kaimingNormal(),
        random: random.split(name),
      });
    this.first = convolution('first', inputs, kernel);
    this.firstNorm = new LayerNorm(channels);
    this.second = convolution('second', channels, kernel);
    this.secondNorm = new LayerNorm(channels);
    this.shortcut = inputs === channels ? undefined : convolution('shortcut', inputs, 1);
    this.dropout = new Dropout(dropout);
  }

  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    const once = relu(this.firstNorm.forward(this.first.forward(x)));
    const hidden = this.dropout.forward(once, within(options, 'first'));
    const twice = relu(this.secondNorm.forward(this.second.forward(hidden)));
    const branch = this.dropout.forward(twice, within(options, 'second'));
    return tapped(options, 'output', relu(add(this.shortcut?.forward(x) ?? x, branch)));
  }
}
