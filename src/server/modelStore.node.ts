/**
 * Trained models for the model page: one model a run, whose weights are exchanged when another moment is asked for.
 *
 * Loads nothing before it is asked, holds at most {@link mostModels}, and gives all memory back when nobody has asked for
 * {@link keptMilliseconds}. One request computes at a time, so that the server answers others in between; a request whose
 * page has gone is dropped before it computes.
 */
import { readdirSync, statSync } from 'node:fs';
// A backend starts when the first model is built.
import '../backends/init.ts';
import { LookbackError } from '../errors.ts';
import type { Forecaster } from '../models/index.ts';
import type { TransformChain } from '../series/index.ts';
import { readTransforms } from '../tasks/export.node.ts';
import { buildForecaster } from '../tasks/forecast.ts';
import { buildLanguageModel, type LanguageModel } from '../tasks/language.ts';
import { parseRecipe, type Recipe } from '../tasks/recipe.ts';
import { type Tokenizer, tokenizerFromJSON } from '../text/index.ts';
import { loadSafetensors, type TensorEntry } from '../track/index.ts';
import {
  checkpointStep,
  listSnapshots,
  loadCheckpoint,
  loadSnapshot,
  Run,
  readBytes,
  readJson,
} from '../track/node.ts';
import { readForecast } from './details.node.ts';
import type { ModelCheckpoint } from './modelWire.ts';
import type { RunsFolder } from './runs.node.ts';
import type { ForecastHistory } from './wire.ts';

export type LoadedModel = LoadedLanguage | LoadedForecast;

export interface LoadedLanguage {
  readonly task: 'language';
  readonly recipe: Recipe & { task: 'language' };
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
}

export interface LoadedForecast {
  readonly task: 'forecast';
  readonly recipe: Recipe & { task: 'forecast' };
  readonly model: Forecaster;
  readonly chain: TransformChain;
  readonly story: ForecastHistory;
}

interface Held {
  readonly loaded: LoadedModel;
  /** What the weights are: the step, and when its file was written. */
  weights: string;
}

const mostModels = 2;
const keptMilliseconds = 60_000;
/** Numbers of the largest model it loads, 256 MiB of them. */
const mostParameters = 1 << 26;

export class ModelStore {
  readonly #runs: RunsFolder;
  /** The least recently used first. */
  readonly #held = new Map<string, Held>();
  #queue: Promise<unknown> = Promise.resolve();
  #freeing: ReturnType<typeof setTimeout> | undefined;

  constructor(runs: RunsFolder) {
    this.#runs = runs;
  }

  /** The moments of training whose weights are kept, ascending. RUN_NOT_FOUND, FILE_INVALID for links in the folder. */
  checkpoints(name: string): ModelCheckpoint[] {
    const run = this.#openSafely(name);
    const kinds = new Map<number, ModelCheckpoint['kinds']>();
    const add = (step: number | undefined, kind: ModelCheckpoint['kinds'][number]) => {
      if (step !== undefined) kinds.set(step, [...(kinds.get(step) ?? []), kind]);
    };
    for (const { step } of listSnapshots(run)) add(step, 'snapshot');
    add(checkpointStep(run, 'last'), 'last');
    add(checkpointStep(run, 'best'), 'best');
    // Weights without any checkpoint, as of an imported run.
    if (kinds.size === 0 && this.#runs.file(name, 'model', 'model.safetensors'))
      add(this.#runs.row(name).steps, 'final');
    return [...kinds].map(([step, of]) => ({ step, kinds: of })).sort((a, b) => a.step - b.step);
  }

  /**
   * Calls `work` with the model as it was at `step`, the last one where that is undefined. Its tensors must not be kept.
   *
   * @throws LookbackError FILE_NOT_FOUND for a step whose weights are not kept, FILE_INVALID, STATE_MISMATCH,
   *   CHECKPOINT_INVALID for damaged ones, RECIPE_INVALID, BAD_ARGUMENT for a request given up or a model too large
   */
  use<T>(
    name: string,
    step: number | undefined,
    signal: AbortSignal | undefined,
    work: (loaded: LoadedModel) => T,
  ): Promise<T> {
    const turn = this.#queue.then(async () => {
      // Whoever waits at the socket is answered first.
      await new Promise((done) => setImmediate(done));
      if (signal?.aborted) throw new LookbackError('BAD_ARGUMENT', { where: 'request', problem: 'it was given up' });
      try {
        return work(this.#load(name, step));
      } finally {
        this.#freeLater();
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Gives back all memory. */
  close(): void {
    clearTimeout(this.#freeing);
    for (const name of [...this.#held.keys()]) this.#drop(name);
  }

  #load(name: string, step: number | undefined): LoadedModel {
    const run = this.#openSafely(name);
    const found = this.checkpoints(name);
    const checkpoint = step === undefined ? found.at(-1) : found.find((each) => each.step === step);
    if (!checkpoint) {
      throw new LookbackError('FILE_NOT_FOUND', {
        where: `run ${run.name}`,
        problem: step === undefined ? 'no weights have been kept yet' : `no weights of step ${step} are kept`,
        next:
          found.length > 0
            ? `There are steps ${summarize(found.map((each) => each.step))}`
            : 'They come with the first snapshot or checkpoint of its training',
      });
    }
    const weights = `${checkpoint.step} ${timesOfChange(run, checkpoint)}`;
    const held = this.#held.get(name);
    if (held?.weights === weights) {
      this.#held.delete(name);
      this.#held.set(name, held);
      return held.loaded;
    }
    const state = readState(this.#runs, run, name, checkpoint);
    const recipe = parseRecipe(run.recipe(), run.path('recipe.yaml'));
    const reusable = held && JSON.stringify(held.loaded.recipe) === JSON.stringify(recipe) ? held : undefined;
    if (held && !reusable) this.#drop(name);
    const loaded = reusable?.loaded ?? this.#build(name, run, recipe, state);
    if (!reusable) this.#hold(name, { loaded, weights: 'none' });
    loaded.model.loadStateDict(state);
    this.#hold(name, { loaded, weights });
    return loaded;
  }

  #build(name: string, run: Run, recipe: Recipe, state: ReadonlyMap<string, TensorEntry>): LoadedModel {
    requireFitting(run, recipe, state);
    if (recipe.task === 'language') {
      const path = this.#runs.file(name, 'model', 'tokenizer.json');
      if (!path) throw missing(run, 'model/tokenizer.json');
      const tokenizer = tokenizerFromJSON(readJson(path));
      const model = buildLanguageModel(recipe, tokenizer.vocabularySize);
      model.eval();
      return { task: 'language', recipe, model, tokenizer };
    }
    const story = readForecast(this.#runs, name);
    if (!story || !this.#runs.file(name, 'model', 'config.json')) throw missing(run, 'forecast.json');
    const chain = readTransforms(run).get(story.name);
    if (!chain) throw missing(run, `transform of ${story.name}`);
    const model = buildForecaster(recipe);
    model.eval();
    return { task: 'forecast', recipe, model, chain, story };
  }

  #hold(name: string, held: Held): void {
    this.#held.delete(name);
    this.#held.set(name, held);
    for (const other of [...this.#held.keys()].slice(0, -mostModels)) this.#drop(other);
  }

  #drop(name: string): void {
    for (const parameter of this.#held.get(name)?.loaded.model.parameters() ?? []) parameter.dispose();
    this.#held.delete(name);
  }

  #freeLater(): void {
    clearTimeout(this.#freeing);
    this.#freeing = setTimeout(() => this.close(), keptMilliseconds);
    this.#freeing.unref();
  }

  /** Links among the weights could lead out of the runs folder, and a pipe would never end. */
  #openSafely(name: string): Run {
    const run = new Run(this.#runs.folder(name));
    for (const part of ['snapshots', 'checkpoints', 'model'] as const) {
      for (const entry of entriesOf(run.path(part))) {
        if (entry.isFile() || entry.isDirectory()) continue;
        const problem = `${part}/${entry.name} is no ordinary file`;
        throw new LookbackError('FILE_INVALID', { where: `run ${JSON.stringify(name)}`, problem });
      }
    }
    return run;
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** When a moment's weights and the recipe were written: a run trained anew under its name has the same steps. */
function timesOfChange(run: Run, { step, kinds: [kind] }: ModelCheckpoint): string {
  const path =
    kind === 'snapshot'
      ? listSnapshots(run).find((each) => each.step === step)?.path
      : kind === 'final'
        ? run.path('model', 'model.safetensors')
        : run.path('checkpoints', `${kind}.json`);
  return [path ?? '', run.path('recipe.yaml')]
    .map((each) => statSync(each, { throwIfNoEntry: false })?.mtimeMs)
    .join(' ');
}

/** The weights of a moment, from the smallest file that holds them. */
function readState(
  runs: RunsFolder,
  run: Run,
  name: string,
  { step, kinds }: ModelCheckpoint,
): ReadonlyMap<string, TensorEntry> {
  if (kinds.includes('snapshot')) return loadSnapshot(run, step);
  const [kind] = kinds;
  if (kind === 'last' || kind === 'best') return loadCheckpoint(run, kind).tensors;
  const path = runs.file(name, 'model', 'model.safetensors');
  if (!path) throw missing(run, 'model/model.safetensors');
  return loadSafetensors(readBytes(path), path);
}

/** Refuses to build what an edited recipe describes and the weights do not: it could be of any size. */
function requireFitting(run: Run, { model, task, ...rest }: Recipe, state: ReadonlyMap<string, TensorEntry>): void {
  let numbers = 0;
  for (const { data } of state.values()) numbers += data.length;
  if (numbers > mostParameters) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `run ${run.name}`,
      expected: `a model of at most ${mostParameters} parameters`,
      got: String(numbers),
    });
  }
  const width = 'width' in model ? model.width : 'hidden' in model ? model.hidden : 1;
  const layers = 'layers' in model ? model.layers : 1;
  const positions = 'context' in rest && 'positions' in model && model.positions === 'learned' ? rest.context : 0;
  const window = 'window' in rest ? rest.window.horizon + rest.window.lookback : 0;
  // Fewer than any of the models has.
  const least = layers * width * width + positions * width + window;
  if (least <= numbers) return;
  throw new LookbackError('STATE_MISMATCH', {
    where: `run ${run.name}`,
    problem: `its ${task} recipe describes a model of more than ${least} parameters, its weights are ${numbers} numbers`,
    next: 'Bring back the recipe that the run was trained with',
  });
}

function missing(run: Run, what: string): LookbackError {
  return new LookbackError('FILE_NOT_FOUND', { where: `run ${run.name}`, problem: `it has no ${what}` });
}

function summarize(steps: readonly number[]): string {
  return steps.length <= 8 ? steps.join(', ') : `${steps.slice(0, 4).join(', ')} … ${steps.slice(-3).join(', ')}`;
}
