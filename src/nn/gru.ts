/** GRU: gated recurrent unit (Cho et al. 2014), with the reset gate after the recurrent product, as in PyTorch and cuDNN. */
import type { Tensor } from '../tensor/index.ts';
import { gru } from '../tensor/ops/gru.ts';
import {
  type LayerResult,
  Recurrent,
  type RecurrentLayer,
  type RecurrentOptions,
  type RecurrentState,
  type RunOptions,
} from './recurrent.ts';

/**
 * r = σ(Wᵣ xₜ + bᵣ + Uᵣ hₜ₋₁ + b'ᵣ), z likewise; rows of W [3H, I] and U [3H, H] are r, z, n
 * n = tanh(Wₙ xₜ + bₙ + r (Uₙ hₜ₋₁ + b'ₙ))
 * hₜ = (1 - z) n + z hₜ₋₁
 */
export class GRU extends Recurrent {
  constructor(inputs: number, hidden: number, options: RecurrentOptions & { bidirectional?: boolean }) {
    super('gru', inputs, hidden, { ...options, gates: 3 });
  }

  protected override run(
    x: Tensor,
    layer: RecurrentLayer,
    initial: RecurrentState | undefined,
    options: RunOptions,
  ): LayerResult {
    const { output, last, gates } = gru(x, layer, { initial: initial?.hidden, ...options });
    return { output, state: { hidden: last }, gates };
  }
}
