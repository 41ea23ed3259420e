import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { runName } from './names.ts';

test('a name is adjective-noun-number and follows from its source of chance', () => {
  const draw = (seed: number) => {
    const random = new Random(seed, 'name');
    return runName(() => random.uniform());
  };
  expect(draw(1)).toMatch(/^[a-z]+-[a-z]+-\d{1,2}$/);
  expect(draw(1)).toBe(draw(1));
  expect(new Set(Array.from({ length: 50 }, (_, seed) => draw(seed))).size).toBeGreaterThan(45);
});

test('taken names are drawn again, with longer numbers once short ones are used up', () => {
  const random = new Random(2, 'name');
  expect(
    runName(
      () => random.uniform(),
      (name) => /-\d{1,2}$/.test(name),
    ),
  ).toMatch(/-\d{3}$/);
});

test('a source that always gives the same is refused instead of looping', () => {
  expect(() =>
    runName(
      () => 0,
      () => true,
    ),
  ).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});
