import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { Random } from '../random.ts';
import { normal, scope, slice, type Tensor, tensor, valueAndGrad } from '../tensor/index.ts';
import { Forecaster, type ForecasterConfig, forecasterKinds } from './forecaster.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

const wide: ForecasterConfig['kind'][] = ['rnn', 'lstm', 'gru', 'tcn', 'transformer', 'encoder', 'linear'];

/** Relative error of the gradient of one number of each parameter by central differences. */
function gradientErrors(model: Forecaster, loss: () => Tensor): [string, number][] {
  const { grads } = valueAndGrad(model, loss);
  const epsilon = 1e-5;
  return model.namedParameters().map(([name, parameter]) => {
    const values = Float64Array.from(parameter.dataSync());
    const at = values.length >> 1;
    const moved = (by: number) => {
      parameter.assign(values.map((value, i) => (i === at ? value + by : value)));
      return scope(() => loss().item());
    };
    const numerical = (moved(epsilon) - moved(-epsilon)) / (2 * epsilon);
    parameter.assign(values);
    const exact = grads.get(name)?.dataSync()[at] ?? Number.NaN;
    return [name, Math.abs(exact - numerical) / Math.max(1e-4, Math.abs(numerical))];
  });
}

describe.each([...forecasterKinds])('Forecaster %s', (kind) => {
  const many = wide.includes(kind);
  const targets = many ? 2 : 1;
  const base = { kind, lookback: 6, horizon: 3, hidden: 8, layers: 2, heads: 2, patch: 2, stride: 1, average: 3 };
  const config = { ...base, features: 2, targets };

  it('goes from windows to the horizon, learns by plain gradient steps, and reads every step of the window', () => {
    scope(() => {
      const model = new Forecaster(config, { random: new Random(1) });
      const x = normal([4, 6, 2], { random: new Random(2) });
      const y = normal([4, 3, targets], { random: new Random(3) });
      expect(model.forward(x).shape).toEqual([4, 3, targets]);
      const losses: number[] = [];
      for (let step = 0; step < 5; step++) {
        const { value, grads } = valueAndGrad(model, () => model.loss(x, y));
        losses.push(value.item());
        for (const [name, parameter] of model.namedParameters()) {
          const gradient = grads.get(name)?.dataSync() ?? [];
          parameter.assign(parameter.dataSync().map((v, i) => v - 0.02 * gradient[i]));
        }
      }
      losses.slice(1).forEach((loss, i) => {
        expect(loss).toBeLessThan(losses[i]);
      });
      const dx =
        valueAndGrad([x], () => model.loss(x, y))
          .grads.get('0')
          ?.dataSync() ?? [];
      expect(Array.from(dx).every((v) => v !== 0)).toBe(true);
    });
  });

  it('has the gradients that differences give, with covariates, a learned vector and a window scaled', () => {
    scope(() => {
      const random = new Random(5);
      const model = new Forecaster(
        { ...base, features: 3, known: 2, fixed: 1, series: 3, seriesWidth: 2, loss: 'gaussian', scaling: 'instance' },
        { random },
      );
      const [x, y, known, fixed] = [
        [3, 6, 3],
        [3, 3, 1],
        [3, 3, 2],
        [3, 1],
      ].map((shape, i) => normal(shape, { random: random.split(`data${i}`) }));
      const series = tensor(Int32Array.of(0, 2, 1));
      const options = { known, fixed, series };
      for (const [name, error] of gradientErrors(model, () => model.loss(x, y, options))) {
        expect(error, name).toBeLessThan(1e-4);
      }
    });
  });

  it('moves with the level and the spread of the window', () => {
    scope(() => {
      const x = normal([2, 6, 1], { random: new Random(2) });
      for (const scaling of ['last', 'season', 'instance', 'mean'] as const) {
        const model = new Forecaster({ ...base, scaling, period: 4 }, { random: new Random(1) });
        const [plain, shifted, scaled] = [x, x.add(50), x.mul(7)].map((each) => model.forward(each).dataSync());
        const near = (a: number, b: number) => Math.abs(a - b) < 1e-3;
        if (scaling !== 'mean') expect(plain.every((value, i) => near(shifted[i], value + 50))).toBe(true);
        if (scaling === 'instance' || scaling === 'mean') {
          expect(plain.every((value, i) => near(scaled[i], 7 * value))).toBe(true);
        }
      }
    });
  });

  it('refuses a window of another shape', () => {
    scope(() => {
      const model = new Forecaster(config, { random: new Random(1) });
      const x = normal([4, 6, 2], { random: new Random(2) });
      expect(() => model.forward(slice(x, 1, 0, 5))).toThrow(/\[B, 6, 2\]/);
    });
  });
});

describe('networks', () => {
  const seen = (config: ForecasterConfig, wanted: (name: string) => boolean) => {
    const found = new Map<string, { shape: readonly number[]; data: Float64Array }>();
    const model = new Forecaster(config, { random: new Random(1) });
    const output = scope(() => {
      const x = normal([2, config.lookback, 1], { random: new Random(2) });
      const tap = {
        activation: (name: string, value: Tensor) => {
          if (wanted(name)) found.set(name, { shape: value.shape, data: Float64Array.from(value.dataSync()) });
          return undefined;
        },
      };
      return Float64Array.from(model.forward(x, { tap }).dataSync());
    });
    return { found, output, model };
  };

  it('seq2seq shows alignments that sum to 1', () => {
    const { found } = seen({ kind: 'seq2seq', lookback: 7, horizon: 4, hidden: 5 }, (name) => name === 'alignments');
    const { shape, data } = found.get('alignments') ?? { shape: [], data: new Float64Array() };
    expect(shape).toEqual([2, 4, 7]);
    for (let row = 0; row < 8; row++) {
      const weights = data.subarray(row * 7, (row + 1) * 7);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10);
    }
  });

  it('nbeats adds up what its blocks say; its trends are cubics', () => {
    const config = {
      kind: 'nbeats',
      stacks: 'interpretable',
      lookback: 12,
      horizon: 6,
      hidden: 8,
      layers: 2,
      blocks: 2,
    } as const;
    const { found, output } = seen(config, (name) => name.startsWith('blocks.'));
    expect([...found.keys()]).toEqual([0, 1, 2, 3].map((i) => `blocks.${i}.forecast`));
    const parts = [...found.values()].map(({ data }) => data);
    output.forEach((value, i) => {
      expect(parts.reduce((sum, part) => sum + part[i], 0)).toBeCloseTo(value, 10);
    });
    const fourth = (v: Float64Array, at: number) => v[at] - 4 * v[at + 1] + 6 * v[at + 2] - 4 * v[at + 3] + v[at + 4];
    expect(Math.abs(fourth(parts[0], 0))).toBeLessThan(1e-6);
    expect(Math.abs(fourth(parts[2], 0))).toBeGreaterThan(1e-4);
  });

  it('patchtst makes as many patches as the paper: 42 of 336 values, 64 of 512', () => {
    for (const [lookback, tokens] of [
      [336, 42],
      [512, 64],
    ]) {
      const { found } = seen(
        { kind: 'patchtst', lookback, horizon: 2, hidden: 4, heads: 1 },
        (name) => name === 'norm',
      );
      expect(found.get('norm')?.shape).toEqual([2, tokens, 4]);
    }
  });

  it('tcn takes as many blocks as see the window', () => {
    const { model } = seen({ kind: 'tcn', lookback: 30, horizon: 2, hidden: 4, layers: 0 }, () => false);
    // Three would see 1 + 2 · 2 · (1 + 2 + 4) = 29 steps.
    expect(model.config.layers).toBe(4);
  });

  it('dlinear takes a moving average that repeats the ends', () => {
    const { found } = seen({ kind: 'dlinear', lookback: 5, horizon: 2, average: 3 }, (name) => name === 'trend');
    const x = scope(() => Float64Array.from(normal([2, 5, 1], { random: new Random(2) }).dataSync()));
    const trend = found.get('trend')?.data ?? [];
    expect(trend[0]).toBeCloseTo((2 * x[0] + x[1]) / 3, 6);
    expect(trend[2]).toBeCloseTo((x[1] + x[2] + x[3]) / 3, 6);
    expect(trend[4]).toBeCloseTo((x[3] + 2 * x[4]) / 3, 6);
  });

  it('gives a recurrent network step by step what it gives for a window', () => {
    const model = new Forecaster(
      { kind: 'lstm', lookback: 6, horizon: 3, hidden: 5, layers: 2 },
      { random: new Random(1) },
    );
    scope(() => {
      const x = normal([1, 6, 1], { random: new Random(2) });
      let at = model.advance(slice(x, 1, 0, 2));
      for (let t = 2; t < 6; t++) at = model.advance(slice(x, 1, t, t + 1), at.state);
      const whole = model.forward(x).dataSync();
      at.forecast.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(whole[i], 12);
      });
    });
  });

  it('refuses what it cannot be', () => {
    const make = (config: Partial<ForecasterConfig>) => () =>
      new Forecaster({ kind: 'nbeats', lookback: 6, horizon: 3, ...config }, { random: new Random(1) });
    expect(make({ targets: 2 })).toThrow(/targets/);
    expect(make({ scaling: 'season', period: 7 })).toThrow(/period/);
    expect(make({ loss: 'quantile', levels: [0.1, 0.9] })).toThrow(/0\.5 among them/);
    scope(() => {
      const x = normal([1, 6, 1], { random: new Random(2) });
      expect(() => make({ known: 1 })().forward(x)).toThrow(/known/);
      expect(() => make({})().advance(x)).toThrow(/stream/);
    });
  });
});
