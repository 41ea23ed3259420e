import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import '../backends/init.ts';
import { airlineCsv } from '../series/airline.ts';
import { parseRecipe } from './recipe.ts';
import { MemorySession, makeTask, parametersHash, sourcesOf } from './session.ts';
import { sha256 } from './sha256.ts';

const texts = new Map([
  ['airline-passengers', airlineCsv()],
  ['fox', 'the quick brown fox jumps over the lazy dog\n'.repeat(20)],
]);
const forecast = parseRecipe({
  task: 'forecast',
  data: { source: 'airline-passengers', period: 12 },
  window: { lookback: 12, horizon: 6 },
  split: { test: 12, validation: 12 },
  model: { kind: 'lstm', hidden: 4, layers: 2, dropout: 0.2 },
  train: { steps: 30, batch: 8, evaluateEvery: 10, learningRate: 0.05 },
});
const language = parseRecipe({
  task: 'language',
  data: { source: 'fox', validation: 0.2 },
  context: 8,
  model: { kind: 'gpt', layers: 1, heads: 2, width: 8, dropout: 0.1 },
  train: { steps: 12, batch: 4, evaluateEvery: 4, evaluation: { batches: 2 } },
  sample: { prompt: 'the ', length: 10 },
});

it('hashes as everybody else does, whatever the length', () => {
  for (const length of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 1000, 100_003]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7919) >> 3);
    expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
  expect(sha256('ø naïve ☕')).toBe(createHash('sha256').update('ø naïve ☕').digest('hex'));
  expect(sha256(new Uint8Array(8).subarray(3, 5))).toBe(sha256(new Uint8Array(2)));
});

it.each([
  ['forecast', forecast],
  ['language', language],
])('a %s that is stopped and gone on with reaches the bits of one that is not', async (_, recipe) => {
  const whole = makeTask(recipe, texts);
  const session = new MemorySession(whole.task);
  const steps: number[] = [];
  const ended = await session.run({ step: (step) => void steps.push(step) });
  expect(ended.reason).toBe('finished');
  expect(steps).toHaveLength(recipe.train.steps);
  expect(ended.parametersHash).toBe(parametersHash(whole.task.model));
  session.dispose();

  const stop = new AbortController();
  const again = new MemorySession(makeTask(recipe, texts).task);
  const first = await again.run({ step: (step) => step === 7 && stop.abort() }, stop.signal);
  expect(first).toMatchObject({ reason: 'stopped', state: { step: 7 }, scores: [] });
  expect(first.parametersHash).toBeUndefined();
  const second = await again.run();
  expect(second.parametersHash).toBe(ended.parametersHash);
  expect(second.scores).toEqual(ended.scores);
  expect(second.sample).toBe(ended.sample);
  again.dispose();
});

it('changes its hashes with one byte of the data', async () => {
  const { task, dataHash } = makeTask(forecast, texts);
  const other = makeTask(forecast, new Map([['airline-passengers', airlineCsv().replace(',112', ',113')]]));
  expect(dataHash).toBe(sha256(airlineCsv()));
  expect(other.dataHash).not.toBe(dataHash);
  expect(parametersHash(other.task.model)).toBe(parametersHash(task.model));
  const [one, two] = await Promise.all([task, other.task].map((each) => new MemorySession(each).run()));
  expect(one.parametersHash).not.toBe(two.parametersHash);
});

it('refuses data it was not given, or of the wrong kind', () => {
  expect(sourcesOf(forecast)).toEqual(['airline-passengers']);
  expect(() => makeTask(language, new Map())).toThrow(/fox: its text is not at hand here/);
  const wrong = parseRecipe({ ...forecast, data: { source: 'moby-dick' } });
  expect(() => makeTask(wrong, new Map([['moby-dick', 'x']]))).toThrow(/expected a series set/);
});
