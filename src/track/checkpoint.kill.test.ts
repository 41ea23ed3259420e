/**
 * The kill at every single moment: each call that changes the disk is, in turn, the one that never returns. A write
 * killed has written half its bytes, a removal half its files.
 */
import * as disk from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createRun, loadCheckpoint, openRun, saveCheckpoint } from './node.ts';

const fault = vi.hoisted(() => ({ callsLeft: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  /** Runs `call`, unless the process is by now dead; `half` is what the call does when killed in the middle. */
  const mortal = <A extends unknown[], R>(call: (...args: A) => R, half: (...args: A) => void = () => {}) => {
    return (...args: A): R => {
      if (--fault.callsLeft > 0) return call(...args);
      if (fault.callsLeft === 0) half(...args);
      throw new Error('killed');
    };
  };
  return {
    ...real,
    openSync: mortal(real.openSync),
    mkdirSync: mortal(real.mkdirSync),
    renameSync: mortal(real.renameSync),
    fsyncSync: mortal(real.fsyncSync),
    writeSync: mortal(
      (file: number, bytes: Uint8Array, at: number) => real.writeSync(file, bytes, at),
      (file, bytes, at) => {
        real.writeSync(file, bytes, at, (bytes.length - at) >> 1);
      },
    ),
    rmSync: mortal(real.rmSync, (path) => {
      if (real.existsSync(path)) real.rmSync(join(String(path), real.readdirSync(path)[0]));
    }),
  };
});

const checkpointOf = (step: number) => ({
  step,
  tensors: new Map([['w', { dtype: 'I32' as const, shape: [50], data: new Int32Array(50).fill(step) }]]),
  optimizer: new Map(),
  state: { step },
});

test('a kill during any disk call leaves the old checkpoint or the new one, whole, and the next save works', () => {
  const root = disk.mkdtempSync(join(tmpdir(), 'lookback-kill-'));
  const outcomes: number[] = [];
  for (let calls = 1; ; calls++) {
    const name = `run-${calls}`;
    const run = createRun({ root, recipe: {}, seed: 1, backend: 'reference', versions: {}, name });
    saveCheckpoint(run, 'last', checkpointOf(1));
    run.log(2, { loss: 2 });
    let killed = false;
    fault.callsLeft = calls;
    try {
      saveCheckpoint(run, 'last', checkpointOf(2));
    } catch {
      killed = true;
    }
    fault.callsLeft = Number.POSITIVE_INFINITY;
    if (!killed) break;
    // The lock of a killed process is taken over; this process lives, so its lock is removed by hand.
    for (const file of disk.readdirSync(run.folder)) if (file.startsWith('lock')) disk.rmSync(run.path(file));

    const again = openRun(name, root, { write: true });
    const loaded = loadCheckpoint(again, 'last');
    expect(loaded.fellBackFrom).toBeUndefined();
    expect([1, 2]).toContain(loaded.step);
    expect(loaded).toMatchObject(checkpointOf(loaded.step));
    if (loaded.step === 2) expect(again.metrics().map(({ step }) => step)).toEqual([2]);
    outcomes.push(loaded.step);
    saveCheckpoint(again, 'last', checkpointOf(3));
    expect(loadCheckpoint(again, 'last')).toMatchObject(checkpointOf(3));
    expect(disk.readdirSync(again.path('checkpoints'))).toHaveLength(2);
    again.close();
  }
  // Once the new checkpoint counts it always counts, and both sides of that moment were visited.
  expect(outcomes).toEqual([...outcomes].sort());
  expect(new Set(outcomes)).toEqual(new Set([1, 2]));
  expect(outcomes.length).toBeGreaterThan(20);
  disk.rmSync(root, { recursive: true });
});
