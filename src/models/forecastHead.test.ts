import { describe, expect, it } from 'vitest';
import { withBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { Random } from '../random.ts';
import { normal, scope, tensor, valueAndGrad } from '../tensor/index.ts';
import { ForecastHead, type ForecastLoss, forecastLosses } from './forecastHead.ts';
import { studentQuantiles } from './studentT.ts';

const backend = new ReferenceBackend({ float64: true });
const inFloat64 = <T>(compute: () => T): T => withBackend(backend, () => scope(compute));
const score = (loss: ForecastLoss, parameters: number[], y: number, levels?: number[]) =>
  inFloat64(() => {
    const shape = [1, 1, 1];
    return new ForecastHead(loss, levels)
      .score(tensor(parameters, { shape: [...shape, parameters.length] }), tensor([y], { shape }))
      .item();
  });

describe('losses', () => {
  it('are what their names say', () => {
    expect(score('mse', [1], 3)).toBeCloseTo(4, 12);
    expect(score('mae', [1], 3)).toBeCloseTo(2, 12);
    expect(score('huber', [1], 3)).toBeCloseTo(1.5, 12);
    expect(score('huber', [1], 1.5)).toBeCloseTo(0.125, 12);
    // Twice the mean of 0.1 · 2, 0.5 · 1 and (1 - 0.9) · 1.
    expect(score('quantile', [1, 2, 4], 3, [0.1, 0.5, 0.9])).toBeCloseTo((2 * (0.2 + 0.5 + 0.1)) / 3, 6);
  });

  it('are R’s -dnorm and -dt on logarithms', () => {
    expect(score('gaussian', [1, 2], 2)).toBeCloseTo(1.737085713764618, 6);
    // -dt(1, 5, log = TRUE), -dt(-3, 2.5, log = TRUE) + log(2), -dt(0.5, 300, log = TRUE)
    expect(score('studentT', [0, 1, 5], 1)).toBeCloseTo(1.515584259, 6);
    expect(score('studentT', [0, 2, 2.5], -6)).toBeCloseTo(4.380385305, 6);
    expect(score('studentT', [0, 1, 300], 0.5)).toBeCloseTo(1.045136304, 5);
  });

  it('count what was observed alone', () => {
    const found = inFloat64(() => {
      const [parameters, y, counted] = [
        [1, 5],
        [2, 100],
        [1, 0],
      ].map((values) => tensor(values, { shape: [1, 2, 1] }));
      return new ForecastHead('mse').score(parameters.reshape([1, 2, 1, 1]), y, counted).item();
    });
    expect(found).toBe(1);
  });

  it.each([...forecastLosses])('%s has the gradient that differences give', (loss) => {
    const head = new ForecastHead(loss);
    inFloat64(() => {
      const raw = normal([2, 3, 1, head.outputs], { random: new Random(1) });
      const y = normal([2, 3, 1], { random: new Random(2) });
      const shift = tensor([0.3]);
      const scale = tensor([1.7]);
      const of = (x: typeof raw) => head.score(head.parameters(x, { shift, scale }), y);
      const gradient =
        valueAndGrad([raw], () => of(raw))
          .grads.get('0')
          ?.dataSync() ?? [];
      const values = Float64Array.from(raw.dataSync());
      values.forEach((_, i) => {
        const moved = (by: number) =>
          of(
            tensor(
              values.map((v, j) => (i === j ? v + by : v)),
              { shape: raw.shape },
            ),
          ).item();
        expect(gradient[i]).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 4);
      });
    });
  });
});

describe('distributions', () => {
  it('have quantiles that do not cross, whatever the network says', () => {
    inFloat64(() => {
      for (const loss of ['quantile', 'gaussian', 'studentT'] as const) {
        const head = new ForecastHead(loss);
        const raw = normal([50, head.outputs], { random: new Random(3) }).mul(20);
        const rows = head.parameters(raw).dataSync();
        for (let row = 0; row < 50; row++) {
          const step = rows.slice(row * head.outputs, (row + 1) * head.outputs);
          const quantiles = head.quantiles(step) ?? [];
          expect(quantiles).toHaveLength(7);
          quantiles.slice(1).forEach((value, i) => {
            expect(value).toBeGreaterThanOrEqual(quantiles[i]);
          });
          expect(head.point(step)).toBeCloseTo(quantiles[3], 6);
        }
      }
    });
  });

  it("are R's qt", () => {
    const levels = [0.05, 0.5, 0.9, 0.975];
    const wanted: [number, number[]][] = [
      [3, [-2.353363, 0, 1.637744, 3.182446]],
      [10, [-1.812461, 0, 1.372184, 2.228139]],
      [200, [-1.652508, 0, 1.285799, 1.971896]],
    ];
    for (const [freedom, quantiles] of wanted) {
      studentQuantiles(levels, freedom).forEach((value, i) => {
        expect(value).toBeCloseTo(quantiles[i], 3);
      });
    }
    expect(studentQuantiles([0.975], 1e6)[0]).toBeCloseTo(1.959964, 5);
  });

  it('know their deviation', () => {
    expect(new ForecastHead('gaussian').deviation([5, 2])).toBe(2);
    expect(new ForecastHead('studentT').deviation([5, 2, 4])).toBeCloseTo(2 * Math.SQRT2, 12);
    expect(new ForecastHead('mse').deviation([5])).toBeUndefined();
  });
});
