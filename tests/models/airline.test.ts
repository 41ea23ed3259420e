/**
 * The first steps of small trainings on real data, pinned: a change of initialisation, data order, gradient, optimizer
 * or schedule shows here as a number. A change that is meant is pinned anew, with the reason in docs/log.md.
 */
import { describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backends/backend.ts';
import { resolveText } from '../../src/data/node.ts';
import { airlinePassengers } from '../../src/series/index.ts';
import { ForecastTask } from '../../src/tasks/forecast.ts';
import { LanguageTask } from '../../src/tasks/language.ts';
import { buildOptimizer } from '../../src/tasks/optimizer.ts';
import { type ForecastRecipe, type LanguageRecipe, parseRecipe, type RecipeInput } from '../../src/tasks/recipe.ts';
import { train } from '../../src/train/index.ts';
import { availableBackends } from '../backends.ts';

const schedule = { steps: 12, learningRate: { peak: 1e-2, warmup: 3, decay: 'cosine' }, seed: 1 } as const;

function airlineRecipe(kind: 'lstm' | 'gru'): RecipeInput {
  return {
    task: 'forecast',
    data: { source: 'airline-passengers', period: 12 },
    window: { lookback: 12, horizon: 24 },
    split: { test: 24, validation: 0 },
    transform: ['log', 'seasonalDifference', 'standardize'],
    model: { kind, hidden: 16, layers: 1 },
    train: { ...schedule, batch: 16, weightDecay: 0.01 },
  };
}

const mobyRecipe: RecipeInput = {
  task: 'language',
  data: { source: 'moby-dick' },
  context: 16,
  model: { kind: 'gpt', layers: 2, heads: 2, width: 32, bias: false },
  train: { ...schedule, batch: 8, weightDecay: 0.1 },
  sample: { length: 0 },
};

/** Losses of steps 1, 4, 8 and 12. */
const pins = {
  lstm: [0.827088058, 0.8264184, 0.68179059, 0.78448993],
  gru: [0.835085869, 0.833014309, 0.694306553, 0.777924538],
  gpt: [4.50357914, 3.99493027, 3.35460329, 3.25670099],
};

async function build(name: keyof typeof pins): Promise<ForecastTask | LanguageTask> {
  if (name === 'gpt') {
    return new LanguageTask(parseRecipe(mobyRecipe) as LanguageRecipe, (await resolveText('moby-dick')).text);
  }
  return new ForecastTask(parseRecipe(airlineRecipe(name)) as ForecastRecipe, [airlinePassengers()]);
}

async function losses(name: keyof typeof pins): Promise<number[]> {
  const task = await build(name);
  const { optimizer, rate } = buildOptimizer(task.recipe.train, task.model);
  const found: number[] = [];
  const onStep = (step: number, { loss }: Record<string, number>) => {
    if (step === 1 || step % 4 === 0) found.push(loss);
  };
  // Evaluations draw nothing from the training stream, and this pins training alone.
  const settings = { ...task.recipe.train, rate, snapshots: false };
  await train({ ...bare(task), evaluate: () => ({ score: 0, metrics: {} }) }, optimizer, settings, {
    hooks: { onStep },
  });
  optimizer.dispose();
  return found;
}

/** The task as the loop sees it, with its methods bound. */
function bare(task: ForecastTask | LanguageTask) {
  return {
    model: task.model,
    unit: task.unit,
    next: () => task.next(),
    loss: (batch: never, options: object) => task.loss(batch, options),
    cursor: () => task.cursor(),
    moveTo: (cursor: unknown) => task.moveTo(cursor),
  };
}

// Float64 is within 1e-7 of these figures, so rounding has room and a real change has none.
describe.each(await availableBackends())('a short training on $name', ({ backend }) => {
  it.each(Object.keys(pins) as (keyof typeof pins)[])('%s keeps its loss curve', async (name) => {
    const before = setBackend(backend);
    try {
      const found = await losses(name);
      expect(found).toHaveLength(pins[name].length);
      found.forEach((loss, i) => {
        expect(Math.abs(loss / pins[name][i] - 1)).toBeLessThanOrEqual(1e-5);
      });
    } finally {
      setBackend(before);
    }
  });
});
