import { describe, expect, it } from 'vitest';
import { readEtth1, ridgeRows } from '../../bench/etth1Ridge.ts';
import { Random } from '../random.ts';
import { airlinePassengers } from '../series/airline.ts';
import { cholesky, solveCholesky } from './cholesky.ts';
import { fitRidge, ridgeForecast, ridgeKinds, scaleOf } from './ridge.ts';
import { ridgeModels } from './ridgeModels.ts';

const unit = { mean: 0, deviation: 1 };
const walk = (n: number, seed: number, slope = 0) => {
  const random = new Random(seed, 'walk');
  let level = 0;
  return Float64Array.from({ length: n }, (_, t) => {
    level += random.normal();
    return level + slope * t;
  });
};

describe('ridge', () => {
  it('is the minimum of the penalized squared error over all windows', () => {
    const values = walk(60, 1);
    const [lookback, horizon, penalty] = [5, 2, 0.03];
    const { maps } = fitRidge([values], { kind: 'linear', lookback, horizon, penalties: [penalty] });
    const { mean, deviation } = scaleOf(values);
    const scaled = values.map((value) => (value - mean) / deviation);
    const windows = Array.from({ length: 60 - lookback - horizon + 1 }, (_, s) => scaled.subarray(s));
    const means = Array.from({ length: lookback }, (_, i) => windows.reduce((a, w) => a + w[i], 0) / windows.length);
    const spread = means.reduce((a, m, i) => a + windows.reduce((b, w) => b + (w[i] - m) ** 2, 0) / windows.length, 0);
    const addend = penalty * (spread / lookback);
    for (let h = 0; h < horizon; h++) {
      const weights = maps[0].weights.subarray(h * lookback, (h + 1) * lookback);
      const errors = windows.map(
        (w) => w[lookback + h] - maps[0].bias[h] - weights.reduce((a, b, i) => a + b * w[i], 0),
      );
      // The gradient of mean error²/2 + addend/2 |weights|² is 0, the bias without a penalty.
      expect(errors.reduce((a, e) => a + e, 0) / windows.length).toBeCloseTo(0, 10);
      for (let i = 0; i < lookback; i++) {
        const gradient = errors.reduce((a, e, s) => a - e * windows[s][i], 0) / windows.length + addend * weights[i];
        expect(gradient).toBeCloseTo(0, 10);
      }
    }
  });

  it('learns an exact recurrence, whatever the kind', () => {
    const wave = Float64Array.from({ length: 200 }, (_, t) => 5 + Math.sin((2 * Math.PI * t) / 12));
    for (const kind of ridgeKinds) {
      const fit = fitRidge([wave], { kind, lookback: 24, horizon: 6, penalties: [1e-9] });
      const said = ridgeForecast(fit, 0, wave.subarray(100, 124), scaleOf(wave));
      for (const [h, value] of said.entries()) expect(value).toBeCloseTo(wave[124 + h], 4);
    }
  });

  it('goes through the origin without an intercept', () => {
    const values = walk(60, 1, 0.5);
    const { maps } = fitRidge([values], { kind: 'nlinear', lookback: 4, horizon: 1, penalties: [0], intercept: false });
    const { mean, deviation } = scaleOf(values);
    const scaled = values.map((value) => (value - mean) / deviation);
    expect(maps[0].bias).toEqual(Float64Array.of(0));
    // Errors are at right angles to every input, but do not sum to 0 on a line that climbs.
    const errors = Array.from({ length: 56 }, (_, s) =>
      maps[0].weights.reduce((rest, weight, i) => rest - weight * scaled[s + i], scaled[s + 4]),
    );
    for (let i = 0; i < 3; i++) {
      expect(errors.reduce((sum, error, s) => sum + error * (scaled[s + i] - scaled[s + 3]), 0)).toBeCloseTo(0, 8);
    }
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0))).toBeGreaterThan(0.1);
  });

  it('moves with the level of the window where it is NLinear', () => {
    const fit = fitRidge([walk(200, 2)], { kind: 'nlinear', lookback: 12, horizon: 3 });
    const window = walk(12, 3);
    const [at, above] = [0, 100].map((shift) =>
      ridgeForecast(
        fit,
        0,
        window.map((value) => value + shift),
        unit,
      ),
    );
    for (const [h, value] of at.entries()) expect(above[h] - value).toBeCloseTo(100, 9);
  });

  it('chooses its penalty and its maps by the training values alone, the same each time', () => {
    const values = walk(300, 4);
    const once = fitRidge([values.subarray(0, 200)], { kind: 'dlinear', lookback: 30, horizon: 4 });
    const again = fitRidge([values.slice(0, 200)], { kind: 'dlinear', lookback: 30, horizon: 4 });
    expect(again).toEqual(once);
    expect(once.maps[0].deviation.every((value) => value > 0)).toBe(true);
  });

  it('fits a map a series or one for all, and constants', () => {
    const series = [walk(120, 5), walk(150, 6), new Float64Array(100).fill(3)];
    const options = { kind: 'linear', lookback: 10, horizon: 2 } as const;
    expect(fitRidge(series, options).maps).toHaveLength(1);
    const each = fitRidge(series, { ...options, scope: 'series' });
    expect(each.maps).toHaveLength(3);
    expect(ridgeForecast(each, 2, new Float64Array(10).fill(3), scaleOf(series[2]))).toEqual(Float64Array.of(3, 3));
    const alone = fitRidge([series[1]], options);
    expect(each.maps[1]).toEqual(alone.maps[0]);
  });

  it('refuses series too short for a window', () => {
    expect(() => fitRidge([walk(10, 1)], { kind: 'linear', lookback: 9, horizon: 2 })).toThrow(/at least 11 values/);
  });

  const data = readEtth1();
  it.skipIf(!data)('reaches the published errors on ETTh1 (needs LOOKBACK_DATA with series/ETTh1.csv)', () => {
    if (!data) return;
    const rows = ridgeRows(data, 96);
    const row = (model: string) => rows.find((one) => one.model.startsWith(model));
    expect(row('seasonal naive')).toMatchObject({
      windows: 2785,
      mse: expect.closeTo(0.512, 3),
      mae: expect.closeTo(0.433, 3),
    });
    // Nothing is chosen: least squares through the origin.
    expect(row('nlinear, least squares')).toMatchObject({
      mse: expect.closeTo(0.383, 3),
      mae: expect.closeTo(0.3915, 4),
    });
    expect(row('ridge nlinear, penalty chosen')).toMatchObject({
      mse: expect.closeTo(0.384, 3),
      mae: expect.closeTo(0.394, 3),
    });
  });
});

describe('ridge models', () => {
  const { values } = airlinePassengers();
  const context = { horizon: 12, period: 12, seed: 1 };
  const history = values.subarray(0, 120);

  it('forecast, go on with a longer history, and come back from their state', async () => {
    for (const model of ridgeModels) {
      const fitted = await model.fit([history], context);
      const { mean, deviation } = fitted.forecast(0);
      expect(mean).toHaveLength(12);
      expect(deviation?.every((value) => value > 0)).toBe(true);
      const percent = mean.reduce((sum, value, h) => sum + Math.abs(value / values[120 + h] - 1), 0) / 12;
      expect(percent).toBeLessThan(0.12);
      const longer = fitted.extend?.([values.subarray(0, 132)], context);
      expect(longer?.forecast(0).mean).not.toEqual(mean);
      const state = fitted.state?.();
      if (!state) throw new Error('no state');
      const restored = await model.restore?.(state, [values.subarray(0, 132)], context);
      expect(restored?.forecast(0)).toEqual(longer?.forecast(0));
      await expect(async () => model.restore?.({ ...state, numbers: {} }, [history], context)).rejects.toThrow(
        /numbers/,
      );
    }
  });
});

describe('Cholesky', () => {
  it('solves, and says when it cannot', () => {
    const factor = cholesky(Float64Array.of(4, 0, 2, 3), 2);
    if (!factor) throw new Error('not positive definite');
    const x = solveCholesky(factor, 2, Float64Array.of(2, 5));
    expect(4 * x[0] + 2 * x[1]).toBeCloseTo(2, 12);
    expect(2 * x[0] + 3 * x[1]).toBeCloseTo(5, 12);
    expect(cholesky(Float64Array.of(1, 0, 2, 1), 2)).toBeUndefined();
  });
});
