import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { Random } from '../random.ts';
import { normal, scope, slice, valueAndGrad } from '../tensor/index.ts';
import { Forecaster, type ForecasterConfig } from './forecaster.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend({ float64: true }));
});
afterAll(() => {
  setBackend(before);
});

const kinds: ForecasterConfig['kind'][] = ['rnn', 'lstm', 'gru', 'transformer', 'linear'];

describe.each(kinds)('Forecaster %s', (kind) => {
  const config = { kind, lookback: 6, horizon: 3, features: 2, targets: 2, hidden: 8, layers: 2 };

  it('goes from windows to the horizon, learns by plain gradient steps, and reads every step of the window', () => {
    scope(() => {
      const model = new Forecaster(config, { random: new Random(1) });
      const x = normal([4, 6, 2], { random: new Random(2) });
      const y = normal([4, 3, 2], { random: new Random(3) });
      expect(model.forward(x).shape).toEqual([4, 3, 2]);
      const losses: number[] = [];
      for (let step = 0; step < 5; step++) {
        const { value, grads } = valueAndGrad(model, () => model.loss(x, y));
        losses.push(value.item());
        for (const [name, parameter] of model.namedParameters()) {
          const gradient = grads.get(name)?.dataSync() ?? [];
          parameter.assign(parameter.dataSync().map((v, i) => v - 0.05 * gradient[i]));
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

  it('refuses a window of another shape', () => {
    scope(() => {
      const model = new Forecaster(config, { random: new Random(1) });
      const x = normal([4, 6, 2], { random: new Random(2) });
      expect(() => model.forward(slice(x, 1, 0, 5))).toThrow(/\[B, 6, 2\]/);
    });
  });
});
