/** LSTM: long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000). */
import { LookbackError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import { lstm } from '../tensor/ops/lstm.ts';
import {
  type LayerResult,
  Recurrent,
  type RecurrentLayer,
  type RecurrentOptions,
  type RecurrentState,
  type RunOptions,
} from './recurrent.ts';

/**
 * [i f g o]ₜ = W xₜ + b + U hₜ₋₁ + b', with W [4H, I] and U [4H, H]
 * cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g)
 * hₜ = σ(o) tanh(cₜ)
 */
export class LSTM extends Recurrent {
  /** The forget gate's bias starts at 1 (Jozefowicz et al. 2015); PyTorch's has no such start. */
  constructor(
    inputs: number,
    hidden: number,
    options: RecurrentOptions & { bidirectional?: boolean; forgetBias?: number },
  ) {
    super('lstm', inputs, hidden, { forgetBias: 1, ...options, gates: 4 });
  }

  protected override run(
    x: Tensor,
    layer: RecurrentLayer,
    initial: RecurrentState | undefined,
    options: RunOptions,
  ): LayerResult {
    if (initial && !initial.cell) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'lstm',
        expected: 'a state of hidden and cell',
        got: 'no cell',
      });
    }
    const start = initial?.cell && { h: initial.hidden, c: initial.cell };
    const { output, last, lastCell, gates, cells } = lstm(x, layer, { initial: start, ...options });
    return { output, state: { hidden: last, cell: lastCell }, gates, cells };
  }
}
