/** Tiny recipes, run folders that vanish, and what of a run must not depend on when it was stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';
import { runProgram } from '../../src/cli/program.ts';
import type { RecipeInput } from '../../src/tasks/recipe.ts';
import { loadCheckpoint, type Run } from '../../src/track/node.ts';

/** A folder of runs for one test file; what is computed on the way (floors) is cached in it too. */
export function temporaryRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'lookback-runs-'));
  process.env.XDG_CACHE_HOME = join(root, 'cache');
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** 6,000 characters of words in a pattern that a model can learn something of. */
export function writeText(root: string): string {
  const words = ['the', 'whale', 'swims', 'under', 'a', 'grey', 'ship', 'and', 'sings\n'];
  let text = '';
  for (let i = 0; text.length < 6000; i++) text += `${words[(i * i + (i >> 2)) % words.length]} `;
  const path = join(root, 'text.txt');
  writeFileSync(path, text);
  return path;
}

export const forecastRecipe = {
  task: 'forecast',
  data: { source: 'airline-passengers', period: 12 },
  window: { lookback: 12, horizon: 6 },
  split: { test: 12, validation: 12 },
  transform: ['log', 'seasonalDifference', 'standardize'],
  model: { kind: 'lstm', hidden: 6, layers: 2, dropout: 0.2 },
  train: {
    steps: 30,
    batch: 8,
    accumulate: 2,
    learningRate: { peak: 1e-2, warmup: 5, decay: 'cosine' },
    weightDecay: 0.01,
    evaluateEvery: 10,
    checkpointEvery: 7,
  },
} as const satisfies RecipeInput;

export function languageRecipe(source: string) {
  return {
    task: 'language',
    data: { source },
    context: 16,
    model: { kind: 'gpt', layers: 2, heads: 2, width: 16, dropout: 0.1 },
    train: {
      steps: 30,
      batch: 4,
      accumulate: 2,
      learningRate: { peak: 1e-2, warmup: 5, decay: 'cosine' },
      evaluateEvery: 10,
      checkpointEvery: 7,
      evaluation: { batches: 2 },
    },
    sample: { prompt: 'the ', length: 20 },
  } as const satisfies RecipeInput;
}

/** The recipe as a file, for the command line. */
export function writeRecipe(root: string, recipe: RecipeInput, name = `${recipe.task}.yaml`): string {
  const path = join(root, name);
  writeFileSync(path, stringify(recipe));
  return path;
}

/** SHA-256 of the last checkpoint: every byte of parameters and optimizer state, and the loop's state. */
export function fingerprint(run: Run): { step: number; parameters: string; optimizer: string; state: unknown } {
  const { step, tensors, optimizer, state } = loadCheckpoint(run, 'last');
  const hash = (entries: typeof tensors) => {
    const sum = createHash('sha256');
    for (const [name, { shape, data }] of entries) {
      sum.update(`${name} ${shape.join('x')} `);
      sum.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    return sum.digest('hex');
  };
  return { step, parameters: hash(tensors), optimizer: hash(optimizer), state };
}

/** Every row of the metrics without what depends on the machine: time, rates and memory. */
export function deterministicMetrics(run: Run): { step: number; values: Record<string, number | string> }[] {
  return run.metrics().map(({ step, values }) => {
    const kept = Object.entries(values).filter(([name]) => !/PerSecond$|^memoryBytes$/.test(name));
    return { step, values: Object.fromEntries(kept) };
  });
}

/** `lookback WORDS` in this process. */
export async function lookback(...words: string[]): Promise<{ status: number; out: string; error: string }> {
  let out = '';
  let error = '';
  const status = await runProgram(words, {
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    width: 80,
    colour: false,
    live: false,
  });
  return { status, out, error };
}

/** `lookback WORDS` as a process of its own, to be killed. */
export function spawnLookback(...words: string[]): ChildProcess {
  return spawnTypeScript('../../src/cli/main.ts', words);
}

/** A file beside this one as a process. */
export function spawnTypeScript(path: string, words: string[] = [], flags: string[] = []): ChildProcess {
  const main = fileURLToPath(new URL(path, import.meta.url));
  const loader = createRequire(import.meta.url).resolve('tsx');
  return spawn(process.execPath, [...flags, '--import', pathToFileURL(loader).href, main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** How a child ended and what it said. */
export async function ended(child: ChildProcess) {
  let out = '';
  let error = '';
  child.stdout?.on('data', (part) => {
    out += part;
  });
  child.stderr?.on('data', (part) => {
    error += part;
  });
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (...how) => resolve(how));
  });
  return { status, signal, out, error };
}
