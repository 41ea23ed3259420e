/**
 * Training a task and judging it: the part of a run that needs no files, so that a server and a page run the very same
 * code and, where both fuse multiply-add, reach the very same bits. What is kept on the way is the caller's business.
 */
import { dataSets } from '../data/index.ts';
import { readSeriesText } from '../data/seriesText.ts';
import { LookbackError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import type { Optimizer, Schedule } from '../optim/index.ts';
import { Random } from '../random.ts';
import { type Evaluation, type TrainHooks, type TrainResult, type TrainState, train } from '../train/index.ts';
import { ForecastTask, type Score } from './forecast.ts';
import { LanguageTask } from './language.ts';
import { buildOptimizer } from './optimizer.ts';
import type { Recipe } from './recipe.ts';
import { sha256 } from './sha256.ts';

export type AnyTask = ForecastTask | LanguageTask;

/** Parameters by name, as `Module.stateDict` gives them. */
type State = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>;

/** What a training is told to, and what it asks for. */
export interface SessionHooks {
  step?: TrainHooks['onStep'];
  evaluation?(step: number, evaluation: Evaluation): void;
  sample?(step: number, text: string): void;
  save?: TrainHooks['save'];
  snapshot?: TrainHooks['snapshot'];
  /** The parameters of the best checkpoint, which `save` was given. */
  best(): State;
  /** The model now holds the parameters the run offers. */
  chosen?(): void;
}

/** How a training ended, and what its model is worth. */
export interface Judgement {
  reason: TrainResult['reason'];
  state: TrainState;
  /** Forecast task: the table at the end, best first. */
  scores: readonly Score[];
  /** Language task: the loss over the whole validation part, nats per character, and a sample. */
  validationLoss?: number;
  sample?: string;
  /** Of the model offered; undefined for a training that was stopped. */
  parametersHash?: string;
}

/** The names of the data a recipe asks for. */
export function sourcesOf({ task, data }: Recipe): string[] {
  if (task === 'language') return [data.source];
  return data.sources ?? (data.source === undefined ? [] : [data.source]);
}

/**
 * A recipe's task from the texts of its data, by name, and the data's hash as a run records it.
 *
 * @throws LookbackError DATA_MISSING for a text that is not given, DATA_INVALID
 */
export function makeTask(recipe: Recipe, texts: ReadonlyMap<string, string>): { task: AnyTask; dataHash: string } {
  const sources = sourcesOf(recipe).map((source) => {
    const text = texts.get(source);
    const kind = dataSets.find(({ name }) => name === source)?.kind;
    const wanted = recipe.task === 'language' ? 'text' : 'series';
    if (kind !== undefined && kind !== wanted) {
      throw new LookbackError('DATA_INVALID', { where: source, expected: `a ${wanted} set`, got: `a ${kind} set` });
    }
    if (text === undefined) {
      const next = 'Give the file itself';
      throw new LookbackError('DATA_MISSING', { where: source, problem: 'its text is not at hand here', next });
    }
    if (text.trim() === '') throw new LookbackError('DATA_INVALID', { where: source, problem: 'the file is empty' });
    return { source, text };
  });
  const dataHash = sources.map(({ text }) => sha256(text)).join('+');
  if (recipe.task === 'language') {
    if (recipe.tokenizer !== 'character') {
      const problem = 'vocabularies are read from files, which are not at hand here';
      throw new LookbackError('DATA_MISSING', {
        where: `tokenizer ${recipe.tokenizer}`,
        problem,
        next: 'Use character',
      });
    }
    return { task: new LanguageTask(recipe, sources[0].text), dataHash };
  }
  const series = sources.flatMap(({ source, text }) => readSeriesText(text, source, recipe.data));
  return { task: new ForecastTask(recipe, series), dataHash };
}

/** SHA-256 of all parameters as little-endian f32, one after the other in the order of `stateDict`. */
export function parametersHash(model: Module): string {
  const entries = [...model.stateDict().values()];
  const bytes = new DataView(new ArrayBuffer(4 * entries.reduce((sum, { data }) => sum + data.length, 0)));
  let at = 0;
  for (const { data } of entries) {
    for (let i = 0; i < data.length; i++, at += 4) bytes.setFloat32(at, data[i], true);
  }
  return sha256(new Uint8Array(bytes.buffer));
}

/**
 * Trains from the start, or from a state whose parameters and optimizer are already in place, and judges the model.
 * Where a validation part chose one the model offered is the best, else the last.
 *
 * @throws LookbackError NON_FINITE
 */
export async function trainAndJudge(
  task: AnyTask,
  { optimizer, rate, from }: { optimizer: Optimizer; rate: Schedule; from?: TrainState },
  hooks: SessionHooks,
  signal?: AbortSignal,
): Promise<Judgement> {
  const { recipe } = task;
  const samples = async (step: number) => {
    if (!(task instanceof LanguageTask) || task.recipe.sample.length === 0) return;
    const settings = { ...task.recipe.sample, length: 120 };
    hooks.sample?.(step, await task.sample(settings, new Random(recipe.train.seed, `sample/${step}`)));
  };
  const { reason, state } = await train(
    task as never,
    optimizer,
    { ...recipe.train, rate },
    {
      from,
      signal,
      hooks: {
        onStep: hooks.step,
        async onEvaluation(step, evaluation) {
          hooks.evaluation?.(step, evaluation);
          await samples(step);
        },
        save: hooks.save,
        snapshot: hooks.snapshot,
      },
    },
  );
  const byValidation = task instanceof LanguageTask || task.recipe.split.validation > 0;
  const earlier = byValidation && state.best !== null && state.best.step !== state.step;
  if (earlier) task.model.loadStateDict(hooks.best());
  else optimizer.swapAverages();
  hooks.chosen?.();
  const ended: Judgement = { reason, state, scores: [] };
  if (reason === 'stopped') {
    // What goes on trains the weights themselves.
    if (!earlier) optimizer.swapAverages();
    return ended;
  }
  ended.parametersHash = parametersHash(task.model);
  if (task instanceof ForecastTask) {
    ended.scores = task.scores();
  } else {
    ended.validationLoss = task.validationLoss();
    ended.sample = await task.sample(task.recipe.sample, new Random(recipe.train.seed, 'sample'));
  }
  return ended;
}

/** A training kept in memory, as a page does it: it can be stopped and gone on with. */
export class MemorySession {
  private readonly optimizer: Optimizer;
  private readonly rate: Schedule;
  private kept: { state: TrainState; last: State } | undefined;
  private best: State | undefined;

  constructor(readonly task: AnyTask) {
    const { optimizer, rate } = buildOptimizer(task.recipe.train, task.model);
    this.optimizer = optimizer;
    this.rate = rate;
  }

  /** Trains until it is done or stopped. Once stopped, another call goes on, to the same bits. */
  async run(hooks: Omit<SessionHooks, 'best' | 'save' | 'snapshot'> = {}, signal?: AbortSignal): Promise<Judgement> {
    const { task, optimizer, rate } = this;
    // A stopped training offers its best model; it goes on from its last.
    if (this.kept) task.model.loadStateDict(this.kept.last);
    return trainAndJudge(
      task,
      { optimizer, rate, from: this.kept?.state },
      {
        ...hooks,
        save: (kind, state) => {
          if (kind === 'last') {
            this.kept = { state, last: task.model.stateDict() };
            return;
          }
          // What is offered are the moving averages, where the recipe asks for them.
          optimizer.swapAverages();
          this.best = task.model.stateDict();
          optimizer.swapAverages();
        },
        best: () => this.best ?? task.model.stateDict(),
      },
      signal,
    );
  }

  dispose(): void {
    this.optimizer.dispose();
  }
}
