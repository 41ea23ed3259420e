import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { airlinePassengers } from './airline.ts';
import { TransformChain } from './transform-chain.ts';
import { transformNames } from './transforms.ts';

const thrown = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(words.join('[^]*'))) });

const period = 4;
const lookback = 6;
/** Any order of any transforms that positive series allow: log first, centre last. */
const chainNames = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.constantFrom('standardize', 'difference', 'seasonalDifference'), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([log, middle, centre]) => [...(log ? ['log'] : []), ...middle, ...(centre ? ['centre'] : [])]);
const positiveSeries = fc
  .array(fc.double({ min: 0.5, max: 1000, noNaN: true }), { minLength: 40, maxLength: 60 })
  .map((values) => Float64Array.from(values));

describe('TransformChain', () => {
  it('undoes exactly what it did, for every list of transforms', () => {
    fc.assert(
      fc.property(chainNames, positiveSeries, fc.integer({ min: 1, max: 10 }), (names, values, horizon) => {
        const origin = values.length - horizon;
        const history = values.subarray(0, origin);
        const chain = new TransformChain(names, { period, lookback }).fit(history);
        const all = chain.apply(values);
        expect(all.length).toBe(values.length - chain.lost);
        // A perfect model's forecast: the transformed future, centred as the model's input is.
        const input = chain.input(history, lookback);
        const shift = chain.centresWindows ? all[origin - chain.lost - 1] - input[lookback - 1] : 0;
        const forecast = all.subarray(origin - chain.lost).map((value) => value - shift);
        const restored = chain.invertForecast(forecast, history);
        restored.forEach((value, i) => {
          // Four differences of values up to 1000, summed over 10 steps, lose at most some 1e5 roundings.
          expect(Math.abs(value - values[origin + i])).toBeLessThan(1e-8 * Math.max(1, values[origin + i]));
        });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('learns from the training part alone, and each value depends on no later one', () => {
    fc.assert(
      fc.property(
        chainNames,
        positiveSeries,
        fc.double({ min: 0.5, max: 1000, noNaN: true }),
        (names, values, other) => {
          const end = 30;
          const changed = values.map((value, t) => (t < end ? value : other));
          const chain = new TransformChain(names, { period, lookback }).fit(values.subarray(0, end));
          const same = new TransformChain(names, { period, lookback }).fit(changed.subarray(0, end));
          expect(same.toJSON()).toEqual(chain.toJSON());
          const known = end - chain.lost;
          expect(chain.apply(changed).subarray(0, known)).toEqual(chain.apply(values).subarray(0, known));
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  it('standardizes the airline months to mean 0 and deviation 1 on the training part', () => {
    const { values } = airlinePassengers();
    const chain = new TransformChain(['log', 'seasonalDifference', 'standardize'], { period: 12 }).fit(
      values.subarray(0, 120),
    );
    const train = chain.apply(values).subarray(0, 108);
    const mean = train.reduce((sum, x) => sum + x, 0) / 108;
    expect(mean).toBeCloseTo(0, 12);
    expect(train.reduce((sum, x) => sum + x * x, 0) / 108).toBeCloseTo(1, 12);
    // With nothing forecast but the training mean, the inverse is last season times the mean growth, step for step.
    expect(chain.invertForecast([0], values.subarray(0, 120))[0]).toBeCloseTo(340 * (1 + 0.13), -1);
  });

  it('centres on the mean of the inputs', () => {
    const chain = new TransformChain(['centre'], { lookback: 3 }).fit(Float64Array.of(1, 2, 3));
    expect(chain.input(Float64Array.of(9, 1, 2, 6), 3)).toEqual(Float64Array.of(-2, -1, 3));
    expect(chain.invertForecast([0, 1], Float64Array.of(9, 1, 2, 6))).toEqual(Float64Array.of(3, 4));
  });

  it('survives JSON', () => {
    const { values } = airlinePassengers();
    const names = ['log', 'difference', 'seasonalDifference', 'standardize', 'centre'];
    const chain = new TransformChain(names, { period: 12, lookback: 24 }).fit(values);
    const copy = TransformChain.fromJSON(JSON.parse(JSON.stringify(chain)));
    expect(copy.names).toEqual(names);
    expect(copy.apply(values)).toEqual(chain.apply(values));
    expect(copy.invertForecast([1, 2, 3], values)).toEqual(chain.invertForecast([1, 2, 3], values));
  });

  it('leaves a constant series at 0', () => {
    const flat = new Float64Array(10).fill(0.1);
    expect(
      new TransformChain(['standardize'])
        .fit(flat)
        .apply(flat)
        .every((x) => Math.abs(x) < 1e-15),
    ).toBe(true);
  });

  describe('refuses', () => {
    const fit = (names: string[], values: number[]) => () =>
      new TransformChain(names, { period, lookback }).fit(Float64Array.from(values));

    it('unknown names with the nearest, missing sizes and centre before another', () => {
      expect(() => new TransformChain(['standardise'])).toThrow(
        thrown('RECIPE_INVALID', 'standardise', 'Did you mean standardize'),
      );
      expect(() => new TransformChain(['seasonalDifference'])).toThrow(
        thrown('RECIPE_INVALID', 'seasonalDifference', 'period'),
      );
      expect(() => new TransformChain(['centre'])).toThrow(thrown('RECIPE_INVALID', 'centre', 'lookback'));
      expect(() => new TransformChain(['centre', 'log'], { lookback })).toThrow(
        thrown('RECIPE_INVALID', 'centre', 'last'),
      );
    });

    it('values a transform does not take, by index in the original series', () => {
      expect(fit(['log'], [1, 2, 0, 4])).toThrow(thrown('DATA_INVALID', 'transform log', '0 at index 2'));
      expect(fit(['difference', 'log'], [1, 2, 1, 4])).toThrow(
        thrown('DATA_INVALID', 'transform log', '-1 at index 2'),
      );
      expect(fit(['log'], [1, Number.NaN])).toThrow(thrown('DATA_INVALID', 'NaN at index 1'));
    });

    it('series too short', () => {
      expect(fit(['seasonalDifference'], [1, 2, 3, 4])).toThrow(
        thrown('DATA_INVALID', 'seasonalDifference', 'more than 4', '4'),
      );
      expect(fit(['standardize'], [])).toThrow(thrown('DATA_INVALID', 'standardize'));
      const chain = new TransformChain(['difference', 'centre'], { lookback }).fit(new Float64Array(20));
      expect(() => chain.input(new Float64Array(6), 6)).toThrow(thrown('DATA_INVALID', 'at least 7 values', '6'));
      expect(() => chain.invertForecast([1], new Float64Array(6))).toThrow(thrown('DATA_INVALID', 'centre'));
    });

    it('use before fit, and states that are none', () => {
      expect(() => new TransformChain(['log']).apply(Float64Array.of(1))).toThrow(thrown('BAD_ARGUMENT', 'not fitted'));
      for (const state of [
        null,
        {},
        { transforms: [{ name: 'x' }] },
        { transforms: [{ name: 'standardize', mean: 1 }] },
      ]) {
        expect(() => TransformChain.fromJSON(state as never)).toThrow(thrown('CHECKPOINT_INVALID'));
      }
      expect(transformNames).toContain('centre');
    });
  });
});
