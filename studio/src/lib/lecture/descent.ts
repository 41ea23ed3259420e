/**
 * Optimizers on a landscape of two parameters: our own, stepping on a loss whose valley is `steepness` times steeper
 * across than along, computed by the plain TypeScript backend.
 */
import { withBackend } from '../../../../src/backends/backend.ts';
import { ReferenceBackend } from '../../../../src/backends/reference/reference.ts';
import { Module } from '../../../../src/nn/index.ts';
import {
  adam,
  chain,
  clipByGlobalNorm,
  constant,
  createOptimizer,
  type Optimizer,
  sgd,
  type Transform,
  warmupCosine,
} from '../../../../src/optim/index.ts';
import { Parameter, scope, type Tensor, tensor, valueAndGrad } from '../../../../src/tensor/index.ts';

export interface Settings {
  /** log₁₀ of each optimizer's rate. */
  sgdRate: number;
  adamRate: number;
  momentum: number;
  schedule: 'constant' | 'warmup, then cosine';
  clip: boolean;
  steepness: number;
}

export const totalSteps = 120;
export const start: readonly [number, number] = [-2.4, -1.5];

export interface Walk {
  readonly name: string;
  /** Where it has been, and the loss there. */
  readonly points: [x: number, y: number, loss: number][];
}

const backend = new ReferenceBackend({ float64: true });

/** ½ (x² + a (y - sin x / 2)²) for a parameter [2]: a bent valley with its floor at the origin. */
function lossOf(p: Tensor, a: number): Tensor {
  const [x, y] = p.split(2, 0);
  const across = y.sub(x.sin().mul(0.5));
  return x.square().add(across.square().mul(a)).mul(0.5).sum();
}

/** The same as a number, for drawing the ground. */
export function heightAt(x: number, y: number, a: number): number {
  const across = y - 0.5 * Math.sin(x);
  return 0.5 * (x * x + a * across * across);
}

class Walker extends Module {
  readonly p = new Parameter(tensor([...start]));
  readonly optimizer: Optimizer;
  readonly points: Walk['points'] = [];

  constructor(
    readonly label: string,
    transform: Transform,
    readonly steepness: number,
  ) {
    super();
    this.optimizer = createOptimizer(transform, this);
  }

  step(): void {
    scope(() => {
      const { value } = valueAndGrad(this, () => lossOf(this.p, this.steepness));
      const [x, y] = this.p.dataSync();
      this.points.push([x, y, value.item()]);
      if ([x, y].every((each) => Math.abs(each) < 1e3)) this.optimizer.step();
    });
  }
}

/** All walks at once: they are short. */
export function descend({ sgdRate, adamRate, momentum, schedule, clip, steepness }: Settings): Walk[] {
  const at = (rate: number) =>
    schedule === 'constant' ? constant(rate) : warmupCosine({ peak: rate, warmup: 10, steps: totalSteps });
  const guarded = (part: Transform) => (clip ? chain(clipByGlobalNorm(1), part) : chain(part));
  return withBackend(backend, () => {
    const walkers = [
      new Walker('SGD', guarded(sgd({ rate: at(10 ** sgdRate) })), steepness),
      new Walker(`SGD, momentum ${momentum}`, guarded(sgd({ rate: at(10 ** sgdRate), momentum })), steepness),
      new Walker('Adam', guarded(adam({ rate: at(10 ** adamRate) })), steepness),
    ];
    for (const walker of walkers) {
      for (let step = 0; step < totalSteps; step++) walker.step();
      walker.optimizer.dispose();
    }
    return walkers.map(({ label, points }) => ({ name: label, points }));
  });
}
