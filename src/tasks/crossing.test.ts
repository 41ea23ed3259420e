import { expect, it } from 'vitest';
import { exp, log } from '../math.ts';
import { predictCrossing } from './crossing.ts';

/** loss = 4 - ln(seconds) / 2 at 1, 2, 4, … seconds. */
const curve = (points: number) =>
  Array.from({ length: points }, (_, i) => ({ seconds: 2 ** i, loss: 4 - log(2 ** i) / 2 }));

it('finds where a curve that falls with the logarithm of time meets a floor', () => {
  const crossing = predictCrossing(curve(6), 2);
  expect(crossing.kind).toBe('predicted');
  // 4 - ln(s) / 2 = 2
  if (crossing.kind === 'predicted') expect(crossing.seconds).toBeCloseTo(exp(4), 6);
});

it('knows a floor already crossed by the first point at or below it', () => {
  expect(predictCrossing(curve(6), 3)).toEqual({ kind: 'crossed', seconds: 8 });
});

it('sees no crossing for too few points, a curve that rises, or one far too slow', () => {
  expect(predictCrossing([], 1)).toEqual({ kind: 'never' });
  expect(predictCrossing([{ seconds: 0, loss: 4 }], 1)).toEqual({ kind: 'never' });
  expect(
    predictCrossing(
      [...curve(3)].reverse().map(({ loss }, i) => ({ seconds: i, loss })),
      1,
    ).kind,
  ).toBe('never');
  expect(predictCrossing(curve(6), -1000)).toEqual({ kind: 'never' });
});
