import { describe, expect, it } from 'vitest';
import { airlinePassengers } from '../series/airline.ts';
import { oneStepOf, oneStepReport } from './oneStep.ts';

const { values } = airlinePassengers();
const last = Array.from({ length: 48 }, (_, i) => 96 + i);
const report = (said: (t: number) => number, period = 12, times = last) =>
  oneStepReport(
    'it',
    [values],
    times.map((origin) => ({ series: 0, origin, mean: said(origin) })),
    period,
  );

describe('one step ahead', () => {
  it('gives the errors of persistence and of the seasonal ratio on the last 48 airline months', () => {
    const { persistence, seasonal, count } = report((t) => values[t] + 1);
    expect(count).toBe(48);
    expect(persistence.rmse).toBeCloseTo(48.04, 2);
    expect(seasonal?.rmse).toBeCloseTo(15.62, 2);
  });

  it('says what a model is worth', () => {
    const ratio = (t: number) => (values[t - 1] * values[t - 12]) / values[t - 13];
    expect(report((t) => values[t - 1]).verdict).toMatch(/as good as repeating/);
    expect(report((t) => values[t - 2]).verdict).toMatch(/worse than repeating the last value \(1\.\d\d times/);
    expect(report((t) => ratio(t) + 5).verdict).toMatch(/beats the last value but not y\[t-1\]/);
    expect(report((t) => values[t] + 1).verdict).toMatch(/and y\[t-1\]·y\[t-12\]\/y\[t-13\]: it has learned/);
    expect(report((t) => 0.99 * values[t - 1] + 0.01 * values[t]).verdict).toMatch(/beats|but not/);
    // A hair better now and then is no evidence.
    expect(report((t) => values[t - 1] + (t === 100 ? 0.1 : 0), 1).verdict).toMatch(/no evidence|worse|as good/);
    expect(report((t) => values[t], 12, [140, 141]).verdict).toMatch(/2 steps are too few/);
  });

  it('has no seasonal ratio without a season or with zeros, and no report beyond one step', () => {
    expect(report((t) => values[t], 1).seasonal).toBeNull();
    const zeros = oneStepReport('it', [new Float64Array(40)], [{ series: 0, origin: 30, mean: 0 }], 4);
    expect(zeros.seasonal).toBeNull();
    expect(oneStepOf({ horizon: 2, best: 'it', series: [], folds: [], period: 1 })).toBeUndefined();
  });
});
