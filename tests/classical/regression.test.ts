/** Regressions with ARIMA errors beside R's `forecast` (regression.json, made by make_regression_fixtures.R). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { log } from '../../src/math.ts';
import { type Arima, autoArima, fitArima, forecastArima } from '../../src/series/classical/index.ts';

interface Fit {
  coef: Record<string, number>;
  loglik: number;
  aicc: number;
  order: [number, number, number];
  seasonal: [number, number, number];
  mean: number[];
  upper95: number[];
}
interface Fixtures {
  columns: Record<'drivers' | 'law' | 'PetrolPrice' | 'kms' | 'FTSE' | 'DAX', number[]>;
  line: { coef: Record<string, number>; mean: number[] };
  fixed: Record<'ar' | 'airline' | 'mixed', Fit>;
  auto: Record<'belts' | 'stocks', Fit>;
}

const { columns, line, fixed, auto } = JSON.parse(
  readFileSync(new URL('regression.json', import.meta.url), 'utf8'),
) as Fixtures;
const part = (name: keyof Fixtures['columns'], from: number, to: number) =>
  Float64Array.from(columns[name].slice(from, to));
const drivers = part('drivers', 0, 180).map(log);
const beside = (names: readonly (keyof Fixtures['columns'])[], from: number, to: number) =>
  names.map((name) => part(name, from, to));
const ahead = (fit: Arima, future: readonly Float64Array[], horizon: number) => {
  const { forecast, deviation } = forecastArima(fit, horizon);
  const mean = forecast.map((value, t) =>
    future.reduce((sum, column, i) => sum + fit.regression[i] * column[t], value),
  );
  return { mean, upper: mean.map((value, t) => value + 1.959964 * deviation[t]) };
};
const names = ['law', 'PetrolPrice', 'kms'] as const;

describe('regression with ARIMA errors, as in R', () => {
  it('without dynamics: the line, season and covariates of tslm', () => {
    const season = (from: number, length: number) =>
      Array.from({ length: 11 }, (_, k) =>
        Float64Array.from({ length }, (_, t) => ((from + t) % 12 === k + 1 ? 1 : 0)),
      );
    const trend = (from: number, length: number) => Float64Array.from({ length }, (_, t) => from + t + 1);
    const all = (from: number, to: number) => [
      trend(from, to - from),
      ...season(from, to - from),
      ...beside(['law', 'PetrolPrice'], from, to),
    ];
    const order = { p: 0, d: 0, q: 0, P: 0, D: 0, Q: 0, period: 12, constant: true };
    const fit = fitArima(drivers, order, { regressors: all(0, 180) });
    const { mean } = ahead(fit, all(180, 192), 12);
    mean.forEach((value, t) => {
      expect(value).toBeCloseTo(line.mean[t], 6);
    });
    expect(fit.regression[0]).toBeCloseTo(line.coef.trend, 7);
    expect(fit.regression[12]).toBeCloseTo(line.coef.law, 5);
    expect(fit.mean).toBeCloseTo(line.coef['(Intercept)'], 5);
  });

  it.each(['ar', 'airline', 'mixed'] as const)('at a given order: %s', (which) => {
    const { order, seasonal, coef, loglik, aicc, mean, upper95 } = fixed[which];
    const [p, d, q] = order;
    const [P, D, Q] = seasonal;
    const constant = 'intercept' in coef;
    const fit = fitArima(drivers, { p, d, q, P, D, Q, period: 12, constant }, { regressors: beside(names, 0, 180) });
    expect(fit.logLikelihood).toBeGreaterThan(loglik - 0.05);
    expect(fit.logLikelihood).toBeLessThan(loglik + 0.5);
    expect(fit.aicc).toBeCloseTo(aicc, 0);
    const said = ahead(fit, beside(names, 180, 192), 12);
    said.mean.forEach((value, t) => {
      expect(Math.abs(value - mean[t])).toBeLessThan(0.003);
    });
    said.upper.forEach((value, t) => {
      expect(Math.abs(value - upper95[t])).toBeLessThan(0.006);
    });
    expect(Math.abs(fit.regression[0] - coef.law)).toBeLessThan(0.003);
  });

  it.each(['belts', 'stocks'] as const)('automatic order: %s', (which) => {
    const expected = auto[which];
    const belts = which === 'belts';
    const values = belts ? drivers : part('FTSE', 0, 200);
    const regressors = belts ? beside(names, 0, 180) : beside(['DAX'], 0, 200);
    const fit = autoArima(values, { period: belts ? 12 : 1, regressors });
    const { p, d, q, P, D, Q } = fit.order;
    const same = `${[p, d, q, P, D, Q]}` === `${[...expected.order, ...expected.seasonal]}`;
    expect([d, D]).toEqual([expected.order[1], expected.seasonal[1]]);
    expect(same || fit.aicc < expected.aicc).toBe(true);
    const { mean } = ahead(fit, belts ? beside(names, 180, 192) : beside(['DAX'], 200, 212), 12);
    const unit = Math.max(...expected.mean.map(Math.abs));
    mean.forEach((value, t) => {
      expect(Math.abs(value - expected.mean[t]) / unit).toBeLessThan(0.01);
    });
  });

  it('a column that others already say, or that is constant, changes nothing', () => {
    const order = { p: 1, d: 0, q: 0, P: 0, D: 0, Q: 0, period: 1, constant: true };
    const [law, petrol] = beside(['law', 'PetrolPrice'], 0, 180);
    const plain = fitArima(drivers, order, { regressors: [law, petrol] });
    const more = fitArima(drivers, order, {
      regressors: [law, petrol, petrol.map((value) => 3 * value), new Float64Array(180).fill(4)],
    });
    expect(more.logLikelihood).toBeCloseTo(plain.logLikelihood, 6);
    expect(more.regression[3]).toBe(0);
  });
});
