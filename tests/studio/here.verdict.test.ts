/** What the pages that train say of their results: pure, no browser. */
import { describe, expect, it } from 'vitest';
import '../../src/backends/init.ts';
import { type BreakPoint, runBreak } from '../../studio/src/lib/here/breaks.ts';
import { breaks, ending, sentence } from '../../studio/src/lib/here/outcomes.ts';
import { judge, largestDifference } from '../../studio/src/lib/here/verdict.ts';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
const there = { dataHash: a, parametersHash: a };

describe('the verdict', () => {
  it('is green only where data and parameters are the same', () => {
    expect(judge({ dataHash: a, parametersHash: a }, there, { fused: true })).toMatchObject({
      same: true,
      title: 'Same bits',
    });
    expect(judge({ dataHash: a }, there, { fused: true })).toBeUndefined();
    expect(judge({ dataHash: b }, there, { fused: true })).toMatchObject({ same: false, title: 'Other data' });
    expect(judge({ dataHash: b, parametersHash: a }, there, { fused: true })?.same).toBe(false);
  });

  it('says which part differs, and what is known of why', () => {
    const other = judge({ dataHash: a, parametersHash: b }, there, {
      fused: true,
      difference: 0.25,
      versions: ['0.0.9', '0.1.0'],
    });
    expect(other?.title).toBe('Not the same');
    expect(other?.reasons.join(' ')).toMatch(/parameters differ.*2\.5e-1.*Lookback 0\.0\.9, this is 0\.1\.0/);
    const unfused = judge({ dataHash: a, parametersHash: b }, there, { fused: false });
    expect(unfused).toMatchObject({ same: false, title: 'Same to tolerance' });
    expect(unfused?.reasons.join(' ')).toContain('does not fuse');
  });

  it('compares curves at the steps both have', () => {
    const curve = (steps: number[], last: number[]) => ({ steps, last });
    expect(largestDifference(curve([1, 2, 3], [1, 2, 3]), curve([2, 3, 4], [2.5, 3, 9]))).toBe(0.5);
    expect(largestDifference(curve([1], [1]), curve([2], [1]))).toBeUndefined();
    expect(largestDifference(curve([1], [Number.NaN]), curve([1], [1]))).toBeUndefined();
  });
});

describe('a break’s sentence', () => {
  const flat = (values: Record<string, number>): BreakPoint[] => [0, 10, 20].map((step) => ({ step, values }));

  it('follows the results, also where the break does no harm', () => {
    const [low, high] = [flat({ 'loss as trained': 2 }), flat({ 'loss as trained': 2.5 })];
    expect(sentence('sgd', low, high)).toMatch(/2\.50 by SGD and 2 by Adam, 25 % more/);
    expect(sentence('sgd', high, low)).toMatch(/20 % less: here one rate .* better choice/);
    expect(sentence('no-positions', low, low)).toMatch(/about the same: the causal mask alone/);
    const masked = flat({ 'loss as trained': 2, 'next character': 2.1 });
    expect(sentence('no-mask', masked, flat({ 'loss as trained': 0.2, 'next character': 3 }))).toMatch(
      /copy the answer it could see, not to predict/,
    );
    expect(sentence('no-mask', masked, masked)).toMatch(/has not found out how to copy/);
  });

  it('has two trainings for each break', () => {
    for (const { name } of breaks) expect(sentence(name, [], []).length).toBeGreaterThan(40);
    expect(ending([], 'loss')).toBeNaN();
  });
});

describe('the breaks themselves', () => {
  const train = async (name: 'additive-path' | 'shuffled-time', broken: boolean) => {
    const points: BreakPoint[] = [];
    await runBreak({ name, broken, text: '' }, (point) => points.push(point));
    return points;
  };

  it('without its additive path an LSTM forgets what it read first', async () => {
    const [whole, broken] = [await train('additive-path', false), await train('additive-path', true)];
    expect(ending(whole, 'recalled')).toBeGreaterThan(90);
    expect(ending(broken, 'recalled')).toBeLessThan(45);
    expect(broken[0].values.loss).toBeCloseTo(whole[0].values.loss, 1);
  });

  it('in a random order months say less', async () => {
    const [whole, broken] = [await train('shuffled-time', false), await train('shuffled-time', true)];
    expect(ending(broken, 'held-out error')).toBeGreaterThan(1.5 * ending(whole, 'held-out error'));
  });
});
