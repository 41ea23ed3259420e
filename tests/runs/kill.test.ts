/** Training processes that are killed, as by a crash, or interrupted, as by Ctrl-C. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Random } from '../../src/random.ts';
import { resumeRun, startRun } from '../../src/tasks/run.node.ts';
import { listRuns, listSnapshots, loadCheckpoint, openRun, type Run } from '../../src/track/node.ts';
import {
  deterministicMetrics,
  ended,
  fingerprint,
  languageRecipe,
  lookback,
  spawnLookback,
  spawnTypeScript,
  temporaryRoot,
  writeRecipe,
  writeText,
} from './support.ts';

const root = temporaryRoot();
const base = languageRecipe(writeText(root));
const checkpointEvery = 10;
const recipe = { ...base, train: { ...base.train, steps: 1500, evaluateEvery: 40, checkpointEvery } };
const file = writeRecipe(root, recipe);

/** Steps of the last checkpoint (0 before the first), and the last step in the metrics. */
function reached(run: Run): { kept: number; logged: number } {
  const logged = Math.max(0, ...run.metrics().map(({ step }) => step));
  if (!existsSync(run.path('checkpoints', 'best.json'))) return { kept: 0, logged };
  const { step, fellBackFrom } = loadCheckpoint(run, 'last');
  expect(fellBackFrom).toBeUndefined();
  return { kept: step, logged };
}

it('kill -9 at 20 moments loses at most the work since the last checkpoint, and changes no bit of the result', {
  timeout: 300_000,
}, async () => {
  const random = new Random(11, 'kill');
  const kept: number[] = [];
  let name: string | undefined;
  for (let kill = 0; kill < 20; kill++) {
    const child = name ? spawnLookback('resume', name, '--runs', root) : spawnLookback('train', file, '--runs', root);
    // One in five is killed at any moment since its birth, the others some checkpoints later, often in the middle of one.
    if (kill % 5 === 4) await wait(random.uniform() * 600);
    else {
      await once(child.stderr as NodeJS.ReadableStream, 'data');
      name ??= listRuns(root)[0].name;
      const goal = (kept.at(-1) ?? 0) + checkpointEvery * random.integer(4);
      while (reached(openRun(name, root)).kept < goal && child.exitCode === null) await wait(5);
      await wait(random.uniform() * 20);
    }
    child.kill('SIGKILL');
    expect((await ended(child)).signal, 'the run must be long enough for 20 kills').toBe('SIGKILL');
    name ??= listRuns(root)[0].name;
    const run = openRun(name, root);
    expect(run.status).toBe('interrupted');
    const { kept: step, logged } = reached(run);
    expect(step).toBeGreaterThanOrEqual(kept.at(-1) ?? 0);
    expect(logged - step).toBeLessThanOrEqual(checkpointEvery);
    kept.push(step);
  }
  expect(kept.at(-1)).toBeGreaterThan(0);

  const resumed = await resumeRun(name as string, { root });
  const whole = await startRun(recipe, { root });
  expect(fingerprint(resumed.run)).toEqual(fingerprint(whole.run));
  expect(deterministicMetrics(resumed.run)).toEqual(deterministicMetrics(whole.run));
  expect(resumed.validationLoss).toBe(whole.validationLoss);
  expect(listSnapshots(resumed.run).map(({ step }) => step)).toEqual(listSnapshots(whole.run).map(({ step }) => step));
});

it('a run killed before its first checkpoint is resumed from the beginning', async () => {
  const short = { ...base, train: { ...base.train, steps: 5 } };
  const whole = await startRun(short, { root });
  const aborted = await startRun(short, {
    root,
    observer: {
      started: () => {
        throw new Error('killed');
      },
    },
  }).catch((error: Error) => error.message);
  expect(aborted).toBe('killed');
  const failed = listRuns(root).find(({ status }) => status === 'failed');
  const resumed = await resumeRun(failed?.name ?? '', { root });
  expect(fingerprint(resumed.run)).toEqual(fingerprint(whole.run));
  expect(deterministicMetrics(resumed.run)).toEqual(deterministicMetrics(whole.run));
  expect(resumed.run.record).toMatchObject({ status: 'finished', summary: { error: null } });
});

it('a first Ctrl-C saves, reports and says how to go on; meanwhile no other process may write', async () => {
  const seldom = ['--train.steps', '700', '--train.checkpointEvery', '1000', '--train.evaluateEvery', '1000'];
  const child = spawnLookback('train', file, ...seldom, '--runs', root);
  const running = () => listRuns(root).find(({ status }) => status === 'running')?.name;
  while (running() === undefined) await wait(10);
  const name = running() ?? '';
  const busy = await lookback('resume', name, '--runs', root);
  expect(busy.status).toBe(1);
  expect(busy.error).toMatch(/process \d+ is writing this run.*\(RUN_BUSY\)/);
  const end = ended(child);
  child.kill('SIGINT');
  const { status, out, error } = await end;
  expect(status).toBe(130);
  expect(error).toContain('press Ctrl-C again');
  const [, step, hint] = /Stopped after step (\d+);.*\nGo on with: lookback (.+)\n/.exec(out) ?? [];
  expect(openRun(name, root).status).toBe('stopped');
  expect(reached(openRun(name, root))).toEqual({ kept: Number(step), logged: Number(step) });
  const resumed = await lookback(...hint.split(' '), '--json', '--quiet');
  expect(resumed).toMatchObject({ status: 0, error: '' });
});

it('a second Ctrl-C ends the process at once', async () => {
  const child = spawnTypeScript('interruptForever.ts');
  const end = ended(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  child.kill('SIGINT');
  await once(child.stderr as NodeJS.ReadableStream, 'data');
  child.kill('SIGINT');
  expect(await end).toMatchObject({ status: null, signal: 'SIGINT' });
});
