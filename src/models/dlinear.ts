/**
 * DLinear (Zeng, Chen, Zhang and Xu 2023, "Are Transformers Effective for Time Series Forecasting?"): the window is split
 * into a moving average and the rest, and each goes to the horizon by a linear map of its own. Departure: with
 * covariates, their window is flattened behind the rest.
 */
import { type ForwardOptions, Linear, Module, tapped } from '../nn/index.ts';
import type { Random } from '../random.ts';
import { add, concat, matmul, reshape, slice, subtract, type Tensor, tensor } from '../tensor/index.ts';

export interface DLinearConfig {
  lookback: number;
  features: number;
  /** H · P. */
  outputs: number;
  /** Steps of the moving average; 25 in the paper. */
  average: number;
}

/** trend = average(x), y = Wt trend + Ws (x - trend) + b: x [B, L, F] → [B, H·P] */
export class DLinear extends Module {
  readonly trend: Linear;
  readonly rest: Linear;
  /** [L, L]: row t holds the weights of the average around t, ends repeated. */
  private readonly averaging: Float32Array;

  constructor(
    readonly config: DLinearConfig,
    { random }: { random: Random },
  ) {
    super();
    const { lookback, features, outputs, average } = config;
    this.trend = new Linear(lookback, outputs, { random: random.split('trend') });
    this.rest = new Linear(lookback * features, outputs, { random: random.split('rest') });
    this.averaging = new Float32Array(lookback * lookback);
    const before = (average - 1) >> 1;
    for (let t = 0; t < lookback; t++) {
      for (let k = 0; k < average; k++) {
        const from = Math.min(Math.max(t - before + k, 0), lookback - 1);
        this.averaging[t * lookback + from] += 1 / average;
      }
    }
  }

  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    const { lookback: L, features: F } = this.config;
    const B = x.shape[0];
    const target = reshape(slice(x, 2, 0, 1), [B, L]);
    const weights = tensor(this.averaging, { shape: [L, L] });
    const trend = tapped(options, 'trend', matmul(target, weights.transpose()));
    const rest = subtract(target, trend);
    const others = F === 1 ? rest : concat([rest, reshape(slice(x, 2, 1, F), [B, L * (F - 1)])], 1);
    return add(this.trend.forward(trend), this.rest.forward(others));
  }
}
