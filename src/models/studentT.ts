/** Quantiles of Student's t distribution, by integrating its density. Ours to keep the same bits on every engine. */
import { cos, normalQuantile, pow, sin } from '../math.ts';

/** Beyond so many degrees of freedom the normal distribution is as good as the integral. */
const nearlyNormal = 1e4;
const cells = 512;

/**
 * With t = √ν tan θ the density of θ on (-π/2, π/2) is proportional to cos(θ)^(ν - 1), which Simpson's rule sums up in
 * cells; inside a cell θ is interpolated. Within 1e-4 of R's qt for levels from 0.01 to 0.99.
 */
export function studentQuantiles(levels: readonly number[], freedom: number): number[] {
  if (!(freedom < nearlyNormal)) return levels.map(normalQuantile);
  // Nothing to speak of lies beyond twelve deviations of θ, which has about 1 / √ν.
  const end = Math.min(Math.PI / 2, 12 / Math.sqrt(freedom));
  const width = end / cells;
  const density = (theta: number) => pow(Math.max(cos(theta), 0), freedom - 1);
  // total[i]: the mass from 0 to i cells, so half of all is the last.
  const total = new Float64Array(cells + 1);
  let left = density(0);
  for (let i = 0; i < cells; i++) {
    const right = density((i + 1) * width);
    total[i + 1] = total[i] + ((left + 4 * density((i + 0.5) * width) + right) * width) / 6;
    left = right;
  }
  return levels.map((level) => {
    const wanted = Math.abs(level - 0.5) * 2 * total[cells];
    let cell = 0;
    while (cell < cells - 1 && total[cell + 1] < wanted) cell++;
    const theta = (cell + (wanted - total[cell]) / (total[cell + 1] - total[cell])) * width;
    return (Math.sign(level - 0.5) * Math.sqrt(freedom) * sin(theta)) / cos(theta);
  });
}
