/** What the commands answer: forecasts and texts from runs in every state, and help instead of stack traces. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { airlinePassengers } from '../../src/series/index.ts';
import { startRun } from '../../src/tasks/run.node.ts';
import { listRuns, listSnapshots, loadCheckpoint, openRun } from '../../src/track/node.ts';
import { forecastRecipe, languageRecipe, lookback, temporaryRoot, writeRecipe, writeText } from './support.ts';

const root = temporaryRoot();
const text = writeText(root);
const short = { steps: 6, evaluateEvery: 2, checkpointEvery: 2, learningRate: 1e-2 };
const recipeFile = writeRecipe(root, { ...forecastRecipe, train: short });
const names = { forecast: '', language: '', several: '', killed: '' };
const airline = airlinePassengers().values;

function writeCsv(name: string, columns: Record<string, ArrayLike<number>>): string {
  const path = join(root, name);
  const rows = Array.from(Object.values(columns)[0], (_, i) => Object.values(columns).map((values) => values[i]));
  writeFileSync(path, `${[Object.keys(columns), ...rows].map((row) => row.join(',')).join('\n')}\n`);
  return path;
}

beforeAll(async () => {
  const { run } = await startRun({ ...forecastRecipe, train: short }, { root });
  names.forecast = run.name;
  const language = { ...languageRecipe(text), train: short };
  names.language = (await startRun(language, { root })).run.name;
  const sources = ['ups', 'downs'].map((name, k) =>
    writeCsv(`${name}.csv`, { value: airline.map((value) => (k ? 900 - value : value)) }),
  );
  const several = { ...forecastRecipe, data: { sources, period: 12 }, train: short };
  names.several = (await startRun(several, { root })).run.name;
  const observer = {
    step: (step: number) => {
      if (step === 5) throw new Error('killed');
    },
  };
  await startRun(language, { root, observer }).catch(() => undefined);
  names.killed = listRuns(root).find(({ status }) => status === 'failed')?.name ?? '';
});

/** Runs a command that must succeed and print one JSON object. */
async function answer(...words: string[]) {
  const { status, out, error } = await lookback(...words, '--runs', root, '--json');
  expect(error).toBe('');
  expect(status).toBe(0);
  return JSON.parse(out);
}

describe('forecast', () => {
  it('goes on after the data of the run, as text and as JSON', async () => {
    const { run, horizon, forecasts } = await answer('forecast', names.forecast);
    expect({ run, horizon }).toEqual({ run: names.forecast, horizon: 6 });
    expect(forecasts).toEqual([{ name: 'airline-passengers', forecast: expect.any(Array) }]);
    const [{ forecast }] = forecasts;
    expect(forecast).toHaveLength(6);
    for (const value of forecast) expect(Math.abs(value - 500)).toBeLessThan(400);
    const { status, out } = await lookback('forecast', join(root, names.forecast));
    expect(status).toBe(0);
    expect(out).toContain('the next 6');
    expect(out).toContain(`+6    ${forecast[5].toFixed(2)}`);
  });

  it('goes on after other data of the same kind, however short a history the window needs', async () => {
    const whole = await answer('forecast', names.forecast);
    // 12 to look back on and 12 for the seasonal difference.
    const tail = writeCsv('tail.csv', { value: airline.slice(-24) });
    const other = await answer('forecast', names.forecast, '--data', tail);
    expect(other.forecasts).toEqual([{ ...whole.forecasts[0], name: 'tail' }]);
    const tooShort = writeCsv('short.csv', { value: airline.slice(-23) });
    const refused = await lookback('forecast', names.forecast, '--data', tooShort, '--runs', root);
    expect(refused.status).toBe(1);
    expect(refused.error).toMatch(/at least 24 values.*got 23.*\(DATA_INVALID\)/);
  });

  it('knows the series of a run apart, and refuses one it was not trained on', async () => {
    const { forecasts } = await answer('forecast', names.several);
    expect(forecasts.map(({ name }: { name: string }) => name)).toEqual(['ups', 'downs']);
    expect(forecasts[0].forecast).not.toEqual(forecasts[1].forecast);
    const downs = await answer('forecast', names.several, '--data', join(root, 'downs.csv'));
    expect(downs.forecasts).toEqual([forecasts[1]]);
    const unknown = writeCsv('unknown.csv', { value: airline });
    const refused = await lookback('forecast', names.several, '--data', unknown, '--runs', root);
    expect(refused.error).toMatch(/series unknown: expected one of ups, downs/);
  });
});

describe('generate', () => {
  it('writes the same text for the same seed, in the run’s alphabet', async () => {
    const words = ['generate', names.language, '--prompt', 'the whale ', '--length', '30'];
    const { text: made, ...rest } = await answer(...words);
    expect(rest).toEqual({ run: names.language, prompt: 'the whale ', seed: 1 });
    expect(made).toMatch(/^[a-z \n]{30}$/);
    expect((await answer(...words)).text).toBe(made);
    expect((await answer(...words, '--seed', '2')).text).not.toBe(made);
    const { out } = await lookback(...words, '--runs', root);
    expect(out).toBe(`the whale ${made}\n`);
  });

  it('works from the best checkpoint of a run that did not end', async () => {
    expect(openRun(names.killed, root).status).toBe('failed');
    expect((await answer('generate', names.killed, '--length', '5')).text).toHaveLength(5);
  });
});

it('train --json prints events a line and the result; --quiet the report alone', async () => {
  const { status, out, error } = await lookback('train', recipeFile, '--json', '--runs', root);
  expect({ status, error }).toEqual({ status: 0, error: '' });
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.filter(({ event }) => event === 'evaluation').map(({ step }) => step)).toEqual([0, 2, 4, 6]);
  const result = events.at(-1);
  expect(result).toMatchObject({ event: 'result', reason: 'finished', step: 6 });
  expect(result.scores.map(({ name }: { name: string }) => name)).toContain('seasonal naive');
  const quiet = await lookback('train', recipeFile, '--quiet', '--runs', root, '--model.hidden', '4');
  expect(quiet).toMatchObject({ status: 0, error: '' });
  expect(quiet.out).toMatch(/model +MASE +RMSE +MAPE/);
});

describe('wrong use', () => {
  const cases: [string, () => string[], number, RegExp][] = [
    ['a command', () => ['trian'], 2, /Did you mean train\?/],
    ['no recipe', () => ['train'], 2, /missing required argument 'recipe'/],
    ['a missing recipe', () => ['train', join(root, 'no.yaml')], 1, /no such recipe.*recipes\/airline-lstm.yaml/],
    ['flags before the recipe', () => ['train', '--train.seed', '3', recipeFile], 2, /the recipe before any --key/],
    ['a mistyped flag', () => ['train', recipeFile, '--jsno'], 2, /--jsno:.*Perhaps you meant --json/],
    ['a mistyped key', () => ['train', recipeFile, '--train.stpes', '3'], 2, /--train.stpes: unknown key.*steps/],
    [
      'a value out of bounds',
      () => ['train', recipeFile, '--train.steps', '0'],
      2,
      /--train.steps: expected at least 1/,
    ],
    [
      'adam with weight decay',
      () => ['train', recipeFile, '--train.optimizer', 'adam', '--train.weightDecay', '0.1'],
      2,
      /adamw decays weights/,
    ],
    ['an unknown run', () => ['resume', 'no-such-run', '--runs', root], 1, /no such run.*RUN_NOT_FOUND/s],
    ['a run of another task', () => ['generate', names.forecast, '--runs', root], 2, /Try: lookback forecast/],
    ['a run of another task', () => ['forecast', names.language, '--runs', root], 2, /Try: lookback generate/],
    [
      'a foreign character',
      () => ['generate', names.language, '--prompt', 'the Ω', '--runs', root],
      1,
      /Ω.*index 4.*DATA_INVALID/,
    ],
    ['an empty prompt', () => ['generate', names.language, '--prompt', '', '--runs', root], 1, /at least one token/],
    ['no number', () => ['generate', names.language, '--length', 'ten', '--runs', root], 2, /whole number ≥ 0/],
    ['no number', () => ['start', '--seconds', 'ten'], 2, /expected a number ≥ 1/],
  ];
  it.each(cases)('%s is answered with what to do', async (_, words, status, message) => {
    const answered = await lookback(...words());
    expect(answered.error).toMatch(message);
    expect(answered).toMatchObject({ status, out: '' });
    expect(answered.error).not.toMatch(/^\s+at /m);
  });

  it('a prompt in the recipe that the text cannot write is refused before a run is made', async () => {
    const before = listRuns(root).length;
    const recipe = writeRecipe(root, { ...languageRecipe(text), sample: { prompt: 'Ω' } });
    const { status, error } = await lookback('train', recipe, '--runs', root);
    expect(status).toBe(2);
    expect(error).toMatch(/sample.prompt: expected one of the \d+ characters.*Ω/);
    expect(listRuns(root)).toHaveLength(before);
  });
});

describe('a training that diverges', () => {
  it.each([
    ['a plain step', { optimizer: 'sgd', learningRate: 1e30, clip: null }],
    ['AdamW', { optimizer: 'adamw', learningRate: 1e38, clip: 1 }],
  ])('by %s stops with the step and the name, and keeps the last good checkpoint', async (name, changes) => {
    const recipe = { ...languageRecipe(text), train: { ...short, ...changes, steps: 40 } };
    const file = writeRecipe(root, recipe as never);
    const { status, error } = await lookback('train', file, '--runs', join(root, name));
    expect(status).toBe(1);
    expect(error).toMatch(
      /step [1-9]\d*: the (loss|update|gradient norm|evaluation) is no finite number; .+ went non-finite first/,
    );
    expect(error).toMatch(/Lower train.learningRate.*\(NON_FINITE\)/);
    const [{ name: run }] = listRuns(join(root, name));
    const failed = openRun(run, join(root, name));
    expect(failed.record).toMatchObject({ status: 'failed', summary: { error: 'NON_FINITE' } });
    for (const { data } of loadCheckpoint(failed, 'last').tensors.values()) {
      expect((data as Float32Array).every(Number.isFinite)).toBe(true);
    }
    expect(listSnapshots(failed).length).toBeGreaterThan(0);
    const written = await lookback('generate', run, '--runs', join(root, name), '--length', '5', '--json');
    expect(written.status).toBe(0);
  });
});
