import { describe, expect, it } from 'vitest';
import type { CurveColumns } from '../../../src/server/curves.ts';
import { packCurves, unpackCurves } from '../../../src/server/curves.ts';
import { appendRows, onAxis, orderMetrics, stepsIn, tableRows, tokensPerStep, withDetail } from './curves.ts';

const columns = (steps: number[], times: number[], values: number[]): CurveColumns => {
  const last = Float32Array.from(values);
  return { steps: Float64Array.from(steps), times: Float64Array.from(times), last, min: last, max: last, mean: last };
};
const metric = columns([1, 2, 3], [10, 12, 11], [3, Number.NaN, 1]);
const grow = (steps: number[], limit = 100) =>
  appendRows(
    metric,
    'loss',
    steps.map((step) => ({ step, time: step, values: { loss: step / 8 } })),
    limit,
  );

describe('appendRows', () => {
  it('adds rows that have the metric, and returns the same curve where none has', () => {
    expect([...grow([4, 5]).steps]).toEqual([1, 2, 3, 4, 5]);
    expect(appendRows(metric, 'loss', [{ step: 4, time: 4, values: { other: 1 } }], 100)).toBe(metric);
  });
  it('replaces what a resumed run did again', () => {
    expect([...grow([2, 3]).steps]).toEqual([1, 2, 3]);
    expect([...grow([2, 3]).last]).toEqual([3, 0.25, 0.375]);
  });
  it('halves a curve that grew too long, keeping its extremes, its means and its end', () => {
    const half = grow([4, 5, 6], 5);
    expect([...half.steps]).toEqual([2, 4, 6]);
    expect([half.min[1], half.max[1], half.mean[1], half.last[2]]).toEqual([0.5, 1, 0.75, 0.75]);
    expect([half.last[0], half.mean[0]]).toEqual([3, 3]);
  });
});

it('lays a closer look into the whole curve', () => {
  const whole = columns([10, 20, 30, 40], [1, 2, 3, 4], [1, 2, 3, 4]);
  const near = columns([15, 16, 17, 20, 25], [1, 1, 1, 2, 2], [9, 9, 9, 9, 9]);
  const both = withDetail(whole, near);
  expect([...both.steps]).toEqual([10, 15, 16, 17, 20, 25, 30, 40]);
  expect([...both.last]).toEqual([1, 9, 9, 9, 9, 9, 3, 4]);
  expect(withDetail(whole, columns([], [], []))).toBe(whole);
});

it('finds the steps of a stretch of time or tokens', () => {
  const whole = columns([10, 20, 30, 40], [100, 101, 102, 103], [1, 2, 3, 4]);
  expect(stepsIn(whole, [1.2, 1.8], 'time', { started: 100, tokens: undefined })).toEqual([20, 40]);
  expect(stepsIn(whole, [250, 290], 'tokens', { started: 0, tokens: 10 })).toEqual([20, 40]);
});

it('carries curves as bytes, NaN and names of any kind included', () => {
  const curve = { ...columns([1, 2], [3, 4], [Number.NaN, Infinity]), mean: Float32Array.of(1, 2) };
  const [first, second] = unpackCurves(
    packCurves([
      { run: '<b>é', metric: 'a\nb', size: 2, ...curve },
      { run: 'x', metric: 'y', size: 1, ...curve },
    ]).buffer,
  );
  expect(first).toEqual({ run: '<b>é', metric: 'a\nb', ...curve });
  expect([...second.mean]).toEqual([...curve.last]);
  expect(unpackCurves(packCurves([]).buffer)).toEqual([]);
});

it('places a metric by step, time or tokens', () => {
  const place = { started: 9, tokens: 32 };
  const x = (axis: 'step' | 'time' | 'tokens') => [...onAxis(metric, axis, place).x];
  expect([x('step'), x('time'), x('tokens')]).toEqual([
    [1, 2, 3],
    [1, 3, 3],
    [32, 64, 96],
  ]);
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
