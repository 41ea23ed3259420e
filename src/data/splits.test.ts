import { expect, test } from 'vitest';
import { splitCounts, splitFraction } from './splits.ts';

const coded = expect.objectContaining({ code: 'BAD_ARGUMENT' });

test('a fraction is cut off the end, where nanoGPT cuts it', () => {
  const ids = Int32Array.from({ length: 1115394 }, (_, i) => i);
  const { train, validation } = splitFraction(ids);
  expect([train.length, validation.length, validation[0]]).toEqual([1003854, 111540, 1003854]);
  expect(splitFraction('abcd', { validation: 0.25 })).toEqual({ train: 'abc', validation: 'd' });
});

test('counts are cut off the end, test last', () => {
  expect(splitCounts([1, 2, 3, 4, 5, 6], { test: 2, validation: 1 })).toEqual({
    train: [1, 2, 3],
    validation: [4],
    test: [5, 6],
  });
  expect(splitCounts([1, 2], { test: 0 })).toEqual({ train: [1, 2], validation: [], test: [] });
});

test('a split that leaves nothing is refused', () => {
  for (const validation of [0, 1, -1, Number.NaN]) {
    expect(() => splitFraction([1, 2, 3], { validation })).toThrow(coded);
  }
  expect(() => splitFraction([1], { validation: 0.5 })).toThrow(coded);
  expect(() => splitCounts([1, 2, 3], { test: 2, validation: 1 })).toThrow(coded);
  expect(() => splitCounts([1, 2, 3], { test: 0.5 })).toThrow(coded);
  expect(() => splitCounts([1, 2, 3], { test: -1 })).toThrow(coded);
});
