import { expect, test } from 'vitest';
import { metricDirection, recipeDifferences } from './compare.ts';

test('recipes differ down to single values, and a missing key is a difference', () => {
  const base = { task: 'forecast', model: { kind: 'lstm', hidden: 64 }, transform: ['log', 'standardize'] };
  const other = { ...base, model: { kind: 'gru', hidden: 64, layers: 2 }, transform: ['log'] };
  expect(recipeDifferences([base, other])).toEqual([
    { path: 'model.kind', values: ['lstm', 'gru'] },
    { path: 'transform.1', values: ['standardize', undefined] },
    { path: 'model.layers', values: [undefined, 2] },
  ]);
  expect(recipeDifferences([base, structuredClone(base)])).toEqual([]);
  expect(recipeDifferences([{ a: {} }, { a: [] }, undefined])).toEqual([{ path: 'a', values: [{}, [], undefined] }]);
});

test('more is better of an accuracy, less of a loss', () => {
  const higher = ['accuracy', 'val/acc', 'eval_f1', 'evalAccuracy', 'BLEU', 'reward.mean'];
  const lower = ['loss', 'validationLoss', 'mape', 'accelerationError', 'perplexity'];
  expect(higher.filter((name) => metricDirection(name) === 'higher')).toEqual(higher);
  expect(lower.filter((name) => metricDirection(name) === 'lower')).toEqual(lower);
});
