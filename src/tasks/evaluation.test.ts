import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { airlinePassengers } from '../series/index.ts';
import { scope } from '../tensor/index.ts';
import { ForecastTask } from './forecast.ts';
import { LanguageTask } from './language.ts';
import { type ForecastRecipe, type LanguageRecipe, parseRecipe } from './recipe.ts';

function forecastTask(changes: object = {}): ForecastTask {
  const recipe = parseRecipe({
    task: 'forecast',
    data: { source: 'airline-passengers', period: 12 },
    window: { lookback: 12, horizon: 6 },
    split: { test: 12, validation: 12 },
    transform: ['log', 'seasonalDifference', 'standardize'],
    model: { kind: 'gru', hidden: 4, layers: 2, dropout: 0.5 },
    train: { batch: 4 },
    ...changes,
  }) as ForecastRecipe;
  const task = new ForecastTask(recipe, [{ ...airlinePassengers(), period: 12 }]);
  task.model.eval();
  return task;
}

const pangram = 'the quick brown fox jumps over the lazy dog\n';

function languageTask(text = pangram.repeat(20), changes: object = {}): LanguageTask {
  const model = { kind: 'gpt', layers: 1, heads: 2, width: 8, dropout: 0.5 };
  const train = { batch: 2, evaluation: { batches: 3 }, ...changes };
  const recipe = parseRecipe({ task: 'language', data: { source: 'x' }, context: 8, model, train });
  const task = new LanguageTask(recipe as LanguageRecipe, text);
  task.model.eval();
  return task;
}

describe.each([
  ['forecast', forecastTask],
  ['language', () => languageTask()],
] as const)('%s', (_, make) => {
  it('evaluates the same windows each time, whatever was drawn for training', () => {
    const task = make();
    const first = task.evaluate();
    task.next();
    task.next();
    expect(task.evaluate()).toEqual(first);
    expect(first.score).toBe(first.metrics.validationLoss);
    expect(make().evaluate()).toEqual(first);
  });

  it('draws the same batches again from a cursor', () => {
    const task = make();
    for (let i = 0; i < 30; i++) task.next();
    const cursor = JSON.parse(JSON.stringify(task.cursor()));
    const expected = [task.next(), task.next()];
    const other = make();
    other.moveTo(cursor);
    expect([other.next(), other.next()]).toEqual(expected);
  });
});

describe('the forecast task', () => {
  it('never lets training or choosing see the test part', () => {
    const { values } = airlinePassengers();
    const spoilt = { name: 'airline', period: 12, values: values.map((value, i) => (i < 132 ? value : value * 9)) };
    const task = forecastTask();
    const other = new ForecastTask(task.recipe, [spoilt]);
    other.model.eval();
    expect(other.prepared[0].chain.toJSON()).toEqual(task.prepared[0].chain.toJSON());
    expect(other.evaluate()).toEqual(task.evaluate());
    expect(other.next()).toEqual(task.next());
    expect(other.scores()[0].mape).not.toBe(task.scores()[0].mape);
  });

  it('judges by the formulas beside it, best first, also over a test part longer than the horizon', () => {
    const scores = forecastTask({ split: { test: 20, validation: 12 } }).scores();
    expect(scores.map(({ mase }) => mase)).toEqual(scores.map(({ mase }) => mase).sort((a, b) => a - b));
    expect(scores.filter(({ trained }) => trained).map(({ name }) => name)).toEqual(['gru']);
    for (const { forecast } of scores) expect(forecast).toHaveLength(20);
    expect(forecastTask({ split: { test: 0, validation: 12 } }).scores()).toEqual([]);
  });

  it('refuses a series too short for the windows, with what is missing', () => {
    expect(() => forecastTask({ window: { lookback: 100, horizon: 24 } })).toThrow(
      /at least 136 values before the held-out parts.*got 120 of 144.*Shorten window/,
    );
    expect(() => forecastTask({ split: { test: 12, validation: 3 } })).toThrow(/horizon/);
  });
});

describe('the language task', () => {
  it('scores every character of the validation part but the first, in nats', () => {
    const task = languageTask();
    // An untrained model is about as good as chance over its 28 characters.
    expect(Math.abs(task.validationLoss() - Math.log(28))).toBeLessThan(0.3);
  });

  it('refuses a text too short for its context', () => {
    expect(() => languageTask('abc\n')).toThrow(/context/);
    expect(() => languageTask(pangram)).toThrow(/data.validation: expected more than context = 8/);
  });
});

it('label smoothing is part of the training loss alone', () => {
  const [plain, smoothed] = [{}, { labelSmoothing: 0.2 }].map((changes) => languageTask(undefined, changes));
  expect(smoothed.evaluate()).toEqual(plain.evaluate());
  expect(smoothed.validationLoss()).toBe(plain.validationLoss());
  const batch = plain.next();
  const [expected, loss] = [plain, smoothed].map((task) => scope(() => task.loss(batch, {}).item()));
  // s of the truth lies on all V letters: (1 - s) L + s (mean over them), and no mean is below log V
  const letters = plain.tokenizer.vocabularySize;
  const mean = (loss - 0.8 * expected) / 0.2;
  expect(mean).toBeGreaterThanOrEqual(Math.log(letters) - 1e-4);
  expect(mean).toBeLessThan(2 * Math.log(letters));
});
