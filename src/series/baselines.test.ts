import { describe, expect, it } from 'vitest';
import { airlinePassengers } from './airline.ts';
import { baselines, drift, naive, seasonalNaive, seasonalNaiveGrowth, windowAverage } from './baselines.ts';
import { mae, mape, mase, rmse, smape } from './metrics.ts';

const code = (name: string) => expect.objectContaining({ code: name });
const { values } = airlinePassengers();
const train = values.subarray(0, 120);
const test = values.subarray(120);

describe('the airline months', () => {
  it('are the published 144', () => {
    expect(values.length).toBe(144);
    expect([values[0], values[143], Math.max(...values), Math.min(...values)]).toEqual([112, 432, 622, 104]);
    expect(values.reduce((sum, x) => sum + x, 0)).toBe(40363);
    airlinePassengers().values.fill(0);
    expect(airlinePassengers().values[0]).toBe(112);
  });

  it.each([
    ['naive', 23.58, 137.33],
    ['drift', 18.41, 115.7],
    ['window average', 15.47, 103.21],
    ['seasonal naive', 15.52, 76.99],
    ['seasonal naive with growth', 3.01, 17.02],
  ])('%s on the last 24: MAPE %f %%, RMSE %f', (name, percent, root) => {
    const forecast = baselines.find((baseline) => baseline.name === name)?.forecast(train, 24, 12) ?? [];
    expect(mape(test, forecast)).toBeCloseTo(percent, 2);
    expect(rmse(test, forecast)).toBeCloseTo(root, 1);
  });
});

describe('baselines', () => {
  it('follow their formulas', () => {
    const history = [1, 2, 3, 10, 20, 30];
    expect(Array.from(naive(history, 2, 3))).toEqual([30, 30]);
    expect(Array.from(drift(history, 2, 3))).toEqual([30 + 5.8, 30 + 2 * 5.8]);
    expect(Array.from(seasonalNaive(history, 4, 3))).toEqual([10, 20, 30, 10]);
    expect(Array.from(windowAverage(history, 2, 3))).toEqual([20, 20]);
    // Growth is tenfold a season: the next two seasons are 100 … and 1000 ….
    const grown = seasonalNaiveGrowth(history, 6, 3);
    [100, 200, 300, 1000, 2000, 3000].forEach((expected, i) => {
      expect(grown[i] / expected).toBeCloseTo(1, 12);
    });
  });

  it('refuse a history that is too short, not positive, or a bad period', () => {
    for (const { forecast } of baselines) {
      expect(() => forecast([], 3, 2)).toThrow(code('DATA_INVALID'));
      expect(() => forecast([1, 2, 3, 4], 3, 0)).toThrow(code('BAD_ARGUMENT'));
    }
    expect(() => seasonalNaive([1, 2], 3, 3)).toThrow(code('DATA_INVALID'));
    expect(() => seasonalNaiveGrowth([1, 2, 0, 4], 3, 2)).toThrow(/0 at index 2/);
  });
});

describe('metrics', () => {
  it('follow their formulas', () => {
    const actual = [1, 2, 4];
    const forecast = [2, 2, 2];
    expect(mae(actual, forecast)).toBe(1);
    expect(rmse(actual, forecast)).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(mape(actual, forecast)).toBe(50);
    expect(smape(actual, forecast)).toBeCloseTo((100 * (2 / 3 + 0 + 4 / 6)) / 3, 12);
    expect(mase(actual, forecast, [0, 1, 4, 5], 2)).toBe(1 / 4);
    expect(smape([0], [0])).toBe(0);
  });

  it('say NaN where they are undefined', () => {
    expect(mape([0, 1], [1, 1])).toBeNaN();
    expect(mase([1], [2], [1, 2, 1, 2], 2)).toBeNaN();
  });

  it('refuse arrays that do not match', () => {
    for (const metric of [mae, rmse, mape, smape]) {
      expect(() => metric([1, 2], [1])).toThrow(code('SHAPE_MISMATCH'));
      expect(() => metric([], [])).toThrow(code('SHAPE_MISMATCH'));
    }
    expect(() => mase([1], [1], [1, 2], 2)).toThrow(code('DATA_INVALID'));
  });
});
