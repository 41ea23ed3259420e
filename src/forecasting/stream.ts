/**
 * One step at a time. A forecaster of any kind goes on by `ForecastStream`: each new value extends its histories, and the
 * forecast is the one that all values at once would give. A recurrent layer goes on by `RecurrentStream` with its state
 * alone: a step costs the same however long the past is.
 */
import { LookbackError } from '../errors.ts';
import type { Recurrent, RecurrentState } from '../nn/index.ts';
import { inference, scope, type Tensor, tensor } from '../tensor/index.ts';
import type { TableInput } from './cells.ts';
import type { SeriesForecast } from './forecast.ts';
import type { FittedForecaster } from './forecaster.ts';

export interface StreamStep {
  /** What was expected of the step that has now been seen, a series each. */
  readonly expected: SeriesForecast[];
  /** The steps after it. */
  readonly ahead: SeriesForecast[];
}

export class ForecastStream {
  #ahead: SeriesForecast[];

  /** @throws what `predict` throws */
  constructor(readonly forecaster: FittedForecaster) {
    this.#ahead = forecaster.predict();
  }

  /**
   * Takes in the rows (or the number) of one step, or of several.
   * @throws DATA_INVALID for a time that is already known, or out of the grid
   */
  push(rows: TableInput): StreamStep {
    const expected = this.#ahead;
    this.forecaster.update(rows);
    this.#ahead = this.forecaster.predict();
    return { expected, ahead: this.#ahead };
  }
}

/** Hidden and cell states [hidden] of each layer. */
export interface StreamState {
  readonly hidden: Float32Array;
  readonly cell?: Float32Array;
}

/** An RNN, LSTM or GRU and what reads its output, one step after another. */
export class RecurrentStream {
  #state: StreamState[] | undefined;

  /**
   * @param layer not bidirectional: a stream has no end to begin from
   * @param head what is made of the output [1, 1, H]; the output itself by default
   * @throws BAD_ARGUMENT for a bidirectional layer
   */
  constructor(
    readonly layer: Recurrent,
    readonly head: (output: Tensor) => Tensor = (output) => output,
  ) {
    if (layer.reverse.length === 0) return;
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'RecurrentStream',
      expected: 'a layer that reads forwards',
      got: 'a bidirectional one',
    });
  }

  /** Where it stands: plain numbers, to be kept and given back. undefined before the first step. */
  get state(): readonly StreamState[] | undefined {
    return this.#state;
  }

  set state(state: readonly StreamState[] | undefined) {
    this.#state = state?.map(({ hidden, cell }) => ({ hidden: hidden.slice(), ...(cell && { cell: cell.slice() }) }));
  }

  /** x [inputs] of one step -> what the head says, flat. @throws SHAPE_MISMATCH for another number of inputs. */
  step(x: ArrayLike<number>): Float32Array {
    const { hidden } = this.layer;
    const row = (values: Float32Array) => tensor(values, { shape: [1, hidden] });
    return scope(() =>
      inference(() => {
        const state = this.#state?.map(
          (one): RecurrentState => ({ hidden: row(one.hidden), ...(one.cell && { cell: row(one.cell) }) }),
        );
        const input = tensor(Float32Array.from(x), { shape: [1, 1, x.length] });
        const { output, state: after } = this.layer.forward(input, { state });
        const said = Float32Array.from(this.head(output).dataSync());
        this.#state = after.map((one) => ({
          hidden: Float32Array.from(one.hidden.dataSync()),
          ...(one.cell && { cell: Float32Array.from(one.cell.dataSync()) }),
        }));
        return said;
      }),
    );
  }
}
