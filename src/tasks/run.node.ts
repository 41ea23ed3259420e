/**
 * Running a recipe: data, task, optimizer, loop and the run's folder joined together. Node only.
 *
 * `startRun` makes a new folder, `resumeRun` goes on in an old one from its last checkpoint; both end with the
 * model written where others can load it, whatever stopped the training.
 */
import packageJson from '../../package.json' with { type: 'json' };
import { getBackend } from '../backends/backend.ts';
import { type Profile, startProfile } from '../backends/profile.ts';
import '../backends/init.ts';
import { isShardFolder, loadTokenizer, openShards, resolveSeries, resolveText } from '../data/node.ts';
import { LookbackError } from '../errors.ts';
import type { Optimizer, Schedule } from '../optim/index.ts';
import type { Series } from '../series/index.ts';
import type { NgramFloor } from '../text/index.ts';
import type { TensorEntry } from '../track/index.ts';
import {
  createRun,
  type LoadedCheckpoint,
  loadCheckpoint,
  openRun,
  type Run,
  saveCheckpoint,
  saveSnapshot,
  writeFileAtomic,
} from '../track/node.ts';
import type { Evaluation, TrainState } from '../train/index.ts';
import { describeModel, stateEntries, writeWeights } from './export.node.ts';
import { floorsFor } from './floors.node.ts';
import { ForecastTask } from './forecast.ts';
import { LanguageTask } from './language.ts';
import { buildOptimizer } from './optimizer.ts';
import { type ForecastRecipe, type LanguageRecipe, parseRecipe, type Recipe, type RecipeInput } from './recipe.ts';
import { type AnyTask, type Judgement, type SessionHooks, trainAndJudge } from './session.ts';
import { tellForecast, writeStory } from './story.node.ts';

/** What happens while a run goes on, for whoever shows it. */
export interface RunObserver {
  started?(run: Run, task: AnyTask, floors: readonly NgramFloor[]): void;
  step?(step: number, values: Record<string, number>, machine: Record<string, number>): void;
  evaluation?(step: number, evaluation: Evaluation): void;
  sample?(step: number, text: string): void;
}

export interface RunOptions {
  /** The folder of all runs. */
  root?: string;
  /** Stops after the step in progress, saving everything. */
  signal?: AbortSignal;
  observer?: RunObserver;
  /** Measures every operation of the training and writes `profile.json`. */
  profile?: boolean;
}

export type { AnyTask };

/** A run that has ended, with what can be asked of it. */
export interface RunOutcome extends Judgement {
  run: Run;
  task: AnyTask;
  floors: readonly NgramFloor[];
  /** From the first step to the last, evaluations and checkpoints included. */
  profile?: Profile;
}

/** The task's data, read from where the recipe names it, with a hash that tells whether it is still the same. */
async function readTask(recipe: Recipe): Promise<{ task: AnyTask; dataHash: string }> {
  switch (recipe.task) {
    case 'forecast': {
      const { series, dataHash } = await readSeries(recipe);
      return { task: new ForecastTask(recipe, series), dataHash };
    }
    case 'language': {
      if (isShardFolder(recipe.data.source)) return readShards(recipe);
      const { text, sha256 } = await resolveText(recipe.data.source);
      const tokenizer = recipe.tokenizer === 'character' ? undefined : loadTokenizer(recipe.tokenizer);
      return { task: new LanguageTask(recipe, text, tokenizer), dataHash: sha256 };
    }
    default:
      return recipe satisfies never;
  }
}

/** A language task on prepared shards, whose tokenizer they bring. */
function readShards(recipe: LanguageRecipe): { task: LanguageTask; dataHash: string } {
  const { train, validation, tokenizer, index } = openShards(recipe.data.source);
  const close = () => {
    train.close();
    validation.close();
  };
  return {
    task: new LanguageTask(recipe, { train, validation, bytesPerToken: validation.bytesPerToken, close }, tokenizer),
    dataHash: index.parts.map(({ sha256 }) => sha256).join('+'),
  };
}

/** The series a forecast recipe names. */
export async function readSeries({ data }: ForecastRecipe): Promise<{ series: Series[]; dataHash: string }> {
  const { source, sources = source ? [source] : [], column, time, period } = data;
  const series: Series[] = [];
  const hashes: string[] = [];
  for (const each of sources) {
    const resolved = await resolveSeries(each, { column, time, period });
    series.push(...resolved.series);
    hashes.push(resolved.sha256);
  }
  return { series, dataHash: hashes.join('+') };
}

/**
 * Runs a recipe from its beginning and returns what it gave. The folder is kept whatever happens.
 *
 * @throws LookbackError RECIPE_INVALID, DATA_*, FILE_*, NON_FINITE
 */
export async function startRun(input: RecipeInput, options: RunOptions = {}): Promise<RunOutcome> {
  const recipe = parseRecipe(input);
  const { task, dataHash } = await readTask(recipe);
  const run = createRun({
    root: options.root,
    recipe,
    seed: recipe.train.seed,
    ...circumstances(),
  });
  run.update({ summary: { parameters: task.model.parameterCount(), dataHash } });
  return carryOut(run, task, options);
}

/**
 * Goes on from the last checkpoint of a run until its recipe's steps are done; from the beginning where it was killed
 * before its first. The result is the run that would have been, had it never stopped.
 *
 * @throws LookbackError RUN_NOT_FOUND, RUN_BUSY, CHECKPOINT_INVALID, DATA_INVALID when the data has changed
 */
export async function resumeRun(name: string, options: RunOptions = {}): Promise<RunOutcome> {
  const run = openRun(name, options.root, { write: true });
  let task: AnyTask;
  let checkpoint: LoadedCheckpoint | undefined;
  try {
    const recipe = parseRecipe(run.recipe(), run.path('recipe.yaml'));
    const read = await readTask(recipe);
    task = read.task;
    const before = run.record.summary.dataHash;
    if (before !== undefined && before !== read.dataHash) {
      throw new LookbackError('DATA_INVALID', {
        where: `run ${run.name}`,
        problem: 'the data is not what the run was started with',
        next: 'Bring the old data back, or start a new run',
      });
    }
    checkpoint = lastCheckpoint(run);
    if (checkpoint) task.model.loadStateDict(checkpoint.tensors);
    run.update({ ...circumstances(), summary: { error: null } });
    run.resume(checkpoint?.step ?? -1);
  } catch (error) {
    run.close();
    throw error;
  }
  return carryOut(run, task, options, checkpoint);
}

/** What a run is carried out on. */
function circumstances() {
  return { backend: getBackend().name, versions: { lookback: packageJson.version, node: process.version } };
}

/** Undefined for a run killed before its first. @throws LookbackError CHECKPOINT_INVALID */
function lastCheckpoint(run: Run): LoadedCheckpoint | undefined {
  try {
    return loadCheckpoint(run, 'last');
  } catch (error) {
    if (error instanceof LookbackError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Trains, judges and closes the run; what is thrown on the way is recorded as its failure. */
async function carryOut(
  run: Run,
  task: AnyTask,
  options: RunOptions,
  checkpoint?: LoadedCheckpoint,
): Promise<RunOutcome> {
  const { optimizer, rate } = buildOptimizer(task.recipe.train, task.model);
  try {
    if (checkpoint) optimizer.load({ step: checkpoint.step, tensors: new Map(checkpoint.optimizer) });
    const from = checkpoint?.state as unknown as TrainState | undefined;
    const outcome = await carryOn(run, task, { optimizer, rate, from }, options);
    run.finish(outcome.reason === 'stopped' ? 'stopped' : 'finished', summarize(outcome));
    return outcome;
  } catch (error) {
    run.finish('failed', { error: error instanceof LookbackError ? error.code : 'INTERNAL' });
    throw error;
  } finally {
    optimizer.dispose();
    if (task instanceof LanguageTask) task.close();
  }
}

async function carryOn(
  run: Run,
  task: AnyTask,
  training: { optimizer: Optimizer; rate: Schedule; from?: TrainState },
  { signal, observer = {}, profile = false }: RunOptions,
): Promise<RunOutcome> {
  const { optimizer } = training;
  describeModel(run, task);
  const floors = task instanceof LanguageTask ? floorsFor(task) : [];
  // Floors and formulas are known before the first step: whoever looks on can draw them at once.
  run.update({ summary: floorSummary(task, floors) });
  if (task instanceof ForecastTask) writeStory(run, task, task.formulaScores());
  observer.started?.(run, task, floors);
  const hooks: SessionHooks = {
    step(step, values, machine) {
      run.log(step, { ...values, ...machine });
      observer.step?.(step, values, machine);
    },
    evaluation(step, evaluation) {
      run.log(step, evaluation.metrics);
      if (task instanceof ForecastTask) tellForecast(run, task, step);
      observer.evaluation?.(step, evaluation);
    },
    sample(step, text) {
      run.log(step, { sample: text });
      observer.sample?.(step, text);
    },
    save(kind, state) {
      saveCheckpoint(run, kind, {
        step: state.step,
        tensors: stateEntries(task.model),
        optimizer: optimizerEntries(optimizer),
        state: state as never,
      });
    },
    snapshot: (step) => saveSnapshot(run, step, stateEntries(task.model)),
    best: () => {
      const { tensors, optimizer: rest } = loadCheckpoint(run, 'best');
      return new Map([...tensors, ...averagesIn(rest)]);
    },
    chosen: () => writeWeights(run, task.model),
  };
  const profiler = profile ? startProfile() : undefined;
  let measured: Profile | undefined;
  const judged = await trainAndJudge(task, training, hooks, signal).finally(() => {
    measured = profiler?.stop();
    if (measured) writeFileAtomic(run.path('profile.json'), `${JSON.stringify(measured)}\n`);
  });
  if (task instanceof ForecastTask && judged.reason !== 'stopped') writeStory(run, task, judged.scores);
  return { run, task, floors, ...judged, profile: measured };
}

function summarize({
  task,
  state,
  floors,
  scores,
  validationLoss,
  parametersHash,
  reason,
}: RunOutcome): Record<string, number | string> {
  const summary: Record<string, number | string> = { steps: state.step, ended: reason };
  if (state.best) {
    summary.bestStep = state.best.step;
    summary.bestScore = state.best.score;
  }
  if (validationLoss !== undefined) {
    summary.validationLoss = validationLoss;
    if (task instanceof LanguageTask) summary.bitsPerByte = task.bitsPerByte(validationLoss);
  }
  Object.assign(summary, floorSummary(task, floors));
  if (parametersHash) summary.parametersHash = parametersHash;
  const trained = scores.find((score) => score.trained);
  if (trained) {
    summary.mape = trained.mape;
    summary.rmse = trained.rmse;
    summary.mase = trained.mase;
    summary.winner = scores[0].name;
  }
  return summary;
}

/** Every floor in nats a token, and the lowest in bits a byte, which runs of other tokenizers can be compared by. */
function floorSummary(task: AnyTask, floors: readonly NgramFloor[]): Record<string, number> {
  const all = floors.map(({ smoothing, order, nats }) => [`floor ${smoothing} ${order}-gram`, nats] as const);
  if (!(task instanceof LanguageTask) || floors.length === 0) return {};
  const lowest = Math.min(...floors.map(({ nats }) => nats));
  return { ...Object.fromEntries(all), floorBitsPerByte: task.bitsPerByte(lowest) };
}

/** The parameters' moving averages among an optimizer's tensors, by parameter; none without `train.average`. */
function averagesIn(tensors: LoadedCheckpoint['optimizer']): [string, TensorEntry][] {
  const prefix = 'movingAverage.average.';
  return [...tensors].flatMap(([name, entry]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), entry]] : []));
}

function optimizerEntries(optimizer: Optimizer): Map<string, TensorEntry> {
  return new Map(
    [...optimizer.state().tensors].map(([name, tensor]) => [
      name,
      { dtype: 'F32', shape: tensor.shape, data: tensor.dataSync() } as TensorEntry,
    ]),
  );
}
