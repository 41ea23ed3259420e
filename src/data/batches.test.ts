import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutWindows, OffsetSampler, ShuffledSampler } from './batches.ts';

const coded = expect.objectContaining({ code: 'BAD_ARGUMENT' });
const draw = (sampler: ShuffledSampler, batches: number) =>
  Array.from({ length: batches }, () => [...sampler.next()]).flat();

describe('ShuffledSampler', () => {
  test('every epoch holds every example once, in an order of its own', () => {
    const drawn = draw(new ShuffledSampler({ count: 10, batch: 4, seed: 1 }), 5);
    const [first, second] = [drawn.slice(0, 10), drawn.slice(10)];
    for (const epoch of [first, second]) expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(first).not.toEqual(second);
    expect(draw(new ShuffledSampler({ count: 10, batch: 4, seed: 2 }), 5)).not.toEqual(drawn);
    expect(draw(new ShuffledSampler({ count: 10, batch: 4, seed: 1, stream: 'other' }), 5)).not.toEqual(drawn);
  });

  test('goes on exactly from a state kept as JSON, wherever it was taken', () => {
    const sizes = { count: fc.integer({ min: 1, max: 20 }), batch: fc.integer({ min: 1, max: 25 }) };
    fc.assert(
      fc.property(fc.record({ ...sizes, seed: fc.nat() }), fc.nat(6), (options, before) => {
        const straight = new ShuffledSampler(options);
        draw(straight, before);
        const resumed = new ShuffledSampler(options);
        resumed.restore(JSON.parse(JSON.stringify(straight.state)));
        expect(draw(resumed, 4)).toEqual(draw(straight, 4));
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  test('a state of other data is refused', () => {
    const sampler = new ShuffledSampler({ count: 10, batch: 4, seed: 1 });
    expect(() => sampler.restore({ epoch: 0, position: 11 })).toThrow(coded);
    expect(() => sampler.restore({ epoch: -1, position: 0 })).toThrow(coded);
    expect(() => sampler.restore({ epoch: 0, position: 1.5 })).toThrow(coded);
    expect(() => new ShuffledSampler({ count: 0, batch: 4, seed: 1 })).toThrow(coded);
  });
});

describe('OffsetSampler', () => {
  test('a step always has the same offsets, and all of them occur', () => {
    const sampler = new OffsetSampler({ length: 12, context: 4, seed: 5 });
    expect(sampler.offsetsAt(7, 6)).toEqual(new OffsetSampler({ length: 12, context: 4, seed: 5 }).offsetsAt(7, 6));
    expect(sampler.offsetsAt(7, 6)).not.toEqual(sampler.offsetsAt(8, 6));
    const evaluation = new OffsetSampler({ length: 12, context: 4, seed: 5, stream: 'evaluation' });
    expect(evaluation.offsetsAt(7, 6)).not.toEqual(sampler.offsetsAt(7, 6));
    expect(new Set(sampler.offsetsAt(1, 500))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });

  test('a text shorter than a window and its successor is refused', () => {
    expect(new OffsetSampler({ length: 5, context: 4, seed: 1 }).offsets).toBe(1);
    expect(() => new OffsetSampler({ length: 4, context: 4, seed: 1 })).toThrow(coded);
    expect(() => new OffsetSampler({ length: 4, context: 0, seed: 1 })).toThrow(coded);
  });
});

test('windows and their targets lie one apart', () => {
  const { inputs, targets } = cutWindows([5, 6, 7, 8, 9], [0, 2], 2);
  expect([...inputs]).toEqual([5, 6, 7, 8]);
  expect([...targets]).toEqual([6, 7, 8, 9]);
  for (const offset of [-1, 3, Number.NaN]) expect(() => cutWindows([5, 6, 7, 8, 9], [offset], 2)).toThrow(coded);
});
