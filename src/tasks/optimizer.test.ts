import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { Linear } from '../nn/index.ts';
import { Random } from '../random.ts';
import { meanSquaredError, tensor, valueAndGrad } from '../tensor/index.ts';
import { buildOptimizer, buildSchedule } from './optimizer.ts';
import { parseRecipe, type RecipeInput } from './recipe.ts';

function settings(train: RecipeInput['train']) {
  const data = { source: 'airline-passengers' };
  return parseRecipe({ task: 'forecast', data, window: {}, model: { kind: 'linear' }, train }).train;
}

describe('schedules', () => {
  const rates = (learningRate: object, steps: number[]) => {
    const schedule = buildSchedule(settings({ steps: 100, learningRate: learningRate as never }));
    return steps.map((step) => schedule(step));
  };

  it('warm up to the peak, then stay or fall to the floor', () => {
    const shape = { peak: 1, warmup: 10, floor: 0.1 };
    expect(rates({ ...shape, decay: 'constant' }, [10, 50, 99])).toEqual([1, 1, 1]);
    for (const decay of ['cosine', 'linear']) {
      const [first, warm, middle, end] = rates({ ...shape, decay }, [0, 10, 55, 100]);
      expect(first).toBeLessThan(0.2);
      expect(warm).toBeCloseTo(1, 6);
      expect(middle).toBeCloseTo(0.55, 6);
      expect(end).toBeCloseTo(0.1, 6);
    }
    expect(buildSchedule(settings({ learningRate: 0.5 }))(1e6)).toBe(0.5);
  });
});

/** The weight of a linear map after one step from 1 with a gradient of 0 by the loss. */
function afterOneStep(train: RecipeInput['train']): number {
  const model = new Linear(1, 1, { random: new Random(1), bias: false });
  model.weight.assign([1]);
  const { optimizer } = buildOptimizer(settings(train), model);
  const zero = tensor([[0]]);
  valueAndGrad(model, () => meanSquaredError(model.forward(zero), zero));
  optimizer.step();
  return model.weight.dataSync()[0];
}

describe('weight decay', () => {
  it('shrinks the weight with adamw and sgd; adam takes none', () => {
    const decayed = { learningRate: 0.1, weightDecay: 0.5 };
    expect(afterOneStep({ ...decayed, optimizer: 'adamw' })).toBeCloseTo(0.95, 6);
    expect(afterOneStep({ ...decayed, optimizer: 'sgd' })).toBeCloseTo(0.95, 6);
    expect(afterOneStep({ learningRate: 0.1, optimizer: 'adam' })).toBe(1);
    expect(() => settings({ ...decayed, optimizer: 'adam' })).toThrow(/train.weightDecay: expected 0 with adam/);
  });
});

/** A weight [2, 2] after two steps on different data. */
function afterTwoSteps(train: RecipeInput['train']): number[] {
  const model = new Linear(2, 2, { random: new Random(1), bias: false });
  model.weight.assign([1, 0, 0, 1]);
  const { optimizer } = buildOptimizer(settings({ learningRate: 0.1, clip: null, ...train }), model);
  for (let step = 0; step < 2; step++) {
    const [x, y] = [
      tensor([
        [1, 2 - step],
        [step, -1],
      ]),
      tensor([
        [0.5, -1],
        [2, step],
      ]),
    ];
    valueAndGrad(model, () => meanSquaredError(model.forward(x), y));
    optimizer.step();
  }
  return Array.from(model.weight.dataSync());
}

describe('momentum', () => {
  it.each(['sgd', 'muon'] as const)('and looking ahead reach %s, each with an effect', (optimizer) => {
    const results = [
      { optimizer },
      { optimizer, momentum: 0.5, nesterov: false },
      { optimizer, momentum: 0.5, nesterov: true },
      { optimizer, momentum: 0.9, nesterov: true },
    ].map((train) =>
      afterTwoSteps(train)
        .map((value) => value.toFixed(5))
        .join(),
    );
    expect(new Set(results).size).toBe(4);
  });

  it('has the defaults that the optimizers state', () => {
    expect(afterTwoSteps({ optimizer: 'sgd' })).toEqual(
      afterTwoSteps({ optimizer: 'sgd', momentum: 0, nesterov: false }),
    );
    expect(afterTwoSteps({ optimizer: 'muon' })).toEqual(
      afterTwoSteps({ optimizer: 'muon', momentum: 0.95, nesterov: true }),
    );
  });

  it('of lion comes from the betas', () => {
    const [usual, other] = [[0.9, 0.999] as const, [0.1, 0.2] as const].map((betas) =>
      afterTwoSteps({ optimizer: 'lion', betas: [...betas] }),
    );
    expect(usual).not.toEqual([1, 0, 0, 1]);
    expect(afterTwoSteps({ optimizer: 'lion' })).toEqual(usual);
    expect(other).toHaveLength(4);
  });
});
