/**
 * NetworkStream: a trained recurrent forecaster that takes one value at a time and forecasts after each, at the cost of
 * one step instead of a window.
 *
 * It starts from a window, as the network was trained, and then goes on from its state: it remembers more than a window,
 * so from the first further value on its forecasts are not those of a fresh window. It refuses networks and transforms
 * that need a window whole.
 */
import { LookbackError } from '../errors.ts';
import type { Forecaster } from '../models/index.ts';
import type { RecurrentState } from '../nn/index.ts';
import type { TransformChain } from '../series/index.ts';
import { inference, scope, type Tensor, tensor } from '../tensor/index.ts';
import { type Ahead, toOriginal } from './forecastAhead.ts';

type Numbers = { readonly shape: readonly number[]; readonly data: ArrayLike<number> };

export class NetworkStream {
  /** As many of the last values as transforms need. */
  private tail: Float64Array;
  private state: { hidden: Numbers; cell?: Numbers }[] = [];
  private ahead: Ahead;

  /**
   * @param history at least a window and what differences take, on the original scale
   * @throws LookbackError BAD_ARGUMENT for a network that needs its window whole, DATA_INVALID as `forecastAfter`
   */
  constructor(
    private readonly model: Forecaster,
    private readonly chain: TransformChain,
    history: Float64Array,
  ) {
    const moved = chain.centresWindows || chain.normalizesWindows;
    if (moved || model.config.features !== 1) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'NetworkStream',
        expected: 'windows of one feature that are neither centred nor normalized',
        got: moved ? `the transform ${chain.names.at(-1)}` : `${model.config.features} features`,
        next: 'Forecast from whole windows with forecastAfter',
      });
    }
    this.tail = history.slice(-(chain.lost + 1));
    this.ahead = this.take(chain.input(history, model.config.lookback));
  }

  /** The H steps after the last value. */
  get forecast(): Ahead {
    return this.ahead;
  }

  /** Takes the next value and forecasts after it. @throws LookbackError DATA_INVALID for a value that is not finite. */
  push(value: number): Ahead {
    const tail = Float64Array.of(...this.tail, value).slice(-(this.chain.lost + 1));
    const step = this.chain.apply(tail);
    this.tail = tail;
    this.ahead = this.take(step);
    return this.ahead;
  }

  private take(values: Float64Array): Ahead {
    const numbers = scope(() =>
      inference(() => {
        const x = tensor(Float32Array.from(values), { shape: [1, values.length, 1] });
        const { forecast, state } = this.model.advance(x, this.state.length > 0 ? this.state.map(held) : undefined);
        this.state = state.map(({ hidden, cell }) => ({ hidden: kept(hidden), ...(cell ? { cell: kept(cell) } : {}) }));
        return forecast.dataSync();
      }),
    );
    return toOriginal(this.model, numbers, this.tail, this.chain);
  }
}

const kept = (value: Tensor): Numbers => ({ shape: value.shape, data: value.dataSync() });
const back = ({ shape, data }: Numbers): Tensor => tensor(Float32Array.from(data), { shape });

function held({ hidden, cell }: { hidden: Numbers; cell?: Numbers }): RecurrentState {
  return { hidden: back(hidden), ...(cell ? { cell: back(cell) } : {}) };
}
