import { describe, expect, it } from 'vitest';
import { init } from '../backends/init.ts';
import type { TransformSpec } from '../series/index.ts';
import { ForecastTask } from './forecast.ts';
import { type ForecastRecipe, formatRecipe, parseRecipe, parseRecipeText, resolveRecipe } from './recipe.ts';

const recipe = (transform: unknown) => ({
  task: 'forecast',
  data: { source: 'given', period: 4 },
  window: { lookback: 8, horizon: 2 },
  split: { test: 6, validation: 4 },
  transform,
  model: { kind: 'linear' },
  train: { batch: 4 },
});
const resolved = (...transform: TransformSpec[]) => resolveRecipe(recipe(transform) as never) as ForecastRecipe;
const wave = (level: number) => Float64Array.from({ length: 48 }, (_, t) => level * (10 + (t % 4) + 0.1 * t));

describe('transforms in a recipe', () => {
  it('are names, or names with settings, and come back from YAML', () => {
    const made = resolved({ name: 'boxCox', lambda: 0.3 }, 'difference', { name: 'minMax', scope: 'global' });
    expect(made.transform[0]).toEqual({ name: 'boxCox', lambda: 0.3 });
    expect(parseRecipeText(formatRecipe(made))).toEqual(made);
  });

  it.each([
    [['standardise'], /transform\.0: expected .*, did you mean standardize/],
    [[{ name: 'boxcox' }], /transform\.0.*did you mean boxCox/],
    [[{ name: 'boxCox', lamda: 1 }], /transform\.0\.lamda: unknown key, did you mean lambda/],
    [[{ name: 'boxCox', lambda: 7 }], /transform\.0\.lambda: expected at most 2, got 7/],
    [[{ name: 'minMax', scope: 'globl' }], /transform\.0\.scope: expected series or global.*did you mean global/],
    [['difference', 'boxCox'], /expected boxCox first/],
    [['normalize', 'log'], /expected (normalize last|log first)/],
    [['log', 'log'], /expected each transform once/],
  ])('%j is refused by path', (transform, why) => {
    expect(() => parseRecipe(recipe(transform))).toThrow(
      expect.objectContaining({ code: 'RECIPE_INVALID', message: expect.stringMatching(why) }),
    );
  });

  it.each([
    [['boxCox', 'standardize']],
    [['log', { name: 'standardize', scope: 'global' }]],
    [[{ name: 'minMax', scope: 'global' }, 'normalize']],
    [['seasonalDifference', 'normalize']],
  ] satisfies [TransformSpec[]][])('%j learns from the training part alone', async (transform) => {
    await init();
    const series = [
      { name: 'a', values: wave(1), period: 4 },
      { name: 'b', values: wave(50), period: 4 },
    ];
    const changed = series.map((one) => ({ ...one, values: one.values.map((value, t) => (t < 38 ? value : 9e5)) }));
    const [task, other] = [series, changed].map((given) => new ForecastTask(resolved(...transform), given));
    const numbers = ({ prepared }: ForecastTask) => prepared.map(({ chain }) => chain.toJSON());
    expect(numbers(other)).toEqual(numbers(task));
    const [batch, same] = [task.next(), other.next()];
    expect(same).toEqual(batch);
    expect(batch.inputs.every(Number.isFinite)).toBe(true);
    expect(task.forecastFrom(1).every(Number.isFinite)).toBe(true);
  });
});
