/**
 * Minimising a smooth function of a few numbers: Broyden, Fletcher, Goldfarb and Shanno's method with gradients by
 * central differences and a backtracking line search (Nocedal and Wright, "Numerical Optimization", 2006, chapter 6).
 */

/** The lowest point found. Points where the function is not finite are stepped back from. */
export function bfgs(
  target: (point: Float64Array) => number,
  start: ArrayLike<number>,
  { iterations = 100, tolerance = 1e-9, step = 1e-4 } = {},
): { point: Float64Array; value: number } {
  const n = start.length;
  let point = Float64Array.from(start);
  let value = target(point);
  if (n === 0 || !Number.isFinite(value)) return { point, value };
  const gradientAt = (at: Float64Array) => {
    const moved = at.slice();
    return at.map((x, i) => {
      moved[i] = x + step;
      const above = target(moved);
      moved[i] = x - step;
      const below = target(moved);
      moved[i] = x;
      if (Number.isFinite(above) && Number.isFinite(below)) return (above - below) / (2 * step);
      return Number.isFinite(above) ? (above - value) / step : Number.isFinite(below) ? (value - below) / step : 0;
    });
  };
  const identity = () =>
    Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  let inverse = identity();
  let fresh = true;
  let gradient = gradientAt(point);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const direction = inverse.map((row) => -row.reduce((sum, h, j) => sum + h * gradient[j], 0));
    const slope = direction.reduce((sum, d, i) => sum + d * gradient[i], 0);
    if (!(slope < 0)) {
      if (fresh) break;
      inverse = identity();
      fresh = true;
      continue;
    }
    // A first step of unknown scale must not leap.
    let length = fresh ? Math.min(1, 0.5 / Math.sqrt(-slope)) : 1;
    let next = point;
    let nextValue = value;
    for (; length > 1e-12; length *= 0.5) {
      next = point.map((x, i) => x + length * direction[i]);
      nextValue = target(next);
      if (nextValue <= value + 1e-4 * length * slope) break;
    }
    if (!(nextValue < value)) {
      if (fresh) break;
      inverse = identity();
      fresh = true;
      continue;
    }
    const nextGradient = gradientAt(next);
    const s = next.map((x, i) => x - point[i]);
    const y = nextGradient.map((g, i) => g - gradient[i]);
    const curvature = s.reduce((sum, x, i) => sum + x * y[i], 0);
    const gain = value - nextValue;
    point = next;
    value = nextValue;
    gradient = nextGradient;
    if (gain < tolerance * (Math.abs(value) + tolerance)) {
      if (fresh) break;
      inverse = identity();
      fresh = true;
      continue;
    }
    fresh = false;
    if (curvature <= 1e-12) continue;
    const hy = inverse.map((row) => row.reduce((sum, h, j) => sum + h * y[j], 0));
    const yhy = y.reduce((sum, g, i) => sum + g * hy[i], 0);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        inverse[i][j] += ((1 + yhy / curvature) * s[i] * s[j] - hy[i] * s[j] - s[i] * hy[j]) / curvature;
  }
  return { point, value };
}
