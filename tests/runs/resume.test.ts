/** A run that is stopped and resumed is the run that was never stopped, byte for byte. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RecipeInput } from '../../src/tasks/recipe.ts';
import { resumeRun, startRun } from '../../src/tasks/run.node.ts';
import { listSnapshots, loadSnapshot, openRun } from '../../src/track/node.ts';
import {
  deterministicMetrics,
  fingerprint,
  forecastRecipe,
  languageRecipe,
  lookback,
  temporaryRoot,
  writeText,
} from './support.ts';

const root = temporaryRoot();
const text = writeText(root);

/** Starts or resumes, and stops after step `last`. */
function stopAfter(last: number) {
  const controller = new AbortController();
  const observer = { step: (step: number) => (step === last ? controller.abort() : undefined) };
  return { root, signal: controller.signal, observer };
}

const recipes: [string, RecipeInput][] = [
  ['forecast, LSTM with dropout', forecastRecipe],
  ['language, GPT with dropout', languageRecipe(text)],
  [
    'language, LSTM and SGD with momentum',
    {
      ...languageRecipe(text),
      model: { kind: 'lstm', layers: 2, width: 8, dropout: 0.1, tieWeights: true },
      train: { ...languageRecipe(text).train, optimizer: 'sgd', momentum: 0.9, learningRate: 0.1 },
    },
  ],
];

describe.each(recipes)('%s', (_, recipe) => {
  it('gives the same run, stopped and resumed or not, and twice from one seed', async () => {
    const whole = await startRun(recipe, { root });
    expect(whole.reason).toBe('finished');
    const again = await startRun(recipe, { root });
    expect(fingerprint(again.run)).toEqual(fingerprint(whole.run));

    // 13 is no step at which anything else is kept, 20 is an evaluation, 21 a checkpoint.
    const stopped = await startRun(recipe, stopAfter(13));
    expect(stopped).toMatchObject({ reason: 'stopped', state: { step: 13 } });
    expect(openRun(stopped.run.name, root).status).toBe('stopped');
    for (const step of [20, 21]) {
      expect(await resumeRun(stopped.run.name, stopAfter(step))).toMatchObject({ reason: 'stopped', state: { step } });
    }
    const resumed = await resumeRun(stopped.run.name, { root });

    expect(resumed.reason).toBe('finished');
    expect(fingerprint(resumed.run)).toEqual(fingerprint(whole.run));
    expect(deterministicMetrics(resumed.run)).toEqual(deterministicMetrics(whole.run));
    expect(resumed.state).toEqual(whole.state);
    expect(resumed.scores).toEqual(whole.scores);
    expect(resumed.validationLoss).toEqual(whole.validationLoss);
    expect(resumed.sample).toEqual(whole.sample);
    expect(resumed.run.record.summary).toMatchObject(whole.run.record.summary);

    const steps = listSnapshots(resumed.run).map(({ step }) => step);
    expect(steps).toEqual([0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 30]);
    for (const step of steps) expect(loadSnapshot(resumed.run, step)).toEqual(loadSnapshot(whole.run, step));
  });
});

it('another seed gives another run', async () => {
  const recipe = { ...forecastRecipe, train: { ...forecastRecipe.train, steps: 5 } };
  const one = await startRun(recipe, { root });
  const two = await startRun({ ...recipe, train: { ...recipe.train, seed: 2 } }, { root });
  expect(fingerprint(two.run).parameters).not.toBe(fingerprint(one.run).parameters);
});

it('resumes through the command line, and refuses data that has changed', async () => {
  const whole = await startRun(languageRecipe(text), { root });
  const stopped = await startRun(languageRecipe(text), stopAfter(9));
  const { status, out } = await lookback('resume', stopped.run.name, '--runs', root, '--json');
  expect(status).toBe(0);
  const result = JSON.parse(out.trim().split('\n').at(-1) ?? '');
  expect(result).toMatchObject({ event: 'result', reason: 'finished', step: 30, validationLoss: whole.validationLoss });
  expect(fingerprint(openRun(stopped.run.folder))).toEqual(fingerprint(whole.run));

  const other = await startRun(languageRecipe(text), stopAfter(5));
  const before = readFileSync(text);
  try {
    writeFileSync(text, `${before}!`);
    await expect(resumeRun(other.run.name, { root })).rejects.toMatchObject({ code: 'DATA_INVALID' });
    expect(openRun(other.run.name, root).status).toBe('stopped');
  } finally {
    writeFileSync(text, before);
  }
});
