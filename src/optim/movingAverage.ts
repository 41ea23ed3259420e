/**
 * An exponential moving average of the parameters (after Polyak and Juditsky 1992), to evaluate and keep instead of the
 * last ones: the last part of a chain, since it looks at what the update left.
 */
import { addressOf, type Implementation } from '../backends/backend.ts';
import { copyInto } from '../tensor/memory.ts';
import { clone } from '../tensor/ops/views.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireRange, type Transform } from './transform.ts';

/** Inputs: average and parameter; the average is changed in place. */
const averageUpdate: Implementation<number> = {
  name: 'movingAverage',
  reference: ([average, p], [out], keep) => {
    for (let i = 0; i < p.data.length; i++) out.data[i] = keep * average.data[i] + (1 - keep) * p.data[i];
  },
  cpu: (kernels, [average, p], _, keep) => kernels.movingAverage(addressOf(average), addressOf(p), p.size, keep),
};

/**
 * average = keep average + (1 - keep) p after each update. While few updates have been made it keeps less,
 * (1 + t) / (10 + t), so that the random beginning is soon forgotten. `Optimizer.swapAverages` puts it in place.
 *
 * @throws LookbackError BAD_ARGUMENT unless 0 ≤ keep < 1.
 */
export function movingAverage(keep: number): Transform {
  requireRange('movingAverage', 'keep', keep, 0, 1);
  let average: Tensor | undefined;
  return {
    name: 'movingAverage',
    init(arena) {
      average?.dispose();
      average = arena.zeros();
      copyInto(average, arena.values);
    },
    update({ arena, step }) {
      if (!average) return;
      const kept = Math.min(keep, (1 + step) / (10 + step));
      arena.values.backend.run(averageUpdate, [average, arena.values], [average], kept);
    },
    swap({ values }) {
      if (!average) return false;
      const block = average;
      scope(() => {
        const before = clone(values);
        copyInto(values, block);
        copyInto(block, before);
      });
      return true;
    },
    state: () => new Map(average ? [['average', average]] : []),
    dispose: () => average?.dispose(),
  };
}
