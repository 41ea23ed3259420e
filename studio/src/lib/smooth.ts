/** What happens to a curve between the server and the screen: smoothing first, then thinning to what a screen can show. */

/** Points of one length with ascending x; NaN marks what is not finite. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** Points that smoothing counts a dense curve as, so that its strength does not depend on how densely it was logged. */
const referencePoints = 1000;

/**
 * Exponential moving average of `y`, its start corrected for the zeros before it. `weight` in [0, 1) is kept per
 * 1/1000 of the curve's extent in x, so uneven and thinned curves are smoothed alike; curves of few points, per quarter
 * of their mean spacing. Least and greatest stay as measured.
 */
export function smooth(curve: Curve, weight: number): Curve {
  const { x, y } = curve;
  if (weight <= 0 || x.length < 3) return curve;
  const points = Math.min(referencePoints, 4 * (x.length - 1));
  const spacing = (x[x.length - 1] - x[0]) / points || 1;
  const smoothed: number[] = [];
  let sum = 0;
  let mass = 0;
  let before = x[0] - spacing;
  for (let i = 0; i < x.length; i++) {
    if (Number.isFinite(y[i])) {
      const kept = weight ** ((x[i] - before) / spacing);
      sum = kept * sum + (1 - kept) * y[i];
      mass = kept * mass + (1 - kept);
      before = x[i];
    }
    smoothed.push(Number.isFinite(y[i]) ? (mass > 0 ? sum / mass : y[i]) : NaN);
  }
  return { ...curve, y: smoothed };
}

/** First index whose x is at least `value`. */
export function lowerBound(x: readonly number[], value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of a curve in [from, to], with one point more on each side so that lines run to the edge. */
export function clip({ x, y, min, max }: Curve, from: number, to: number): Curve {
  const begin = Math.max(0, lowerBound(x, from) - 1);
  let end = lowerBound(x, to);
  while (end < x.length && x[end] === to) end++;
  end = Math.min(x.length, end + 1);
  if (begin === 0 && end === x.length) return { x, y, min, max };
  return { x: x.slice(begin, end), y: y.slice(begin, end), min: min.slice(begin, end), max: max.slice(begin, end) };
}

/** At most about `buckets` points: each keeps the last value and the least and greatest of those it stands for. */
export function decimate(curve: Curve, buckets: number): Curve {
  const { length } = curve.x;
  if (length <= buckets) return curve;
  const from = curve.x[0];
  const scale = buckets / (curve.x[length - 1] - from || 1);
  const x: number[] = [];
  const y: number[] = [];
  const min: number[] = [];
  const max: number[] = [];
  let current = -1;
  for (let i = 0; i < length; i++) {
    const bucket = Math.min(buckets - 1, Math.floor((curve.x[i] - from) * scale));
    if (bucket !== current) {
      current = bucket;
      x.push(curve.x[i]);
      y.push(curve.y[i]);
      min.push(curve.min[i]);
      max.push(curve.max[i]);
      continue;
    }
    const at = x.length - 1;
    x[at] = curve.x[i];
    if (!Number.isNaN(curve.y[i])) y[at] = curve.y[i];
    min[at] = lesser(min[at], curve.min[i]);
    max[at] = greater(max[at], curve.max[i]);
  }
  return { x, y, min, max };
}

const lesser = (a: number, b: number): number => (Number.isNaN(a) || b < a ? b : a);
const greater = (a: number, b: number): number => (Number.isNaN(a) || b > a ? b : a);

/** The value at the last point not after `x`; undefined before the first and beyond the last by more than `slack`. */
export function valueAt(curve: Curve, x: number, slack = 0): number | undefined {
  const { length } = curve.x;
  if (length === 0 || x < curve.x[0] - slack || x > curve.x[length - 1] + slack) return undefined;
  const after = lowerBound(curve.x, x);
  if (after === length) return curve.y[length - 1];
  if (after === 0) return curve.y[0];
  return curve.x[after] - x < x - curve.x[after - 1] ? curve.y[after] : curve.y[after - 1];
}
