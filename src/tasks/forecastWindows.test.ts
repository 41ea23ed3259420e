import { describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { airlinePassengers } from '../series/index.ts';
import { ForecastTask, forecastAfter } from './forecast.ts';
import { forecastAll } from './forecastAhead.ts';
import { type Beside, carryForward } from './forecastWindows.ts';
import { NetworkStream } from './networkStream.ts';
import { type ForecastRecipe, parseRecipe } from './recipe.ts';

const recipe = (changes: object = {}): ForecastRecipe =>
  parseRecipe({
    task: 'forecast',
    data: { source: 'given', period: 4 },
    window: { lookback: 4, horizon: 2 },
    split: { test: 0, validation: 0 },
    transform: ['difference', 'standardize'],
    model: { kind: 'gru', hidden: 4 },
    train: { batch: 100 },
    ...changes,
  }) as ForecastRecipe;

const values = Float64Array.from({ length: 30 }, (_, t) => 10 + 20 * t + (t % 4) ** 2);
const beside = (n: number): Beside => ({
  past: [Float64Array.from({ length: n }, (_, t) => 3 * t)],
  future: [Float64Array.from({ length: n + 2 }, (_, t) => t % 2)],
  fixed: [7],
});

describe('windows', () => {
  it('hold target, past and future covariates at each step, and the future ones of the horizon', () => {
    const task = new ForecastTask(recipe({ transform: [] }), [{ name: 'a', values, period: 4 }], {
      beside: [beside(30)],
    });
    const { inputs, targets, known, fixed, rows, counted } = task.next();
    expect(rows).toBe(25);
    expect(inputs).toHaveLength(rows * 4 * 3);
    expect(known).toHaveLength(rows * 2);
    expect(fixed).toHaveLength(rows);
    expect(counted).toBeUndefined();
    for (let row = 0; row < rows; row++) {
      // The first step of a window says at what time it begins.
      const time = values.indexOf(Math.round(inputs[row * 12]));
      expect(targets[row * 2]).toBe(values[time + 4]);
      const parity = inputs[row * 12 + 2];
      expect(Math.sign(parity)).toBe(time % 2 ? 1 : -1);
      expect(known?.[row * 2]).toBe(parity);
      expect(known?.[row * 2 + 1]).toBe(-parity);
    }
  });

  it('are scaled by the training part alone', () => {
    const split = { test: 6, validation: 4 };
    const make = (last: number) => {
      const given = beside(30);
      const changed = values.slice();
      changed.fill(last, 20);
      given.past[0].fill(last, 20);
      given.future[0].fill(last, 20);
      return new ForecastTask(recipe({ split }), [{ name: 'a', values: changed, period: 4 }], { beside: [given] });
    };
    const [a, b] = [make(0), make(1e6)];
    expect(a.scale).toEqual(b.scale);
    expect(a.prepared[0].chain.toJSON()).toEqual(b.prepared[0].chain.toJSON());
    expect(a.next()).toEqual(b.next());
  });

  it('mark what is missing, carry the last value on, and do not count it', () => {
    const gappy = values.slice();
    gappy[0] = gappy[10] = gappy[11] = Number.NaN;
    expect([...carryForward(gappy).values.subarray(9, 13)]).toEqual([values[9], values[9], values[9], values[12]]);
    expect(carryForward(gappy).values[0]).toBe(values[1]);
    const task = new ForecastTask(recipe({ transform: [] }), [{ name: 'a', values: gappy, period: 4 }]);
    const { inputs, counted = new Float32Array(), rows } = task.next();
    // The window whose targets are both missing is left out.
    expect(rows).toBe(24);
    expect(task.model.config.features).toBe(2);
    const marks = inputs.filter((_, i) => i % 2 === 1);
    expect(marks.reduce((sum, mark) => sum + mark, 0)).toBe(1 + 4 + 4);
    expect(counted.reduce((sum, one) => sum + one, 0)).toBe(2 * 24 - 2);
    expect(() => carryForward(Float64Array.of(Number.NaN))).toThrow(/missing ones alone/);
  });

  it('refuse covariates that do not fit', () => {
    const series = [{ name: 'a', values, period: 4 }];
    expect(() => new ForecastTask(recipe(), series, { beside: [beside(20)] })).toThrow(/at least 30 values/);
    const two = [...series, { name: 'b', values, period: 4 }];
    const uneven = { beside: [beside(30), { past: [], future: [], fixed: [7] }] };
    expect(() => new ForecastTask(recipe(), two, uneven)).toThrow(/1 past covariates/);
  });
});

describe('a learned vector for each series', () => {
  it('tells series apart whose windows are the same', () => {
    const opposite = values.map((value, t) => (t < 26 ? value : 2 * values[25] - value));
    const series = [values, opposite].map((given, i) => ({ name: `${i}`, values: given, period: 4 }));
    const task = new ForecastTask(recipe({ seriesEmbedding: 3, transform: [] }), series);
    task.model.eval();
    expect(task.model.config.series).toBe(2);
    const [a, b] = task.aheadFrom([0, 1].map((which) => ({ series: which, origin: 20 })));
    expect(a.mean).not.toEqual(b.mean);
    expect(
      forecastAll(task.model, [{ values: values.subarray(0, 20), chain: task.prepared[1].chain, series: 1 }])[0].mean,
    ).toEqual(b.mean);
  });
});

describe('recipes', () => {
  it.each([
    [{ loss: 'gaussian' }, /cannot be added up/],
    [{ loss: 'quantile', transform: ['seasonalDifference'], window: { lookback: 4, horizon: 5 } }, /beyond one season/],
    [{ levels: [0.1, 0.9] }, /0\.5 among them/],
    [{ scaling: 'season', window: { lookback: 3, horizon: 1 } }, /data\.period/],
    [{ model: { kind: 'patchtst' } }, /at most window\.lookback/],
    [{ model: { kind: 'patchtst', patch: 4, stride: 3 } }, /multiple of model\.stride/],
    [{ model: { kind: 'encoder', hidden: 6, heads: 4 } }, /multiple of model\.heads/],
  ])('%j is refused', (changes, why) => {
    expect(() => recipe(changes)).toThrow(why);
  });
});

describe('a stream', () => {
  const airline = airlinePassengers();
  const make = (changes: object = {}) => {
    const task = new ForecastTask(
      recipe({
        data: { source: 'given', period: 12 },
        transform: ['log', 'difference', 'seasonalDifference', 'standardize'],
        ...changes,
      }),
      [{ ...airline, period: 12 }],
    );
    task.model.eval();
    return task;
  };

  it('starts as a window does and goes on with each value', () => {
    const { model, prepared } = make();
    const [{ chain }] = prepared;
    const stream = new NetworkStream(model, chain, airline.values.subarray(0, 100));
    expect([...stream.forecast.mean]).toEqual([...forecastAfter(model, airline.values.subarray(0, 100), chain)]);
    for (let t = 100; t < 110; t++) stream.push(airline.values[t]);
    // A window of all that the stream has seen gives the same.
    const longer = make({ window: { lookback: 14, horizon: 2 } }).model;
    longer.loadStateDict(model.stateDict());
    const whole = forecastAfter(longer, airline.values.subarray(0, 110), chain);
    stream.forecast.mean.forEach((value, h) => {
      expect(value / whole[h]).toBeCloseTo(1, 5);
    });
    const { mean } = stream.forecast;
    expect(() => stream.push(Number.NaN)).toThrow(/finite/);
    expect(stream.forecast.mean).toBe(mean);
  });

  it('refuses what needs its window whole', () => {
    const of = (changes: object) => () => {
      const { model, prepared } = make(changes);
      return new NetworkStream(model, prepared[0].chain, airline.values);
    };
    expect(of({ model: { kind: 'transformer' } })).toThrow(/stream/);
    expect(of({ scaling: 'last' })).toThrow(/stream/);
    expect(of({ transform: ['centre'] })).toThrow(/neither centred/);
    expect(of({ transform: ['normalize'] })).toThrow(/the transform normalize/);
  });
});
