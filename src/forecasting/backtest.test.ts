import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { airlinePassengers } from '../series/airline.ts';
import { backtest, observedSteps } from './backtest.ts';
import { classicalModels, formulas } from './classicalModels.ts';
import { compareModels } from './comparison.ts';
import { fillGaps } from './gaps.ts';
import { coverage } from './intervals.ts';
import type { FitContext, FitProgress, ForecastModel } from './model.ts';
import { randomWalkVerdict } from './randomWalk.ts';
import { ridgeModels } from './ridgeModels.ts';
import { SharedFits } from './sharedFits.ts';

const { values } = airlinePassengers();
const context: FitContext = { horizon: 6, period: 12, seed: 1 };
const formula = (name: string) => formulas.find((one) => one.name === name) as ForecastModel;

/** A model that is shown gaps carried forward. */
const filling = (model: ForecastModel): ForecastModel => ({
  ...model,
  fit: (histories, given) =>
    model.fit(
      histories.map((history) => fillGaps(history, 'carry')),
      given,
    ),
});

/** Says the length of the history it was fitted to, and remembers what it was given. */
function recorder(extends_ = true) {
  const fits: number[] = [];
  const contexts: FitContext[] = [];
  const made = (trained: number, histories: readonly Float64Array[], { horizon }: FitContext) => ({
    detail: `fitted to ${trained}`,
    forecast: (which: number) => ({ mean: new Float64Array(horizon).fill(histories[which].length + trained / 1000) }),
    ...(extends_ && {
      extend: (longer: readonly Float64Array[], next: FitContext) => made(trained, longer, next),
    }),
  });
  const model: ForecastModel = {
    name: 'recorder',
    description: '',
    trained: false,
    fit: (histories, given) => {
      fits.push(histories[0].length);
      contexts.push(given);
      return made(histories[0].length, histories, given);
    },
  };
  return { model, fits, contexts };
}

describe('backtest', () => {
  it('fits at every origin, at the first, or at every second, and extends between', async () => {
    const options = { folds: 4, stride: 6 };
    const lengths = [120, 126, 132, 138];
    for (const [refit, fitted] of [
      [true, lengths],
      [false, [120]],
      [2, [120, 132]],
    ] as const) {
      const { model, fits } = recorder();
      const { folds, fits: count } = await backtest(model, [values], context, { ...options, refit });
      expect(fits).toEqual(fitted);
      expect(count).toBe(fitted.length);
      // Whatever was fitted, each forecast is from all that came before its origin.
      expect(folds.map(({ mean }) => Math.floor(mean[0]))).toEqual(lengths);
    }
    const { model, fits } = recorder(false);
    await backtest(model, [values], context, { ...options, refit: false });
    expect(fits).toEqual(lengths);
  });

  it('leaves a gap, and forecasts across it', async () => {
    const { folds } = await backtest(formula('naive'), [values], context, { folds: 2, gap: 3 });
    expect(folds[1].origin).toBe(138);
    expect(folds[1].truth).toEqual(values.slice(138));
    expect(folds[1].mean).toEqual(new Float64Array(6).fill(values[134]));
    const { folds: drifted } = await backtest(formula('drift'), [values], context, { folds: 1, gap: 3 });
    const slope = (values[134] - values[0]) / 134;
    expect(drifted[0].mean[0]).toBeCloseTo(values[134] + 4 * slope, 9);
  });

  it('asks for covariates as of each origin, and cuts them with a sliding window', async () => {
    const { model, contexts } = recorder();
    const asked: number[][] = [];
    await backtest(model, [values], context, { folds: 2, window: 24, gap: 2 }, (which, origin) => {
      asked.push([which, origin]);
      const column = (n: number) => Float64Array.from({ length: n }, (_, t) => t);
      return { past: [column(origin)], future: [column(origin + 8)], fixed: [7] };
    });
    expect(asked).toEqual([
      [0, 130],
      [0, 136],
    ]);
    const [given] = contexts[1].covariates ?? [];
    expect(given.past[0]).toEqual(Float64Array.from({ length: 24 }, (_, t) => 112 + t));
    expect(given.future[0]).toHaveLength(24 + 8);
    expect(given.fixed).toEqual([7]);
    expect(contexts[1].horizon).toBe(8);
  });

  it('tells errors by the step', async () => {
    const { steps, scores, folds } = await backtest(formula('naive'), [values], context, { folds: 5 });
    expect(steps.mae).toHaveLength(6);
    expect(steps.mae.reduce((sum, error) => sum + error, 0) / 6).toBeCloseTo(scores.mae, 10);
    expect(steps.mase.reduce((sum, error) => sum + error, 0) / 6).toBeCloseTo(scores.mase, 10);
    const first = folds.map(({ truth, mean }) => (truth[0] - mean[0]) ** 2);
    expect(steps.rmse[0]).toBeCloseTo(Math.sqrt(first.reduce((sum, square) => sum + square, 0) / 5), 10);
  });

  it('goes on with a fitted ridge without fitting it again', async () => {
    const once = await backtest(ridgeModels[0], [values], context, { folds: 4, refit: false });
    expect(once.fits).toBe(1);
    expect(once.scores.mape).toBeLessThan(15);
  });

  it('scores what was observed and nothing that was filled', async () => {
    const gappy = values.slice();
    for (const place of [50, 133, 141, 142]) gappy[place] = Number.NaN;
    const model = filling(formula('naive'));
    const { scores, steps, folds } = await backtest(model, [gappy], { ...context, horizon: 3 }, { folds: 4 });
    const pairs = folds.map((fold) => observedSteps(fold));
    expect(pairs.map(({ truth }) => truth.length)).toEqual([2, 3, 3, 1]);
    const errors = pairs.map(
      ({ truth, mean }) => truth.reduce((sum, y, i) => sum + Math.abs(y - mean[i]), 0) / truth.length,
    );
    expect(scores.mae).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / 4, 10);
    expect([...Object.values(scores), ...steps.mae, ...steps.mase].every(Number.isFinite)).toBe(true);
    // What would have been filled in changes nothing.
    expect(coverage(folds, 0.9)).toBeGreaterThanOrEqual(0);
    const drift = await backtest(filling(formula('drift')), [gappy], { ...context, horizon: 3 }, { folds: 4 });
    const { statistic } = compareModels({ name: 'a', folds }, { name: 'b', folds: drift.folds }, [30], 1);
    expect(Number.isFinite(statistic)).toBe(true);
    const nothing = values.slice();
    nothing.fill(Number.NaN, 141);
    await expect(backtest(model, [nothing], { ...context, horizon: 3 }, { folds: 1 })).rejects.toThrow(/observed/);
  });

  it('fits what several models share once, with the same numbers', async () => {
    const named = (name: string) => classicalModels.find((one) => one.name === name) as ForecastModel;
    const alone = await backtest(named('combined'), [values], context, { folds: 2 });
    const shared = new SharedFits();
    let made = 0;
    const counting = Object.assign(Object.create(shared) as SharedFits, {
      of: (...[model, history, period, fit]: Parameters<SharedFits['of']>) =>
        shared.of(model, history, period, () => {
          made++;
          return fit();
        }),
    });
    for (const name of ['ets', 'theta', 'stl-ets']) {
      await backtest(named(name), [values], { ...context, shared: counting }, { folds: 2 });
    }
    expect(made).toBe(6);
    const together = await backtest(named('combined'), [values], { ...context, shared: counting }, { folds: 2 });
    // Itself and arima, at each origin.
    expect(made).toBe(10);
    expect(together.folds).toEqual(alone.folds);
  });

  it('tells how far it is', async () => {
    const told: FitProgress[] = [];
    const onProgress = (progress: FitProgress) => void told.push(progress);
    await backtest(formula('naive'), [values], { ...context, onProgress }, { folds: 2 });
    expect(told).toEqual([1, 2].map((origin) => ({ origin, origins: 2, step: 0, steps: 0 })));
  });

  it('refuses options that make no sense, and stops when told to', async () => {
    for (const options of [{ folds: 0 }, { folds: 2, gap: -1 }, { folds: 2, refit: 0.5 }, { folds: 2, window: 0 }]) {
      await expect(backtest(formula('naive'), [values], context, options)).rejects.toMatchObject({
        code: 'BAD_ARGUMENT',
      });
    }
    await expect(backtest(formula('naive'), [values], context, { folds: 1, gap: 130 })).rejects.toMatchObject({
      code: 'DATA_INVALID',
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(backtest(formula('naive'), [values], { ...context, signal }, { folds: 1 })).rejects.toThrow('enough');
  });
});

describe('comparison of models', () => {
  const judged = async (name: string, series: Float64Array[], folds: number, horizon = 6) => {
    const result = await backtest(formula(name), series, { ...context, horizon }, { folds, stride: 6 });
    return { name, folds: result.folds };
  };

  it('names the better one where the months repeat, whichever comes first', async () => {
    const [a, b] = [await judged('seasonal-naive', [values], 12), await judged('naive', [values], 12)];
    const one = compareModels(a, b, [30], 1);
    expect(one).toMatchObject({ better: 'seasonal-naive', other: 'naive', origins: 12 });
    expect(one.p).toBeLessThan(0.05);
    expect(one.words).toMatch(/^seasonal-naive is better than naive \(Diebold-Mariano test over 12 origins, p/);
    expect(compareModels(b, a, [30], 1)).toEqual(one);
  });

  it('finds no evidence between two that know nothing, or from few origins', async () => {
    const random = new Random(5, 'noise');
    const noise = Float64Array.from({ length: 144 }, () => random.normal());
    const [a, b] = [await judged('naive', [noise], 12), await judged('seasonal-naive', [noise], 12)];
    const { words, p } = compareModels(a, b, [1], 1);
    expect(p).toBeGreaterThan(0.05);
    expect(words).toMatch(/^There is no evidence that/);
    const few = compareModels(await judged('naive', [noise], 2), await judged('drift', [noise], 2), [1], 1);
    expect(few).toMatchObject({ p: null, statistic: null });
    expect(few.words).toMatch(/2 origins are too few/);
  });

  it('counts series by their scale', async () => {
    const big = values.map((value) => 1000 * value);
    const pair = async (name: string) => judged(name, [values, big], 8);
    const both = compareModels(await pair('seasonal-naive'), await pair('naive'), [30, 30000], 1);
    const alone = compareModels(
      await judged('seasonal-naive', [values], 8),
      await judged('naive', [values], 8),
      [30],
      1,
    );
    expect(both.p).toBeCloseTo(alone.p ?? Number.NaN, 9);
  });
});

describe('random walk', () => {
  const random = new Random(3, 'walk');
  it('is not told from itself, but from what turns back', () => {
    let [walk, pulled] = [0, 0];
    const steps = Array.from({ length: 500 }, () => random.normal());
    const walks = Float64Array.from(steps, (step) => (walk += step));
    const pulls = Float64Array.from(steps, (step) => (pulled = 0.3 * pulled + step));
    expect(randomWalkVerdict(walks)?.words).toMatch(/cannot be told/);
    expect(randomWalkVerdict(pulls)?.words).toMatch(/are not those of a random walk .*p < 0.001/);
  });

  it('says nothing of constants, lines and short series', () => {
    expect(randomWalkVerdict(new Float64Array(50).fill(3))).toBeUndefined();
    expect(randomWalkVerdict(Float64Array.from({ length: 50 }, (_, t) => 0.1 * t))).toBeUndefined();
    expect(randomWalkVerdict(Float64Array.of(1, 2, 1))).toBeUndefined();
  });
});
