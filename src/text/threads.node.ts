/**
 * Threads for work on text. Tasks go to them in turn and each answers in its order; with one thread, or where threads
 * cannot be started, the caller's own thread does the same work.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, LookbackError } from '../errors.ts';
import { type TextAnswer, type TextTask, textWorker } from './textWork.ts';

export interface TextThreads {
  /** How many threads work; 0 when the caller's does. */
  readonly count: number;
  run(task: TextTask): Promise<TextAnswer>;
  close(): Promise<unknown>;
}

/**
 * Sources need a loader in each thread; what is built does not. Only `import` is there whether node takes a text for a
 * module (`--input-type=module`, which threads inherit) or not.
 */
const bootstrap = `
import('node:worker_threads').then(async ({ workerData }) => {
  if (workerData.loader) (await import(workerData.loader)).register();
  await import(workerData.address);
});
`;

/** @param tokenizer the stored form of the tokenizer that encodes, when one is needed */
export async function startTextThreads(threads: number, tokenizer?: unknown): Promise<TextThreads> {
  const workers: Worker[] = [];
  try {
    for (let i = 0; threads > 1 && i < threads; i++) workers.push(await start(tokenizer));
  } catch {
    await Promise.all(workers.map((worker) => worker.terminate()));
    workers.length = 0;
  }
  if (workers.length === 0) {
    const work = textWorker(tokenizer);
    return { count: 0, run: async (task) => work(task), close: async () => {} };
  }
  const busy = workers.map(() => Promise.resolve<unknown>(undefined));
  let next = 0;
  return {
    count: workers.length,
    run(task) {
      const index = next++ % workers.length;
      const answer = busy[index].then(() => ask(workers[index], task));
      busy[index] = answer.catch(() => {});
      return answer;
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

function start(tokenizer: unknown): Promise<Worker> {
  const source = new URL('./textWorker.node.ts', import.meta.url);
  const fromSource = existsSync(fileURLToPath(source));
  const address = fromSource ? source.href : new URL('./textWorker.js', import.meta.url).href;
  const loader = fromSource ? sourceLoader() : undefined;
  const worker = new Worker(bootstrap, { eval: true, workerData: { address, loader, tokenizer } });
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve(worker));
    worker.once('error', reject);
  });
}

/** tsx's module for `import`; what `require` would get registers nothing in a thread. */
function sourceLoader(): string {
  const path = createRequire(import.meta.url).resolve('tsx/esm/api');
  return pathToFileURL(path.replace(/\.cjs$/, '.mjs')).href;
}

function ask(worker: Worker, task: TextTask): Promise<TextAnswer> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message) => {
      worker.off('error', reject);
      if (message.answer) resolve(message.answer);
      else if (message.code) reject(new LookbackError(message.code as ErrorCode, message.parts));
      else reject(new Error(message.message));
    });
    worker.postMessage(task, task.kind === 'count' ? [task.bytes.buffer as ArrayBuffer] : []);
  });
}
