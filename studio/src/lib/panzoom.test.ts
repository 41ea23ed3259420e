import { expect, it } from 'vitest';
import { panned, zoomed } from './panzoom.ts';

const whole = [0, 100] as const;

it('zooms about a point, never beyond the whole', () => {
  expect(zoomed(whole, 25, 0.5, { whole })).toEqual([12.5, 62.5]);
  expect(zoomed([90, 100], 95, 2, { whole })).toEqual([80, 100]);
  expect(zoomed([10, 90], 50, 2, { whole })).toBeUndefined();
  const [from, to] = zoomed([50, 50.00001], 50, 1e-9, { whole }) ?? [0, 0];
  expect(to - from).toBeCloseTo(1e-4, 9);
});

it('pans up to the ends and keeps the width', () => {
  expect(panned([10, 30], 0.5, { whole })).toEqual([20, 40]);
  expect(panned([10, 30], -5, { whole })).toEqual([0, 20]);
  expect(panned([10, 30], 50, { whole })).toEqual([80, 100]);
});

it('counts in powers on a logarithmic axis', () => {
  const [from, to] = zoomed([1, 10_000], 100, 0.5, { whole: [1, 10_000], log: true }) ?? [0, 0];
  expect([from, to].map((value) => Math.round(value))).toEqual([10, 1000]);
});
