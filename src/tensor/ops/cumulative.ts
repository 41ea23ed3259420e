/** Running sums along an axis. */
import { addressOf } from '../../backends/backend.ts';
import { apply1, define, type Operation, requireDType, shapeError } from '../operation.ts';
import { normalizeAxis } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { transpose } from './views.ts';

const cumulativeSumOperation: Operation<{ reverse: boolean }> = define<{ reverse: boolean }>({
  name: 'cumulativeSum',
  family: 'reduction',
  summary: 'running sum along the last axis, from its end with reverse',
  infer: ([x]) => {
    requireDType('cumulativeSum', x, 'f32');
    if (x.rank === 0) throw shapeError('cumulativeSum', 'at least one axis', '[]');
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  reference: ([x], [y], { reverse }) => {
    const columns = x.shape[x.shape.length - 1];
    for (let from = 0; from < x.data.length; from += columns) {
      let sum = 0;
      for (let i = 0; i < columns; i++) {
        const at = from + (reverse ? columns - 1 - i : i);
        sum += x.data[at];
        y.data[at] = sum;
      }
    }
  },
  cpu: (kernels, [x], [y], { reverse }) => {
    const columns = x.shape[x.shape.length - 1];
    return x.size === 0
      ? 0
      : kernels.cumulativeSum(addressOf(y), addressOf(x), x.size / columns, columns, reverse ? 1 : 0);
  },
  saves: { inputs: [], outputs: [] },
  // Element i adds to every sum from i on, so its gradient is the running sum from the other end.
  gradient: ([dy], { attributes: { reverse } }) => [dy && apply1(cumulativeSumOperation, [dy], { reverse: !reverse })],
  samples: () => [
    { inputs: [[3, 5]], attributes: { reverse: false } },
    { inputs: [[2, 2, 19]], attributes: { reverse: true } },
    { inputs: [[0, 4]], attributes: { reverse: false } },
  ],
});

/** y[i] = x[0] + … + x[i] along `axis`; with `reverse`, x[i] + … + x[last]. */
export function cumulativeSum(x: Tensor, axis = -1, { reverse = false }: { reverse?: boolean } = {}): Tensor {
  const at = normalizeAxis('cumulativeSum', axis, x.rank);
  if (at === x.rank - 1) return apply1(cumulativeSumOperation, [x], { reverse });
  return transpose(apply1(cumulativeSumOperation, [transpose(x, at, -1)], { reverse }), at, -1);
}
