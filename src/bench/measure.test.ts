import '../backends/init.ts';
import { describe, expect, it } from 'vitest';
import { kernels } from './kernels.ts';
import { either, measure, rate } from './measure.ts';
import { Neighbours, productRate } from './neighbours.ts';
import { gptFlopsPerToken, gptShapes, train } from './train.ts';

/** A meter that says these loads in turn, the last one for ever. */
const saying = (loads: (number | undefined)[]) => () => () => {
  const load = loads.length > 1 ? loads.shift() : loads[0];
  return () => load;
};

describe('measuring', () => {
  it('counts only bursts in which nobody else computed', () => {
    let call = 0;
    // Bursts of three calls each: the first slow and disturbed, the second fast and quiet.
    const timing = measure(() => (call++ < 3 ? 9 : 2), { seconds: 0, warmup: 0, meter: saying([0.8, 0]) });
    expect(timing).toMatchObject({ best: 9, quiet: false });
    const both = measure(() => (call++ < 6 ? 9 : 2), { seconds: 0.02, warmup: 0, meter: saying([0.8, 0]) });
    expect(both).toMatchObject({ best: 2, median: 2, quiet: true });
  });

  it('says when no burst was quiet and takes the least disturbed', () => {
    expect(measure(() => 3, { seconds: 0, warmup: 0 })).toMatchObject({ best: 3, quiet: false });
    expect(measure(() => 3, { seconds: 0, warmup: 0, meter: saying([undefined]) })).toMatchObject({ quiet: false });
  });

  it('judges by the larger of two loads, and by the one that is known', () => {
    const load = (a?: number, b?: number) => either(saying([a]), saying([b]))()()();
    expect([load(0.2, 0.7), load(0.2), load(undefined, 0.3), load()]).toEqual([0.7, 0.2, 0.3, undefined]);
  });

  it('knows a slow neighbour by what the same product reached before or after', () => {
    const rates = [50, 60, 100, 99];
    const { meter } = new Neighbours(2, () => rates.shift() ?? Number.NaN);
    const first = meter()();
    expect(first()).toBeCloseTo(2 * (0.9 - 50 / 60));
    const second = meter()();
    expect([first(), second()]).toEqual([expect.closeTo(0.8), 0]);
    expect(productRate()).toBeGreaterThan(0);
  });

  it('waits until neighbours are quiet, or as long as it may', () => {
    const rates = [100, 40, 95];
    const neighbours = new Neighbours(2, () => rates.shift() ?? 10);
    expect(neighbours.settle(0)).toBe(true);
    expect(neighbours.settle(60)).toBe(true);
    expect(neighbours.settle(0)).toBe(false);
  });

  it('turns seconds into a rate', () => {
    const figure = rate('x', 'steps/s', 10, { best: 2, median: 4, calls: 3, quiet: true }, 7);
    expect(figure).toEqual({ name: 'x', unit: 'steps/s', best: 5, median: 2.5, limit: 7, quiet: true });
  });
});

describe('what is measured', () => {
  it('has names that are known beforehand and unique', () => {
    const names = [...kernels, ...train].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(train.map(({ name }) => name)).toEqual([
      'train/gpt-a',
      'train/gpt-b',
      'train/lstm-1-32-12-32',
      'train/lstm-1-128-48-64',
      'train/lstm-512-512-64-32',
      'train/gru-1-128-48-64',
    ]);
  });

  it('counts 6 N + 12 L C T for a token', () => {
    // 4 blocks of 12 C² + 13 C, the last norm and the embedding; the position table multiplies nothing
    const weights = 4 * (12 * 128 * 128 + 13 * 128) + 2 * 128 + 65 * 128;
    expect(gptFlopsPerToken(gptShapes['gpt-a'])).toBe(6 * weights + 12 * 4 * 128 * 64);
  });

  it('runs every kernel on this machine', () => {
    const bench = { limits: { flops: 1e9, bytes: 1e9 }, options: { seconds: 0.001, warmup: 0 } };
    const small = kernels.filter(({ name }) => /gemm-64|attention-12|lstm-1-32|add-1/.test(name));
    for (const entry of small) {
      const figure = entry.run(bench);
      expect(figure.name).toBe(entry.name);
      expect(Number.isFinite(figure.median) && figure.median > 0).toBe(true);
      expect(figure.best > 0 && Number.isFinite(figure.best)).toBe(true);
    }
  });
});
