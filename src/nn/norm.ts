/** Normalisation of the last axis: LayerNorm (Ba et al. 2016) and RMSNorm (Zhang and Sennrich 2019). */
import { Random } from '../random.ts';
import type { Parameter, Tensor } from '../tensor/index.ts';
import { layerNorm, rmsNorm } from '../tensor/ops/norm.ts';
import { constant, parameter, zeros } from './initialize.ts';
import { Module } from './module.ts';
import type { ForwardOptions } from './tap.ts';

/** The streams of constant initial values are never drawn from. */
const unused = new Random(0);

/** x [..., C] → (x - mean) / √(variance + ε) · w + b, with w and b [C]. */
export class LayerNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly epsilon: number;

  constructor(width: number, { epsilon = 1e-5, bias = true }: { epsilon?: number; bias?: boolean } = {}) {
    super();
    this.weight = parameter([width], constant(1), unused);
    this.bias = bias ? parameter([width], zeros(), unused) : undefined;
    this.epsilon = epsilon;
  }

  forward(x: Tensor, _options: ForwardOptions = {}): Tensor {
    return layerNorm(x, this.weight, this.bias, { epsilon: this.epsilon });
  }
}

/** x [..., C] → x / √(mean(x²) + ε) · w, with w [C]. */
export class RMSNorm extends Module {
  readonly weight: Parameter;
  readonly epsilon: number;

  constructor(width: number, { epsilon = 1e-5 }: { epsilon?: number } = {}) {
    super();
    this.weight = parameter([width], constant(1), unused);
    this.epsilon = epsilon;
  }

  forward(x: Tensor, _options: ForwardOptions = {}): Tensor {
    return rmsNorm(x, this.weight, { epsilon: this.epsilon });
  }
}

export type NormKind = 'layerNorm' | 'rmsNorm';

/** The norm of that name. `bias` matters to layerNorm only. */
export function makeNorm(
  kind: NormKind,
  width: number,
  { epsilon = 1e-5, bias = true }: { epsilon?: number; bias?: boolean } = {},
): LayerNorm | RMSNorm {
  return kind === 'rmsNorm' ? new RMSNorm(width, { epsilon }) : new LayerNorm(width, { epsilon, bias });
}
