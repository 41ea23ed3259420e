/**
 * ForecastHead: what the numbers that a network gives for each step of the horizon mean, and the loss that makes them so.
 *
 *   mse, mae, huber   one number: the mean, the median, between the two
 *   quantile          a number for each level; the loss is twice the mean pinball loss, which tends to the CRPS with
 *                     many levels. Quantiles cannot cross: the median is free, each further level adds a softplus.
 *   gaussian          mean μ and deviation σ; negative log-likelihood
 *   studentT          location μ, scale σ, degrees of freedom ν > 2; negative log-likelihood (Salinas et al. 2020 use it)
 *
 * It knows nothing of transforms: what it gives is on the scale of the windows.
 */
import { LookbackError } from '../errors.ts';
import { normalQuantile } from '../math.ts';
import {
  abs,
  add,
  concat,
  cumulativeSum,
  divide,
  log,
  log1p,
  maximum,
  mean,
  minimum,
  multiply,
  reshape,
  slice,
  softplus,
  square,
  subtract,
  sum,
  type Tensor,
  tensor,
} from '../tensor/index.ts';
import { studentQuantiles } from './studentT.ts';

export const forecastLosses = ['mse', 'mae', 'huber', 'quantile', 'gaussian', 'studentT'] as const;
export type ForecastLoss = (typeof forecastLosses)[number];

/** Levels of the quantiles that are forecast unless others are asked for. */
export const usualLevels: readonly number[] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/** Keeps a deviation away from 0, where the likelihood has no bound; in units of the windows' scale. */
const leastScale = 1e-3;

/** Where a window was moved from: y = shift + scale · what the network sees. Both broadcast to [B, H, targets, P]. */
export interface WindowScale {
  readonly shift?: Tensor;
  readonly scale?: Tensor;
}

export class ForecastHead {
  /** P, numbers for each target and step. */
  readonly outputs: number;

  /** @throws LookbackError BAD_ARGUMENT for quantiles unless levels ascend inside (0, 1) and hold 0.5. */
  constructor(
    readonly loss: ForecastLoss,
    readonly levels: readonly number[] = usualLevels,
  ) {
    const ascending = levels.every((level, i) => level > (levels[i - 1] ?? 0) && level < 1);
    if (!ascending || !levels.includes(0.5)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'levels',
        expected: 'ascending numbers between 0 and 1, 0.5 among them',
        got: JSON.stringify(levels),
      });
    }
    this.outputs = { mse: 1, mae: 1, huber: 1, quantile: levels.length, gaussian: 2, studentT: 3 }[loss];
  }

  /** Whether it forecasts a distribution. */
  get distribution(): boolean {
    return this.outputs > 1;
  }

  /** What a network gives, [..., P], as parameters of the distribution on the scale of the windows, [..., P]. */
  parameters(raw: Tensor, { shift, scale }: WindowScale = {}): Tensor {
    const scaled = (x: Tensor) => (scale ? multiply(x, scale) : x);
    const moved = (x: Tensor) => (shift ? add(scaled(x), shift) : scaled(x));
    const part = (from: number, to = from + 1) => slice(raw, -1, from, to);
    switch (this.loss) {
      case 'mse':
      case 'mae':
      case 'huber':
        return moved(raw);
      case 'quantile': {
        const middle = this.levels.indexOf(0.5);
        const above = cumulativeSum(softplus(part(middle + 1, this.outputs)));
        const below = cumulativeSum(softplus(part(0, middle)), -1, { reverse: true });
        const centre = part(middle);
        return moved(concat([subtract(centre, below), centre, add(centre, above)], raw.rank - 1));
      }
      case 'gaussian':
        return concat([moved(part(0)), scaled(positive(part(1)))], raw.rank - 1);
      case 'studentT': {
        const freedom = add(softplus(part(2)), 2.1);
        return concat([moved(part(0)), scaled(positive(part(1))), freedom], raw.rank - 1);
      }
      default:
        return this.loss satisfies never;
    }
  }

  /**
   * The mean loss of `parameters` [..., P] at the truths y [...]; where `counted` [...] is given, over those with a 1.
   */
  score(parameters: Tensor, y: Tensor, counted?: Tensor): Tensor {
    const each = this.each(parameters, y);
    return counted ? divide(sum(multiply(each, counted)), sum(counted)) : mean(each);
  }

  /** [...] */
  private each(parameters: Tensor, y: Tensor): Tensor {
    const part = (i: number) => reshape(slice(parameters, -1, i, i + 1), y.shape);
    switch (this.loss) {
      case 'mse':
        return square(subtract(part(0), y));
      case 'mae':
        return abs(subtract(part(0), y));
      case 'huber': {
        // d²/2 up to 1, d - ½ beyond: min(d, 1) (d - min(d, 1) / 2)
        const d = abs(subtract(part(0), y));
        const near = minimum(d, 1);
        return multiply(near, subtract(d, multiply(near, 0.5)));
      }
      case 'quantile': {
        const over = subtract(reshape(y, [...y.shape, 1]), parameters);
        const levels = tensor(Float32Array.from(this.levels));
        const pinball = maximum(multiply(over, levels), multiply(over, subtract(levels, 1)));
        return multiply(mean(pinball, -1), 2);
      }
      case 'gaussian': {
        const z = divide(subtract(y, part(0)), part(1));
        return add(add(log(part(1)), multiply(square(z), 0.5)), halfLogTwoPi);
      }
      case 'studentT': {
        const freedom = part(2);
        const z = divide(subtract(y, part(0)), part(1));
        const half = multiply(add(freedom, 1), 0.5);
        const tail = multiply(half, log1p(divide(square(z), freedom)));
        const constant = subtract(logGamma(multiply(freedom, 0.5)), logGamma(half));
        // ½ log(π ν) = ½ log(2π) + ½ log(ν / 2)
        const spread = add(multiply(log(multiply(freedom, 0.5)), 0.5), log(part(1)));
        return add(add(add(constant, spread), tail), halfLogTwoPi);
      }
      default:
        return this.loss satisfies never;
    }
  }

  /** The number that is forecast where one is asked for: mean, median or location. `step` [P]. */
  point(step: ArrayLike<number>): number {
    return step[this.loss === 'quantile' ? this.levels.indexOf(0.5) : 0];
  }

  /** Its standard deviation, where the head knows it. */
  deviation(step: ArrayLike<number>): number | undefined {
    if (this.loss === 'gaussian') return step[1];
    return this.loss === 'studentT' ? step[1] * Math.sqrt(step[2] / (step[2] - 2)) : undefined;
  }

  /** The quantiles at `levels`, ascending; undefined for a head without a distribution. */
  quantiles(step: ArrayLike<number>): number[] | undefined {
    switch (this.loss) {
      case 'mse':
      case 'mae':
      case 'huber':
        return undefined;
      case 'quantile':
        return Array.from(step);
      case 'gaussian':
        return this.levels.map((level) => step[0] + step[1] * normalQuantile(level));
      case 'studentT':
        return studentQuantiles(this.levels, step[2]).map((quantile) => step[0] + step[1] * quantile);
      default:
        return this.loss satisfies never;
    }
  }
}

const halfLogTwoPi = 0.9189385332046727;

const positive = (x: Tensor): Tensor => add(softplus(x), leastScale);

/** log Γ(x) for x ≥ 1, by Stirling's series at x + 3, where its first terms give 1e-7. */
function logGamma(x: Tensor): Tensor {
  const z = add(x, 3);
  const inverse = divide(1, z);
  const squared = square(inverse);
  const series = multiply(inverse, add(multiply(squared, add(multiply(squared, 1 / 1260), -1 / 360)), 1 / 12));
  const stirling = add(subtract(multiply(subtract(z, 0.5), log(z)), z), add(series, halfLogTwoPi));
  return subtract(stirling, log(multiply(multiply(x, add(x, 1)), add(x, 2))));
}
