import { describe, expect, it } from 'vitest';
import { aggregate, type Curve, clip, decimate, lowerBound, smooth, valueAt } from './smooth.ts';

const curve = (y: number[], x = y.map((_, i) => i)): Curve => ({ x, y, min: y, max: y });

describe('smooth', () => {
  it('leaves a constant curve constant from its first point on', () => {
    for (const value of smooth(curve([3, 3, 3, 3, 3]), 0.9).y) expect(value).toBeCloseTo(3, 12);
  });
  it('does nothing with weight 0, and keeps least and greatest as measured', () => {
    const noisy = curve([1, 9, 1, 9]);
    expect(smooth(noisy, 0)).toBe(noisy);
    expect(smooth(noisy, 0.8).max).toEqual([1, 9, 1, 9]);
  });
  it('smooths more with more weight', () => {
    const noisy = curve(Array.from({ length: 400 }, (_, i) => (i % 2 ? 1 : -1)));
    const ripple = (weight: number) => {
      const { y } = smooth(noisy, weight);
      return Math.abs(y[300] - y[301]);
    };
    expect(ripple(0.9)).toBeLessThan(ripple(0.5));
    expect(ripple(0.9)).toBeLessThan(0.3);
  });
  it('gives nearly the same for a curve logged half as densely', () => {
    const line = Array.from({ length: 2001 }, (_, i) => Math.sqrt(i));
    const half = line.filter((_, i) => i % 2 === 0);
    const x = half.map((_, i) => 2 * i);
    expect(smooth(curve(half, x), 0.95).y[1000]).toBeCloseTo(smooth(curve(line), 0.95).y[2000], 0);
  });
  it('passes over gaps', () => {
    expect([...smooth(curve([2, Number.NaN, 2, 2]), 0.5).y]).toEqual([2, Number.NaN, 2, 2]);
  });
});

describe('decimate', () => {
  it('keeps the extremes, the last value and the ends', () => {
    const y = Array.from({ length: 10_000 }, (_, i) => (i === 5003 ? 99 : i === 7001 ? -99 : i % 7));
    const thin = decimate(curve(y), 100);
    expect(thin.x.length).toBeLessThanOrEqual(100);
    expect(Math.max(...thin.max)).toBe(99);
    expect(Math.min(...thin.min)).toBe(-99);
    expect(thin.x.at(-1)).toBe(9999);
    expect(thin.y.at(-1)).toBe(y.at(-1));
  });
  it('returns short curves as they are', () => {
    const short = curve([1, 2, 3]);
    expect(decimate(short, 3)).toBe(short);
  });
});

describe('clip, lowerBound, valueAt', () => {
  const line = curve([0, 10, 20, 30, 40]);
  it('keeps one neighbour on each side', () => expect(clip(line, 1.5, 2.5).x).toEqual([1, 2, 3]));
  it('finds the first not below', () => expect([lowerBound(line.x, 2), lowerBound(line.x, 9)]).toEqual([2, 5]));
  it('reads the nearest value, and none beyond the ends', () => {
    expect([valueAt(line, 1.4), valueAt(line, 1.6), valueAt(line, 5), valueAt(line, 4.5, 1)]).toEqual([
      10,
      20,
      undefined,
      40,
    ]);
  });
});

it('smooths the means of what a point stands for, not its last value', () => {
  const jagged = { ...curve(Array.from({ length: 500 }, (_, i) => (i % 2 ? 9 : -9))), mean: new Array(500).fill(2) };
  for (const value of smooth(jagged, 0.5).y) expect(value).toBeCloseTo(2, 12);
});

describe('aggregate', () => {
  it('is the mean in the band of the least and greatest, where curves reach', () => {
    const { x, y, min, max } = aggregate([curve([0, 1, 2, 3]), curve([2, 4], [0, 2])]);
    expect([[...x], [...y], [...min], [...max]]).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 3],
      [0, 1, 2, 3],
      [2, 3, 4, 3],
    ]);
  });
  it('takes an even grid where curves share no points, and passes over what is not finite', () => {
    const long = Array.from({ length: 900 }, (_, i) => i);
    const both = aggregate([
      curve(long),
      curve(
        [Number.NaN, ...long.slice(1)],
        long.map((i) => i + 0.5),
      ),
    ]);
    expect(both.x.length).toBe(500);
    expect(both.y[250]).toBeCloseTo(both.x[250] - 0.25, 6);
    expect(both.y.every(Number.isFinite)).toBe(true);
  });
  it('of nothing is nothing', () => expect(aggregate([]).x.length).toBe(0));
});
