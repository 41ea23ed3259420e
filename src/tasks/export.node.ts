/**
 * The `model/` folder of a run: what others need to use the model without the run.
 *
 *   config.json         task, recipe, and what was fitted on the data (transforms of each series)
 *   model.safetensors   weights by name, f32 (bf16 for matrices that the model stores so)
 *   tokenizer.json      language task
 */
import { LookbackError } from '../errors.ts';
import type { Forecaster } from '../models/index.ts';
import type { Module } from '../nn/index.ts';
import { type ChainState, TransformChain } from '../series/index.ts';
import { type Tokenizer, tokenizerFromJSON } from '../text/index.ts';
import { loadSafetensors, type TensorEntry, type WritableEntry, writeSafetensors } from '../track/index.ts';
import { ensureFolder, loadCheckpoint, type Run, readBytes, readJson, writeFileAtomic } from '../track/node.ts';
import { buildForecaster, ForecastTask } from './forecast.ts';
import { buildLanguageModel, type LanguageModel, type LanguageTask } from './language.ts';
import { type ForecastRecipe, type LanguageRecipe, parseRecipe, type Recipe } from './recipe.ts';

interface ModelConfig {
  format: 'lookback';
  version: 1;
  series?: { name: string; period: number | null; transform: ChainState }[];
}

/** Writes everything but the weights, as soon as the run starts. */
export function describeModel(run: Run, task: ForecastTask | LanguageTask): void {
  ensureFolder(run.path('model'));
  const config: ModelConfig = { format: 'lookback', version: 1 };
  if (task instanceof ForecastTask) {
    config.series = task.prepared.map(({ series, chain }) => ({
      name: series.name,
      period: series.period ?? null,
      transform: chain.toJSON(),
    }));
  } else {
    writeFileAtomic(run.path('model', 'tokenizer.json'), JSON.stringify(task.tokenizer));
  }
  const text = JSON.stringify({ ...config, recipe: run.recipe() }, null, 2);
  writeFileAtomic(run.path('model', 'config.json'), `${text}\n`);
}

/** Writes the weights as they are now. */
export function writeWeights(run: Run, model: Module): void {
  writeFileAtomic(run.path('model', 'model.safetensors'), writeSafetensors(storedEntries(model)));
}

/** A model's parameters as safetensors takes them. */
export function stateEntries(model: Module): Map<string, TensorEntry> {
  return new Map(
    [...model.stateDict()].map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data } as TensorEntry]),
  );
}

/** The same as the model stores them: matrices in bf16 where `storeWeights` put them so. */
function storedEntries(model: Module): Map<string, WritableEntry> {
  const kept = [...model.stateDict()].map(([name, { shape, data, dtype }]): [string, WritableEntry] => [
    name,
    { dtype: dtype === 'bf16' ? 'BF16' : 'F32', shape, data: data as Float32Array },
  ]);
  return new Map(kept);
}

/** The fitted transforms of each series. @throws LookbackError FILE_NOT_FOUND for a run without a model yet. */
export function readTransforms(run: Run): Map<string, TransformChain> {
  const { series = [] } = readJson(run.path('model', 'config.json')) as ModelConfig;
  return new Map(series.map(({ name, transform }) => [name, TransformChain.fromJSON(transform)]));
}

/** The weights in `model/`; for a run that goes on, was killed or failed those of its best checkpoint. */
export function readWeights(run: Run): Map<string, TensorEntry> {
  const { status } = run;
  if (status !== 'finished' && status !== 'stopped') return new Map(loadCheckpoint(run, 'best').tensors);
  const path = run.path('model', 'model.safetensors');
  return loadSafetensors(readBytes(path), path);
}

/** A forecaster and the transforms of each series it was trained on, ready for `forecastAfter`. */
export function loadForecaster(run: Run): {
  recipe: ForecastRecipe;
  model: Forecaster;
  transforms: Map<string, TransformChain>;
} {
  const recipe = parseRecipe(run.recipe(), run.path('recipe.yaml'));
  if (recipe.task !== 'forecast') throw wrongTask(run, recipe, 'forecast', 'generate');
  const model = buildForecaster(recipe);
  model.loadStateDict(readWeights(run));
  model.eval();
  return { recipe, model, transforms: readTransforms(run) };
}

/** A language model and its tokenizer, ready to generate. */
export function loadLanguageModel(run: Run): {
  recipe: LanguageRecipe;
  model: LanguageModel;
  tokenizer: Tokenizer;
} {
  const recipe = parseRecipe(run.recipe(), run.path('recipe.yaml'));
  if (recipe.task !== 'language') throw wrongTask(run, recipe, 'language', 'forecast');
  const tokenizer = tokenizerFromJSON(
    readJson(run.path('model', 'tokenizer.json')),
    run.path('model', 'tokenizer.json'),
  );
  const model = buildLanguageModel(recipe, tokenizer.vocabularySize);
  model.loadStateDict(readWeights(run));
  model.eval();
  return { recipe, model, tokenizer };
}

function wrongTask(run: Run, recipe: Recipe, task: Recipe['task'], command: string): LookbackError {
  return new LookbackError('USAGE', {
    where: `run ${run.name}`,
    expected: `a ${task} run`,
    got: `a ${recipe.task} run`,
    next: `Try: lookback ${command} ${run.name}`,
  });
}
