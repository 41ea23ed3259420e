/** Lion: steps of the sign of an averaged gradient (Chen et al. 2023, "Symbolic discovery of optimization algorithms"). */
import { addressOf, type Implementation } from '../backends/backend.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Rate, rateAt, requireRange, segmentOf, type Transform } from './transform.ts';

interface LionAttributes {
  rate: number;
  beta1: number;
  beta2: number;
  decay: number;
}

/** Inputs: parameter, momentum, gradient and perhaps the scale; the first two are changed in place. */
const lionUpdate: Implementation<LionAttributes> = {
  name: 'lion',
  reference: ([p, m, g, scale], [pOut, mOut], { rate, beta1, beta2, decay }) => {
    const factor = scale ? scale.data[0] : 1;
    for (let i = 0; i < p.data.length; i++) {
      const gradient = g.data[i] * factor;
      const direction = Math.sign(beta1 * m.data[i] + (1 - beta1) * gradient);
      pOut.data[i] = p.data[i] * (1 - rate * decay) - rate * direction;
      mOut.data[i] = beta2 * m.data[i] + (1 - beta2) * gradient;
    }
  },
  cpu: (kernels, [p, m, g, scale], _, { rate, beta1, beta2, decay }) => {
    const [at, momentum, gradient] = [p, m, g].map(addressOf);
    return kernels.lion(at, momentum, gradient, scale ? addressOf(scale) : 0, p.size, rate, beta1, beta2, decay);
  },
};

export interface LionOptions {
  /** Each element moves by this much: about a tenth of what AdamW takes. */
  rate: Rate;
  beta1?: number;
  beta2?: number;
  decay?: number;
}

/**
 * p = p (1 - rate decay) - rate sign(β1 m + (1 - β1) g), then m = β2 m + (1 - β2) g; m begins at zero. Decay applies to
 * the parameters that have it (`Parameter.decay`).
 *
 * @throws LookbackError BAD_ARGUMENT unless 0 ≤ β < 1 and decay ≥ 0.
 */
export function lion({ rate, beta1 = 0.9, beta2 = 0.99, decay = 0 }: LionOptions): Transform {
  requireRange('lion', 'beta1', beta1, 0, 1);
  requireRange('lion', 'beta2', beta2, 0, 1);
  requireRange('lion', 'decay', decay, 0);
  let momentum: Tensor | undefined;
  return {
    name: 'lion',
    init(arena) {
      momentum?.dispose();
      momentum = arena.zeros();
    },
    update({ arena, gradients, step, scale }) {
      if (!momentum) return;
      for (const segment of arena.segments) {
        const places = [arena.values, momentum].map((block) => segmentOf(block, segment));
        const inputs = [...places, segmentOf(gradients, segment), ...(scale ? [scale] : [])];
        const attributes = { rate: rateAt(rate, step), beta1, beta2, decay: segment.decay ? decay : 0 };
        arena.values.backend.run(lionUpdate, inputs, places, attributes);
      }
    },
    state: () => new Map(momentum ? [['momentum', momentum]] : []),
    dispose: () => momentum?.dispose(),
  };
}
