import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRun, openRun, removeRun, track } from './node.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lookback-track-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const coded = (code: string) => expect.objectContaining({ code });

describe('track', () => {
  test('makes an ordinary run of any program', async () => {
    const run = await track({
      root,
      project: 'demo',
      config: { layers: 2, drop: undefined },
      tags: ['first'],
      notes: 'so',
    });
    expect(run.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    run.log({ loss: 2 }, 10);
    run.log({ loss: 1, accuracy: Number.NaN, sample: 'to be' });
    await run.finish({ summary: { accuracy: 0.5 } });
    await run.finish();
    const opened = openRun(run.name, root);
    expect(opened.status).toBe('finished');
    expect(opened.recipe()).toEqual({ layers: 2 });
    expect(opened.record).toMatchObject({ project: 'demo', tags: ['first'], notes: 'so', backend: 'external' });
    expect(opened.record.summary).toEqual({ loss: 1, accuracy: 0.5 });
    expect(opened.metrics().map(({ step, values }) => [step, values])).toEqual([
      [10, { loss: 2 }],
      [11, { loss: 1, accuracy: Number.NaN, sample: 'to be' }],
    ]);
    expect(() => run.log({ loss: 1 })).toThrow(coded('BAD_ARGUMENT'));
  });

  test('refuses what the file could not hold, before it is in the file', async () => {
    const run = await track({ root });
    const wrong = { a: undefined, b: null, c: [1], d: 1n, e: true, step: 1, time: 1, resumed: 1 };
    for (const [name, value] of Object.entries(wrong)) {
      expect(() => run.log({ [name]: value as number }), name).toThrow(coded('BAD_ARGUMENT'));
    }
    expect(() => run.log(JSON.parse('{"__proto__":1}'))).toThrow(coded('BAD_ARGUMENT'));
    expect(() => run.log({ loss: 1 }, Number.NaN)).toThrow(coded('BAD_ARGUMENT'));
    run.log({ '0': 1, '"<b>\n': 2 });
    await run.finish();
    expect(openRun(run.name, root).metrics()).toMatchObject([{ step: 1, values: { '0': 1, '"<b>\n': 2 } }]);
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    await expect(track({ root, config: loop })).rejects.toThrow(coded('BAD_ARGUMENT'));
    await expect(track({ root, project: '<img src=x>' })).rejects.toThrow(coded('BAD_ARGUMENT'));
    await expect(track({ root, tags: ['../..'] })).rejects.toThrow(coded('BAD_ARGUMENT'));
    await expect(track({ root, name: '../out' })).rejects.toThrow(coded('BAD_ARGUMENT'));
  });

  test('a program that throws, or exits, keeps every row and counts as interrupted', () => {
    const script = join(root, 'program.mts');
    const entry = fileURLToPath(new URL('./node.ts', import.meta.url));
    const endings = { thrown: "throw new Error('oops')", left: 'process.exit(0)' };
    for (const [name, ending] of Object.entries(endings)) {
      writeFileSync(
        script,
        `import { track } from ${JSON.stringify(entry)};
         const run = await track({ root: ${JSON.stringify(root)}, name: '${name}' });
         for (let step = 1; step <= 1000; step++) run.log({ loss: step }, step);
         ${ending};`,
      );
      spawnSync(process.execPath, ['--import', 'tsx', script], { stdio: 'ignore' });
      expect(openRun(name, root).metrics()).toHaveLength(1000);
      expect(openRun(name, root).status).toBe('interrupted');
    }
  }, 60_000);
});

describe('labels', () => {
  const create = (name: string) =>
    createRun({ root, recipe: {}, seed: 1, backend: 'reference', versions: {}, name, tags: ['a'], notes: 'n' });

  test('change while another holds the run, and what it writes keeps them', () => {
    const run = create('held');
    const other = openRun('held', root);
    other.label({ tags: ['b', 'b', 'c'] });
    other.label({ archived: true });
    run.update({ summary: { loss: 1 } });
    run.finish('finished');
    const { record } = openRun('held', root);
    expect(record).toMatchObject({
      status: 'finished',
      tags: ['b', 'c'],
      notes: 'n',
      archived: true,
      summary: { loss: 1 },
    });
  });

  test('of the wrong type make the file invalid; hostile ones are refused', () => {
    const run = create('labels');
    for (const tag of ['', ' a', '<script>', 'a,b', 'a\nb', '../a', 'x'.repeat(65), '\u001b[31m']) {
      expect(() => run.label({ tags: [tag] }), JSON.stringify(tag)).toThrow(coded('BAD_ARGUMENT'));
    }
    run.label({ tags: ['première/lr:1e-3 v2'], notes: '<script>alert(1)</script>' });
    expect(openRun('labels', root).record.tags).toEqual(['première/lr:1e-3 v2']);
    run.close();
    writeFileSync(run.path('labels.json'), '{"tags":"a"}');
    expect(() => openRun('labels', root)).toThrow(coded('FILE_INVALID'));
    rmSync(run.path('labels.json'));
    const record = JSON.parse(readFileSync(run.path('run.json'), 'utf8'));
    writeFileSync(run.path('run.json'), JSON.stringify({ ...record, project: 5 }));
    expect(() => openRun('labels', root)).toThrow(coded('FILE_INVALID'));
  });
});

describe('removing', () => {
  test('takes a run or a damaged one, never one in use, and nothing outside the folder', () => {
    const make = (name: string) => createRun({ root, recipe: {}, seed: 1, backend: 'reference', versions: {}, name });
    const held = make('held');
    make('gone').close();
    make('damaged').close();
    writeFileSync(join(root, 'damaged', 'run.json'), '{');
    expect(() => removeRun('held', root)).toThrow(coded('RUN_BUSY'));
    for (const name of ['', '.', '..', '../x', join(root, 'gone'), 'gone/', 'a\\b']) {
      expect(() => removeRun(name, root), name).toThrow(coded('BAD_ARGUMENT'));
    }
    removeRun('gone', root);
    removeRun('damaged', root);
    expect(() => removeRun('gone', root)).toThrow(coded('RUN_NOT_FOUND'));
    held.close();
    expect(openRun('held', root).status).toBe('interrupted');
  });
});
