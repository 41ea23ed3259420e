/**
 * The routes of the model page (`modelWire.ts`): requests checked, a model asked through `src/inspect`, answers packed.
 *
 * What a page may ask for is capped: the length of a text here, steps in `readText`, the size of a model in the store.
 */
import type { Context, Hono } from 'hono';
import { LookbackError } from '../errors.ts';
import {
  anatomyOf,
  attentionPattern,
  attentionPictures,
  gradientThroughTime,
  mostSteps,
  predictions,
  ranked,
  readText,
  recurrentActivity,
  recurrentQuantities,
  type Subject,
  samplingStep,
} from '../inspect/index.ts';
import { Random } from '../random.ts';
import { forecastAfter } from '../tasks/forecast.ts';
import { type LoadedModel, ModelStore } from './modelStore.node.ts';
import type { ModelDescription, ModelDraw, ModelGradient, ModelLook } from './modelWire.ts';
import type { RunsFolder } from './runs.node.ts';

/** Longest text of a request, characters; of it the model is shown the end. */
const longestText = 4096;

/** Largest side of a head's picture. */
const mostCells = 128;

/** Tokens told about at one position, and before and after filtering. */
const likeliest = 10;
const mostCandidates = 24;

type Body = Record<string, unknown>;
type ReadBody = (request: Request) => Promise<unknown>;

/** Adds the routes to the studio's app; `readBody` parses a request's JSON. */
export function addModelRoutes(app: Hono, runs: RunsFolder, readBody: ReadBody): void {
  const store = new ModelStore(runs);

  const post = (path: string, answer: (loaded: LoadedModel, body: Body) => Response) =>
    app.post(`/api/runs/:name/model/${path}`, async (context: Context) => {
      const body = record(await readBody(context.req.raw));
      const step = whole(body, 'step', 0, Number.MAX_SAFE_INTEGER);
      return store.use(context.req.param('name') ?? '', step, context.req.raw.signal, (model) => answer(model, body));
    });

  app.get('/api/runs/:name/model', async (context) => {
    const name = context.req.param('name');
    const description = await store.use(name, undefined, context.req.raw.signal, (model) =>
      describe(name, model, latestSample(runs, name)),
    );
    return Response.json({ ...description, checkpoints: store.checkpoints(name) } satisfies ModelDescription);
  });
  post('look', (loaded, body) => Response.json(look(loaded, body)));
  post('attention', (loaded, body) => {
    const { layers, heads, cells, values } = attentionPictures(
      subjectOf(loaded, body).subject,
      whole(body, 'cells', 1, mostCells),
    );
    return bytes(values, [layers, heads, cells, cells]);
  });
  post('head', (loaded, body) => {
    const { subject, tokens } = subjectOf(loaded, body);
    const pattern = attentionPattern(subject, whole(body, 'layer'), whole(body, 'head'));
    return bytes(pattern, [tokens.length, tokens.length]);
  });
  post('activity', (loaded, body) => {
    const { subject, tokens } = subjectOf(loaded, body);
    const { hidden, values } = recurrentActivity(subject, whole(body, 'layer'), text(body, 'quantity', 40));
    return bytes(values, [tokens.length, hidden]);
  });
  post('gradient', (loaded, body) => {
    const { value, traces } = gradientThroughTime(subjectOf(loaded, body).subject, whole(body, 'position'));
    const told = traces.map(({ name, norms }) => ({ name, norms: [...norms].map(finite) }));
    return Response.json({ value: finite(value), traces: told } satisfies ModelGradient);
  });
  post('next', (loaded, body) => Response.json(draw(loaded, body)));
}

function describe(run: string, loaded: LoadedModel, sample: string | undefined): Omit<ModelDescription, 'checkpoints'> {
  const { attention, recurrent } = anatomyOf(loaded.model);
  const described = {
    run,
    task: loaded.task,
    kind: loaded.recipe.model.kind,
    parameters: loaded.model.parameterCount(),
    ...(attention ? { attention } : {}),
    ...(recurrent ? { recurrent: { ...recurrent, quantities: recurrentQuantities(recurrent.kind) } } : {}),
  };
  if (loaded.task === 'forecast') {
    const { story, recipe, chain } = loaded;
    const { lookback, horizon } = recipe.window;
    const first = Math.min(story.history.length, lookback + chain.lost);
    return { ...described, series: { name: story.name, lookback, horizon, first, last: valuesOf(loaded).length } };
  }
  const longest = loaded.recipe.model.kind === 'gpt' ? Math.min(loaded.recipe.context, mostSteps) : mostSteps;
  // Something of the run's own to begin with: its last sample holds known characters only.
  const suggestion = [...(sample || loaded.recipe.sample.prompt)].slice(0, Math.min(longest, 120)).join('');
  return { ...described, vocabulary: loaded.tokenizer.vocabularySize, longest, suggestion };
}

function latestSample(runs: RunsFolder, name: string): string | undefined {
  return runs.table(name).texts.findLast((each) => each.name === 'sample')?.text;
}

function look(loaded: LoadedModel, body: Body): ModelLook {
  const { subject, tokens, dropped } = subjectOf(loaded, body);
  if (loaded.task === 'forecast') {
    const { chain, model, recipe, story } = loaded;
    const { lookback, horizon } = recipe.window;
    const values = valuesOf(loaded);
    const origin = originOf(loaded, body);
    const forecast = forecastAfter(model, Float64Array.from(values.slice(0, origin)), chain);
    const truth = Array.from({ length: horizon }, (_, i) => values[origin + i] ?? null);
    const times = Array.from({ length: horizon }, (_, i) => story.times?.[origin + i] ?? `+${i + 1}`);
    const window = values.slice(origin - lookback, origin);
    return { tokens, dropped, forecast: { window, forecast: [...forecast].map(finite), truth, times } };
  }
  const { tokenizer } = loaded;
  if (!('ids' in subject)) throw new Error('a language model was given no ids');
  const told = predictions(subject, { top: likeliest }).map(({ top, entropy, next }) => ({
    top: top.map(({ id, probability }) => ({ token: tokenizer.decode([id]), probability })),
    entropy,
    ...(next ? { next: { ...next, token: tokenizer.decode([next.id]) } } : {}),
  }));
  return { tokens, dropped, predictions: told };
}

function draw(loaded: LoadedModel, body: Body): ModelDraw {
  if (loaded.task !== 'language') {
    throw new LookbackError('BAD_ARGUMENT', { where: 'model', expected: 'a language model', got: 'a forecaster' });
  }
  const { model, tokenizer } = loaded;
  const given = text(body, 'text', longestText);
  const { subject, dropped } = readText(model, tokenizer, given);
  const settings = {
    temperature: number(body, 'temperature'),
    topK: body.topK === undefined ? undefined : number(body, 'topK'),
    topP: body.topP === undefined ? undefined : number(body, 'topP'),
  };
  const seed = whole(body, 'seed', 0, 0xffffffff);
  // Each place in the text has its own stream, so that the same seed writes the same text whatever was pressed.
  const random = new Random(seed, `inspect/${dropped + subject.ids.length}`);
  const { before, after, kept, id } = samplingStep(subject, settings, random);
  const candidates = ranked(before)
    .filter((each, place) => place < mostCandidates || each === id)
    .map((each) => ({ token: tokenizer.decode([each]), probability: before[each], after: after[each] }));
  return { candidates, kept, token: tokenizer.decode([id]), dropped };
}

/** What the model is shown, and a label for each step of it. */
function subjectOf(loaded: LoadedModel, body: Body): { subject: Subject; tokens: string[]; dropped: number } {
  if (loaded.task === 'language') return readText(loaded.model, loaded.tokenizer, text(body, 'text', longestText));
  const { chain, model, recipe, story } = loaded;
  const { lookback } = recipe.window;
  const origin = originOf(loaded, body);
  const window = Float32Array.from(chain.input(Float64Array.from(valuesOf(loaded).slice(0, origin)), lookback));
  const tokens = Array.from({ length: lookback }, (_, i) => {
    const at = origin - lookback + i;
    return story.times?.[at] ?? String(at);
  });
  return { subject: { model, window }, tokens, dropped: 0 };
}

/** The values up to which the model may look: history and held-out part, as far as they are numbers. */
function valuesOf({ story }: LoadedModel & { task: 'forecast' }): number[] {
  const values = [...story.history, ...story.truth];
  const gap = values.findIndex((value) => value === null || !Number.isFinite(value));
  return values.slice(0, gap < 0 ? values.length : gap) as number[];
}

function originOf(loaded: LoadedModel & { task: 'forecast' }, body: Body): number {
  const { lookback } = loaded.recipe.window;
  return whole(body, 'origin', lookback + loaded.chain.lost, valuesOf(loaded).length);
}

function record(body: unknown): Body {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  throw new LookbackError('BAD_ARGUMENT', { where: 'body', expected: 'a JSON object' });
}

function number(body: Body, key: string): number {
  const value = body[key];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw refused(key, 'a number', value);
}

/** A whole number; whether it is one of what there is, whoever uses it checks. */
function whole(body: Body, key: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const value = body[key];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw refused(key, `a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`, value);
}

function text(body: Body, key: string, most: number): string {
  const value = body[key];
  if (typeof value !== 'string') throw refused(key, 'a text', value);
  if (value.length <= most) return value;
  throw new LookbackError('BAD_ARGUMENT', {
    where: key,
    expected: `at most ${most} characters`,
    got: String(value.length),
    next: 'Shorten it: the model is shown its end only',
  });
}

function refused(where: string, expected: string, value: unknown): LookbackError {
  const got = value === undefined ? 'nothing' : JSON.stringify(value)?.slice(0, 60);
  return new LookbackError('BAD_ARGUMENT', { where, expected, got });
}

function bytes(values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>, shape: readonly number[]): Response {
  return new Response(values, { headers: { 'content-type': 'application/octet-stream', 'x-shape': shape.join(',') } });
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
