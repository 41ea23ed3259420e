import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';
import { createRun, openRun, type Run } from '../../track/node.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lookback-runs-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const runs = (...words: string[]) => lookback(['runs', ...words, '--runs', root]);

function make(name: string, recipe: unknown = {}, labels: { project?: string; tags?: string[] } = {}): Run {
  const run = createRun({ root, recipe, seed: 1, backend: 'native', versions: {}, name, ...labels });
  for (let step = 1; step <= 4; step++)
    run.log(step, { loss: Math.abs(step - 3) + 1, accuracy: Math.abs(step - 3) / 10 });
  return run;
}

const names = async (...words: string[]) =>
  (JSON.parse((await runs('list', '--json', ...words)).out) as { name: string }[]).map(({ name }) => name).sort();

describe('runs list', () => {
  it('filters by tag, status and project, and leaves archived runs out', async () => {
    make('a', {}, { project: 'p', tags: ['x', 'y'] }).finish('finished');
    make('b', {}, { tags: ['x'] }).finish('failed');
    make('c').close();
    openRun('c', root).label({ archived: true });
    expect(await names()).toEqual(['a', 'b']);
    expect(await names('--all')).toEqual(['a', 'b', 'c']);
    expect(await names('--tag', 'x')).toEqual(['a', 'b']);
    expect(await names('--tag', 'x', '--tag', 'y')).toEqual(['a']);
    expect(await names('--status', 'failed')).toEqual(['b']);
    expect(await names('--project', 'p')).toEqual(['a']);
    const { out } = await runs('list', '--tag', 'y');
    expect(out).toMatch(/a\s+finished.*p\s+x y/);
    expect(out).toContain('showing 1 of 3; --all lists archived ones too');
    expect((await runs('list', '--status', 'done')).status).toBe(2);
  });

  it('sends nothing to the terminal that a file could use to repaint it', async () => {
    const run = make('a');
    run.finish('finished', { '\u001b[2J\u202eevil': '\u0007<b>\n' });
    for (const command of [['list'], ['show', 'a']]) {
      const { out } = await runs(...command);
      expect(out).toContain('?[2J?evil ');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });
});

describe('runs compare', () => {
  it('shows where recipes differ and how each metric ended', async () => {
    make('a', { model: { kind: 'lstm', hidden: 8 } }).finish('finished');
    make('b', { model: { kind: 'gru', hidden: 8 } }).finish('finished');
    const { out } = await runs('compare', 'a', 'b');
    expect(out).toMatch(/model\.kind\s+lstm\s+gru/);
    expect(out).not.toContain('hidden');
    expect(out).toMatch(/loss\s+2\s+1\s+2\s+1\n/);
    expect(out).toMatch(/accuracy ↑\s+0\.1000\s+0\.2000/);
    const { recipe, metrics } = JSON.parse((await runs('compare', 'a', 'b', '--json')).out);
    expect(recipe).toEqual([{ path: 'model.kind', values: ['lstm', 'gru'] }]);
    expect(metrics[0]).toEqual({
      name: 'loss',
      better: 'lower',
      values: [
        { last: 2, best: 1 },
        { last: 2, best: 1 },
      ],
    });
    expect((await runs('compare', 'a', 'a')).out).toContain('the same');
    expect((await runs('compare', 'a')).status).toBe(2);
    expect((await runs('compare', 'a', 'nosuch')).error).toContain('RUN_NOT_FOUND');
  });

  it('names the damaged line of a metrics file', async () => {
    make('a').finish('finished');
    writeFileSync(join(root, 'a', 'metrics.jsonl'), '{"step":1,"time":1}\n{"st\n');
    const { status, error } = await runs('compare', 'a', 'a');
    expect(status).toBe(1);
    expect(error).toMatch(/line 2.*FILE_INVALID/);
  });
});

describe('runs tag', () => {
  it('adds, removes, writes a note and puts away, also while the run goes on', async () => {
    const run = make('a');
    await runs('tag', 'a', 'x', 'y', '--note', 'why\nnot');
    const { out } = await runs('tag', 'a', 'z', '--remove', 'x', '--archive');
    expect(out).toBe('a: tags y, z; archived\n  why not\n');
    run.finish('finished');
    const { out: json } = await runs('tag', 'a', '--unarchive', '--json');
    expect(JSON.parse(json)).toEqual({ name: 'a', tags: ['y', 'z'], notes: 'why\nnot', archived: false });
    expect((await runs('tag', 'a', '<b>')).error).toContain('BAD_ARGUMENT');
    expect((await runs('tag', 'a', '--remove', 'q')).error).toMatch(/no tag "q".*It has "y", "z"/);
    expect((await runs('tag', 'a', '--archive', '--unarchive')).status).toBe(2);
  });
});

describe('runs rm', () => {
  it('asks first, refuses a running run and paths, and removes', async () => {
    const running = make('a');
    make('b').finish('finished');
    const unasked = await runs('rm', 'b');
    expect(unasked.status).toBe(2);
    expect(unasked.error).toContain('--yes');
    expect((await runs('rm', 'a', '--yes')).error).toContain('RUN_BUSY');
    expect((await runs('rm', '../b', '--yes')).error).toContain('BAD_ARGUMENT');
    expect((await runs('rm', 'b', '--yes')).out).toBe('removed b\n');
    expect((await runs('rm', 'b', '--yes')).error).toContain('RUN_NOT_FOUND');
    running.close();
    expect((await runs('rm', 'a', '--yes', '--json')).out).toBe('{"removed":["a"]}\n');
    expect(await names('--all')).toEqual([]);
  });
});

describe('runs export and import', () => {
  it('bring every number there and back', async () => {
    make('a').finish('finished');
    const rows = openRun('a', root).metrics();
    for (const format of ['csv', 'jsonl', 'tensorboard']) {
      const out = join(root, `out.${format}`);
      const { path } = JSON.parse((await runs('export', 'a', '--format', format, '--out', out, '--json')).out);
      const back = JSON.parse((await runs('import', path, '--name', format, '--tag', 'back', '--json')).out);
      expect(back).toMatchObject({ name: format, rows: 4, metrics: ['loss', 'accuracy'] });
      const near = rows.map(({ values, ...row }) => ({
        ...row,
        values:
          format === 'tensorboard' ? { loss: values.loss, accuracy: Math.fround(Number(values.accuracy)) } : values,
      }));
      expect(openRun(format, root).metrics()).toEqual(near);
    }
    const printed = await runs('export', 'a');
    expect(printed.out).toBe(readFileSync(join(root, 'out.csv'), 'utf8'));
    expect((await runs('export', 'a', '--out', join(root, 'out.csv'))).error).toMatch(/exists already/);
    expect((await runs('export', 'a', '--format', 'tensorboard')).status).toBe(2);
    expect((await runs('export', 'a', '--format', 'xml')).status).toBe(2);
    expect((await runs('import', join(root, 'nosuch.csv'))).error).toContain('FILE_NOT_FOUND');
    expect((await runs('import', join(root, 'out.csv'), '--name', '../x')).error).toContain('BAD_ARGUMENT');
  });
});
