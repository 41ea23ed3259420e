/** RNN: the plain recurrent network (Elman 1990). */
import type { Tensor } from '../tensor/index.ts';
import { rnn } from '../tensor/ops/rnn.ts';
import {
  type LayerResult,
  Recurrent,
  type RecurrentLayer,
  type RecurrentOptions,
  type RecurrentState,
  type RunOptions,
} from './recurrent.ts';

/** hₜ = tanh(W xₜ + b + U hₜ₋₁ + b'), with W [H, I] and U [H, H]. */
export class RNN extends Recurrent {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(
    inputs: number,
    hidden: number,
    {
      nonlinearity = 'tanh',
      ...options
    }: RecurrentOptions & { bidirectional?: boolean; nonlinearity?: 'tanh' | 'relu' },
  ) {
    super('rnn', inputs, hidden, { ...options, gates: 1 });
    this.nonlinearity = nonlinearity;
  }

  protected override run(
    x: Tensor,
    layer: RecurrentLayer,
    initial: RecurrentState | undefined,
    options: RunOptions,
  ): LayerResult {
    const { nonlinearity } = this;
    const { output, last } = rnn(x, layer, { initial: initial?.hidden, nonlinearity, ...options });
    return { output, state: { hidden: last } };
  }
}
