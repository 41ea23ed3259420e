/** Conv1d: a convolution along time. */
import type { Random } from '../random.ts';
import type { Parameter, Tensor } from '../tensor/index.ts';
import { conv1d } from '../tensor/ops/convolution.ts';
import { type Initialize, linearDefault, parameter } from './initialize.ts';
import { Module } from './module.ts';
import type { ForwardOptions } from './tap.ts';

export interface Conv1dOptions {
  random: Random;
  stride?: number;
  dilation?: number;
  /** `causal` pads in front only, so that step t sees no later step. */
  padding?: 'causal' | 'same' | 'valid' | number;
  /** One filter a channel, no mixing. */
  depthwise?: boolean;
  bias?: boolean;
  weight?: Initialize;
}

/**
 * x [B, T, I] → y[b, t, o] = Σ_k Σ_i W[o, i, k] · x[b, s·t + d·k - p, i] + b[o]: [B, T', O].
 * W is [O, I, K] as in PyTorch ([I, 1, K] when depthwise), s the stride, d the dilation, p the padding in front.
 */
export class Conv1d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly settings: {
    stride: number;
    dilation: number;
    padding: 'causal' | 'same' | 'valid' | number;
    groups: number;
  };

  constructor(
    inputs: number,
    outputs: number,
    kernel: number,
    {
      random,
      stride = 1,
      dilation = 1,
      padding = 'causal',
      depthwise = false,
      bias = true,
      weight = linearDefault((depthwise ? 1 : inputs) * kernel),
    }: Conv1dOptions,
  ) {
    super();
    const groups = depthwise ? inputs : 1;
    const fan = (inputs / groups) * kernel;
    this.weight = parameter([outputs, inputs / groups, kernel], weight, random.split('weight'));
    this.bias = bias ? parameter([outputs], linearDefault(fan), random.split('bias')) : undefined;
    this.settings = { stride, dilation, padding, groups };
  }

  forward(x: Tensor, _options: ForwardOptions = {}): Tensor {
    return conv1d(x, this.weight, this.bias, this.settings);
  }
}
