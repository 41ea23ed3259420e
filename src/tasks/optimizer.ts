/** From a recipe's `train` part to an optimizer and its schedule. */
import type { Module } from '../nn/index.ts';
import {
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  constant,
  createOptimizer,
  lion,
  movingAverage,
  muon,
  type Optimizer,
  type Schedule,
  sgd,
  type Transform,
  warmupCosine,
  warmupLinear,
} from '../optim/index.ts';
import type { Recipe } from './recipe.ts';

/** The learning rate at each step. */
export function buildSchedule({ learningRate, steps }: Recipe['train']): Schedule {
  const { peak, warmup, decay, floor } = learningRate;
  switch (decay) {
    case 'cosine':
      return warmupCosine({ peak, warmup, steps, floor });
    case 'linear':
      return warmupLinear({ peak, warmup, steps, floor });
    case 'constant':
      return warmup === 0 ? constant(peak) : warmupLinear({ peak, warmup, steps, floor: peak });
    default:
      return decay satisfies never;
  }
}

/** The optimizer a recipe describes; the model's parameters move into its arena. */
export function buildOptimizer(train: Recipe['train'], model: Module): { optimizer: Optimizer; rate: Schedule } {
  const rate = buildSchedule(train);
  const { clip, betas, weightDecay, momentum, nesterov, average } = train;
  const [beta1, beta2] = betas;
  const updates: Record<typeof train.optimizer, () => Transform> = {
    adamw: () => adamw({ rate, beta1, beta2, decay: weightDecay }),
    adam: () => adam({ rate, beta1, beta2 }),
    lion: () => lion({ rate, beta1, beta2, decay: weightDecay }),
    muon: () => muon({ rate, momentum, nesterov, beta1, beta2, decay: weightDecay }),
    sgd: () => sgd({ rate, momentum, nesterov, decay: weightDecay }),
  };
  // Without clipping the norm is still measured, for the metrics and to stop at the first that is not finite.
  const parts = [clipByGlobalNorm(clip ?? Number.POSITIVE_INFINITY), updates[train.optimizer]()];
  const transform = chain(...parts, ...(average === null ? [] : [movingAverage(average)]));
  return { optimizer: createOptimizer(transform, model), rate };
}
