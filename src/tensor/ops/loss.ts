/** Losses: cross-entropy from logits, in nats, and mean squared error. */
import { addressOf } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { contiguous } from '../memory.ts';
import { apply1, define, requireDType, shapeError } from '../operation.ts';
import { sameShape, show } from '../shape.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { add, divide, multiply, subtract } from './binary.ts';
import { equal, notEqual, where } from './compare.ts';
import { to } from './convert.ts';
import { gather } from './indexing.ts';
import { runGradient } from './kernel.ts';
import { logSumExp, mean, sum } from './reduce.ts';
import { square } from './unary.ts';
import { squeeze, unsqueeze } from './views.ts';

interface CrossEntropyAttributes {
  ignoreIndex: number;
  smoothing: number;
}

const crossEntropyOperation = define<CrossEntropyAttributes>({
  name: 'crossEntropy',
  family: 'loss',
  summary:
    'log Σ exp(logits) - logits[target] for each row of logits [..., V] and targets i32 [...], 0 where ignored; with smoothing s (1 - s) of that and s of its mean over all targets',
  infer: ([logits, targets]) => {
    requireDType('crossEntropy', logits, 'f32', 'logits');
    requireDType('crossEntropy', targets, 'i32', 'targets');
    if (logits.rank < 1 || !sameShape(logits.shape.slice(0, -1), targets.shape)) {
      const got = `${show(logits.shape)} and ${show(targets.shape)}`;
      throw shapeError('crossEntropy', 'logits [..., V] and targets [...]', got);
    }
    if (logits.size === 0 && targets.size > 0)
      throw shapeError('crossEntropy', 'at least one class', show(logits.shape));
    const output = { shape: targets.shape, dtype: 'f32' as const };
    return [output, output];
  },
  cpu: (kernels, [logits, targets], [loss, lse], { ignoreIndex, smoothing }) => {
    if (targets.size === 0) return 0;
    const [lossAt, lseAt, logitsAt, targetsAt] = [loss, lse, logits, targets].map(addressOf);
    const columns = logits.shape[logits.shape.length - 1];
    return kernels.crossEntropy(lossAt, lseAt, logitsAt, targetsAt, targets.size, columns, ignoreIndex, smoothing);
  },
  decompose: ([logits, targets], { ignoreIndex, smoothing }) => {
    const counted = notEqual(targets, ignoreIndex);
    const safe = where(equal(targets, ignoreIndex), 0, targets);
    const picked = squeeze(gather(logits, unsqueeze(safe, -1), -1), -1);
    const expected = add(multiply(picked, 1 - smoothing), multiply(mean(logits, -1), smoothing));
    return [where(counted, subtract(logSumExp(logits, -1), smoothing === 0 ? picked : expected), 0)];
  },
  saves: { outputs: [1] },
  // dlogits = (softmax(logits) - (1 - s) onehot(target) - s/V) dloss
  gradient: ([incoming], { inputs: [logits, targets], outputs, attributes: { ignoreIndex, smoothing } }) => {
    if (!incoming) return [];
    const dLoss = contiguous(incoming);
    const dLogits = allocate(logits.shape, 'f32', logits.backend);
    const columns = logits.shape[logits.rank - 1];
    const [to, dy, from, lse, ids] = [dLogits, dLoss, logits, outputs[1], targets].map(addressOf);
    runGradient('crossEntropy: gradient', logits.backend, { empty: logits.size === 0, targets: [] }, (kernels) =>
      kernels.crossEntropyGradient(to, dy, from, lse, ids, targets.size, columns, ignoreIndex, smoothing),
    );
    return [dLogits];
  },
  samples: () => {
    const targets = (shape: number[], values: number[]) => ({ shape, dtype: 'i32' as const, values });
    return [
      { inputs: [[3, 5], targets([3], [0, 4, 2])], attributes: { ignoreIndex: -100, smoothing: 0 } },
      {
        inputs: [[2, 3, 17], targets([2, 3], [16, -100, 3, 5, 0, -100])],
        attributes: { ignoreIndex: -100, smoothing: 0 },
      },
      {
        inputs: [{ shape: [4, 65], range: [-30, 30] as const }, targets([4], [1, 7, 64, 7])],
        attributes: { ignoreIndex: 7, smoothing: 0 },
      },
      {
        inputs: [[2, 3, 17], targets([2, 3], [16, -100, 3, 5, 0, 9])],
        attributes: { ignoreIndex: -100, smoothing: 0.1 },
      },
      { inputs: [[4, 33], targets([4], [1, 7, 32, 7])], attributes: { ignoreIndex: 7, smoothing: 0.5 } },
      { inputs: [[5], targets([], [3])], attributes: { ignoreIndex: -100, smoothing: 0 } },
      { inputs: [[0, 5], targets([0], [])], attributes: { ignoreIndex: -100, smoothing: 0 } },
    ];
  },
});

/** How the losses of the rows become the result. */
export type Reduction = 'mean' | 'sum' | 'none';

/**
 * Cross-entropy in nats of logits [..., V] and targets i32 [...]: a scalar, or [...] without reduction.
 *
 * With `labelSmoothing` s the truth is 1 - s on the target and s spread evenly over all V classes (Szegedy et al. 2016).
 * Rows whose target is `ignoreIndex` count 0; `mean` divides by the number of the others (NaN when there are none).
 * `scale` multiplies the result: with `reduction: 'sum'` and `scale: 1 / tokens`, parts of a batch add up to the mean
 * over all of its tokens.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, INDEX_OUT_OF_RANGE for a target outside 0 … V - 1.
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  {
    ignoreIndex = -100,
    reduction = 'mean',
    scale = 1,
    labelSmoothing: smoothing = 0,
  }: { ignoreIndex?: number; reduction?: Reduction; scale?: number; labelSmoothing?: number } = {},
): Tensor {
  if ((ignoreIndex | 0) !== ignoreIndex) {
    const expected = 'an ignoreIndex that is a whole number of 32 bits';
    throw new LookbackError('BAD_ARGUMENT', { where: 'crossEntropy', expected, got: String(ignoreIndex) });
  }
  if (!(smoothing >= 0 && smoothing < 1)) {
    const expected = 'a labelSmoothing from 0 to below 1';
    throw new LookbackError('BAD_ARGUMENT', { where: 'crossEntropy', expected, got: String(smoothing) });
  }
  const rows = apply1(crossEntropyOperation, [logits, targets], { ignoreIndex, smoothing });
  const scaled = (loss: Tensor) => (scale === 1 ? loss : multiply(loss, scale));
  switch (reduction) {
    case 'none':
      return scaled(rows);
    case 'sum':
      return scaled(sum(rows));
    case 'mean':
      return scaled(divide(sum(rows), sum(to(notEqual(targets, ignoreIndex), 'f32'))));
    default:
      return reduction satisfies never;
  }
}

/** mean((x - y)²) over all elements of two tensors of one shape. @throws LookbackError SHAPE_MISMATCH. */
export function meanSquaredError(x: Tensor, y: Tensor): Tensor {
  if (!sameShape(x.shape, y.shape)) {
    throw shapeError('meanSquaredError', 'two tensors of one shape', `${show(x.shape)} and ${show(y.shape)}`);
  }
  return mean(square(subtract(x, y)));
}
