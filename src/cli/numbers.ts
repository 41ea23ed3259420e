/** Numbers given as options, refused by commander with what was expected. */
import { InvalidArgumentError } from 'commander';

/** Reads a whole number of at least `least`. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least) throw new InvalidArgumentError(`expected a whole number ≥ ${least}.`);
    return value;
  };
}

/** Reads a number from `low` to `high`, both included. */
export function number(low: number, high = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= low && value <= high)) {
      const expected = high === Number.POSITIVE_INFINITY ? `≥ ${low}` : `from ${low} to ${high}`;
      throw new InvalidArgumentError(`expected a number ${expected}.`);
    }
    return value;
  };
}
