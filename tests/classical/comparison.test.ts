/** The tests that compare forecasts beside R's answers (test_fixtures.json, made by make_test_fixtures.R). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dieboldMariano, studentTails } from '../../src/forecasting/comparison.ts';
import { varianceRatio } from '../../src/forecasting/randomWalk.ts';
import { airlinePassengers } from '../../src/series/index.ts';

interface Fixtures {
  dm: {
    first: string;
    second: string;
    a: number[];
    b: number[];
    h: number;
    power: number;
    estimator: 'acf' | 'bartlett';
    statistic: number;
    p: number;
  }[];
  students: { df: number; t: number; p: number }[];
  variance: {
    series: string;
    values?: number[];
    tests: { q: number; ratio: number; statistic: number; p: number }[];
  }[];
}
const file = new URL('test_fixtures.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(file, 'utf8')) as Fixtures;

/** Within parts of a billion of R's. */
const near = (value: number, wanted: number) =>
  expect(Math.abs(value - wanted)).toBeLessThan(1e-9 * Math.max(1, Math.abs(wanted)));

describe('Diebold-Mariano', () => {
  it.each(fixtures.dm)('$first against $second: $h steps, power $power, $estimator', (one) => {
    const losses = (errors: readonly number[]) => errors.map((error) => Math.abs(error) ** one.power);
    const { statistic, p, observations } = dieboldMariano(losses(one.a), losses(one.b), {
      horizon: one.h,
      variance: one.estimator === 'acf' ? 'truncated' : 'bartlett',
    });
    expect(observations).toBe(48);
    near(statistic, one.statistic);
    expect(Math.abs(p / one.p - 1)).toBeLessThan(1e-6);
  });

  it.each(fixtures.students)("Student's tails at $t, $df degrees of freedom", ({ df, t, p }) => {
    expect(Math.abs(studentTails(t, df) / p - 1)).toBeLessThan(1e-6);
    expect(studentTails(-t, df)).toBe(studentTails(t, df));
  });

  it('is defined where there is nothing to test', () => {
    expect(dieboldMariano([1, 2, 3], [1, 2, 3])).toEqual({ statistic: 0, p: 1, observations: 3 });
    expect(dieboldMariano([1, 1, 1], [2, 2, 2])).toMatchObject({ statistic: Number.NEGATIVE_INFINITY, p: 0 });
    expect(() => dieboldMariano([1], [2])).toThrow(/at least 2/);
    expect(() => dieboldMariano([1, 2], [2])).toThrow(/2 and 1/);
    expect(studentTails(0, 5)).toBe(1);
    expect(studentTails(1e200, 400)).toBe(0);
  });
});

describe('variance ratio', () => {
  const known: Record<string, Float64Array> = { airline: airlinePassengers().values };
  const cases = fixtures.variance.flatMap(({ series, values, tests }) =>
    tests.map((test) => ({ series, values: values ? Float64Array.from(values) : known[series], ...test })),
  );
  it.each(cases)('of $series at $q', ({ values, q, ratio, statistic, p }) => {
    const ours = varianceRatio(values, q);
    near(ours.ratio, ratio);
    near(ours.statistic, statistic);
    near(ours.p, p);
  });
});
