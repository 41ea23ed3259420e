/**
 * A learner's file, run and judged in Node: in a worker without Node's modules, with a limit of time and memory, so
 * that a loop without an end is ended. It keeps mistakes from doing harm; it is no wall against malice.
 */
import { Worker } from 'node:worker_threads';
import type { Exercise } from './exercise.ts';
import { failed, judge, type Verdict } from './judge.ts';
import { endless, programFor, readAnswer, timeLimit } from './program.ts';

/** The worker: one program in a context of its own, whose globals are the language's alone. */
const host = `
const { parentPort, workerData } = require('node:worker_threads');
const { runInNewContext } = require('node:vm');
try {
  parentPort.postMessage({ text: String(runInNewContext(workerData, Object.create(null), { filename: 'your code' })) });
} catch (error) {
  parentPort.postMessage({ error: String(error && error.message || error) });
}`;

/** Memory a learner's code may take, MiB. */
const mostMemory = 128;

/** @param limit milliseconds */
export async function checkSource(
  exercise: Exercise,
  source: string,
  { limit = timeLimit }: { limit?: number } = {},
): Promise<Verdict> {
  const made = programFor(exercise, source);
  if ('problem' in made) return failed(exercise, made.problem);
  const ran = await runProgram(made.program, limit);
  if ('problem' in ran) return failed(exercise, ran.problem);
  const read = readAnswer(exercise, ran.text);
  return 'problem' in read ? failed(exercise, read.problem) : judge(exercise, read.outcomes);
}

async function runProgram(program: string, limit: number): Promise<{ text: string } | { problem: string }> {
  const worker = new Worker(host, {
    eval: true,
    workerData: program,
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: mostMemory },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve) => {
      // The clock starts with the code, not with the worker.
      worker.once('online', () => {
        timer = setTimeout(() => resolve({ problem: endless }), limit);
      });
      worker.once('message', ({ text, error }: { text?: string; error?: string }) =>
        resolve(text === undefined ? { problem: `It does not run: ${error?.slice(0, 300)}.` } : { text }),
      );
      worker.once('error', (error: NodeJS.ErrnoException) =>
        resolve({
          problem:
            error.code === 'ERR_WORKER_OUT_OF_MEMORY'
              ? `It took more than ${mostMemory} MiB of memory.`
              : `It does not run: ${error.message.slice(0, 300)}.`,
        }),
      );
      worker.once('exit', () => resolve({ problem: 'It ended before it gave a result.' }));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
