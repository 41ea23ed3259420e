/**
 * Seq2Seq: an encoder and a decoder with additive attention (Bahdanau, Cho and Bengio 2015), on numbers.
 *
 * The encoder, a GRU in both directions, reads the window; the decoder, a GRU, writes the horizon step by step, looks at
 * the encoder's states anew at each step and is fed its own last forecast. Departures: no teacher forcing, so training
 * does what use does; one linear map instead of a maxout layer before the output.
 */
import { AdditiveAttention, type ForwardOptions, GRU, Linear, Module, tapFor, within } from '../nn/index.ts';
import { shown } from '../nn/tap.ts';
import type { Random } from '../random.ts';
import { concat, expand, reshape, slice, stack, type Tensor, tanh } from '../tensor/index.ts';

export interface Seq2SeqConfig {
  lookback: number;
  horizon: number;
  /** Numbers at each step of the window, the target first. */
  features: number;
  /** Numbers known of each step of the horizon. */
  known: number;
  /** Numbers forecast for each step. */
  outputs: number;
  hidden: number;
  layers: number;
  dropout: number;
}

/**
 * h_j = [→h_j; ←h_j], s_0 = tanh(W ←h_1); for each step i: c_i, α_i = attention(s_{i-1}, h),
 * s_i = gru(s_{i-1}, [y_{i-1}; c_i; known_i]), y_i = V [s_i; c_i]
 * x [B, L, F], known [B, H, K] → y [B, H, P], and to a tap `alignments` α [B, H, L]
 */
export class Seq2Seq extends Module {
  readonly encoder: GRU;
  readonly start: Linear;
  readonly attention: AdditiveAttention;
  readonly decoder: GRU;
  readonly output: Linear;

  constructor(
    readonly config: Seq2SeqConfig,
    { random }: { random: Random },
  ) {
    super();
    const { features, known, outputs, hidden, layers, dropout } = config;
    const stream = (name: string) => ({ random: random.split(name) });
    this.encoder = new GRU(features, hidden, { layers, dropout, bidirectional: true, ...stream('encoder') });
    this.start = new Linear(hidden, hidden, stream('start'));
    this.attention = new AdditiveAttention(hidden, 2 * hidden, hidden, stream('attention'));
    this.decoder = new GRU(outputs + 2 * hidden + known, hidden, stream('decoder'));
    this.output = new Linear(3 * hidden, outputs, stream('output'));
  }

  forward(x: Tensor, known: Tensor | undefined, options: ForwardOptions = {}): Tensor {
    const { lookback: L, horizon, outputs, hidden } = this.config;
    const B = x.shape[0];
    const { output: states, state } = this.encoder.forward(x, within(options, 'encoder'));
    const prepared = this.attention.prepare(states);
    let s = tanh(this.start.forward(state[state.length - 1].hidden));
    let y = expand(reshape(slice(slice(x, 1, L - 1, L), 2, 0, 1), [B, 1]), [B, outputs]);
    const steps: Tensor[] = [];
    const weights: Tensor[] = [];
    for (let i = 0; i < horizon; i++) {
      const seen = this.attention.forward(s, states, prepared, within(options, `attention.${i}`));
      const parts = [y, seen.context, ...(known ? [reshape(slice(known, 1, i, i + 1), [B, known.shape[2]])] : [])];
      const input = concat(parts, 1);
      const step = this.decoder.forward(reshape(input, [B, 1, input.shape[1]]), { state: [{ hidden: s }] });
      s = reshape(step.output, [B, hidden]);
      y = this.output.forward(concat([s, seen.context], 1));
      steps.push(y);
      weights.push(seen.weights);
    }
    if (tapFor(options, 'alignments')) shown(options, 'alignments', stack(weights, 1));
    return stack(steps, 1);
  }
}
