/**
 * N-BEATS (Oreshkin, Carpov, Chapados and Bengio 2020): blocks of fully connected layers that each explain a part of the
 * window (backcast), take it away for the next block, and add their part of the forecast.
 *
 *   generic          the forecast of a block is a linear map of its last layer
 *   interpretable    a stack of trends (polynomials of degree 3), then one of seasons (Fourier series over the horizon)
 *
 * Departures: blocks of an interpretable stack do not share weights; covariates, where there are any, are flattened
 * behind the window (as NBEATSx does: Olivares et al. 2023).
 */

import { cos, pow, sin } from '../math.ts';
import { type ForwardOptions, Linear, Module, tapped } from '../nn/index.ts';
import type { Random } from '../random.ts';
import { add, concat, matmul, reshape, slice, subtract, type Tensor, tensor } from '../tensor/index.ts';

export const nbeatsStacks = ['generic', 'interpretable'] as const;

export interface NBeatsConfig {
  lookback: number;
  horizon: number;
  /** Numbers at each step of the window, the target first. */
  features: number;
  /** P, numbers forecast for each step. */
  outputs: number;
  /** Width of the fully connected layers; 512 and 256 to 2,048 in the paper. */
  hidden: number;
  /** Fully connected layers in a block; 4 in the paper. */
  layers: number;
  /** Blocks in all (generic), or in each of the two stacks. */
  blocks: number;
  stacks: (typeof nbeatsStacks)[number];
}

type Basis = 'generic' | 'trend' | 'season';

/** Degree of the polynomials of a trend. */
const degree = 3;

/** x [B, L, F] → [B, H, P]; a tap sees what each block adds, `blocks.i.forecast` [B, H, P]. */
export class NBeats extends Module {
  readonly blocks: readonly NBeatsBlock[];

  constructor(
    readonly config: NBeatsConfig,
    { random }: { random: Random },
  ) {
    super();
    const { stacks, blocks } = config;
    const order: Basis[] = stacks === 'generic' ? ['generic'] : ['trend', 'season'];
    this.blocks = order.flatMap((basis, s) =>
      Array.from({ length: blocks }, (_, b) => {
        const stream = random.split('blocks').split(String(s * blocks + b));
        return new NBeatsBlock(basis, config, { random: stream });
      }),
    );
  }

  forward(x: Tensor, options: ForwardOptions = {}): Tensor {
    const { lookback: L, features: F } = this.config;
    const B = x.shape[0];
    const others = F > 1 ? reshape(slice(x, 2, 1, F), [B, L * (F - 1)]) : undefined;
    let rest = reshape(slice(x, 2, 0, 1), [B, L]);
    let forecast: Tensor | undefined;
    this.blocks.forEach((block, i) => {
      const part = block.forward(others ? concat([rest, others], 1) : rest);
      const added = tapped(options, `blocks.${i}.forecast`, part.forecast);
      forecast = forecast ? add(forecast, added) : added;
      rest = subtract(rest, part.backcast);
    });
    return forecast as Tensor;
  }
}

/** h = relu layers of x; θᵇ, θᶠ = linear maps of h; backcast = θᵇ Vᵇ [B, L], forecast = θᶠ Vᶠ [B, H, P]. */
class NBeatsBlock extends Module {
  readonly layers: readonly Linear[];
  readonly backcast: Linear;
  readonly forecast: Linear;
  /** Vᵇ [n, L] and Vᶠ [n, H]; the generic block has none. */
  private readonly bases: { readonly past: Float32Array; readonly ahead: Float32Array; readonly n: number } | undefined;

  constructor(
    basis: Basis,
    private readonly config: NBeatsConfig,
    { random }: { random: Random },
  ) {
    super();
    const { lookback, horizon, features, outputs, hidden, layers } = config;
    this.layers = Array.from({ length: layers }, (_, i) => {
      const inputs = i === 0 ? lookback * features : hidden;
      return new Linear(inputs, hidden, { activation: 'relu', random: random.split('layers').split(String(i)) });
    });
    const waves = Array.from({ length: Math.floor(horizon / 2) + 1 }, (_, k) => k);
    const powers = Array.from({ length: degree + 1 }, (_, k) => k);
    if (basis === 'trend') {
      const rows = (length: number) => matrix(powers, length, (k, t) => pow(t / length, k));
      this.bases = { past: rows(lookback), ahead: rows(horizon), n: powers.length };
    } else if (basis === 'season') {
      // One clock for both: the window ends where the horizon begins, and a wave takes a whole part of the horizon.
      const rows = (length: number, start: number) => {
        const angle = (k: number, t: number) => (2 * Math.PI * k * (t + start)) / horizon;
        const even = matrix(waves, length, (k, t) => cos(angle(k, t)));
        const odd = matrix(waves, length, (k, t) => sin(angle(k, t)));
        return Float32Array.of(...even, ...odd);
      };
      this.bases = { past: rows(lookback, -lookback), ahead: rows(horizon, 0), n: 2 * waves.length };
    }
    const [past, ahead] = this.bases ? [this.bases.n, this.bases.n] : [lookback, horizon];
    this.backcast = new Linear(hidden, past, { bias: this.bases === undefined, random: random.split('backcast') });
    this.forecast = new Linear(hidden, ahead * outputs, {
      bias: this.bases === undefined,
      random: random.split('forecast'),
    });
  }

  /** x [B, L·F] */
  forward(x: Tensor): { backcast: Tensor; forecast: Tensor } {
    const { lookback, horizon, outputs } = this.config;
    const B = x.shape[0];
    let h = x;
    for (const layer of this.layers) h = layer.forward(h);
    const past = this.backcast.forward(h);
    const ahead = this.forecast.forward(h);
    if (!this.bases) return { backcast: past, forecast: reshape(ahead, [B, horizon, outputs]) };
    const { n } = this.bases;
    const backcast = matmul(past, tensor(this.bases.past, { shape: [n, lookback] }));
    const forecast = matmul(reshape(ahead, [B, outputs, n]), tensor(this.bases.ahead, { shape: [n, horizon] }));
    return { backcast, forecast: forecast.permute([0, 2, 1]) };
  }
}

/** Rows k, columns t = 0 … length - 1. */
function matrix(ks: readonly number[], length: number, value: (k: number, t: number) => number): Float32Array {
  return Float32Array.from({ length: ks.length * length }, (_, i) => value(ks[Math.floor(i / length)], i % length));
}
