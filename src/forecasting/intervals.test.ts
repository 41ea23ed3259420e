import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../math.ts';
import { Random } from '../random.ts';
import type { Fold } from './backtest.ts';
import {
  adaptiveInterval,
  adaptiveLevel,
  calibration,
  conformalInterval,
  intervalOf,
  quantileAt,
  quantileInterval,
  quantilesOf,
} from './intervals.ts';

const levels = [0.05, 0.25, 0.5, 0.75, 0.95];

/** Folds of one step whose truths are 10 + spread(turn) times normal; `said`: the spread that the model's quantiles claim. */
function normalFolds(count: number, spread: (turn: number) => number, said?: number): Fold[] {
  const random = new Random(11, 'folds');
  return Array.from({ length: count }, (_, turn) => ({
    series: 0,
    turn,
    origin: turn,
    truth: Float64Array.of(10 + spread(turn) * random.normal()),
    mean: Float64Array.of(10),
    ...(said && {
      quantiles: { levels, values: levels.map((level) => Float64Array.of(10 + said * normalQuantile(level))) },
    }),
  }));
}

describe('calibration', () => {
  it('finds the coverage asked for, at every level, where folds are alike', () => {
    for (const { level, split, adaptive, own, quantile, width } of calibration(normalFolds(400, () => 2))) {
      expect(Math.abs((split ?? 0) - level)).toBeLessThan(0.03);
      expect(Math.abs((adaptive ?? 0) - level)).toBeLessThan(0.05);
      expect([own, quantile]).toEqual([null, null]);
      expect((width ?? 0) / (4 * normalQuantile((1 + level) / 2))).toBeCloseTo(1, 0);
    }
  });

  it('shows quantiles that are too narrow or too wide, and mends them', () => {
    for (const said of [0.5, 8]) {
      const [row] = calibration(
        normalFolds(400, () => 2, said),
        [0.9],
      );
      expect(Math.abs((row.own ?? 0) - 0.9)).toBeGreaterThan(0.08);
      expect(Math.abs((row.quantile ?? 0) - 0.9)).toBeLessThan(0.03);
    }
  });

  it('cannot tell from one origin', () => {
    const [row] = calibration(
      normalFolds(1, () => 1, 1),
      [0.9],
    );
    expect(row).toEqual({ level: 0.9, split: null, adaptive: null, own: null, quantile: null, width: null });
  });
});

describe('adaptive intervals', () => {
  it('widen when the series becomes wilder, and hold their level where split ones lose it', () => {
    const folds = normalFolds(300, (turn) => (turn < 150 ? 1 : 6));
    const late = { mean: Float64Array.of(10) };
    const split = conformalInterval(folds.slice(0, 200), late, 0.8);
    const adaptive = adaptiveInterval(folds.slice(0, 200), late, 0.8);
    expect(adaptive.upper[0]).toBeGreaterThan(split.upper[0]);
    const { inside } = adaptiveLevel(folds, 0.8);
    expect(inside).toHaveLength(298);
    expect(Math.abs(inside.filter(Boolean).length / inside.length - 0.8)).toBeLessThan(0.05);
  });

  it('move the level by the misses, as in the paper', () => {
    const at = (truth: number, origin: number): Fold => ({
      series: 0,
      turn: origin,
      origin,
      truth: Float64Array.of(truth),
      mean: Float64Array.of(0),
    });
    // Misses 1 and 1 make an interval of ±1: 5 is outside, 0 then inside.
    const { level, inside } = adaptiveLevel([at(1, 0), at(1, 1), at(5, 2), at(0, 3)], 0.9, 0.1);
    expect(inside).toEqual([false, true]);
    expect(level).toBeCloseTo(0.9 + 0.1 * (1 - 0.1) + 0.1 * (0 - 0.1), 12);
  });
});

describe('conformalized quantiles', () => {
  const said = { levels, values: levels.map((level) => Float64Array.of(10 + normalQuantile(level))) };

  it('lie between given levels on a line, beyond them at the last', () => {
    expect(quantileAt(said, 0.5)[0]).toBe(10);
    expect(quantileAt(said, 0.375)[0]).toBeCloseTo(10 + normalQuantile(0.25) / 2, 12);
    expect(quantileAt(said, 0.001)[0]).toBe(said.values[0][0]);
    expect(quantileAt(said, 0.999)[0]).toBe(said.values[4][0]);
  });

  it('move both ends by what was missed, and never cross', () => {
    const folds = normalFolds(200, () => 0.001, 5);
    const found = quantileInterval(folds, { mean: Float64Array.of(10), quantiles: said }, 0.9);
    expect(found?.lower[0]).toBeLessThanOrEqual(found?.upper[0] ?? Number.NaN);
    expect((found?.upper[0] ?? 0) - (found?.lower[0] ?? 0)).toBeLessThan(0.1);
  });

  it('fall back on split ones where there are none', () => {
    const folds = normalFolds(20, () => 1);
    const forecast = { mean: Float64Array.of(10) };
    expect(intervalOf('quantile', folds, forecast, 0.9)).toEqual(intervalOf('split', folds, forecast, 0.9));
  });

  it('are what a model without a distribution is scored by', () => {
    const folds = normalFolds(50, () => 1);
    const made = quantilesOf(folds, folds[7]);
    const at = made?.values.map(([value]) => value) ?? [];
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(quantilesOf(folds.slice(0, 1), folds[0])).toBeUndefined();
  });
});
