import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { type ForwardOptions, Linear, type Tap } from '../nn/index.ts';
import { adamw, chain, clipByGlobalNorm, createOptimizer, sgd, type Transform } from '../optim/index.ts';
import { Random } from '../random.ts';
import { meanSquaredError, multiply, sqrt, sum, type Tensor, tensor } from '../tensor/index.ts';
import { isSnapshotStep, type TrainSettings, train } from './loop.ts';
import type { Batch, Evaluation, Trainable } from './trainable.ts';

interface Rows extends Batch {
  from: number;
}

const random = new Random(5, 'rows');
const inputs = Float32Array.from({ length: 32 * 3 }, () => random.normal());
const targets = Float32Array.from({ length: 32 }, () => random.normal());

/** Least squares on 32 rows of 3, in order, in batches of the sizes given. */
class Regression implements Trainable<Rows> {
  readonly model = new Linear(3, 1, { random: new Random(7) });
  readonly unit = 'rows';
  /** Sees the prediction as `prediction` and may replace it. */
  tap: Tap = {};
  /** The scores of evaluations to come; without any, the loss on all rows. */
  scores: number[] = [];
  private drawn = 0;

  constructor(readonly sizes: readonly number[] = [32]) {}

  next(): Rows {
    const at = this.drawn++ % this.sizes.length;
    return { from: this.sizes.slice(0, at).reduce((a, b) => a + b, 0), count: this.sizes[at] };
  }

  loss({ from, count }: Rows, options: ForwardOptions): Tensor {
    const x = tensor(inputs.slice(3 * from, 3 * (from + count)), { shape: [count, 3] });
    const predicted = this.model.forward(x);
    const seen = this.tap.activation?.('prediction', predicted) ?? predicted;
    options.tap?.activation?.('prediction', seen);
    return meanSquaredError(seen, tensor(targets.slice(from, from + count), { shape: [count, 1] }));
  }

  evaluate(): Evaluation {
    const score = this.scores.shift() ?? this.loss({ from: 0, count: 32 }, {}).item();
    return { score, metrics: { score } };
  }

  cursor = () => this.drawn;
  moveTo = (cursor: unknown) => {
    this.drawn = cursor as number;
  };
}

const settings: TrainSettings = {
  steps: 6,
  accumulate: 1,
  evaluateEvery: 1,
  checkpointEvery: 100,
  earlyStopping: null,
  snapshots: false,
  seed: 1,
  rate: () => 0.1,
};

/** Trains and says what was kept. */
async function trained(
  task: Regression,
  { transform = sgd({ rate: 0.1 }), ...changes }: Partial<TrainSettings> & { transform?: Transform } = {},
) {
  const losses: number[] = [];
  const saved: string[] = [];
  const snapshots: number[] = [];
  const optimizer = createOptimizer(chain(clipByGlobalNorm(Number.POSITIVE_INFINITY), transform), task.model);
  const hooks = {
    onStep: (_: number, { loss }: Record<string, number>) => void losses.push(loss),
    save: (kind: string, { step }: { step: number }) => void saved.push(`${kind} ${step}`),
    snapshot: (step: number) => void snapshots.push(step),
  };
  const result = await train(task, optimizer, { ...settings, ...changes }, { hooks }).catch((error: Error) => error);
  const weights = [...task.model.weight.dataSync(), ...(task.model.bias?.dataSync() ?? [])];
  return { result, losses, saved, snapshots, weights };
}

describe('accumulation', () => {
  it.each([[[8, 8, 8, 8]], [[2, 14, 1, 15]]])('of batches of %j equals one of 32', async (sizes) => {
    const whole = await trained(new Regression(), { transform: adamw({ rate: 0.1 }) });
    const parts = await trained(new Regression(sizes), { transform: adamw({ rate: 0.1 }), accumulate: 4 });
    expect(whole.losses[5]).toBeLessThan(whole.losses[0]);
    parts.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(whole.losses[i], 5);
    });
    parts.weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(whole.weights[i], 5);
    });
  });
});

describe('keeping', () => {
  it('saves the best at each better evaluation, the last as often as asked and at the end', async () => {
    const task = new Regression();
    task.scores = [5, 6, 4, 4, 7, 8, 3];
    expect(await trained(task, { checkpointEvery: 4 })).toMatchObject({
      saved: ['best 0', 'best 2', 'last 4', 'best 6', 'last 6'],
      result: { reason: 'finished', state: { step: 6, best: { step: 6, score: 3 }, waited: 0 } },
    });
  });

  it('stops early after as many evaluations without a better one as the patience', async () => {
    const task = new Regression();
    task.scores = [5, 4, 4, 6, 5, 1, 1];
    expect(await trained(task, { earlyStopping: { patience: 3 } })).toMatchObject({
      saved: ['best 0', 'best 1', 'last 4'],
      result: { reason: 'early', state: { step: 4, best: { step: 1, score: 4 }, waited: 3 } },
    });
  });

  it('keeps snapshots at log-spaced steps, the first and the last', async () => {
    expect((await trained(new Regression(), { snapshots: true, steps: 10 })).snapshots).toEqual([
      0, 1, 2, 3, 4, 6, 8, 10,
    ]);
    const steps = Array.from({ length: 1000 }, (_, i) => i).filter(isSnapshotStep);
    expect(steps.slice(-6)).toEqual([128, 181, 256, 362, 512, 724]);
  });
});

describe('the first number that is not finite', () => {
  it('is found in a weight before the first step', async () => {
    const task = new Regression();
    task.model.weight.assign([1, Number.NaN, 1]);
    const { result, saved } = await trained(task);
    expect(result).toMatchObject({ code: 'NON_FINITE' });
    expect((result as Error).message).toMatch(/^step 0: .*parameter weight went non-finite first/);
    expect(saved).toEqual([]);
  });

  it('is found in an activation, by step and name, and nothing is saved after it', async () => {
    const task = new Regression();
    let forwards = 0;
    // The forward pass of step 5 and its repetition; evaluations have scores of their own.
    task.tap = { activation: (_, value) => (++forwards > 4 ? multiply(value, Number.NaN) : value) };
    task.scores = [5, 4, 3, 2, 1, 0];
    const { result, saved, losses } = await trained(task, { checkpointEvery: 3 });
    expect((result as Error).message).toMatch(
      /^step 5: the loss is no finite number; prediction went non-finite first/,
    );
    expect(saved.at(-1)).toBe('best 4');
    expect(losses).toHaveLength(4);
  });

  it('is found in a gradient where the loss is finite, before the parameters change', async () => {
    const task = new Regression();
    const before = [...task.model.weight.dataSync(), ...(task.model.bias?.dataSync() ?? [])];
    task.scores = [1, 1];
    // The slope of √x at 0 is infinite.
    task.loss = (batch) => sum(sqrt(multiply(task.model.forward(tensor([[1, 1, 1]])), batch.count * 0)));
    const { result, weights, saved } = await trained(task);
    expect((result as Error).message).toMatch(/^step 1: the gradient norm is no finite number; the gradient of bias/);
    expect(weights).toEqual(before);
    expect(saved).toEqual(['best 0']);
  });

  it('is found after an update that nothing has looked at yet, so that no checkpoint holds it', async () => {
    const task = new Regression();
    task.scores = [1, 1, 1, 1];
    const { result, saved, snapshots } = await trained(task, {
      steps: 1,
      snapshots: true,
      transform: sgd({ rate: Number.MAX_VALUE }),
    });
    expect((result as Error).message).toMatch(/^step 1: the update is no finite number; parameter weight went/);
    expect(saved).toEqual(['best 0']);
    expect(snapshots).toEqual([0]);
  });
});
