import { describe, expect, it } from 'vitest';
import type { MetricCurve } from '../../../src/server/wire.ts';
import { appendRows, onAxis, orderMetrics, tableRows, tokensPerStep } from './curves.ts';

const metric: MetricCurve = {
  step: [1, 2, 3],
  time: [10, 12, 11],
  last: [3, null, 1],
  min: [3, null, 1],
  max: [3, null, 1],
};
const grow = (steps: number[], limit = 100) =>
  appendRows(
    metric,
    'loss',
    steps.map((step) => ({ step, time: step, values: { loss: step / 10 } })),
    limit,
  );

describe('appendRows', () => {
  it('adds rows that have the metric, and returns the same curve where none has', () => {
    expect(grow([4, 5]).step).toEqual([1, 2, 3, 4, 5]);
    expect(appendRows(metric, 'loss', [{ step: 4, time: 4, values: { other: 1 } }], 100)).toBe(metric);
  });
  it('replaces what a resumed run did again', () =>
    expect(grow([2, 3])).toMatchObject({ step: [1, 2, 3], last: [3, 0.2, 0.3] }));
  it('halves a curve that grew too long, keeping its extremes and its end', () => {
    const half = grow([4, 5, 6], 5);
    expect(half.step).toEqual([2, 4, 6]);
    expect([half.min[1], half.max[1], half.last[2]]).toEqual([0.4, 1, 0.6]);
  });
});

it('places a metric by step, time or tokens', () => {
  const place = { started: 9, tokens: 32 };
  expect(onAxis(metric, 'step', place)).toMatchObject({ x: [1, 2, 3], y: [3, Number.NaN, 1] });
  expect(onAxis(metric, 'time', place).x).toEqual([1, 3, 3]);
  expect(onAxis(metric, 'tokens', place).x).toEqual([32, 64, 96]);
  expect(onAxis(metric, 'tokens', { started: 0, tokens: undefined }).y).toEqual([]);
});

it('counts the tokens of a step from the recipe', () => {
  expect(tokensPerStep({ 'train.batch': 12, context: 64, 'train.accumulate': 2 })).toBe(1536);
  expect(tokensPerStep({ 'train.batch': 12 })).toBeUndefined();
});

it('puts losses first', () => {
  expect(orderMetrics(['zeta', 'loss', 'gradientNorm', 'validationLoss', 'loss'])).toEqual([
    'validationLoss',
    'loss',
    'gradientNorm',
    'zeta',
  ]);
});

it('makes a table of at most about as many rows as asked for, the last one included', () => {
  const x = Array.from({ length: 1000 }, (_, i) => i);
  const rows = tableRows([{ name: 'a', colour: '', dash: [], curve: { x, y: x, min: x, max: x } }], 40);
  expect(rows.length).toBeLessThanOrEqual(41);
  expect(rows.at(-1)).toEqual({ x: 999, values: [999] });
});
