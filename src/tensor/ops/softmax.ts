/** Softmax and its logarithm. The kernels work on the last axis; another one is moved there. */
import { addressOf } from '../../backends/backend.ts';
import { exp as exponential, log as logarithm } from '../../math.ts';
import { apply1, define, type Operation, requireDType, shapeError } from '../operation.ts';
import { normalizeAxis } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { transpose } from './views.ts';

/** dx from y and dy. */
function gradientOf(name: string, isLog: boolean): Operation<undefined> {
  return {
    name,
    family: 'gradient',
    summary: name,
    infer: ([y]) => [{ shape: y.shape, dtype: 'f32' }],
    reference: ([y, dy], [dx]) => {
      const columns = y.shape[y.shape.length - 1];
      for (let from = 0; from < y.data.length; from += columns) {
        let weighted = 0;
        for (let i = from; i < from + columns; i++) weighted += isLog ? dy.data[i] : y.data[i] * dy.data[i];
        for (let i = from; i < from + columns; i++) {
          // softmax: dx = y (dy - Σ y dy);  logSoftmax: dx = dy - eʸ Σ dy
          dx.data[i] = isLog ? dy.data[i] - exponential(y.data[i]) * weighted : y.data[i] * (dy.data[i] - weighted);
        }
      }
    },
    cpu: (kernels, [y, dy], [dx]) => {
      const columns = y.shape[y.shape.length - 1];
      if (y.size === 0) return 0;
      return kernels.softmaxGradient(
        addressOf(dx),
        addressOf(y),
        addressOf(dy),
        y.size / columns,
        columns,
        isLog ? 1 : 0,
      );
    },
  };
}

function lastAxis(name: 'softmax' | 'logSoftmax', summary: string): Operation<undefined> {
  const isLog = name === 'logSoftmax';
  const backwards = gradientOf(`${name}Gradient`, isLog);
  return define({
    name,
    family: 'softmax',
    summary,
    infer: ([x]) => {
      requireDType(name, x, 'f32');
      if (x.rank === 0) throw shapeError(name, 'at least one axis', '[]');
      return [{ shape: x.shape, dtype: 'f32' }];
    },
    reference: ([x], [y]) => {
      const columns = x.shape[x.shape.length - 1];
      for (let from = 0; from < x.data.length; from += columns) {
        let top = -Infinity;
        for (let i = from; i < from + columns; i++) top = Math.max(top, x.data[i]);
        let sum = 0;
        for (let i = from; i < from + columns; i++) sum += exponential(x.data[i] - top);
        for (let i = from; i < from + columns; i++) {
          y.data[i] = isLog ? x.data[i] - top - logarithm(sum) : exponential(x.data[i] - top) / sum;
        }
      }
    },
    cpu: (kernels, [x], [y]) => {
      const columns = x.shape[x.shape.length - 1];
      return x.size === 0 ? 0 : kernels.softmax(addressOf(y), addressOf(x), x.size / columns, columns, isLog ? 1 : 0);
    },
    saves: { inputs: [], outputs: [0] },
    gradient: ([dy], { outputs }) => [dy && apply1(backwards, [outputs[0], dy], undefined)],
    samples: () => [
      { inputs: [[3, 5]], attributes: undefined },
      { inputs: [{ shape: [2, 2, 37], range: [-9, 9] }], attributes: undefined },
      { inputs: [{ shape: [1, 3], values: [90, -90, 89] }], attributes: undefined },
      { inputs: [[4, 1]], attributes: undefined },
      { inputs: [[0, 3]], attributes: undefined },
      { inputs: [[3, 0]], attributes: undefined },
    ],
  });
}

const softmaxOperation = lastAxis('softmax', 'eˣ / Σ eˣ over the last axis');
const logSoftmaxOperation = lastAxis('logSoftmax', 'x - ln Σ eˣ over the last axis');

function along(operation: Operation<undefined>, x: Tensor, axis: number): Tensor {
  const at = normalizeAxis(operation.name, axis, x.rank);
  if (at === x.rank - 1) return apply1(operation, [x], undefined);
  return transpose(apply1(operation, [transpose(x, at, -1)], undefined), at, -1);
}

/** eˣ / Σ eˣ over `axis`, safe for large values. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return along(softmaxOperation, x, axis);
}

/** x - ln Σ eˣ over `axis`, more exact than log(softmax(x)). */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return along(logSoftmaxOperation, x, axis);
}
