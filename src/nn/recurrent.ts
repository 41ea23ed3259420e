/**
 * What RNN, LSTM and GRU share: weights of a layer, stacking, dropout between layers, both directions, states, taps.
 *
 * The step equations are in rnn.ts, lstm.ts and gru.ts; a whole sequence runs in one fused operation.
 */
import { LookbackError } from '../errors.ts';
import type { Random } from '../random.ts';
import { concat, type Lengths, type Parameter, reverseTime, type Tensor } from '../tensor/index.ts';
import { lengthsTensor } from '../tensor/ops/padded.ts';
import { show } from '../tensor/shape.ts';
import { Dropout } from './dropout.ts';
import { eachGate, gateBias, type Initialize, orthogonal, parameter, recurrentDefault } from './initialize.ts';
import { Module } from './module.ts';
import { type ForwardOptions, shown, tapFor, tapped, within } from './tap.ts';

export type RecurrentKind = 'rnn' | 'lstm' | 'gru';

/** Where a layer stands after a step: h [B, H], for the LSTM also c [B, H]. */
export interface RecurrentState {
  readonly hidden: Tensor;
  readonly cell?: Tensor;
}

export interface RecurrentForwardOptions extends ForwardOptions {
  /** Where to continue: one state a layer, as `forward` gave them (forward and reverse direction in turn); zeros by default. */
  state?: readonly RecurrentState[];
  /**
   * Steps of each row that are real; the rest is padding, which may hold anything. Outputs past the end are 0, states are
   * those at the end, and the reverse direction begins there, as with PyTorch's packed sequences.
   */
  lengths?: Lengths;
}

export interface RecurrentOptions {
  random: Random;
  layers?: number;
  /** Between layers, not after the last. */
  dropout?: number;
  /** How recurrent matrices start: ±1/√H as in PyTorch, or orthogonal for each gate. */
  recurrentWeight?: 'uniform' | 'orthogonal';
}

/** Weights of one layer in one direction: PyTorch's W_ih [G·H, I], W_hh [G·H, H], b_ih and b_hh [G·H]. */
export class RecurrentLayer extends Module {
  readonly inputWeight: Parameter;
  readonly recurrentWeight: Parameter;
  readonly inputBias: Parameter;
  readonly recurrentBias: Parameter;

  constructor(
    inputs: number,
    hidden: number,
    { gates, random, recurrentWeight, forgetBias }: LayerShape & { random: Random },
  ) {
    super();
    const rows = gates * hidden;
    const standard = recurrentDefault(hidden);
    const recurrent: Initialize = recurrentWeight === 'orthogonal' ? eachGate(gates, orthogonal()) : standard;
    // Two biases are added together; the forget gate's value goes into one of them and the other starts at 0.
    const bias = (value: number) => (forgetBias === undefined ? standard : gateBias(gates, 1, value, standard));
    this.inputWeight = parameter([rows, inputs], standard, random.split('inputWeight'));
    this.recurrentWeight = parameter([rows, hidden], recurrent, random.split('recurrentWeight'));
    this.inputBias = parameter([rows], bias(forgetBias ?? 0), random.split('inputBias'));
    this.recurrentBias = parameter([rows], bias(0), random.split('recurrentBias'));
  }
}

interface LayerShape {
  /** G, how many blocks of H rows the matrices have. */
  gates: number;
  recurrentWeight: 'uniform' | 'orthogonal';
  /** Initial bias of gate 1, the LSTM's forget gate. */
  forgetBias?: number;
}

/** What the fused operation of a layer gives. */
export interface LayerResult {
  /** [B, T, H] */
  output: Tensor;
  state: RecurrentState;
  gates?: Tensor;
  cells?: Tensor;
}

/** How the fused operation runs, beside its operands. */
export interface RunOptions {
  lengths?: Tensor;
  onStateGradient?: (gradient: Tensor) => void;
}

export abstract class Recurrent extends Module {
  readonly layers: readonly RecurrentLayer[];
  /** The same for the reverse direction; empty unless bidirectional. */
  readonly reverse: readonly RecurrentLayer[];
  readonly dropout: Dropout;

  constructor(
    readonly kind: RecurrentKind,
    readonly inputs: number,
    readonly hidden: number,
    {
      random,
      layers = 1,
      dropout = 0,
      recurrentWeight = 'uniform',
      bidirectional = false,
      gates,
      forgetBias,
    }: RecurrentOptions & { bidirectional?: boolean; gates: number; forgetBias?: number },
  ) {
    super();
    const shape: LayerShape = { gates, recurrentWeight, forgetBias };
    const stack = (name: string) =>
      Array.from({ length: layers }, (_, i) => {
        const width = i === 0 ? inputs : hidden * (bidirectional ? 2 : 1);
        return new RecurrentLayer(width, hidden, { ...shape, random: random.split(name).split(String(i)) });
      });
    this.layers = stack('layers');
    this.reverse = bidirectional ? stack('reverse') : [];
    this.dropout = new Dropout(dropout);
  }

  /** One layer over the whole sequence. */
  protected abstract run(
    x: Tensor,
    layer: RecurrentLayer,
    initial: RecurrentState | undefined,
    options: RunOptions,
  ): LayerResult;

  /**
   * x [B, T, I] → output [B, T, H] of the last layer ([B, T, 2H] when bidirectional) and the state of every layer after
   * the last step (forward and reverse direction in turn).
   *
   * @throws LookbackError SHAPE_MISMATCH for an x of another shape or a wrong number of states, BAD_ARGUMENT or
   *   INDEX_OUT_OF_RANGE for lengths that do not fit.
   */
  forward(x: Tensor, options: RecurrentForwardOptions = {}): { output: Tensor; state: RecurrentState[] } {
    this.check(x, options.state);
    const lengths = options.lengths && lengthsTensor(this.kind, options.lengths, x);
    const directions = this.reverse.length > 0 ? 2 : 1;
    const state: RecurrentState[] = [];
    let output = x;
    for (let i = 0; i < this.layers.length; i++) {
      const here = within(options, `${this.kind}.${i}`);
      if (i > 0) output = this.dropout.forward(output, here);
      const onward = this.direction(output, this.layers[i], options.state?.[i * directions], { ...here, lengths });
      state.push(onward.state);
      if (directions === 2) {
        const back = within(here, 'reverse');
        const initial = options.state?.[i * 2 + 1];
        const backward = this.direction(reverseTime(output, lengths), this.reverse[i], initial, { ...back, lengths });
        state.push(backward.state);
        output = concat([onward.output, reverseTime(backward.output, lengths)], 2);
      } else {
        output = onward.output;
      }
    }
    return { output, state };
  }

  private direction(
    x: Tensor,
    layer: RecurrentLayer,
    initial: RecurrentState | undefined,
    options: ForwardOptions & { lengths?: Tensor },
  ): { output: Tensor; state: RecurrentState } {
    const look = tapFor(options, 'state');
    const tap = look?.tap.gradient && look;
    const onStateGradient = tap && ((gradient: Tensor) => tap.tap.gradient?.(tap.name, gradient));
    const result = this.run(x, layer, initial, { lengths: options.lengths, onStateGradient });
    if (result.gates) shown(options, 'gates', result.gates);
    if (result.cells) shown(options, 'cells', result.cells);
    return { output: tapped(options, 'output', result.output), state: result.state };
  }

  private check(x: Tensor, state: readonly RecurrentState[] | undefined): void {
    if (x.rank !== 3 || x.shape[2] !== this.inputs) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: this.kind,
        expected: `x [B, T, ${this.inputs}]`,
        got: show(x.shape),
      });
    }
    const count = this.layers.length + this.reverse.length;
    if (state && state.length !== count) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: this.kind,
        expected: `${count} states, one a layer and direction`,
        got: String(state.length),
      });
    }
  }
}
