/**
 * The geometry of vectors: principal components for drawing them, and how many directions fit in D dimensions when
 * they need only be almost orthogonal.
 */
import { LookbackError } from '../errors.ts';
import { Random } from '../random.ts';

export interface Projection {
  /** Shape [points, 2]. */
  points: Float64Array;
  /** Share of the variance that each of the two axes holds. */
  explained: [number, number];
}

/**
 * The two directions of greatest variance of `rows` (shape [points, dimensions]), by orthogonal iteration on the
 * covariance. Signs are fixed: the largest component of each axis is positive.
 * @throws SHAPE_MISMATCH for a length that is no multiple of `dimensions`.
 */
export function principalComponents(rows: ArrayLike<number>, dimensions: number): Projection {
  const count = rows.length / dimensions;
  if (!Number.isInteger(count) || dimensions < 1) {
    throw new LookbackError('SHAPE_MISMATCH', {
      where: 'principalComponents',
      expected: `rows of ${dimensions} numbers`,
      got: `${rows.length} numbers`,
    });
  }
  const mean = new Float64Array(dimensions);
  for (let i = 0; i < rows.length; i++) mean[i % dimensions] += rows[i] / Math.max(1, count);
  const covariance = new Float64Array(dimensions * dimensions);
  const centred = new Float64Array(dimensions);
  for (let r = 0; r < count; r++) {
    for (let d = 0; d < dimensions; d++) centred[d] = rows[r * dimensions + d] - mean[d];
    for (let i = 0; i < dimensions; i++)
      for (let j = 0; j < dimensions; j++) covariance[i * dimensions + j] += centred[i] * centred[j];
  }
  let total = 0;
  for (let d = 0; d < dimensions; d++) total += covariance[d * dimensions + d];
  const random = new Random(1, 'principal components');
  const axes: Float64Array[] = [];
  const explained: [number, number] = [0, 0];
  for (let axis = 0; axis < 2; axis++) {
    let direction = Float64Array.from({ length: dimensions }, () => random.uniform(-1, 1));
    let value = 0;
    for (let iteration = 0; iteration < 300; iteration++) {
      const next = new Float64Array(dimensions);
      for (let i = 0; i < dimensions; i++)
        for (let j = 0; j < dimensions; j++) next[i] += covariance[i * dimensions + j] * direction[j];
      for (const other of axes) {
        const shared = next.reduce((sum, x, d) => sum + x * other[d], 0);
        for (let d = 0; d < dimensions; d++) next[d] -= shared * other[d];
      }
      const length = Math.sqrt(next.reduce((sum, x) => sum + x * x, 0));
      if (!(length > 1e-12 * total)) {
        direction = new Float64Array(dimensions);
        value = 0;
        break;
      }
      direction = next.map((x) => x / length);
      const settled = Math.abs(length - value) <= 1e-10 * length;
      value = length;
      if (settled && iteration > 20) break;
    }
    const strongest = direction.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
    if (strongest < 0) direction = direction.map((x) => -x);
    axes.push(direction);
    explained[axis] = total > 0 ? value / total : 0;
  }
  const points = new Float64Array(count * 2);
  for (let r = 0; r < count; r++) {
    for (let d = 0; d < dimensions; d++) {
      const x = rows[r * dimensions + d] - mean[d];
      points[r * 2] += x * axes[0][d];
      points[r * 2 + 1] += x * axes[1][d];
    }
  }
  return { points, explained };
}

export interface AlmostOrthogonal {
  dimensions: number;
  /** Vectors found with every pair within the tolerance. */
  found: number;
  /** Whether the search ended at its limit instead of running dry: more would fit. */
  atLimit: boolean;
}

/**
 * Counts, by trying, how many unit vectors of `dimensions` fit so that |cos| of every pair is at most `tolerance`:
 * random directions are drawn and kept when they fit with all before, until `patience` in a row do not. A lower bound,
 * for another arrangement may hold more; it grows as exp(D tolerance² / 2) or so, where exactly orthogonal is D.
 */
export function almostOrthogonal(
  dimensions: number,
  {
    tolerance = 0.3,
    patience = 300,
    limit = 4000,
    seed = 1,
    onFound,
  }: {
    tolerance?: number;
    patience?: number;
    limit?: number;
    seed?: number;
    /** Told how many there are, after each. */
    onFound?: (found: number) => void;
  } = {},
): AlmostOrthogonal {
  const random = new Random(seed, `almost orthogonal ${dimensions}`);
  const kept = new Float32Array(limit * dimensions);
  const candidate = new Float32Array(dimensions);
  let found = 0;
  for (let misses = 0; misses < patience && found < limit; ) {
    let square = 0;
    for (let d = 0; d < dimensions; d++) {
      candidate[d] = random.normal();
      square += candidate[d] * candidate[d];
    }
    const most = tolerance * Math.sqrt(square);
    let fits = true;
    for (let v = 0; v < found && fits; v++) {
      let dot = 0;
      for (let d = 0; d < dimensions; d++) dot += kept[v * dimensions + d] * candidate[d];
      fits = Math.abs(dot) <= most;
    }
    if (!fits) {
      misses++;
      continue;
    }
    misses = 0;
    const scale = 1 / Math.sqrt(square);
    for (let d = 0; d < dimensions; d++) kept[found * dimensions + d] = candidate[d] * scale;
    found++;
    onFound?.(found);
  }
  return { dimensions, found, atLimit: found === limit };
}
