/** Neural networks as forecasting models: one network over all series, trained by the forecast task. */
import { LookbackError } from '../errors.ts';
import { ForecastTask } from '../tasks/forecast.ts';
import { buildOptimizer } from '../tasks/optimizer.ts';
import { type ForecastRecipe, resolveRecipe } from '../tasks/recipe.ts';
import { train } from '../train/index.ts';
import type { FitContext, FittedModel, ForecastModel } from './model.ts';

type Kind = ForecastRecipe['model']['kind'];

/** The recipe of a network for these histories: written down once, nothing in it is chosen on what is scored. */
export function neuralRecipe(
  kind: Kind,
  histories: readonly Float64Array[],
  { horizon, period, seed }: FitContext,
): ForecastRecipe {
  const shortest = Math.min(...histories.map(({ length }) => length));
  const positive = histories.every((history) => history.every((value) => value > 0));
  const seasonal = period > 1 && period <= shortest / 4;
  const lookback = Math.max(
    1,
    Math.min(
      seasonal ? 2 * period : Math.max(8, horizon),
      Math.floor((shortest - horizon - (seasonal ? period : 1)) / 2),
      512,
    ),
  );
  const steps = kind === 'linear' ? 400 : 200;
  return resolveRecipe({
    task: 'forecast',
    data: { source: 'given', period },
    window: { lookback, horizon },
    split: { test: 0, validation: 0 },
    transform: [...(positive ? (['log'] as const) : []), seasonal ? 'seasonalDifference' : 'difference', 'standardize'],
    model: kind === 'linear' ? { kind } : { kind, hidden: 32, layers: 1 },
    train: {
      steps,
      batch: 32,
      learningRate: { peak: 3e-3, warmup: Math.floor(steps / 10), decay: 'cosine' },
      evaluateEvery: steps,
      checkpointEvery: steps,
      seed,
    },
  } as Parameters<typeof resolveRecipe>[0]) as ForecastRecipe;
}

async function fit(kind: Kind, histories: readonly Float64Array[], context: FitContext): Promise<FittedModel> {
  const recipe = neuralRecipe(kind, histories, context);
  const series = histories.map((values, i) => ({ name: `series ${i + 1}`, values, period: context.period }));
  // A window must fit besides what differences take; the task says so with numbers.
  const task = new ForecastTask(recipe, series);
  const { optimizer, rate } = buildOptimizer(recipe.train, task.model);
  await train(task, optimizer, { ...recipe.train, rate, snapshots: false }, {});
  optimizer.dispose();
  task.model.eval();
  const forecasts = histories.map((_, which) => ({ mean: task.forecastFrom(which) }));
  if (!forecasts.every(({ mean }) => mean.every(Number.isFinite))) {
    throw new LookbackError('NON_FINITE', { where: kind, problem: 'the forecast is not finite' });
  }
  return {
    forecast: (which) => forecasts[which],
    detail: `${task.model.parameterCount().toLocaleString('en')} parameters, look-back ${recipe.window.lookback}`,
  };
}

const neural = (kind: Kind, description: string): ForecastModel => ({
  name: kind,
  description,
  trained: true,
  fit: (histories, context) => fit(kind, histories, context),
});

export const neuralModels: readonly ForecastModel[] = [
  neural('linear', 'one linear map from the window to the horizon, trained'),
  neural('rnn', 'a recurrent network'),
  neural('lstm', 'a long short-term memory'),
  neural('gru', 'a gated recurrent unit'),
  neural('transformer', 'a causal Transformer'),
];
