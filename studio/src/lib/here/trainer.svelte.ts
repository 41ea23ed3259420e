/**
 * One training in this page: its worker, and what it has told so far. The worker keeps the model; the page what can be
 * drawn. Leaving the page ends it.
 */
import type { CurveColumns } from '../../../../src/server/curves.ts';
import type { ForecastHistory, TextSample } from '../../../../src/server/wire.ts';
import type { Recipe } from '../../../../src/tasks/recipe.ts';
import { sourcesOf } from '../../../../src/tasks/session.ts';
import { appendRows, type Floor, noColumns } from '../curves.ts';
import { findText } from './data.ts';
import type { FromWorker, Machine, ToWorker } from './protocol.ts';
import TrainingWorker from './worker.ts?worker&inline';

export type Phase = 'idle' | 'loading' | 'training' | 'stopping' | 'stopped' | 'finished' | 'failed';

/** Points kept of a curve before they are halved. */
const limit = 8000;

/** The rate is that of the last seconds. */
const rateOver = 3;

export class Trainer {
  phase = $state<Phase>('idle');
  recipe = $state.raw<Recipe | undefined>(undefined);
  machine = $state.raw<Machine | undefined>(undefined);
  dataHash = $state<string | undefined>(undefined);
  parametersHash = $state<string | undefined>(undefined);
  parameters = $state(0);
  vocabulary = $state<number | undefined>(undefined);
  step = $state(0);
  /** Steps a second, lately. */
  rate = $state<number | undefined>(undefined);
  curves = $state.raw<Readonly<Record<string, CurveColumns>>>({});
  forecast = $state.raw<ForecastHistory | null>(null);
  samples = $state.raw<readonly TextSample[]>([]);
  /** Of a language run: what counting reaches on the same split, once it is counted. */
  floors = $state.raw<readonly Floor[]>([]);
  validationLoss = $state<number | undefined>(undefined);
  problem = $state<string | undefined>(undefined);
  /** Data the recipe names that the reader has to give. */
  missing = $state.raw<readonly string[]>([]);

  #worker: Worker | undefined;
  /** Counts beside the training, so that neither waits for the other. */
  #counter: Worker | undefined;
  #marks: { time: number; step: number }[] = [];

  /** Until the recipe's steps are done, at the rate of now; undefined while nothing is trained. */
  get secondsLeft(): number | undefined {
    const { phase, rate, recipe, step } = this;
    return phase === 'training' && rate && recipe ? (recipe.train.steps - step) / rate : undefined;
  }

  /** Trains a recipe from its beginning; what was before is forgotten. With `onlyFor`, stops before data of another hash. */
  async start(recipe: Recipe, onlyFor?: string): Promise<void> {
    this.close();
    this.recipe = recipe;
    this.phase = 'loading';
    const sources = sourcesOf(recipe);
    const found = await Promise.all(sources.map(async (source) => [source, await findText(source)] as const));
    if (this.recipe !== recipe || this.phase !== 'loading') return;
    this.missing = found.flatMap(([source, text]) => (text === undefined ? [source] : []));
    if (this.missing.length > 0) {
      this.phase = 'idle';
      return;
    }
    const texts = found.flatMap(([source, text]) => (text === undefined ? [] : [[source, text] as [string, string]]));
    const worker = new TrainingWorker();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (this.#worker === worker) this.#take(data);
    };
    worker.onerror = (event) => this.#fail(event.message || 'The browser did not start the training worker.');
    this.#tell({ kind: 'train', recipe, texts, onlyFor });
    if (recipe.task === 'language') this.#count(texts[0][1], recipe.data.validation);
  }

  stop(): void {
    if (this.phase !== 'training') return;
    this.phase = 'stopping';
    this.#tell({ kind: 'stop' });
  }

  goOn(): void {
    if (this.phase !== 'stopped') return;
    this.phase = 'training';
    this.#marks = [];
    this.#tell({ kind: 'continue' });
  }

  /** Ends the worker and forgets everything. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#counter?.terminate();
    this.#counter = undefined;
    this.floors = [];
    this.#marks = [];
    this.phase = 'idle';
    this.recipe = undefined;
    this.machine = undefined;
    this.dataHash = undefined;
    this.parametersHash = undefined;
    this.parameters = 0;
    this.vocabulary = undefined;
    this.step = 0;
    this.rate = undefined;
    this.curves = {};
    this.forecast = null;
    this.samples = [];
    this.validationLoss = undefined;
    this.problem = undefined;
    this.missing = [];
  }

  #count(text: string, validation: number): void {
    const counter = new TrainingWorker();
    this.#counter = counter;
    counter.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (this.#counter === counter && data.kind === 'floors') this.floors = data.floors;
      counter.terminate();
    };
    counter.postMessage({ kind: 'floors', text, validation } satisfies ToWorker);
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #fail(message: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.phase = 'failed';
    this.problem = message;
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'started':
        this.phase = 'training';
        this.machine = message.machine;
        this.dataHash = message.dataHash;
        this.parameters = message.parameters;
        this.vocabulary = message.vocabulary;
        this.#tellStory(message.story, []);
        return;
      case 'rows': {
        const curves = { ...this.curves };
        const names = new Set(message.rows.flatMap(({ values }) => Object.keys(values)));
        for (const name of names) curves[name] = appendRows(curves[name] ?? noColumns, name, message.rows, limit);
        this.curves = curves;
        this.#measure(message.rows[message.rows.length - 1].step);
        return;
      }
      case 'forecast': {
        const { step, forecast } = message;
        if (this.forecast) this.#tellStory(this.forecast, [...this.forecast.steps, { step, forecast }]);
        return;
      }
      case 'sample':
        this.samples = [...this.samples, { step: message.step, text: message.text }];
        return;
      case 'ended':
        this.phase = message.reason === 'stopped' ? 'stopped' : 'finished';
        this.step = message.step;
        this.parametersHash = message.parametersHash;
        this.validationLoss = message.validationLoss;
        if (message.story) this.#tellStory(message.story, this.forecast?.steps ?? []);
        return;
      case 'failed':
        this.#fail(message.message);
        return;
      case 'floors':
      case 'point':
      case 'broke':
        return;
      default:
        message satisfies never;
    }
  }

  #tellStory(
    story: (Omit<ForecastHistory, 'steps' | 'times'> & { times?: readonly string[] | null }) | undefined,
    steps: ForecastHistory['steps'],
  ): void {
    if (!story) return;
    const { name, history, truth, times, scores } = story;
    this.forecast = { name, history, truth, ...(times ? { times: [...times] } : {}), scores, steps };
  }

  #measure(step: number): void {
    this.step = step;
    const now = performance.now() / 1000;
    this.#marks.push({ time: now, step });
    while (this.#marks.length > 2 && now - this.#marks[0].time > rateOver) this.#marks.shift();
    const [first] = this.#marks;
    if (now - first.time > 0.2) this.rate = (step - first.step) / (now - first.time);
  }
}
