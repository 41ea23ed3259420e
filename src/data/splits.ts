/**
 * Splits in order: what comes later is held out, never shuffled into training.
 */

import { LookbackError } from '../errors.ts';

/** Anything cut by position: token ids, a series, an array of rows. */
interface Sliceable<T> {
  readonly length: number;
  slice(begin: number, end?: number): T;
}

/**
 * Cuts off the last `validation` fraction, after `floor(length · (1 - validation))` elements (as nanoGPT does).
 *
 * @throws BAD_ARGUMENT when the fraction is not in (0, 1) or one part would be empty
 */
export function splitFraction<T extends Sliceable<T>>(
  ids: T,
  { validation = 0.1 }: { validation?: number } = {},
): { train: T; validation: T } {
  const boundary = Math.floor(ids.length * (1 - validation));
  if (!(validation > 0 && validation < 1) || boundary === 0 || boundary === ids.length) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'splitFraction',
      expected: 'a validation fraction between 0 and 1 that leaves something on both sides',
      got: `${validation} of ${ids.length} elements`,
    });
  }
  return { train: ids.slice(0, boundary), validation: ids.slice(boundary) };
}

/**
 * Cuts off the last `test` elements, and the `validation` elements before those.
 *
 * @throws BAD_ARGUMENT when a count is not a whole number ≥ 0 or nothing is left to train on
 */
export function splitCounts<T extends Sliceable<T>>(
  series: T,
  { test, validation = 0 }: { test: number; validation?: number },
): { train: T; validation: T; test: T } {
  const boundary = series.length - test - validation;
  if (![test, validation].every((count) => Number.isSafeInteger(count) && count >= 0) || boundary <= 0) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'splitCounts',
      expected: `whole numbers that leave something of ${series.length} elements to train on`,
      got: `test ${test}, validation ${validation}`,
      next: 'Hold out less, or bring a longer series',
    });
  }
  return {
    train: series.slice(0, boundary),
    validation: series.slice(boundary, boundary + validation),
    test: series.slice(boundary + validation),
  };
}
