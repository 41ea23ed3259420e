import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../random.ts';
import {
  type Checkpoint,
  checkpointStep,
  createRun,
  loadCheckpoint,
  openRun,
  type Run,
  saveCheckpoint,
} from './node.ts';

let root: string;
let run: Run;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lookback-checkpoint-'));
  run = createRun({ root, recipe: {}, seed: 1, backend: 'reference', versions: {}, name: 'run' });
});
afterEach(() => {
  run.close();
  rmSync(root, { recursive: true, force: true });
});

const size = 2000;

/** A checkpoint whose every number follows from its step. */
function checkpointOf(step: number): Checkpoint {
  const entry = (x: number) => ({ dtype: 'F32' as const, shape: [size], data: new Float32Array(size).fill(x) });
  return {
    step,
    tensors: new Map([['w', entry(step)]]),
    optimizer: new Map([['w.m', entry(-step)]]),
    state: { cursor: { epoch: 1, position: step }, best: null },
  };
}

const coded = (code: string) => expect.objectContaining({ code });
const folders = () => readdirSync(run.path('checkpoints')).sort();

describe('a checkpoint', () => {
  test('comes back exactly, and only the newest of each kind is kept', () => {
    for (const step of [10, 20, 30]) saveCheckpoint(run, 'last', checkpointOf(step));
    saveCheckpoint(run, 'best', checkpointOf(20));
    expect(loadCheckpoint(run, 'last')).toMatchObject(checkpointOf(30));
    expect(loadCheckpoint(run, 'best')).toMatchObject(checkpointOf(20));
    expect(loadCheckpoint(run, 'last').fellBackFrom).toBeUndefined();
    expect(checkpointStep(run, 'last')).toBe(30);
    expect(folders()).toEqual(['best-000020', 'best.json', 'last-000030', 'last.json']);
  });

  test('of the same step replaces the one before', () => {
    saveCheckpoint(run, 'last', checkpointOf(10));
    saveCheckpoint(run, 'last', { ...checkpointOf(10), state: 'second' });
    expect(loadCheckpoint(run, 'last').state).toBe('second');
    expect(folders()).toEqual(['last-000010.2', 'last.json']);
  });

  test('flushes the metrics before it, so that a resume has every row', () => {
    run.log(9, { loss: 1 });
    run.flush();
    run.log(10, { loss: 1 });
    saveCheckpoint(run, 'last', checkpointOf(10));
    expect(
      openRun('run', root)
        .metrics()
        .map(({ step }) => step),
    ).toEqual([9, 10]);
  });

  test('missing, unfit or for reading only is refused', () => {
    expect(() => loadCheckpoint(run, 'last')).toThrow(coded('FILE_NOT_FOUND'));
    expect(checkpointStep(run, 'last')).toBeUndefined();
    const infinite = { ...checkpointOf(1), state: { best: Infinity } };
    expect(() => saveCheckpoint(run, 'last', infinite)).toThrow(coded('BAD_ARGUMENT'));
    expect(() => saveCheckpoint(openRun('run', root), 'last', checkpointOf(1))).toThrow(coded('BAD_ARGUMENT'));
  });
});

describe('damage', () => {
  test.each(['model.safetensors', 'optimizer.safetensors', 'state.json'])('in %s is named', (name) => {
    saveCheckpoint(run, 'last', checkpointOf(10));
    appendFileSync(run.path('checkpoints', 'last-000010', name), ' ');
    expect(() => loadCheckpoint(run, 'last')).toThrow(coded('CHECKPOINT_INVALID'));
    expect(() => loadCheckpoint(run, 'last')).toThrow(join('last-000010', name));
    rmSync(run.path('checkpoints', 'last-000010', name));
    expect(() => loadCheckpoint(run, 'last')).toThrow(/missing/);
  });

  test('falls back to the newest other valid checkpoint and says from what', () => {
    saveCheckpoint(run, 'best', checkpointOf(5));
    saveCheckpoint(run, 'last', checkpointOf(7));
    cpSync(run.path('checkpoints', 'last-000007'), join(root, 'kept'), { recursive: true });
    saveCheckpoint(run, 'last', checkpointOf(10));
    writeFileSync(run.path('checkpoints', 'last-000010', 'model.safetensors'), 'torn');
    expect(loadCheckpoint(run, 'last')).toMatchObject(checkpointOf(5));
    cpSync(join(root, 'kept'), run.path('checkpoints', 'last-000007'), { recursive: true });
    const loaded = loadCheckpoint(run, 'last');
    expect(loaded).toMatchObject(checkpointOf(7));
    expect(loaded.fellBackFrom).toContain('model.safetensors');
    saveCheckpoint(run, 'last', checkpointOf(8));
    expect(folders()).toEqual(['best-000005', 'best.json', 'last-000008', 'last.json']);
  });

  test('of the pointer alone loses nothing', () => {
    saveCheckpoint(run, 'last', checkpointOf(10));
    for (const content of ['', '{}', '{"schema":1,"folder":"../../etc","step":1,"files":{}}']) {
      writeFileSync(run.path('checkpoints', 'last.json'), content);
      expect(loadCheckpoint(run, 'last')).toMatchObject(checkpointOf(10));
    }
  });

  test('another schema version is refused, not passed over', () => {
    saveCheckpoint(run, 'best', checkpointOf(5));
    saveCheckpoint(run, 'last', checkpointOf(10));
    writeFileSync(run.path('checkpoints', 'last.json'), '{"schema":2,"folder":"last-000010","step":10,"files":{}}');
    expect(() => loadCheckpoint(run, 'last')).toThrow(/expected checkpoint schema 1, got schema 2/);
  });
});

test('after SIGKILL at any moment the checkpoint that counts is whole', async () => {
  run.close();
  saveCheckpointChild();
  const random = new Random(11, 'kill');
  let step = 0;
  for (let kill = 0; kill < 10; kill++) {
    await killedAfter(random.uniform(0, 40));
    expect(openRun('run', root).status).toBe('interrupted');
    const opened = openRun('run', root, { write: true });
    const loaded = loadCheckpoint(opened, 'last');
    expect(loaded).toMatchObject(checkpointOf(loaded.step));
    expect(loaded.step).toBeGreaterThan(step);
    expect(readdirSync(opened.path('checkpoints')).filter((name) => name.startsWith('.'))).toEqual([]);
    // The save flushes first: every row up to the checkpoint is there, once.
    const rows = opened.metrics().filter((row) => row.step <= loaded.step);
    expect(rows.map((row) => row.step)).toEqual(Array.from({ length: loaded.step }, (_, i) => i + 1));
    step = loaded.step;
    opened.close();
  }

  /** Goes on from the last checkpoint and saves one at every step, without end. */
  function saveCheckpointChild(): void {
    writeFileSync(
      join(root, 'child.mjs'),
      `import { existsSync } from 'node:fs';
      import { loadCheckpoint, openRun, saveCheckpoint } from ${JSON.stringify(new URL('./node.ts', import.meta.url).href)};
      const size = ${size};
      ${checkpointOf.toString()}
      const run = openRun('run', ${JSON.stringify(root)}, { write: true });
      let step = existsSync(run.path('checkpoints')) ? loadCheckpoint(run, 'last').step : 0;
      run.resume(step);
      for (;;) {
        step++;
        run.log(step, { loss: step });
        saveCheckpoint(run, 'last', checkpointOf(step));
        if (step % 3 === 0) process.stdout.write('saved\\n');
        await new Promise((resolve) => setImmediate(resolve));
      }`,
    );
  }

  async function killedAfter(milliseconds: number): Promise<void> {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'child.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await Promise.race([gone, new Promise((resolve) => child.stdout.once('data', resolve))]);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    child.kill('SIGKILL');
    await gone;
  }
});
