/** Stochastic gradient descent with momentum (Sutskever et al. 2013), in PyTorch's form. */
import { addressOf, type Implementation } from '../backends/backend.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Rate, rateAt, requireRange, segmentOf, type Transform } from './transform.ts';

interface SgdAttributes {
  rate: number;
  momentum: number;
  nesterov: boolean;
  decay: number;
  hasVelocity: boolean;
  hasScale: boolean;
}

/** Inputs: parameter, gradient, then velocity and scale where there are; parameter and velocity change in place. */
export const sgdUpdate: Implementation<SgdAttributes> = {
  name: 'sgd',
  reference: ([p, g, ...rest], [pOut, vOut], { rate, momentum, nesterov, decay, hasVelocity, hasScale }) => {
    const velocity = hasVelocity ? rest[0].data : undefined;
    const factor = hasScale ? rest[rest.length - 1].data[0] : 1;
    for (let i = 0; i < p.data.length; i++) {
      let direction = g.data[i] * factor + decay * p.data[i];
      if (velocity) {
        const speed = momentum * velocity[i] + direction;
        vOut.data[i] = speed;
        direction = nesterov ? direction + momentum * speed : speed;
      }
      pOut.data[i] = p.data[i] - rate * direction;
    }
  },
  cpu: (kernels, [p, g, ...rest], _, { rate, momentum, nesterov, decay, hasVelocity, hasScale }) =>
    kernels.sgd(
      addressOf(p),
      hasVelocity ? addressOf(rest[0]) : 0,
      addressOf(g),
      hasScale ? addressOf(rest[rest.length - 1]) : 0,
      p.size,
      rate,
      momentum,
      nesterov ? 1 : 0,
      decay,
    ),
};

export interface SgdOptions {
  rate: Rate;
  momentum?: number;
  nesterov?: boolean;
  decay?: number;
}

/**
 * d = g + decay p, v = momentum v + d, p = p - rate v; with `nesterov`, p = p - rate (d + momentum v). The velocity begins
 * at zero, and there is none when `momentum` is 0. Decay applies to the parameters that have it (`Parameter.decay`).
 *
 * @throws LookbackError BAD_ARGUMENT unless 0 ≤ momentum < 1 and decay ≥ 0.
 */
export function sgd({ rate, momentum = 0, nesterov = false, decay = 0 }: SgdOptions): Transform {
  requireRange('sgd', 'momentum', momentum, 0, 1);
  requireRange('sgd', 'decay', decay, 0);
  let velocity: Tensor | undefined;
  return {
    name: 'sgd',
    init(arena) {
      velocity?.dispose();
      velocity = momentum > 0 ? arena.zeros() : undefined;
    },
    update({ arena, gradients, step, scale }) {
      for (const segment of arena.segments) {
        const places = [arena.values, ...(velocity ? [velocity] : [])].map((block) => segmentOf(block, segment));
        const [parameter, ...moving] = places;
        const inputs = [parameter, segmentOf(gradients, segment), ...moving, ...(scale ? [scale] : [])];
        arena.values.backend.run(sgdUpdate, inputs, places, {
          rate: rateAt(rate, step),
          momentum,
          nesterov,
          decay: segment.decay ? decay : 0,
          hasVelocity: velocity !== undefined,
          hasScale: scale !== undefined,
        });
      }
    },
    state: () => new Map(velocity ? [['velocity', velocity]] : []),
    dispose: () => velocity?.dispose(),
  };
}
