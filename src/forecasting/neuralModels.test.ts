import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { cos, sin } from '../math.ts';
import { forecasterKinds } from '../models/index.ts';
import { Random } from '../random.ts';
import { classicalModels } from './classicalModels.ts';
import { hybridModel } from './hybrid.ts';
import { type ForecastProgress, forecast } from './index.ts';
import type { FitContext, ForecastModel, ModelState } from './model.ts';
import { neuralModel, neuralModels } from './neuralModels.ts';
import { streamNetwork } from './neuralState.ts';

const model = (name: string): ForecastModel => {
  const found = neuralModel(name);
  if (!found) throw new Error(name);
  return found;
};
const context: FitContext = { horizon: 4, period: 6, seed: 1 };
/** A season of six on a level, without noise. */
const wave = (n: number, level = 20) =>
  Float64Array.from(
    { length: n },
    (_, t) => level * (1 + 0.4 * sin((2 * Math.PI * t) / 6) + 0.2 * cos((4 * Math.PI * t) / 6)),
  );
const error = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i])).reduce((sum, miss) => sum + miss, 0) / a.length;
const saved = (state: ModelState | undefined): ModelState => {
  if (!state) throw new Error('no state');
  return { ...state, settings: JSON.parse(JSON.stringify(state.settings)) };
};

describe.each([...forecasterKinds])('%s', (kind) => {
  it('learns a season, gives the same bits again, and comes back from its state', async () => {
    const trend = wave(50).map((value, t) => value + 0.3 * t);
    const history = trend.subarray(0, 46);
    const [a, b] = [await model(kind).fit([history], context), await model(kind).fit([history], context)];
    const { mean } = a.forecast(0);
    expect(mean).toEqual(b.forecast(0).mean);
    expect(error(mean, trend.subarray(46))).toBeLessThan(1.5);
    const state = saved(a.state?.());
    const restored = await model(kind).restore?.(state, [history], context);
    expect(restored?.forecast(0).mean).toEqual(mean);
    const longer = [trend.subarray(0, 48)];
    const extended = a.extend?.(longer, context).forecast(0).mean;
    expect(extended).not.toEqual(mean);
    expect((await model(kind).restore?.(state, longer, context))?.forecast(0).mean).toEqual(extended);
  });
});

describe('networks', () => {
  it('are all there, by name and with a head', () => {
    expect(neuralModels.map(({ name }) => name).sort()).toEqual([...forecasterKinds].sort());
    expect(model('lstm:quantile').name).toBe('lstm:quantile');
    expect(model('lstm:quantile')).toBe(model('lstm:quantile'));
    for (const name of ['lstn', 'lstm:mse:x', 'lstm:nothing', 'toString', 'lstm:toString']) {
      expect(neuralModel(name)).toBeUndefined();
    }
  });

  it('go on training from a state: the optimizer too', async () => {
    const history = wave(60);
    const nbeats = model('nbeats');
    const state = saved((await nbeats.fit([history.subarray(0, 40)], context)).state?.());
    const resumed = await nbeats.resume?.(state, [history], context);
    const after = saved(resumed?.state?.());
    expect(after.settings.step).toBe(Number(state.settings.step) + 100);
    expect(after.settings.chains).toEqual(state.settings.chains);
    const name = Object.keys(state.numbers).find((key) => key.startsWith('model/')) ?? '';
    expect(after.numbers[name]).not.toEqual(state.numbers[name]);
    const again = await nbeats.resume?.(state, [history], context);
    expect(again?.forecast(0).mean).toEqual(resumed?.forecast(0).mean);
    expect(error(resumed?.forecast(0).mean ?? [], wave(64).subarray(60))).toBeLessThan(1);
  });

  it('refuse states that are not theirs', async () => {
    const history = [wave(40)];
    const state = saved((await model('linear').fit(history, context)).state?.());
    const code = expect.objectContaining({ code: 'DATA_INVALID' });
    const restore = async (name: string, given: ModelState, later = context) =>
      model(name).restore?.(given, history, later);
    await expect(restore('gru', state)).rejects.toThrow(code);
    await expect(restore('linear', { ...state, settings: {} })).rejects.toThrow(code);
    await expect(restore('linear', { ...state, numbers: {} })).rejects.toThrow(/head\.weight/);
    await expect(restore('linear', state, { ...context, horizon: 5 })).rejects.toThrow(/at most 4/);
    const covariates = [{ past: [wave(40)], future: [], fixed: [] }];
    await expect(restore('linear', state, { ...context, covariates })).rejects.toThrow(/covariates/);
    const shorter = await model('linear').restore?.(state, history, { ...context, horizon: 2 });
    expect(shorter?.forecast(0).mean).toHaveLength(2);
  });

  it.each(['quantile', 'gaussian', 'studentT'])('forecast a distribution on the original scale: %s', async (head) => {
    const random = new Random(4);
    const noisy = wave(150).map((value) => value * (1 + 0.08 * random.normal()));
    const far = { ...context, horizon: 9 };
    const { mean, quantiles, deviation } = (await model(`gru:${head}`).fit([noisy.subarray(0, 140)], far)).forecast(0);
    expect(quantiles?.levels).toEqual([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]);
    const values = quantiles?.values ?? [];
    for (let h = 0; h < 9; h++) {
      const step = values.map((quantile) => quantile[h]);
      expect([...step].sort((a, b) => a - b)).toEqual(step);
      expect(step[0]).toBeGreaterThan(0);
      expect(mean[h]).toBeCloseTo(step[3], 4);
      // The noise is 8 %, of the value that is repeated as well.
      expect((step[5] - step[1]) / mean[h]).toBeGreaterThan(0.08);
      expect((step[5] - step[1]) / mean[h]).toBeLessThan(0.6);
    }
    if (head !== 'quantile') expect(deviation?.every((value) => value > 0)).toBe(true);
  });

  it.each(['lstm', 'nlinear', 'seq2seq', 'patchtst', 'nbeats'])('%s uses what is known ahead', async (kind) => {
    const random = new Random(9);
    const plan = Float64Array.from({ length: 104 }, () => (random.uniform(0, 1) < 0.3 ? 1 : 0));
    const values = Float64Array.from({ length: 104 }, (_, t) => 20 + 10 * plan[t] + 0.2 * random.normal());
    const history = [values.subarray(0, 100)];
    const flat = { horizon: 4, period: 1, seed: 1 };
    const covariates = [{ past: [], future: [plan], fixed: [] }];
    const told = await model(`${kind}:gaussian`).fit(history, { ...flat, covariates });
    const untold = await model(`${kind}:gaussian`).fit(history, flat);
    const truth = values.subarray(100);
    expect(plan.subarray(100).some((value, h, all) => value !== all[(h + 1) % 4])).toBe(true);
    expect(error(told.forecast(0).mean, truth)).toBeLessThan(0.6 * error(untold.forecast(0).mean, truth));
  });

  it('one network serves series of different levels, with static covariates', async () => {
    const histories = [wave(60), wave(60, 20_000)];
    const covariates = [1, 2].map((kind) => ({ past: [], future: [], fixed: [kind] }));
    const fitted = await model('tcn').fit(histories, { ...context, covariates });
    const [small, large] = [0, 1].map((which) => fitted.forecast(which).mean);
    expect(error(small, wave(64).subarray(60))).toBeLessThan(2);
    expect(error(large, wave(64, 20_000).subarray(60))).toBeLessThan(2000);
  });

  it('look back as far as asked, tell their steps, and refuse what the history does not hold', async () => {
    const told: ForecastProgress[] = [];
    const rows = Array.from({ length: 60 }, (_, t) => 10 + (t % 4));
    const options = { horizon: 2, period: 4, backtest: 1, models: ['linear', 'ridge-linear'] };
    const { leaderboard, failed } = await forecast(rows, {
      ...options,
      lookback: 9,
      onProgress: (progress) => void told.push(progress),
    });
    for (const name of options.models) {
      expect(leaderboard.find(({ model }) => model === name)?.detail).toMatch(/look-back 9/);
    }
    expect(failed).toEqual([]);
    const own = told.filter(({ model, origin }) => model === 'linear' && origin === 1);
    expect(own[0]).toEqual({ model: 'linear', origin: 1, origins: 1, step: 0, steps: 0 });
    expect(own.at(-1)).toEqual({ model: 'linear', origin: 1, origins: 1, step: 400, steps: 400 });
    const long = await forecast(rows, { ...options, lookback: 59 });
    expect(long.failed.map(({ model }) => model)).toEqual(options.models);
    await expect(forecast(rows, { ...options, lookback: 0 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('take missing values, and say what they cannot take', async () => {
    const gappy = wave(60);
    for (const t of [0, 20, 21, 22, 59]) gappy[t] = Number.NaN;
    const { forecast } = await model('gru').fit([gappy], context);
    expect(forecast(0).mean.every(Number.isFinite)).toBe(true);
    await expect(async () => model('gru').fit([new Float64Array(60).fill(Number.NaN)], context)).rejects.toThrow(
      /missing/,
    );
    await expect(async () => model('gru').fit([wave(6)], { ...context, horizon: 9 })).rejects.toThrow(
      expect.objectContaining({ code: 'DATA_INVALID' }),
    );
    const infinite = wave(60);
    infinite[30] = Number.POSITIVE_INFINITY;
    await expect(async () => model('gru').fit([infinite], context)).rejects.toThrow(/finite values/);
    const flat = await model('patchtst').fit([new Float64Array(40).fill(3)], context);
    expect(error(flat.forecast(0).mean, [3, 3, 3, 3])).toBeLessThan(1e-3);
  });

  it('seq2seq shows what it looked at, in rows that sum to 1', async () => {
    const fitted = await model('seq2seq').fit([wave(50)], context);
    const rows = fitted.alignments?.(0) ?? [];
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      expect(row).toHaveLength(12);
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
  });

  it('stream one value at a time from a saved state', async () => {
    const history = wave(60);
    const fitted = await model('lstm').fit([history.subarray(0, 50)], context);
    const stream = streamNetwork(saved(fitted.state?.()), history.subarray(0, 50));
    expect([...stream.forecast.mean]).toEqual([...fitted.forecast(0).mean]);
    for (let t = 50; t < 60; t++) stream.push(history[t]);
    expect(error(stream.forecast.mean, wave(64).subarray(60))).toBeLessThan(2);
  });

  it('combine with classical models, and without those that cannot be fitted', async () => {
    const fitted = await hybridModel.fit([wave(60)], context);
    expect(fitted.detail).toBe('mean of ets, stl-ets, lstm');
    const { mean } = fitted.forecast(0);
    const [ets, stl] = ['ets', 'stl-ets'].map((name) => classicalModels.find((one) => one.name === name));
    const networks = [1, 2].map((seed) => model('lstm').fit([wave(60)], { ...context, seed }));
    const [a, b, c, d] = (
      await Promise.all([ets, stl].map((one) => one?.fit([wave(60)], context)).concat(networks))
    ).map((one) => one?.forecast(0).mean ?? new Float64Array());
    expect(mean[2]).toBeCloseTo((a[2] + b[2] + (c[2] + d[2]) / 2) / 3, 8);
    const flat = { ...context, period: 1 };
    expect((await hybridModel.fit([wave(60)], flat)).detail).toBe('mean of ets, lstm');
  });

  it('stop when they are told to', async () => {
    const signal = AbortSignal.abort();
    await expect(async () => model('gru').fit([wave(60)], { ...context, signal })).rejects.toThrow(/abort/i);
  });
});
