import { describe, expect, it } from 'vitest';
import { airlinePassengers } from '../series/airline.ts';
import { backtest } from './backtest.ts';
import { forecastModels } from './catalog.ts';
import { forecast } from './forecast.ts';
import { conformalInterval, coverage } from './intervals.ts';

const { values, times = [] } = airlinePassengers();
const airline = Array.from(values, (passengers, i) => ({
  month: times[i] ?? `${1949 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`,
  passengers,
}));
const model = (name: string) => {
  const found = forecastModels.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

describe('forecast of a table', () => {
  it('judges models beside formulas and forecasts with the best', async () => {
    const result = await forecast(airline, {
      target: 'passengers',
      horizon: 12,
      models: ['stl-ets', 'theta'],
      backtest: 4,
    });
    expect(result.leaderboard.map((row) => row.model)).toContain('seasonal-naive');
    expect(result.best).toBe(result.leaderboard[0].model);
    const mases = result.leaderboard.map((row) => row.mase);
    expect(mases).toEqual([...mases].sort((a, b) => a - b));
    expect(result.frequency).toBe('month');
    const [{ times: future, mean, lower, upper }] = result.forecast;
    expect(future[0]).toBe('1961-01');
    expect(future[11]).toBe('1961-12');
    mean.forEach((value, step) => {
      expect(lower[step]).toBeLessThan(value);
      expect(upper[step]).toBeGreaterThan(value);
    });
    // July stays above November.
    expect(mean[6]).toBeGreaterThan(mean[10]);
  });

  it('gives the same numbers again, networks included', async () => {
    const once = () => forecast(airline.slice(-60), { horizon: 6, models: ['gru'], backtest: 2, seed: 3 });
    const [a, b] = [await once(), await once()];
    expect(a.leaderboard.map(({ model, rmse }) => [model, rmse])).toEqual(
      b.leaderboard.map(({ model, rmse }) => [model, rmse]),
    );
    expect(a.forecast).toEqual(b.forecast);
    expect(a.leaderboard.find((row) => row.model === 'gru')?.trained).toBe(true);
  });

  it('learns one network from several series', async () => {
    const rows = airline.flatMap((row) => [
      { ...row, id: 'a' },
      { ...row, id: 'b', passengers: 2 * row.passengers },
    ]);
    const { forecast: ahead, leaderboard } = await forecast(rows, {
      target: 'passengers',
      id: 'id',
      horizon: 6,
      models: ['linear'],
      backtest: 2,
    });
    expect(ahead.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(leaderboard.some((row) => row.model === 'linear')).toBe(true);
  });

  it('says that a random walk is one', async () => {
    // Steps of a fixed linear congruential sequence.
    let state = 1;
    let level = 100;
    const rows = Array.from({ length: 200 }, () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      level += state / 1073741824 - 1;
      return { price: level };
    });
    const { leaderboard } = await forecast(rows, { horizon: 5, models: ['theta', 'ets'], backtest: 10 });
    const naive = leaderboard.find((row) => row.model === 'naive');
    expect(leaderboard[0].mase).toBeGreaterThan(0.85 * (naive?.mase ?? 0));
  });

  it('leaves out what cannot be fitted, with the reason', async () => {
    const { failed, leaderboard } = await forecast(airline.slice(0, 20), {
      horizon: 2,
      models: ['stl-ets', 'theta'],
      backtest: 1,
    });
    expect(failed.map((row) => row.model)).toContain('stl-ets');
    expect(leaderboard.length).toBeGreaterThan(3);
  });

  it('refuses what makes no sense', async () => {
    const code = (given: string) => expect.objectContaining({ code: given });
    await expect(forecast(airline, { horizon: 0 })).rejects.toThrow(code('BAD_ARGUMENT'));
    await expect(forecast(airline, { horizon: 200 })).rejects.toThrow(code('DATA_INVALID'));
    await expect(forecast([{ v: 1 }], { horizon: 1 })).rejects.toThrow(code('DATA_INVALID'));
    await expect(forecast(airline, { horizon: 2, models: ['lstn'] })).rejects.toThrow(/Did you mean lstm/);
    await expect(forecast(airline, { horizon: 2, level: 1 })).rejects.toThrow(code('BAD_ARGUMENT'));
  });

  it('takes a constant series', async () => {
    const { forecast: ahead } = await forecast(
      Array.from({ length: 40 }, () => ({ v: 7 })),
      { horizon: 3, backtest: 2 },
    );
    expect(ahead[0].mean.every((value) => Math.abs(value - 7) < 1e-9)).toBe(true);
  });
});

describe('backtest', () => {
  const context = { horizon: 6, period: 12, seed: 1 };

  it('shows a model nothing after the origin', async () => {
    const options = { folds: 3 };
    const changed = values.slice();
    changed.fill(1e6, 138);
    for (const name of ['ets', 'arima', 'stl-ets', 'theta', 'lstm']) {
      const [a, b] = [
        await backtest(model(name), [values], context, options),
        await backtest(model(name), [changed], context, options),
      ];
      for (let k = 0; k < 2; k++) expect(a.folds[k].mean).toEqual(b.folds[k].mean);
      expect(a.folds[2].mean).toEqual(b.folds[2].mean);
      expect(a.scores.rmse).not.toBe(b.scores.rmse);
    }
  });

  it('forgets what a sliding window has passed', async () => {
    const { folds } = await backtest(model('window-average'), [values], context, { folds: 2, window: 24 });
    const { folds: all } = await backtest(model('drift'), [values], context, { folds: 2 });
    const { folds: slid } = await backtest(model('drift'), [values], context, { folds: 2, window: 24 });
    expect(folds).toHaveLength(2);
    expect(slid[0].mean[5]).not.toBe(all[0].mean[5]);
  });
});

describe('conformal intervals', () => {
  const fold = (origin: number, miss: number) => ({
    series: 0,
    turn: origin,
    origin,
    truth: Float64Array.of(10 + miss, 10 - miss),
    mean: Float64Array.of(10, 10),
  });

  it('are as wide as the misses say', () => {
    const folds = Array.from({ length: 19 }, (_, i) => fold(i, i + 1));
    const { lower, upper } = conformalInterval(folds, { mean: Float64Array.of(0, 0) }, 0.9);
    // Scores are 1, 1/√2, 2, 2/√2, …: of 38 the 36th is 17.
    expect(upper[0]).toBe(17);
    expect(lower[0]).toBe(-17);
    expect(upper[1]).toBeCloseTo(17 * Math.SQRT2, 12);
  });

  it('tell their coverage without the origin itself', () => {
    expect(coverage([fold(0, 1)], 0.9)).toBeUndefined();
    expect(coverage([fold(0, 1), fold(1, 1), fold(2, 100)], 0.9)).toBeCloseTo(4 / 6, 12);
  });
});
