/** MLP: the position-wise feed-forward part of a Transformer. */
import type { Random } from '../random.ts';
import { multiply, type Tensor } from '../tensor/index.ts';
import { feedForward, isSmooth } from '../tensor/ops/feedForward.ts';
import { Dropout } from './dropout.ts';
import { linearDefault, type TransformerInitialization } from './initialize.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { type ForwardOptions, tapFor, tapped } from './tap.ts';

export type MLPKind = 'relu' | 'gelu' | 'swiglu';

/** Usual hidden width: 4C, or for SwiGLU, which has a third matrix, 8C/3 rounded up to a multiple of 8. */
export function usualMLPWidth(kind: MLPKind, width: number): number {
  return kind === 'swiglu' ? 8 * Math.ceil(width / 3) : 4 * width;
}

/**
 * relu, gelu: y = f(x W₁ + b₁) W₂ + b₂, with W₁ `hidden` [M, C] and W₂ `output` [C, M]
 * swiglu: y = (silu(x Wg) · (x W₁)) W₂, with Wg `gate` [M, C] (Shazeer 2020)
 */
export class MLP extends Module {
  readonly gate: Linear | undefined;
  readonly hidden: Linear;
  readonly output: Linear;
  readonly dropout: Dropout;

  constructor(
    width: number,
    {
      random,
      kind = 'gelu',
      mlpWidth = usualMLPWidth(kind, width),
      bias = true,
      dropout = 0,
      initialization,
    }: {
      random: Random;
      kind?: MLPKind;
      mlpWidth?: number;
      bias?: boolean;
      /** On the hidden layer. */
      dropout?: number;
      initialization?: TransformerInitialization;
    },
  ) {
    super();
    const reader = (name: string, activation: 'none' | 'relu' | 'gelu' | 'silu'): Linear =>
      new Linear(width, mlpWidth, {
        random: random.split(name),
        bias,
        activation,
        weight: initialization?.weight ?? linearDefault(width),
        biasValues: initialization?.bias ?? linearDefault(width),
      });
    this.gate = kind === 'swiglu' ? reader('gate', 'silu') : undefined;
    this.hidden = reader('hidden', kind === 'swiglu' ? 'none' : kind);
    this.output = new Linear(mlpWidth, width, {
      random: random.split('output'),
      bias,
      weight: initialization?.residual ?? linearDefault(mlpWidth),
      biasValues: initialization?.bias ?? linearDefault(mlpWidth),
    });
    this.dropout = new Dropout(dropout);
  }

  /** x [..., C] → [..., C]. A hidden layer that nobody looks at stays inside one operation (feedForward.ts), with the same bits. */
  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    const { activation } = this.hidden;
    const stored = [this.hidden.weight, this.output.weight].some(({ dtype }) => dtype !== 'f32');
    const plain = !this.gate && !stored && !this.dropout.active && !tapFor(options, 'hidden');
    if (plain && isSmooth(activation)) {
      return tapped(options, 'output', feedForward(x, this.hidden, this.output, { activation }));
    }
    const straight = this.hidden.forward(x);
    const product = this.gate ? multiply(this.gate.forward(x), straight) : straight;
    const hidden = this.dropout.forward(tapped(options, 'hidden', product), options);
    return tapped(options, 'output', this.output.forward(hidden));
  }
}
