import { describe, expect, it } from 'vitest';
import { constant, warmupCosine, warmupLinear } from './schedules.ts';

describe('schedules', () => {
  it('warmupCosine: rises in a line, meets the peak at the end of the warm-up, the middle half-way, the floor at the end', () => {
    const rate = warmupCosine({ peak: 1, warmup: 4, steps: 24, floor: 0.1 });
    expect([0, 1, 2, 3].map(rate)).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(rate(4)).toBe(1);
    expect(rate(14)).toBeCloseTo(0.55, 14);
    expect(rate(9)).toBeCloseTo(0.1 + 0.9 * 0.5 * (1 + Math.SQRT1_2), 14);
    expect(rate(23)).toBeGreaterThan(0.1);
    expect([24, 25, 1000].map(rate)).toEqual([0.1, 0.1, 0.1]);
  });

  it('warmupLinear', () => {
    const rate = warmupLinear({ peak: 2, warmup: 1, steps: 5 });
    expect([0, 1, 2, 3, 4, 5, 6].map(rate)).toEqual([1, 2, 1.5, 1, 0.5, 0, 0]);
  });

  it('no warm-up, no decay, constant', () => {
    expect(warmupCosine({ peak: 3, steps: 10 })(0)).toBe(3);
    expect(warmupCosine({ peak: 3, warmup: 2, steps: 2, floor: 1 })(2)).toBe(1);
    expect([0, 7].map(constant(0.5))).toEqual([0.5, 0.5]);
  });

  it('refuses lengths that make no sense', () => {
    expect(() => warmupCosine({ peak: 1, warmup: 10, steps: 5 })).toThrow(/warmup ≤ steps/);
    expect(() => warmupLinear({ peak: 1, warmup: 0.5, steps: 5 })).toThrow(/integers/);
  });
});
