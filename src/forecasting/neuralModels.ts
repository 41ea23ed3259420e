/**
 * Neural networks as forecasting models: one network over all series, trained by the forecast task on windows.
 *
 * `lstm` forecasts numbers; `lstm:quantile`, `lstm:gaussian` and `lstm:studentT` distributions; `lstm:mae` and `lstm:huber`
 * numbers by another loss. So does every kind.
 */
import type { ForecasterKind, ForecastLoss } from '../models/index.ts';
import { ForecastTask } from '../tasks/forecast.ts';
import { inputShape } from '../tasks/forecastWindows.ts';
import { buildOptimizer } from '../tasks/optimizer.ts';
import type { ForecastRecipe } from '../tasks/recipe.ts';
import { train } from '../train/index.ts';
import type { FitContext, FittedModel, ForecastModel } from './model.ts';
import { neuralRecipe } from './neuralRecipe.ts';
import { fittedNetwork, networkOfState, type TrainedNetwork } from './neuralState.ts';

/** Trains a network from its seed, or on from where `from` stands. */
async function trainNetwork(
  recipe: ForecastRecipe,
  histories: readonly Float64Array[],
  { covariates: beside, signal, period, onProgress }: FitContext,
  from?: TrainedNetwork,
): Promise<TrainedNetwork> {
  const series = histories.map((values, i) => ({ name: `series ${i + 1}`, values, period }));
  // A window must fit besides what differences take; the task says so with numbers.
  const task = new ForecastTask(recipe, series, { beside, fitted: from });
  const { optimizer, rate } = buildOptimizer(recipe.train, task.model);
  try {
    if (from) {
      task.model.loadStateDict(from.parameters);
      optimizer.load({ step: from.optimizer.step, tensors: new Map(from.optimizer.tensors) });
    }
    const { steps } = recipe.train;
    const hooks = onProgress && { onStep: (step: number) => onProgress({ origin: null, origins: 0, step, steps }) };
    await train(task, optimizer, { ...recipe.train, rate, snapshots: false }, { hooks, signal });
    signal?.throwIfAborted();
    const { step, tensors } = optimizer.state();
    const moments = new Map([...tensors].map(([name, one]) => [name, { shape: one.shape, data: one.dataSync() }]));
    return {
      recipe,
      chains: task.prepared.map(({ chain }) => chain),
      scale: task.scale,
      masked: task.masked,
      shape: inputShape(task.prepared, task.masked),
      parameters: task.model.stateDict(),
      optimizer: { step, tensors: moments },
    };
  } finally {
    optimizer.dispose();
    for (const parameter of task.model.parameters()) parameter.dispose();
  }
}

/** Half as many steps, all at a tenth of the rate: the network is near where it should be. */
function goingOn(recipe: ForecastRecipe): ForecastRecipe {
  const steps = Math.max(1, Math.round(recipe.train.steps / 2));
  const learningRate = { peak: recipe.train.learningRate.peak / 10, warmup: 0, decay: 'constant', floor: 0 } as const;
  return { ...recipe, train: { ...recipe.train, steps, learningRate, evaluateEvery: steps, checkpointEvery: steps } };
}

function neural(kind: ForecasterKind, description: string, loss: ForecastLoss = 'mse'): ForecastModel {
  const name = loss === 'mse' ? kind : `${kind}:${loss}`;
  const look = (trained: TrainedNetwork, histories: readonly Float64Array[], context: FitContext): FittedModel =>
    fittedNetwork(name, trained, histories, context);
  return {
    name,
    description,
    trained: true,
    async fit(histories, context) {
      const recipe = neuralRecipe(kind, histories, context, loss);
      return look(await trainNetwork(recipe, histories, context), histories, context);
    },
    restore: (state, histories, context) => look(networkOfState(name, state), histories, context),
    async resume(state, histories, context) {
      const before = networkOfState(name, state);
      const after = await trainNetwork(goingOn(before.recipe), histories, context, before);
      // The next time goes on from the same recipe, not from a rate ever smaller.
      return look({ ...after, recipe: before.recipe }, histories, context);
    },
  };
}

const descriptions: Record<ForecasterKind, string> = {
  linear: 'one linear map from the window to the horizon, trained',
  nlinear: 'a linear map of the window minus its last value, trained',
  dlinear: 'linear maps of the moving average and of the rest, trained',
  rnn: 'a recurrent network',
  lstm: 'a long short-term memory',
  gru: 'a gated recurrent unit',
  seq2seq: 'an encoder and a decoder with additive attention',
  tcn: 'dilated causal convolutions',
  nbeats: 'fully connected blocks that explain the window part by part',
  patchtst: 'a Transformer over patches of the window',
  transformer: 'a causal Transformer',
  encoder: 'a Transformer that sees the window from both ends',
};

const heads: Partial<Record<string, string>> = {
  mae: 'by absolute error',
  huber: 'by the Huber loss',
  quantile: 'forecasting quantiles',
  gaussian: 'forecasting a normal distribution',
  studentT: "forecasting Student's t distribution",
} satisfies Partial<Record<ForecastLoss, string>>;

export const neuralModels: readonly ForecastModel[] = (Object.keys(descriptions) as ForecasterKind[]).map((kind) =>
  neural(kind, descriptions[kind]),
);

const withHeads = new Map<string, ForecastModel>();

/** The network called `KIND` or `KIND:HEAD`, such as `lstm:quantile`; undefined for another name. */
export function neuralModel(name: string): ForecastModel | undefined {
  const [kind, head, ...rest] = name.split(':');
  const description = Object.hasOwn(descriptions, kind) ? descriptions[kind as ForecasterKind] : undefined;
  if (description === undefined || rest.length > 0) return undefined;
  if (head === undefined) return neuralModels.find((model) => model.name === kind);
  const how = Object.hasOwn(heads, head) ? heads[head] : undefined;
  if (how === undefined) return undefined;
  const model = withHeads.get(name) ?? neural(kind as ForecasterKind, `${description}, ${how}`, head as ForecastLoss);
  withHeads.set(name, model);
  return model;
}
