/**
 * The power of a Box-Cox transform under which the spread no longer grows with the level (Guerrero 1993): the one with
 * the least coefficient of variation of s / m^(1 - lambda) over the seasons' means m and deviations s.
 */
import { LookbackError } from '../../errors.ts';
import { pow } from '../../math.ts';

/** lambda from -1 to 2. @throws DATA_INVALID unless all values are positive and there are two groups of them. */
export function guerreroLambda(values: Float64Array, period = 1): number {
  const length = Math.max(2, period);
  const groups = Math.floor(values.length / length);
  if (groups < 2 || !values.every((value) => value > 0 && value < Infinity)) {
    throw new LookbackError('DATA_INVALID', {
      where: 'Box-Cox',
      expected: `at least ${2 * length} positive values`,
      got: `${values.length} values${values.every((value) => value > 0) ? '' : ', not all positive'}`,
      next: 'Shift the series or leave the transform out',
    });
  }
  const start = values.length - groups * length;
  const parts = Array.from({ length: groups }, (_, g) => values.subarray(start + g * length, start + (g + 1) * length));
  const means = parts.map((part) => part.reduce((sum, value) => sum + value, 0) / length);
  const deviations = parts.map((part, g) =>
    Math.sqrt(part.reduce((sum, value) => sum + (value - means[g]) * (value - means[g]), 0) / (length - 1)),
  );
  const variation = (lambda: number) => {
    const ratios = means.map((mean, g) => deviations[g] / pow(mean, 1 - lambda));
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / groups;
    if (mean === 0) return 0;
    return Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - mean) * (ratio - mean), 0) / (groups - 1)) / mean;
  };
  return goldenSection(variation, -1, 2);
}

/** The place of a minimum between two bounds, by the golden section. */
function goldenSection(target: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [c, d] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [atC, atD] = [target(c), target(d)];
  while (b - a > 1e-7) {
    if (atC < atD) {
      [b, d, atD] = [d, c, atC];
      c = b - ratio * (b - a);
      atC = target(c);
    } else {
      [a, c, atC] = [c, d, atD];
      d = a + ratio * (b - a);
      atD = target(d);
    }
  }
  return (a + b) / 2;
}
