/** Adam (Kingma and Ba 2015) and AdamW, whose weight decay is apart from the gradient (Loshchilov and Hutter 2019). */
import { addressOf, type Implementation } from '../backends/backend.ts';
import { pow } from '../math.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Rate, rateAt, requireRange, segmentOf, type Transform } from './transform.ts';

interface AdamwAttributes {
  rate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  decay: number;
  /** 1 - beta1^t and 1 - beta2^t. */
  correction1: number;
  correction2: number;
}

/** Inputs: parameter, first, second, gradient and perhaps the scale; the first three are changed in place. */
export const adamwUpdate: Implementation<AdamwAttributes> = {
  name: 'adamw',
  reference: ([p, m, v, g, scale], [pOut, mOut, vOut], attributes) => {
    const { rate, beta1, beta2, epsilon, decay, correction1, correction2 } = attributes;
    const factor = scale ? scale.data[0] : 1;
    for (let i = 0; i < p.data.length; i++) {
      const gradient = g.data[i] * factor;
      const first = beta1 * m.data[i] + (1 - beta1) * gradient;
      const second = beta2 * v.data[i] + (1 - beta2) * gradient * gradient;
      const direction = first / correction1 / (Math.sqrt(second / correction2) + epsilon);
      mOut.data[i] = first;
      vOut.data[i] = second;
      pOut.data[i] = p.data[i] * (1 - rate * decay) - rate * direction;
    }
  },
  cpu: (kernels, [p, m, v, g, scale], _, { rate, beta1, beta2, epsilon, decay, correction1, correction2 }) =>
    kernels.adamw(
      addressOf(p),
      addressOf(m),
      addressOf(v),
      addressOf(g),
      scale ? addressOf(scale) : 0,
      p.size,
      rate,
      beta1,
      beta2,
      epsilon,
      decay,
      correction1,
      correction2,
    ),
};

export interface AdamOptions {
  rate: Rate;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/**
 * AdamW, with g the gradient, t the update counted from 1, and decay for the parameters that have it (`Parameter.decay`):
 *
 *   m = β1 m + (1 - β1) g,  v = β2 v + (1 - β2) g²
 *   p = p (1 - rate decay) - rate (m / (1 - β1^t)) / (√(v / (1 - β2^t)) + ε)
 *
 * @throws LookbackError BAD_ARGUMENT unless 0 ≤ β < 1, ε ≥ 0 and decay ≥ 0.
 */
export function adamw({
  rate,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  decay = 0.01,
}: AdamOptions & { decay?: number }): Transform {
  requireRange('adamw', 'beta1', beta1, 0, 1);
  requireRange('adamw', 'beta2', beta2, 0, 1);
  requireRange('adamw', 'epsilon', epsilon, 0);
  requireRange('adamw', 'decay', decay, 0);
  let first: Tensor | undefined;
  let second: Tensor | undefined;
  const dispose = () => {
    first?.dispose();
    second?.dispose();
  };
  return {
    name: 'adamw',
    init(arena) {
      dispose();
      first = arena.zeros();
      second = arena.zeros();
    },
    update({ arena, gradients, step, scale }) {
      if (!first || !second) return;
      const t = step + 1;
      for (const segment of arena.segments) {
        const places = [arena.values, first, second].map((block) => segmentOf(block, segment));
        const inputs = [...places, segmentOf(gradients, segment), ...(scale ? [scale] : [])];
        arena.values.backend.run(adamwUpdate, inputs, places, {
          rate: rateAt(rate, step),
          beta1,
          beta2,
          epsilon,
          decay: segment.decay ? decay : 0,
          correction1: 1 - pow(beta1, t),
          correction2: 1 - pow(beta2, t),
        });
      }
    },
    state: () =>
      new Map(
        first && second
          ? [
              ['first', first],
              ['second', second],
            ]
          : [],
      ),
    dispose,
  };
}

/** Adam: AdamW without weight decay. */
export function adam(options: AdamOptions): Transform {
  return { ...adamw({ ...options, decay: 0 }), name: 'adam' };
}
