/** What happens to a curve between the server and the screen: smoothing first, then thinning to what a screen can show. */

export type Numbers = Float32Array | Float64Array | readonly number[];

/** Points of one length with ascending x; what is not finite is a gap. */
export interface Curve {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly min: Numbers;
  readonly max: Numbers;
  /** Of the rows each point stands for, where that is more than one: what smoothing starts from. Default: y. */
  readonly mean?: Numbers;
}

/** Points that smoothing counts a dense curve as, so that its strength does not depend on how densely it was logged. */
const referencePoints = 1000;

/**
 * Exponential moving average of the means, its start corrected for the zeros before it. `weight` in [0, 1) is kept per
 * 1/1000 of the curve's extent in x, so uneven and thinned curves are smoothed alike; curves of few points, per quarter
 * of their mean spacing. Least and greatest stay as measured.
 */
export function smooth(curve: Curve, weight: number): Curve {
  const { x, y, mean = y } = curve;
  if (weight <= 0 || x.length < 3) return curve;
  const points = Math.min(referencePoints, 4 * (x.length - 1));
  const spacing = (x[x.length - 1] - x[0]) / points || 1;
  const smoothed = new Float64Array(x.length);
  let sum = 0;
  let mass = 0;
  let before = x[0] - spacing;
  // Most curves are logged evenly: then one power serves all points.
  let distance = Number.NaN;
  let kept = weight;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(mean[i])) {
      smoothed[i] = Number.NaN;
      continue;
    }
    if (x[i] - before !== distance) {
      distance = x[i] - before;
      kept = weight ** (distance / spacing);
    }
    sum = kept * sum + (1 - kept) * mean[i];
    mass = kept * mass + (1 - kept);
    before = x[i];
    smoothed[i] = mass > 0 ? sum / mass : mean[i];
  }
  return { ...curve, y: smoothed };
}

/** First index whose x is at least `value`. */
export function lowerBound(x: Numbers, value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A stretch of numbers; of typed ones a view. */
export function part(values: Numbers, begin: number, end: number): Numbers {
  return 'subarray' in values ? values.subarray(begin, end) : values.slice(begin, end);
}

/** The part of a curve in [from, to], with one point more on each side so that lines run to the edge. */
export function clip({ x, y, min, max }: Curve, from: number, to: number): Curve {
  const begin = Math.max(0, lowerBound(x, from) - 1);
  let end = lowerBound(x, to);
  while (end < x.length && x[end] === to) end++;
  end = Math.min(x.length, end + 1);
  if (begin === 0 && end === x.length) return { x, y, min, max };
  const of = (values: Numbers) => part(values, begin, end);
  return { x: of(x), y: of(y), min: of(min), max: of(max) };
}

/** The points of a curve in [from, to], without any beyond. */
export function inside({ x, y, min, max }: Curve, from: number, to: number): Curve {
  const begin = lowerBound(x, from);
  let end = lowerBound(x, to);
  while (end < x.length && x[end] === to) end++;
  const of = (values: Numbers) => part(values, begin, end);
  return { x: of(x), y: of(y), min: of(min), max: of(max) };
}

/** At most about `buckets` points: each keeps the last value and the least and greatest of those it stands for. */
export function decimate(curve: Curve, buckets: number): Curve {
  const { length } = curve.x;
  if (length <= buckets) return curve;
  const from = curve.x[0];
  const scale = buckets / (curve.x[length - 1] - from || 1);
  const most = Math.ceil(buckets);
  const [x, y] = [new Float64Array(most), new Float64Array(most)];
  const [min, max] = [new Float64Array(most), new Float64Array(most)];
  let current = -1;
  let at = -1;
  for (let i = 0; i < length; i++) {
    const bucket = Math.min(most - 1, Math.floor((curve.x[i] - from) * scale));
    if (bucket !== current) {
      current = bucket;
      at++;
      x[at] = curve.x[i];
      y[at] = curve.y[i];
      min[at] = curve.min[i];
      max[at] = curve.max[i];
      continue;
    }
    x[at] = curve.x[i];
    if (!Number.isNaN(curve.y[i])) y[at] = curve.y[i];
    min[at] = lesser(min[at], curve.min[i]);
    max[at] = greater(max[at], curve.max[i]);
  }
  const used = (values: Float64Array) => values.subarray(0, at + 1);
  return { x: used(x), y: used(y), min: used(min), max: used(max) };
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

/** Grid points of curves that share none of their own. */
const gridPoints = 500;

/**
 * Many curves as one: at each x the mean, least and greatest of those that reach there, each read between its own
 * points. The x of all curves where they are few, else an even grid.
 */
export function aggregate(curves: readonly Curve[]): Curve {
  const filled = curves.filter(({ x }) => x.length > 0);
  let x = [...new Set(filled.flatMap((curve) => [...curve.x]))].sort((a, b) => a - b);
  if (x.length > 2 * gridPoints) {
    const [from, to] = [x[0], x[x.length - 1]];
    x = Array.from({ length: gridPoints }, (_, i) => from + ((to - from) * i) / (gridPoints - 1));
  }
  const y = new Float64Array(x.length).fill(Number.NaN);
  const min = y.slice();
  const max = y.slice();
  const counts = new Uint32Array(x.length);
  for (const curve of filled) {
    const values = curve.mean ?? curve.y;
    let after = 0;
    for (let i = 0; i < x.length; i++) {
      while (after < curve.x.length && curve.x[after] < x[i]) after++;
      if (after === curve.x.length) break;
      const exact = curve.x[after] === x[i];
      if (!exact && after === 0) continue;
      const share = exact ? 1 : (x[i] - curve.x[after - 1]) / (curve.x[after] - curve.x[after - 1]);
      const value = exact ? values[after] : values[after - 1] + share * (values[after] - values[after - 1]);
      if (!Number.isFinite(value)) continue;
      y[i] = counts[i]++ === 0 ? value : y[i] + value;
      min[i] = lesser(min[i], value);
      max[i] = greater(max[i], value);
    }
  }
  for (let i = 0; i < x.length; i++) y[i] /= counts[i];
  return { x, y, min, max };
}
