/** The classical models beside R's `forecast` (fixtures.json, made by make_fixtures.R), and input that R would refuse. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { exp, log } from '../../src/math.ts';
import { Random } from '../../src/random.ts';
import { airlinePassengers } from '../../src/series/airline.ts';
import { rootsWithin } from '../../src/series/classical/etsStability.ts';
import {
  type ArimaOrder,
  autoArima,
  fitArima,
  fitEts,
  fitHoltWinters,
  fitStlEts,
  forecastArima,
  forecastEts,
  forecastStlEts,
  guerreroLambda,
  ordinaryDifferences,
  seasonalDifferences,
  simulateEts,
  stl,
  theta,
} from '../../src/series/classical/index.ts';
import { mape, rmse } from '../../src/series/metrics.ts';

interface Scores {
  rmse: number;
  mape: number;
  mean: number[];
  lower95: number[];
  upper95: number[];
}
interface Fixtures {
  airline: ({ h: number } & Record<'theta' | 'ets' | 'hw' | 'arima' | 'airline' | 'stlets', Scores>)[];
  ets: { model: string; aicc: number; mean: number[] }[];
  stl: { seasonal: number[]; trend: number[] };
  stlRobust: { seasonal: number[]; trend: number[] };
  arima: { series: string; fit: ArimaFixture }[];
  auto: Record<string, { order: number[]; seasonal: number[]; period: number; aicc: number; mean: number[] }>;
  differences: Record<string, { ndiffs: number; nsdiffs: number }>;
  lambda: Record<string, number>;
  rolling: { h: number; origins: number; end: number; mape: Record<'airline' | 'stlets', number> }[];
  series: Record<string, number[]>;
}
interface ArimaFixture {
  order: number[];
  seasonal: number[];
  period: number;
  coef: Record<string, number>;
  loglik: number;
  mean: number[];
  upper95: number[];
}

const fixtures = JSON.parse(readFileSync(new URL('fixtures.json', import.meta.url), 'utf8')) as Fixtures;
const y = airlinePassengers().values;
const first120 = y.subarray(0, 120);
const series = (name: string) => Float64Array.from(fixtures.series[name]);
const known: Record<string, [Float64Array, number]> = {
  airline: [first120, 12],
  airline12: [y.subarray(0, 132), 12],
  airline24: [first120, 12],
  airline36: [y.subarray(0, 108), 12],
  logAirline: [first120.map(log), 12],
  lynx: [series('lynx'), 1],
  nile: [series('nile'), 1],
  lh: [series('lh'), 1],
  uspop: [series('uspop'), 1],
  ldeaths: [series('ldeaths'), 12],
  nottem: [series('nottem'), 12],
};
const airlineModel: ArimaOrder = { p: 0, d: 1, q: 1, P: 0, D: 1, Q: 1, period: 12, constant: false };

/** The models of the fixture as functions of a history. */
const models: Record<
  'theta' | 'ets' | 'hw' | 'arima' | 'airline' | 'stlets',
  (history: Float64Array, h: number) => Float64Array
> = {
  theta: (history, h) => theta(history, h, 12).forecast,
  ets: (history, h) => forecastEts(fitEts(history, { period: 12 }), h),
  hw: (history, h) => forecastEts(fitHoltWinters(history, { period: 12 }), h),
  arima: (history, h) => forecastArima(autoArima(history, { period: 12 }), h).forecast,
  airline: (history, h) => forecastArima(fitArima(history.map(log), airlineModel), h).forecast.map(exp),
  stlets: (history, h) => forecastStlEts(fitStlEts(history.map(log), { period: 12, seasonWindow: 13 }), h, 12).map(exp),
};

describe.each(fixtures.airline)('the last $h airline months', (fixture) => {
  const history = y.subarray(0, 144 - fixture.h);
  const truth = y.subarray(144 - fixture.h);
  it.each(Object.keys(models) as (keyof typeof models)[])('%s is within 2 % of R', (name) => {
    const forecast = models[name](history, fixture.h);
    expect(Math.abs(rmse(truth, forecast) / fixture[name].rmse - 1)).toBeLessThan(0.02);
    expect(Math.abs(mape(truth, forecast) / fixture[name].mape - 1)).toBeLessThan(0.02);
  });
});

it.each(fixtures.rolling)('rolling origins of horizon $h up to month $end: MAPE as in R', (one) => {
  const { h, origins, end, mape: expected } = one;
  const percent = (forecast: (history: Float64Array) => Float64Array) => {
    let sum = 0;
    for (let i = 0; i < origins; i++) {
      const origin = end - h - 6 * i;
      sum += mape(y.subarray(origin, origin + h), forecast(y.subarray(0, origin)));
    }
    return sum / origins;
  };
  expect(percent((history) => models.airline(history, h))).toBeCloseTo(expected.airline, 2);
  const stlets = (history: Float64Array) => forecastStlEts(fitStlEts(history.map(log), { period: 12 }), h, 12).map(exp);
  expect(percent(stlets)).toBeCloseTo(expected.stlets, 2);
});

it.each(fixtures.ets)('ETS $model: likelihood and forecasts as in R', ({ model, aicc, mean }) => {
  const [, error, trend, damped, season] = /^(.)(.)(d?)(.)$/.exec(model) as unknown as string[];
  const fit = fitEts(first120, {
    period: 12,
    error: error as 'A' | 'M',
    trend: trend as 'N' | 'A' | 'M',
    damped: damped === 'd',
    season: season as 'N' | 'A' | 'M',
  });
  expect(fit.aicc).toBeLessThan(aicc + 0.05);
  expect(fit.aicc).toBeGreaterThan(aicc - 0.5);
  expect(rmse(mean, forecastEts(fit, 24))).toBeLessThan(1);
});

it('ETS intervals by simulation cover what R says', () => {
  const fit = fitEts(first120, { period: 12 });
  const paths = simulateEts(fit, 24, 4000, new Random(1, 'paths'));
  const quantile = (step: number, p: number) =>
    paths.map((path) => path[step]).sort((a, b) => a - b)[Math.floor(p * 4000)];
  const { ets } = fixtures.airline[1];
  for (const step of [0, 11]) {
    const width = ets.upper95[step] - ets.lower95[step];
    expect(Math.abs(quantile(step, 0.975) - ets.upper95[step])).toBeLessThan(0.1 * width);
    expect(Math.abs(quantile(step, 0.025) - ets.lower95[step])).toBeLessThan(0.1 * width);
  }
});

it('STL as in R', () => {
  const plain = stl(first120.map(log), { period: 12, seasonWindow: 13 });
  const robust = stl(first120.map(log), { period: 12, seasonWindow: 'periodic', robust: true });
  for (let t = 0; t < 120; t++) {
    expect(plain.seasonal[t]).toBeCloseTo(fixtures.stl.seasonal[t], 7);
    expect(plain.trend[t]).toBeCloseTo(fixtures.stl.trend[t], 7);
    expect(robust.seasonal[t]).toBeCloseTo(fixtures.stlRobust.seasonal[t], 2.7);
    expect(plain.seasonal[t] + plain.trend[t] + plain.remainder[t]).toBeCloseTo(log(first120[t]), 12);
  }
});

it.each(fixtures.arima)('ARIMA of $series: likelihood, forecasts, intervals as in R', ({ series: name, fit }) => {
  const [p, d, q] = fit.order;
  const [P, D, Q] = fit.seasonal;
  const values = name === 'lynx' ? known.lynx[0].map((value) => log(value) / log(10)) : known[name][0];
  const ours = fitArima(values, { p, d, q, P, D, Q, period: fit.period, constant: 'intercept' in fit.coef });
  expect(ours.logLikelihood).toBeCloseTo(fit.loglik, 1.5);
  const { forecast, deviation } = forecastArima(ours, 12);
  const unit = Math.max(...fit.mean.map(Math.abs));
  forecast.forEach((value, step) => {
    expect(value / unit).toBeCloseTo(fit.mean[step] / unit, 3.5);
    expect((value + 1.959964 * deviation[step]) / unit).toBeCloseTo(fit.upper95[step] / unit, 3.5);
  });
});

it.each(Object.entries(fixtures.auto))('automatic ARIMA of %s: R’s order, or one of lower AICc', (name, expected) => {
  const [values, period] = known[name];
  const fit = autoArima(values, { period });
  const { p, d, q, P, D, Q } = fit.order;
  const same = `${[p, d, q, P, D, Q]}` === `${[...expected.order, ...expected.seasonal]}`;
  expect(same || (d === expected.order[1] && D === expected.seasonal[1] && fit.aicc < expected.aicc)).toBe(true);
  if (same) expect(fit.aicc).toBeCloseTo(expected.aicc, 1);
});

it.each(Object.entries(fixtures.differences))('differences of %s as in R', (name, { ndiffs, nsdiffs }) => {
  const [values, period] = known[name];
  expect([ordinaryDifferences(values), seasonalDifferences(values, period)]).toEqual([ndiffs, nsdiffs]);
});

it('Guerrero’s lambda as in R', () => {
  expect(guerreroLambda(first120, 12)).toBeCloseTo(fixtures.lambda.airline, 3);
  expect(guerreroLambda(known.lynx[0])).toBeCloseTo(fixtures.lambda.lynx, 3);
});

it('roots within a circle are told from roots outside', () => {
  const random = new Random(3, 'roots');
  for (let trial = 0; trial < 200; trial++) {
    const roots = Array.from({ length: 5 }, () => 2.4 * random.uniform() - 1.2);
    let polynomial = [1];
    for (const root of roots)
      polynomial = [...polynomial, 0].map((_, i) => (polynomial[i - 1] ?? 0) - root * (polynomial[i] ?? 0));
    expect(rootsWithin(polynomial)).toBe(roots.every((root) => Math.abs(root) <= 1));
  }
});

describe('odd input', () => {
  const finite = (values: ArrayLike<number>) => Array.from(values).every(Number.isFinite);

  it('constant, short and huge series give finite forecasts', () => {
    const odd = [
      [5],
      [5, 5],
      [1, 2],
      [3, 3, 3, 3, 3, 3, 3, 3],
      [0, 0, 0, 0, 0, 0],
      [1e12, 2e12, 3e12, 1e12, 5e12],
      [-1, 1, -1, 1, -1, 1, -1],
    ];
    for (const values of odd) {
      const history = Float64Array.from(values);
      for (const period of [1, 2, 4]) {
        expect(finite(forecastEts(fitEts(history, { period }), 3))).toBe(true);
        expect(finite(theta(history, 3, period).forecast)).toBe(true);
        if (values.length > 2) expect(finite(forecastArima(autoArima(history, { period }), 3).forecast)).toBe(true);
      }
    }
  });

  it('any finite series gives finite forecasts', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 4, maxLength: 30 }), fc.constantFrom(1, 4), (values, period) => {
        const history = Float64Array.from(values);
        expect(finite(forecastEts(fitEts(history, { period }), 5))).toBe(true);
        expect(finite(theta(history, 5, period).forecast)).toBe(true);
        expect(finite(forecastArima(autoArima(history, { period }), 5).forecast)).toBe(true);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  it('what cannot be fitted is a coded error', () => {
    const refuses = (call: () => unknown, code: ErrorCode) => expect(call).toThrow(expect.objectContaining({ code }));
    refuses(() => fitEts(Float64Array.of(1, Number.NaN)), 'DATA_INVALID');
    const multiplicative = { error: 'M', trend: 'N', season: 'N' } as const;
    refuses(() => fitEts(Float64Array.of(1, -2, 3, 4, 5, 6, 7), multiplicative), 'DATA_INVALID');
    refuses(() => stl(first120.subarray(0, 20), { period: 12 }), 'DATA_INVALID');
    refuses(() => fitArima(first120.subarray(0, 14), airlineModel), 'DATA_INVALID');
    refuses(() => fitArima(first120, { ...airlineModel, p: -1 }), 'BAD_ARGUMENT');
    refuses(() => autoArima(new Float64Array()), 'DATA_INVALID');
    refuses(() => guerreroLambda(Float64Array.of(1, -1, 2, 3)), 'DATA_INVALID');
  });
});
