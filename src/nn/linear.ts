/** Linear: an affine map of the last axis. */
import type { Activation } from '../backends/cpu/codes.ts';
import type { Random } from '../random.ts';
import type { Parameter, Tensor } from '../tensor/index.ts';
import { linear } from '../tensor/ops/linear.ts';
import { type Initialize, linearDefault, parameter } from './initialize.ts';
import { Module } from './module.ts';
import type { ForwardOptions } from './tap.ts';

export interface LinearOptions {
  random: Random;
  bias?: boolean;
  activation?: Activation;
  /** Initial weight [O, I]; ±1/√I by default, as in PyTorch. */
  weight?: Initialize;
  /** Initial bias [O]; likewise. */
  biasValues?: Initialize;
  /** A weight [O, I] shared with another module, instead of one of its own. */
  tied?: Parameter;
}

/** x [..., I] → y = f(x Wᵀ + b) [..., O], with W [O, I] and b [O]. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly activation: Activation;

  constructor(
    inputs: number,
    outputs: number,
    {
      random,
      bias = true,
      activation = 'none',
      weight = linearDefault(inputs),
      biasValues = linearDefault(inputs),
      tied,
    }: LinearOptions,
  ) {
    super();
    this.weight = tied ?? parameter([outputs, inputs], weight, random.split('weight'));
    this.bias = bias ? parameter([outputs], biasValues, random.split('bias')) : undefined;
    this.activation = activation;
  }

  /** @throws LookbackError SHAPE_MISMATCH unless the last axis of x is I. */
  forward(x: Tensor, _options: ForwardOptions = {}): Tensor {
    return linear(x, this.weight, this.bias, { activation: this.activation });
  }
}
