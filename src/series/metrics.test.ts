import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { mae, mape, mase, rmse, rmsse, smape } from './metrics.ts';
import { crpsOfGaussian, crpsOfQuantiles, crpsOfSamples, pinball, shareInside } from './metrics-distribution.ts';

const training = [1, 2, 4, 7];

describe('errors of a point forecast', () => {
  it('are those of the definitions', () => {
    const [actual, forecast] = [
      [10, 20],
      [12, 16],
    ];
    expect(mae(actual, forecast)).toBe(3);
    expect(rmse(actual, forecast)).toBeCloseTo(Math.sqrt(10), 12);
    expect(mape(actual, forecast)).toBeCloseTo(20, 12);
    expect(smape(actual, forecast)).toBeCloseTo(50 * (4 / 22 + 8 / 36), 12);
    // Steps of 1, 2, 3: mean 2, mean square 14/3; two apart: 3, 5.
    expect(mase(actual, forecast, training, 1)).toBe(1.5);
    expect(mase(actual, forecast, training, 2)).toBe(0.75);
    expect(rmsse(actual, forecast, training, 1)).toBeCloseTo(Math.sqrt(10 / (14 / 3)), 12);
    expect(rmsse(actual, forecast, training, 2)).toBeCloseTo(Math.sqrt(10 / 17), 12);
  });

  it('are defined at zeros and constants', () => {
    expect(mape([0], [1])).toBeNaN();
    expect(smape([0, 1], [0, 1])).toBe(0);
    expect(smape([0], [5])).toBe(200);
    expect(mase([1], [2], [3, 3, 3], 1)).toBeNaN();
    expect(rmsse([1], [2], [3, 3, 3], 1)).toBeNaN();
    for (const error of [mae, rmse, mape, smape]) expect(() => error([], [])).toThrow(/at least one/);
    expect(() => rmsse([1], [2], [3], 1)).toThrow(/at least 2 values/);
    expect(() => mae([1], [1, 2])).toThrow(/2 forecasts and 1 actual/);
  });
});

describe('scores of a forecast distribution', () => {
  const random = new Random(7, 'scores');

  it('weigh too low and too high by the level', () => {
    expect(pinball([10, 10], [8, 13], 0.9)).toBeCloseTo((0.9 * 2 + 0.1 * 3) / 2, 12);
    expect(2 * pinball([1, 5], [2, 3], 0.5)).toBeCloseTo(mae([1, 5], [2, 3]), 12);
    expect(() => pinball([1], [1], 1)).toThrow(/between 0 and 1/);
  });

  it('are least at the quantile of that level', () => {
    const actual = Array.from({ length: 999 }, (_, i) => i);
    const at = (q: number) => pinball(actual, new Float64Array(999).fill(q), 0.2);
    expect(at(199.5)).toBeLessThan(Math.min(at(180), at(220)));
  });

  it('agree: the closed form, quantiles and samples of one normal distribution', () => {
    const actual = [0.3, -1.2, 2.5];
    const [mean, deviation] = [
      [0, 0.5, 1],
      [1, 2, 0.7],
    ];
    const exact = crpsOfGaussian(actual, mean, deviation);
    // Gneiting and Raftery's formula at z = 0: σ (√2 - 1) / √π.
    expect(crpsOfGaussian([4], [4], [3])).toBeCloseTo((3 * (Math.SQRT2 - 1)) / Math.sqrt(Math.PI), 12);
    const samples = Array.from({ length: 4000 }, () => mean.map((m, t) => m + deviation[t] * random.normal()));
    expect(crpsOfSamples(actual, samples)).toBeCloseTo(exact, 1);
    const levels = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
    const quantiles = levels.map((level) =>
      mean.map((_, t) => samples.map((sample) => sample[t]).sort((a, b) => a - b)[Math.floor(4000 * level)]),
    );
    expect(crpsOfQuantiles(actual, levels, quantiles)).toBeCloseTo(exact, 1);
  });

  it('are the absolute error where the distribution is a point', () => {
    expect(crpsOfGaussian([1, 2], [3, 2], [0, 0])).toBe(1);
    expect(crpsOfSamples([1, 2], [[3, 2]])).toBe(1);
    expect(crpsOfQuantiles([1, 2], [0.5], [[3, 2]])).toBe(1);
  });

  it('refuse what does not match', () => {
    expect(() => crpsOfSamples([1], [])).toThrow(/at least one/);
    expect(() => crpsOfSamples([1], [[1, 2]])).toThrow(/2 forecasts/);
    expect(() => crpsOfQuantiles([1], [0.1, 0.9], [[1]])).toThrow(/1 for 2 levels/);
    expect(() => crpsOfGaussian([1], [1], [1, 2])).toThrow(/2 forecasts/);
    expect(() => shareInside([1], [1], [1, 2])).toThrow(/2 forecasts/);
  });

  it('count what lies inside, ends included', () => {
    expect(shareInside([1, 2, 3, 4], [1, 0, 4, 0], [1, 3, 5, 4])).toBe(0.75);
  });
});
