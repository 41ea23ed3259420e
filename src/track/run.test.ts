import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRun, listRuns, listSnapshots, loadSnapshot, openRun, recipeHash, saveSnapshot } from './node.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lookback-run-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
});

const recipe = { task: 'forecast', model: { kind: 'lstm', hidden: 64 } };
const create = (name?: string) =>
  createRun({ root, recipe, seed: 1, backend: 'reference', versions: { lookback: '0.1.0' }, name });
const coded = (code: string) => expect.objectContaining({ code });

describe('a run', () => {
  test('is a folder that says everything about itself', () => {
    const run = create();
    expect(run.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    run.log(1, { loss: 2 });
    run.finish('finished', { mape: 5.2 });
    const opened = openRun(run.name, root);
    expect(opened.recipe()).toEqual(recipe);
    expect(opened.status).toBe('finished');
    expect(opened.record).toMatchObject({ schema: 1, seed: 1, backend: 'reference', summary: { mape: 5.2 } });
    expect(opened.record.ended).not.toBeNull();
    expect(opened.metrics().map(({ step, values }) => [step, values])).toEqual([[1, { loss: 2 }]]);
    expect(readdirSync(run.folder).sort()).toEqual(['metrics.jsonl', 'recipe.yaml', 'run.json']);
    expect(openRun(run.folder, '/nowhere').name).toBe(run.name);
  });

  test('the recipe hash ignores the order of keys and nothing else', () => {
    expect(recipeHash({ a: 1, b: { c: 2, d: 3 } })).toBe(recipeHash({ b: { d: 3, c: 2 }, a: 1 }));
    expect(recipeHash({ a: [1, 2] })).not.toBe(recipeHash({ a: [2, 1] }));
  });

  test('an unknown name is answered with the nearest and the place searched', () => {
    create('cerulean-plasma-69').close();
    const open = () => openRun('cerulean-plasma-96', root);
    expect(open).toThrow(coded('RUN_NOT_FOUND'));
    expect(open).toThrow(/Did you mean cerulean-plasma-69/);
    expect(open).toThrow(root);
  });

  test('a name that is taken or no folder name is refused', () => {
    create('mine').close();
    expect(() => create('mine')).toThrow(coded('BAD_ARGUMENT'));
    expect(() => create('../mine')).toThrow(coded('BAD_ARGUMENT'));
  });

  test('a list shows every run, damaged ones included', () => {
    expect(listRuns(join(root, 'none'))).toEqual([]);
    const run = create('alive');
    create('left').close();
    mkdirSync(join(root, 'broken'));
    writeFileSync(join(root, 'broken', 'run.json'), '{"schema":1');
    mkdirSync(join(root, 'not-a-run'));
    const statuses = Object.fromEntries(listRuns(root).map(({ name, status }) => [name, status]));
    expect(statuses).toEqual({ alive: 'running', left: 'interrupted', broken: 'damaged' });
    run.close();
  });

  test('snapshots are listed by step and load again', () => {
    const run = create();
    const tensors = (x: number) => new Map([['w', { dtype: 'F32' as const, shape: [1], data: Float32Array.of(x) }]]);
    for (const step of [100, 1, 1234567]) saveSnapshot(run, step, tensors(step));
    saveSnapshot(run, 100, tensors(-1));
    expect(listSnapshots(run).map(({ step }) => step)).toEqual([1, 100, 1234567]);
    expect(existsSync(run.path('snapshots', 'step-000100.safetensors'))).toBe(true);
    expect(loadSnapshot(run, 100)).toEqual(tensors(-1));
    expect(() => loadSnapshot(run, 2)).toThrow(coded('FILE_NOT_FOUND'));
    run.close();
  });
});

describe('one writer', () => {
  test('a second one is refused, readers are not, and closing frees the run', () => {
    const run = create('mine');
    expect(() => openRun('mine', root, { write: true })).toThrow(coded('RUN_BUSY'));
    const reader = openRun('mine', root);
    expect(reader.status).toBe('running');
    expect(() => reader.log(1, {})).toThrow(coded('BAD_ARGUMENT'));
    run.close();
    openRun('mine', root, { write: true }).close();
  });

  test('a process elsewhere keeps the run busy; the lock of a dead or reused number is taken over', () => {
    create('mine').close();
    const folder = join(root, 'mine');
    const { pid: dead } = spawnSync(process.execPath, ['--version']);
    writeFileSync(join(folder, `lock-${dead}-12345`), '');
    expect(openRun('mine', root).status).toBe('interrupted');
    const run = openRun('mine', root, { write: true });
    expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toHaveLength(1);
    const [lock = ''] = readdirSync(folder).filter((name) => name.startsWith('lock'));
    run.close();
    if (process.platform === 'linux') {
      // Our own number, but of a process that started at another time.
      writeFileSync(join(folder, `lock-${process.pid}-1`), '');
      openRun('mine', root, { write: true }).close();
      const parent = readFileSync(`/proc/${process.ppid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[19];
      writeFileSync(join(folder, `lock-${process.ppid}-${parent}`), '');
      expect(() => openRun('mine', root, { write: true })).toThrow(coded('RUN_BUSY'));
      expect(existsSync(join(folder, lock))).toBe(false);
    }
  });
});

describe('metrics', () => {
  test('rows wait at most a second, and close writes them', () => {
    vi.useFakeTimers();
    const run = create();
    const written = () => readFileSync(run.path('metrics.jsonl'), 'utf8').split('\n').length - 1;
    run.log(1, { loss: 1 });
    run.flush();
    run.log(2, { loss: 1 });
    expect(written()).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(written()).toBe(2);
    run.log(3, { loss: 1 });
    run.close();
    expect(written()).toBe(3);
  });

  test('a torn last line is end of file, for the reader and for the next writer', () => {
    const run = create('torn');
    for (const step of [1, 2, 3]) run.log(step, { loss: Number.POSITIVE_INFINITY });
    run.close();
    appendFileSync(run.path('metrics.jsonl'), '{"step":4,"time":1,"lo');
    expect(
      openRun('torn', root)
        .metrics()
        .map(({ step }) => step),
    ).toEqual([1, 2, 3]);
    const resumed = openRun('torn', root, { write: true });
    resumed.resume(2);
    resumed.log(3, { loss: 7 });
    expect(resumed.status).toBe('running');
    resumed.close();
    const rows = openRun('torn', root).metrics();
    expect(rows.map(({ step, values }) => [step, values.loss])).toEqual([
      [1, Infinity],
      [2, Infinity],
      [3, 7],
    ]);
  });
});
