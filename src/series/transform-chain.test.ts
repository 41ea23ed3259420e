import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { airlinePassengers } from './airline.ts';
import { TransformChain } from './transform-chain.ts';
import { type TransformSpec, transformNames } from './transforms.ts';
import { makeWindows } from './windows.ts';

const thrown = (code: string, ...words: string[]) =>
  expect.objectContaining({ code, message: expect.stringMatching(new RegExp(words.join('[^]*'))) });

const period = 4;
const lookback = 6;
/** Any order of any transforms that positive series allow: a logarithm or power first, windows last. */
const chainSpecs = fc
  .tuple(
    fc.constantFrom<TransformSpec | undefined>(
      undefined,
      'log',
      'boxCox',
      { name: 'boxCox', lambda: 0.3 },
      { name: 'boxCox', lambda: 0 },
      { name: 'boxCox', lambda: -0.5 },
    ),
    fc.array(fc.constantFrom<TransformSpec>('standardize', 'minMax', 'difference', 'seasonalDifference'), {
      maxLength: 4,
    }),
    fc.constantFrom<TransformSpec | undefined>(undefined, 'centre', 'normalize'),
  )
  .map(([first, middle, windows]) => [first, ...middle, windows].filter((spec) => spec !== undefined));
const positiveSeries = fc
  .array(fc.double({ min: 0.5, max: 1000, noNaN: true }), { minLength: 40, maxLength: 60 })
  .map((values) => Float64Array.from(values));

describe('TransformChain', () => {
  it('undoes exactly what it did, for every list of transforms', () => {
    fc.assert(
      fc.property(chainSpecs, positiveSeries, fc.integer({ min: 1, max: 10 }), (names, values, horizon) => {
        const origin = values.length - horizon;
        const history = values.subarray(0, origin);
        const chain = new TransformChain(names, { period, lookback }).fit(history);
        const all = chain.apply(values);
        expect(all.length).toBe(values.length - chain.lost);
        // A perfect model's forecast: the transformed future, moved as the model's input is.
        const known = all.subarray(0, origin - chain.lost);
        const { shift, scale } = chain.windowMove(known);
        expect(chain.input(history, lookback)).toEqual(known.slice(-lookback).map((value) => (value - shift) / scale));
        const forecast = all.subarray(origin - chain.lost).map((value) => (value - shift) / scale);
        const restored = chain.invertForecast(forecast, history);
        restored.forEach((value, i) => {
          // Four differences of values up to 1000, summed over 10 steps, lose at most some 1e5 roundings; a power of
          // -0.5 loses some 1e3 more, for it is flat where values are large.
          expect(Math.abs(value - values[origin + i])).toBeLessThan(1e-6 * Math.max(1, values[origin + i]));
        });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('learns from the training part alone, and each value depends on no later one', () => {
    fc.assert(
      fc.property(
        chainSpecs,
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

  it('finds the power by itself, or takes the one given', () => {
    const { values } = airlinePassengers();
    const [{ lambda }] = new TransformChain(['boxCox'], { period: 12 }).fit(values.subarray(0, 120)).toJSON()
      .transforms as { lambda: number }[];
    // R's BoxCox.lambda by Guerrero's method (tests/classical/fixtures.json).
    expect(lambda).toBeCloseTo(-0.30966, 4);
    const root = new TransformChain([{ name: 'boxCox', lambda: 0.5 }]).fit(values);
    expect(root.apply(Float64Array.of(9))[0]).toBeCloseTo(4, 12);
    // Beyond the range of the transform lies the end of the range, not NaN.
    expect(root.invertForecast([-5], values)[0]).toBeCloseTo(0, 12);
  });

  it('brings the training part to 0 to 1, and a window to mean 0 and deviation 1', () => {
    const { values } = airlinePassengers();
    const ranged = new TransformChain(['minMax']).fit(values.subarray(0, 120)).apply(values);
    expect(Math.min(...ranged.subarray(0, 120))).toBe(0);
    expect(Math.max(...ranged.subarray(0, 120))).toBe(1);
    expect(Math.max(...ranged)).toBeGreaterThan(1);
    const input = new TransformChain(['normalize'], { lookback: 24 }).fit(values).input(values, 24);
    expect(input.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 10);
    expect(input.reduce((sum, x) => sum + x * x, 0) / 24).toBeCloseTo(1, 10);
    const { inputs, centres, scales } = makeWindows([[values]], { lookback: 24, horizon: 3, normalize: true });
    expect(inputs[5] * scales[0] + centres[0]).toBeCloseTo(values[5], 3);
  });

  it('shares the numbers of a global transform among series, and only those', () => {
    const series = [Float64Array.of(1, 2, 3), Float64Array.of(10, 20, 30)];
    const fit = (...specs: TransformSpec[]) =>
      TransformChain.fitTogether(specs, series).map((chain) => chain.toJSON().transforms);
    expect(fit({ name: 'minMax', scope: 'global' })).toEqual([
      [{ name: 'minMax', least: 1, range: 29 }],
      [{ name: 'minMax', least: 1, range: 29 }],
    ]);
    const [[own, together], [otherOwn, otherTogether]] = fit('minMax', { name: 'standardize', scope: 'global' });
    expect(own).not.toEqual(otherOwn);
    expect(together).toEqual(otherTogether);
    expect(together).toMatchObject({ name: 'standardize', mean: 0.5 });
    // Changing what another series holds changes a global number and no other.
    const changed = TransformChain.fitTogether(['minMax'], [series[0], Float64Array.of(7, 8)]);
    expect(changed[0].toJSON().transforms[0]).toEqual(own);
  });

  it('survives JSON', () => {
    const { values } = airlinePassengers();
    for (const names of [
      ['log', 'difference', 'seasonalDifference', 'standardize', 'centre'],
      ['boxCox', 'minMax', 'normalize'],
    ]) {
      const chain = new TransformChain(names, { period: 12, lookback: 24 }).fit(values);
      const copy = TransformChain.fromJSON(JSON.parse(JSON.stringify(chain)));
      expect(copy.names).toEqual(names);
      expect(copy.apply(values)).toEqual(chain.apply(values));
      expect(copy.invertForecast([1, 2, 3], values)).toEqual(chain.invertForecast([1, 2, 3], values));
    }
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

    it('settings that are none, with the nearest', () => {
      const chain = (spec: object) => () => new TransformChain([spec as TransformSpec]);
      expect(chain({ name: 'boxcox' })).toThrow(thrown('RECIPE_INVALID', 'boxcox', 'Did you mean boxCox'));
      expect(chain({ name: 'boxCox', lamda: 1 })).toThrow(thrown('RECIPE_INVALID', 'lamda', 'Did you mean lambda'));
      expect(chain({ name: 'boxCox', lambda: 3 })).toThrow(thrown('RECIPE_INVALID', 'lambda from -1 to 2', '3'));
      expect(chain({ name: 'log', scope: 'global' })).toThrow(thrown('RECIPE_INVALID', 'no settings', 'scope'));
      expect(chain({ name: 'minMax', scope: 'globl' })).toThrow(thrown('RECIPE_INVALID', 'Did you mean global'));
      expect(() => new TransformChain(['normalize', 'log'], { lookback })).toThrow(thrown('RECIPE_INVALID', 'last'));
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
