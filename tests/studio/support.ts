/** Run folders made without training, and the studio's server asked as a browser would ask it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { createApp } from '../../src/server/app.ts';
import { StudioEventStream } from '../../src/server/events.ts';
import { Jobs } from '../../src/server/jobs.node.ts';
import { RunsFolder } from '../../src/server/runs.node.ts';
import { createRun, type Run } from '../../src/track/node.ts';

export const recipe = {
  task: 'forecast',
  data: { source: 'airline-passengers', period: 12 },
  window: { lookback: 12, horizon: 6 },
  split: { test: 12, validation: 12 },
  transform: ['log', 'standardize'],
  model: { kind: 'lstm', hidden: 4, layers: 1 },
  train: { steps: 40, batch: 8, evaluateEvery: 10, checkpointEvery: 10 },
} as const;

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lookback-studio-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A run that looks like a short training; it is still open for writing. */
export function writeRun(root: string, name: string, { steps = 20, task = 'forecast', seed = 1 } = {}): Run {
  const train = { ...recipe.train, seed };
  const run = createRun({ root, name, recipe: { ...recipe, task, train }, seed, backend: 'reference', versions: {} });
  for (let step = 1; step <= steps; step++) {
    run.log(step, { loss: 4 / step, learningRate: 1e-3 });
    if (step % 10 === 0) run.log(step, { validationLoss: 5 / step, sample: `after ${step} steps` });
  }
  run.flush();
  return run;
}

/** The command line from its sources, as a process. */
export const command = [
  process.execPath,
  '--import',
  pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
  fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
];

const port = 4000;
const session = 'session-secret';
export const token = 'token-of-the-address';

/** The server's app over a runs folder, and requests to it with the cookie and the right host unless told otherwise. */
export function openApp(root: string) {
  const runs = new RunsFolder(root);
  const jobs = new Jobs(runs, command);
  const problems: unknown[] = [];
  const report = (error: unknown) => problems.push(error);
  const events = new StudioEventStream(runs, { interval: 20, report });
  const page = async (path: string) => (path === '/' ? new Response('<!doctype html>') : undefined);
  const app = createApp({ runs, jobs, events, page, port, token, session, report });
  const ask = async (path: string, { headers, ...init }: RequestInit & { headers?: Record<string, string> } = {}) =>
    app.request(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { host: `127.0.0.1:${port}`, cookie: `lookback-studio-${port}=${session}`, ...headers },
    });
  const get = async (path: string) => {
    const response = await ask(path);
    return { status: response.status, body: await response.json() };
  };
  const post = async (path: string, body?: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const response = await ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  return { ask, get, post, runs, jobs, events, problems };
}

export interface Event {
  id: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server sends; tests say what they expect.
  data: any;
}

/** The events of a connection, one after the other. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = '';

  constructor(response: Response) {
    if (!response.body) throw new Error('no stream');
    this.#reader = response.body.getReader();
  }

  /** The next event that fits; rejects when the connection ends. Those before it are dropped. */
  async next(fits: (event: Event) => boolean = () => true): Promise<Event> {
    const decoder = new TextDecoder();
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) throw new Error('the connection ended');
        this.#text += decoder.decode(value, { stream: true });
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      const event = { id: field('id'), type: field('event'), data: JSON.parse(field('data') || 'null') };
      if (event.type !== '' && fits(event)) return event;
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}

/** What a forecast run keeps for its page. */
export function writeForecast(run: Run): void {
  const score = { name: 'seasonal naive', description: 'last year again', trained: false, forecast: [5, 6] };
  const story = {
    name: 'airline-passengers',
    period: 12,
    history: [1, 2, 3],
    truth: [4, 5],
    times: null,
    scores: [{ ...score, mape: 1, rmse: 2, mase: null }],
  };
  writeFileSync(run.path('forecast.json'), JSON.stringify(story));
  const lines = [0, 10, 20, 10].map((step, i) => JSON.stringify({ step, forecast: [step, i] }));
  writeFileSync(run.path('forecasts.jsonl'), `${lines.join('\n')}\n{"step":30,"fore`);
}
