/** Run folders with random weights, as if models had been trained: for the model page, its server and its bench. */
import { airlinePassengers } from '../../src/series/airline.ts';
import { describeModel, stateEntries, writeWeights } from '../../src/tasks/export.node.ts';
import { buildForecaster, ForecastTask } from '../../src/tasks/forecast.ts';
import { buildLanguageModel, LanguageTask } from '../../src/tasks/language.ts';
import { parseRecipe, type RecipeInput } from '../../src/tasks/recipe.ts';
import { writeStory } from '../../src/tasks/story.node.ts';
import { createRun, type Run, saveCheckpoint, saveSnapshot } from '../../src/track/node.ts';

/** Every letter, and what would do harm if it were taken for HTML. */
export const knownText = 'The whale <b onclick=alert(1)> swam & sang,\n"quietly" abcdefghijklmnopqrstuvwxyz. ';

export interface RandomRunOptions {
  name: string;
  model: RecipeInput['model'];
  context?: number;
  /** Moments of training: a snapshot each, of other weights each. */
  steps?: readonly number[];
}

/** A language run; it has ended. */
export function writeLanguageRun(
  root: string,
  { name, model, context = 32, steps = [0, 10, 20] }: RandomRunOptions,
): Run {
  const input = {
    task: 'language',
    data: { source: 'whale.txt', validation: 0.3 },
    context,
    model,
    train: { steps: 20, batch: 2 },
    sample: { prompt: 'The ' },
  } as RecipeInput;
  const recipe = parseRecipe(input);
  if (recipe.task !== 'language') throw new Error('not a language recipe');
  const run = createRun({ root, name, recipe, seed: 1, backend: 'test', versions: {} });
  const task = new LanguageTask(recipe, knownText.repeat(Math.ceil((4 * context) / knownText.length) + 1));
  describeModel(run, task);
  for (const [i, step] of steps.entries()) {
    const train = { ...recipe.train, seed: i + 1 };
    // The last moment's weights are the task's own.
    const last = i === steps.length - 1;
    const moment = last ? task.model : buildLanguageModel({ ...recipe, train }, task.tokenizer.vocabularySize);
    saveSnapshot(run, step, stateEntries(moment));
    if (!last) for (const parameter of moment.parameters()) parameter.dispose();
  }
  run.log(20, { loss: 3, sample: 'The whale <b onclick=alert(1)> sang' });
  const tensors = stateEntries(task.model);
  saveCheckpoint(run, 'last', { step: steps.at(-1) ?? 0, tensors, optimizer: new Map(), state: {} });
  writeWeights(run, task.model);
  for (const parameter of task.model.parameters()) parameter.dispose();
  run.finish('finished');
  return run;
}

/** A run that forecasts the airline months; it has ended. */
export function writeForecastRun(root: string, { name, model, steps = [0, 10, 20] }: RandomRunOptions): Run {
  const input = {
    task: 'forecast',
    data: { source: 'airline-passengers', period: 12 },
    window: { lookback: 12, horizon: 6 },
    split: { test: 12, validation: 12 },
    transform: ['log', 'seasonalDifference', 'standardize'],
    model,
    train: { steps: 20, batch: 8 },
  } as RecipeInput;
  const recipe = parseRecipe(input);
  if (recipe.task !== 'forecast') throw new Error('not a forecast recipe');
  const run = createRun({ root, name, recipe, seed: 1, backend: 'test', versions: {} });
  const task = new ForecastTask(recipe, [airlinePassengers()]);
  describeModel(run, task);
  writeStory(run, task, task.formulaScores());
  for (const [i, step] of steps.entries()) {
    saveSnapshot(run, step, stateEntries(buildForecaster({ ...recipe, train: { ...recipe.train, seed: i + 1 } })));
  }
  writeWeights(run, task.model);
  run.finish('finished');
  return run;
}
