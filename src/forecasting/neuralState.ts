/**
 * A trained network as plain data: its recipe, what was fitted beside it, its parameters and its optimizer's moments.
 * It holds no tensors, so nothing need be disposed of; a network is built from it for as long as it forecasts.
 */
import { LookbackError } from '../errors.ts';
import type { Forecaster } from '../models/index.ts';
import type { Tap } from '../nn/index.ts';
import { TransformChain } from '../series/index.ts';
import { buildForecaster } from '../tasks/forecast.ts';
import { type Ahead, forecastAll } from '../tasks/forecastAhead.ts';
import type { BesideScale, InputShape } from '../tasks/forecastWindows.ts';
import { NetworkStream } from '../tasks/networkStream.ts';
import { type ForecastRecipe, resolveRecipe } from '../tasks/recipe.ts';
import type { FitContext, FittedModel, ModelState } from './model.ts';

type Entries = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>;

export interface TrainedNetwork {
  readonly recipe: ForecastRecipe;
  readonly chains: readonly TransformChain[];
  readonly scale: BesideScale;
  readonly masked: boolean;
  readonly shape: InputShape;
  readonly parameters: Entries;
  readonly optimizer: { readonly step: number; readonly tensors: Entries };
}

/** Uses a network built from `trained` and frees it. */
function withNetwork<T>({ recipe, shape, parameters }: TrainedNetwork, use: (model: Forecaster) => T): T {
  const model = buildForecaster(recipe, shape);
  try {
    model.loadStateDict(parameters);
    model.eval();
    return use(model);
  } finally {
    for (const parameter of model.parameters()) parameter.dispose();
  }
}

/** Makes the forecasts of all histories. @throws LookbackError NON_FINITE, DATA_INVALID for what the network cannot take. */
export function fittedNetwork(
  name: string,
  trained: TrainedNetwork,
  histories: readonly Float64Array[],
  context: FitContext,
): FittedModel {
  const { recipe, scale, masked, shape } = trained;
  const { lookback, horizon: most } = recipe.window;
  if (context.horizon > most) {
    throw new LookbackError('DATA_INVALID', {
      where: name,
      expected: `a horizon of at most ${most}, for which it was trained`,
      got: String(context.horizon),
      next: 'Train it again for the longer horizon',
    });
  }
  const ready = histories.map((values, series) => {
    const beside = context.covariates?.[series];
    const given = beside ? [beside.past.length, beside.future.length, beside.fixed.length] : [0, 0, 0];
    const wanted = [scale.past.length, scale.future.length, scale.fixed.length];
    if (given.some((count, i) => count !== wanted[i])) {
      throw new LookbackError('DATA_INVALID', {
        where: name,
        expected: `${wanted.join(', ')} past, future and fixed covariates`,
        got: given.join(', '),
      });
    }
    if (series >= shape.series && recipe.seriesEmbedding !== undefined) {
      const expected = `at most the ${shape.series} series it was trained on`;
      throw new LookbackError('DATA_INVALID', { where: name, expected, got: String(histories.length) });
    }
    return { values, beside, series, chain: trained.chains[series] ?? chainFor(values, trained) };
  });
  const alignments: Float32Array[][] = [];
  const all = withNetwork(trained, (model) => {
    // The pattern is read one series at a time, where a network has one.
    if (recipe.model.kind !== 'seq2seq') return forecastAll(model, ready, { scale, masked });
    return ready.map((history) => {
      let rows: Float32Array[] = [];
      const tap: Tap = {
        wants: (activation) => activation === 'alignments',
        activation: (_, value) => {
          const numbers = value.dataSync();
          rows = Array.from({ length: context.horizon }, (_, h) =>
            Float32Array.from(numbers.subarray(h * lookback, (h + 1) * lookback)),
          );
          return undefined;
        },
      };
      const [ahead] = forecastAll(model, [history], { scale, masked, tap });
      alignments.push(rows);
      return ahead;
    });
  });
  const forecasts = all.map((ahead) => shortened(ahead, context.horizon));
  if (!forecasts.every(({ mean }) => mean.every(Number.isFinite))) {
    throw new LookbackError('NON_FINITE', { where: name, problem: 'the forecast is not finite' });
  }
  const count = [...trained.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return {
    forecast: (which) => forecasts[which],
    detail: `${count.toLocaleString('en')} parameters, look-back ${lookback}`,
    extend: (longer, later) => fittedNetwork(name, trained, longer, later),
    state: () => stateOf(name, trained),
    ...(alignments.length > 0 ? { alignments: (which: number) => alignments[which] } : {}),
  };
}

/**
 * The network of a saved state as a stream of one series: takes a value at a time. A series it was not trained on gets
 * transforms of its own.
 *
 * @param history at least a window and what differences take
 * @throws LookbackError DATA_INVALID for a state that is not a network's, BAD_ARGUMENT for a network that needs its
 *   window whole
 */
export function streamNetwork(state: ModelState, history: Float64Array, which = 0): NetworkStream {
  const trained = networkOfState(state.model, state);
  const model = buildForecaster(trained.recipe, trained.shape);
  model.loadStateDict(trained.parameters);
  model.eval();
  return new NetworkStream(model, trained.chains[which] ?? chainFor(history, trained), history);
}

/** Transforms of a series that was not trained on, fitted on all of its history. */
function chainFor(values: Float64Array, { recipe }: TrainedNetwork): TransformChain {
  const chain = new TransformChain(recipe.transform, { period: recipe.data.period, lookback: recipe.window.lookback });
  return chain.fit(values.filter((value) => !Number.isNaN(value)));
}

function shortened({ mean, deviation, quantiles }: Ahead, horizon: number): Ahead {
  const cut = (values: Float64Array) => values.subarray(0, horizon);
  return {
    mean: cut(mean),
    ...(deviation ? { deviation: cut(deviation) } : {}),
    ...(quantiles ? { quantiles: { levels: quantiles.levels, values: quantiles.values.map(cut) } } : {}),
  };
}

function stateOf(
  name: string,
  { recipe, chains, scale, masked, shape, parameters, optimizer }: TrainedNetwork,
): ModelState {
  const numbers: Record<string, Float32Array> = {};
  const shapes: Record<string, readonly number[]> = {};
  for (const [prefix, entries] of [
    ['model/', parameters],
    ['optimizer/', optimizer.tensors],
  ] as const) {
    for (const [key, entry] of entries) {
      numbers[prefix + key] = Float32Array.from(entry.data);
      shapes[prefix + key] = entry.shape;
    }
  }
  const settings = {
    recipe,
    chains: chains.map((chain) => chain.toJSON()),
    scale,
    masked,
    shape,
    shapes,
    step: optimizer.step,
  };
  return { model: name, settings: JSON.parse(JSON.stringify(settings)), numbers };
}

/** @throws LookbackError DATA_INVALID for a state that is not of the model called `name`. */
export function networkOfState(name: string, { model, settings, numbers }: ModelState): TrainedNetwork {
  const refuse = (problem: string) =>
    new LookbackError('DATA_INVALID', { where: `state of ${name}`, problem, next: 'Train and save the model again' });
  if (model !== name) throw refuse(`it is one of ${model}`);
  const { recipe, chains, scale, masked, shape, shapes, step } = settings as Record<string, unknown>;
  try {
    const sizes = shapes as Record<string, number[]>;
    const entries = (prefix: string) =>
      new Map(
        Object.entries(numbers)
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, data]) => [key.slice(prefix.length), { shape: sizes[key] ?? [data.length], data }]),
      );
    const trained: TrainedNetwork = {
      recipe: resolveRecipe(recipe as Parameters<typeof resolveRecipe>[0]) as ForecastRecipe,
      chains: (chains as Parameters<typeof TransformChain.fromJSON>[0][]).map((chain) =>
        TransformChain.fromJSON(chain),
      ),
      scale: scale as BesideScale,
      masked: masked === true,
      shape: shape as InputShape,
      parameters: entries('model/'),
      optimizer: { step: Number(step), tensors: entries('optimizer/') },
    };
    // Builds the network once: what does not fit says so here.
    withNetwork(trained, () => undefined);
    return trained;
  } catch (error) {
    throw refuse(error instanceof LookbackError ? error.message : 'it is damaged');
  }
}
