/**
 * Minimising a function of a few numbers without its gradient: the simplex of Nelder and Mead (1965) as stated in Nash,
 * "Compact Numerical Methods for Computers" (1990), algorithms 19 to 21. Values that are not finite count as very large,
 * so a function may refuse a point by returning Infinity.
 */

export interface NelderMeadOptions {
  /** Relative difference between best and worst corner at which it ends. */
  tolerance?: number;
  /** Most evaluations. */
  evaluations?: number;
}

/** The lowest point found and its value; `start` itself when its value is not finite. */
export function nelderMead(
  target: (point: Float64Array) => number,
  start: ArrayLike<number>,
  { tolerance = 1.4901161193847656e-8, evaluations = 2000 }: NelderMeadOptions = {},
): { point: Float64Array; value: number } {
  const n = start.length;
  const huge = 1e35;
  let count = 0;
  const evaluate = (point: Float64Array) => {
    count++;
    const value = target(point);
    return Number.isFinite(value) ? value : huge;
  };
  const first = Float64Array.from(start);
  const corners = [first];
  const values = [evaluate(first)];
  if (values[0] === huge || n === 0) return { point: first, value: target(first) };
  const limit = tolerance * (Math.abs(values[0]) + tolerance);
  const step = first.reduce((most, value) => Math.max(most, 0.1 * Math.abs(value)), 0) || 0.1;
  for (let i = 0; i < n; i++) {
    const corner = first.slice();
    corner[i] += step;
    corners.push(corner);
    values.push(evaluate(corner));
  }
  const centre = new Float64Array(n);
  let size = n * step;
  for (;;) {
    let low = 0;
    let high = 0;
    for (let j = 1; j <= n; j++) {
      if (values[j] < values[low]) low = j;
      if (values[j] > values[high]) high = j;
    }
    if (values[high] <= values[low] + limit || count > evaluations) return { point: corners[low], value: values[low] };
    for (let i = 0; i < n; i++) {
      let sum = -corners[high][i];
      for (let j = 0; j <= n; j++) sum += corners[j][i];
      centre[i] = sum / n;
    }
    const reflected = centre.map((c, i) => 2 * c - corners[high][i]);
    const atReflected = evaluate(reflected);
    if (atReflected < values[low]) {
      const expanded = reflected.map((r, i) => 2 * r - centre[i]);
      const atExpanded = evaluate(expanded);
      const better = atExpanded < atReflected;
      corners[high] = better ? expanded : reflected;
      values[high] = better ? atExpanded : atReflected;
      continue;
    }
    const worst = values[high];
    if (atReflected < worst) {
      corners[high] = reflected;
      values[high] = atReflected;
    }
    const contracted = corners[high].map((corner, i) => 0.5 * corner + 0.5 * centre[i]);
    const atContracted = evaluate(contracted);
    if (atContracted < values[high]) {
      corners[high] = contracted;
      values[high] = atContracted;
    } else if (atReflected >= worst) {
      let shrunk = 0;
      for (let j = 0; j <= n; j++) {
        if (j === low) continue;
        for (let i = 0; i < n; i++) {
          corners[j][i] = 0.5 * (corners[j][i] - corners[low][i]) + corners[low][i];
          shrunk += Math.abs(corners[j][i] - corners[low][i]);
        }
      }
      if (shrunk >= size) return { point: corners[low], value: values[low] };
      size = shrunk;
      for (let j = 0; j <= n; j++) if (j !== low) values[j] = evaluate(corners[j]);
    }
  }
}
