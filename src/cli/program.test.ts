import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import { createRun } from '../track/node.ts';
import { createProgram, reportError, runProgram } from './program.ts';

async function lookback(...words: string[]) {
  let out = '';
  let error = '';
  const status = await runProgram(
    words,
    terminal({ write: (text) => (out += text), writeError: (text) => (error += text) }),
  );
  return { status, out, error };
}

function terminal(sinks: { write: (text: string) => void; writeError: (text: string) => void }) {
  return { ...sinks, width: 80, colour: false, live: false };
}

describe('program', () => {
  it('prints its version and its help with status 0', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await lookback('--version')).toEqual({ status: 0, out: `${version}\n`, error: '' });
    const help = await lookback('--help');
    expect(help.status).toBe(0);
    expect(help.out).toContain('runs');
  });

  it('refuses wrong use with status 2 and the nearest command or option', async () => {
    const command = await lookback('rnus');
    expect(command).toMatchObject({ status: 2, out: '' });
    expect(command.error).toContain('Did you mean runs?');
    const option = await lookback('runs', 'list', '--jsno');
    expect(option.status).toBe(2);
    expect(option.error).toContain('Did you mean --json?');
    expect((await lookback('runs', 'show')).status).toBe(2);
  });

  it('gives every command a help text with an example', async () => {
    const quiet = terminal({ write: () => {}, writeError: () => {} });
    const leaves = createProgram(quiet).commands.flatMap((command) =>
      command.commands.length > 0 ? command.commands.map((leaf) => [command.name(), leaf.name()]) : [[command.name()]],
    );
    expect(leaves.length).toBeGreaterThan(0);
    for (const words of leaves) expect((await lookback(...words, '--help')).out).toMatch(/Example/);
  });
});

describe('reportError', () => {
  function report(error: unknown, json = false) {
    let said = '';
    const status = reportError(error, terminal({ write: () => {}, writeError: (text) => (said += text) }), { json });
    return { status, said };
  }

  it('prints message and code without a stack, and the exit status of the code', () => {
    expect(report(new LookbackError('USAGE', { where: '--x', expected: 'a number' }))).toEqual({
      status: 2,
      said: 'error: --x: expected a number. (USAGE)\n',
    });
    expect(report(new LookbackError('NON_FINITE', { where: 'step 3' }), true)).toEqual({
      status: 1,
      said: '{"event":"error","code":"NON_FINITE","message":"step 3: ."}\n',
    });
    const fault = report(new TypeError('oops'));
    expect(fault.status).toBe(1);
    expect(fault.said).toMatch(/^error: oops \(INTERNAL\)\n.*LOOKBACK_DEBUG=1/);
  });
});

describe('runs', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'lookback-runs-'));
    const recipe = { task: 'forecast', model: { kind: 'lstm' } };
    const run = createRun({ root, recipe, seed: 1, backend: 'native', versions: { lookback: '0' }, name: 'first' });
    for (let step = 1; step <= 5; step++) run.log(step, { loss: 1 / step });
    run.finish('finished', { mape: 0.0612 });
    createRun({ root, recipe, seed: 1, backend: 'native', versions: {}, name: 'broken' }).finish('finished');
    writeFileSync(join(root, 'broken', 'run.json'), '{');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('lists runs, the damaged ones too', async () => {
    const { status, out } = await lookback('runs', 'list', '--runs', root);
    expect(status).toBe(0);
    expect(out).toMatch(/first\s+finished\s+\d{4}-\d\d-\d\d \d\d:\d\d\s+forecast lstm\s+mape 0\.06120/);
    expect(out).toMatch(/broken\s+damaged/);
    const entries = JSON.parse((await lookback('runs', 'list', '--runs', root, '--json')).out);
    expect(entries.map((entry: { name: string }) => entry.name)).toEqual(['first', 'broken']);
  });

  it('shows one run with its curve', async () => {
    const { status, out } = await lookback('runs', 'show', 'first', '--runs', root);
    expect(status).toBe(0);
    expect(out).toContain('loss by step');
    expect(out).toMatch(/steps\s+5\n/);
    const whole = JSON.parse((await lookback('runs', 'show', 'first', '--runs', root, '--json')).out);
    expect(whole).toMatchObject({ name: 'first', status: 'finished', recipe: { task: 'forecast' } });
    expect(whole.metrics).toHaveLength(5);
  });

  it('says what to do when there is nothing', async () => {
    const empty = await lookback('runs', 'list', '--runs', join(root, 'none'));
    expect(empty).toMatchObject({ status: 0 });
    expect(empty.out).toContain('lookback train');
    const missing = await lookback('runs', 'show', 'frist', '--runs', root);
    expect(missing).toMatchObject({ status: 1 });
    expect(missing.error).toMatch(/first\?.*\(RUN_NOT_FOUND\)/);
  });
});
