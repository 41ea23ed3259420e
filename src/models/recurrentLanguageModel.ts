/**
 * RecurrentLanguageModel: embedding, stacked RNN, LSTM or GRU, linear output (Mikolov et al. 2010; Zaremba et al. 2014).
 *
 * Departures from Zaremba et al.:
 * - embedding and output start uniform ±0.1, recurrent layers ±1/√H, forget gates biased by 1;
 * - dropout on the embedding, between layers and on the output, never on the recurrent path;
 * - the output projection may be the embedding, transposed (Press and Wolf 2017).
 */
import { Dropout } from '../nn/dropout.ts';
import {
  Embedding,
  type ForwardOptions,
  GRU,
  initialize,
  Linear,
  LSTM,
  Module,
  type Recurrent,
  type RecurrentForwardOptions,
  type RecurrentKind,
  type RecurrentOptions,
  type RecurrentState,
  RNN,
  tapped,
  within,
} from '../nn/index.ts';
import type { Random } from '../random.ts';
import { concat, inference, Scope, slice, type Tensor, tensor } from '../tensor/index.ts';
import { alias } from '../tensor/memory.ts';
import { crossEntropy } from '../tensor/ops/loss.ts';
import { unscoped } from '../tensor/scope.ts';
import { type Decoder, type Generative, rowsOf } from './decoder.ts';

export interface RecurrentLanguageModelConfig {
  /** V, number of tokens. */
  vocabulary: number;
  kind: RecurrentKind;
  layers: number;
  /** Of the embedding and the hidden state. */
  width: number;
  dropout?: number;
  tieWeights?: boolean;
  recurrentWeight?: 'uniform' | 'orthogonal';
}

/** The recurrent network of that kind. */
export function makeRecurrent(
  kind: RecurrentKind,
  inputs: number,
  hidden: number,
  options: RecurrentOptions,
): Recurrent {
  switch (kind) {
    case 'rnn':
      return new RNN(inputs, hidden, options);
    case 'lstm':
      return new LSTM(inputs, hidden, options);
    case 'gru':
      return new GRU(inputs, hidden, options);
    default:
      return kind satisfies never;
  }
}

export class RecurrentLanguageModel extends Module implements Generative {
  readonly config: Required<RecurrentLanguageModelConfig>;
  readonly embedding: Embedding;
  readonly recurrent: Recurrent;
  readonly head: Linear;
  readonly dropout: Dropout;

  constructor(config: RecurrentLanguageModelConfig, { random }: { random: Random }) {
    super();
    const { vocabulary, kind, layers, width, dropout = 0, tieWeights = false, recurrentWeight = 'uniform' } = config;
    this.config = { ...config, dropout, tieWeights, recurrentWeight };
    const weight = initialize.uniform(0.1);
    this.embedding = new Embedding(vocabulary, width, { random: random.split('embedding'), weight });
    const stack = { layers, dropout, recurrentWeight, random: random.split('recurrent') };
    this.recurrent = makeRecurrent(kind, width, width, stack);
    const tied = tieWeights ? this.embedding.weight : undefined;
    const biasValues = initialize.zeros();
    this.head = new Linear(width, vocabulary, { weight, biasValues, tied, random: random.split('head') });
    this.dropout = new Dropout(dropout);
  }

  /** ids i32 [B, T] → logits [B, T, V] of the token after each, and the state to continue from. */
  run(ids: Tensor, options: RecurrentForwardOptions = {}): { logits: Tensor; state: RecurrentState[] } {
    const { hidden, state } = this.hidden(ids, options);
    return { logits: tapped(options, 'logits', this.head.forward(hidden)), state };
  }

  /** ids i32 [B, T] → logits [B, T, V]. */
  forward(ids: Tensor, options: RecurrentForwardOptions = {}): Tensor {
    return this.run(ids, options).logits;
  }

  /** Mean cross-entropy in nats of targets i32 [B, T]; targets of -100 do not count. For `labelSmoothing` see `crossEntropy`. */
  loss(
    ids: Tensor,
    targets: Tensor,
    { labelSmoothing, ...options }: RecurrentForwardOptions & { labelSmoothing?: number } = {},
  ): Tensor {
    return crossEntropy(this.forward(ids, options), targets, { labelSmoothing });
  }

  /** ids i32 [B, T] → what the output projection reads, [B, T, C], and the state. */
  hidden(ids: Tensor, options: RecurrentForwardOptions = {}): { hidden: Tensor; state: RecurrentState[] } {
    const drop = (x: Tensor, name: string) => this.dropout.forward(x, within<ForwardOptions>(options, name));
    const x = tapped(options, 'embedding', drop(this.embedding.forward(ids), 'embedding'));
    const { output, state } = this.recurrent.forward(x, options);
    return { hidden: drop(output, 'head'), state };
  }

  decoder(): Decoder {
    return new RecurrentDecoder(this);
  }
}

/** Keeps the state between tokens; there is no limit to the length. */
class RecurrentDecoder implements Decoder {
  readonly vocabulary: number;
  private state: RecurrentState[] | undefined;

  constructor(private readonly model: RecurrentLanguageModel) {
    this.vocabulary = model.config.vocabulary;
  }

  async feed(rows: readonly ArrayLike<number>[]): Promise<Float32Array[]> {
    const scope = new Scope();
    try {
      const logits = scope.run(() => inference(() => this.step(rows)));
      return rowsOf(await logits.data(), this.vocabulary);
    } finally {
      scope.close();
    }
  }

  reorder(rows: readonly number[]): void {
    this.hold(unscoped(() => this.state?.map((state) => each(state, (tensor) => selectRows(tensor, rows)))));
  }

  dispose(): void {
    this.hold(undefined);
  }

  private step(rows: readonly ArrayLike<number>[]): Tensor {
    const T = rows[0].length;
    const ids = tensor(Int32Array.from(rows.flatMap((row) => Array.from(row))), { shape: [rows.length, T] });
    const { hidden, state } = this.model.hidden(ids, { state: this.state });
    this.hold(state.map((layer) => each(layer, alias)));
    return this.model.head.forward(slice(hidden, 1, T - 1, T));
  }

  /** Takes over `state` and frees the one before. */
  private hold(state: RecurrentState[] | undefined): void {
    const before = this.state;
    this.state = state;
    for (const { hidden, cell } of before ?? []) {
      hidden.dispose();
      cell?.dispose();
    }
  }
}

function each({ hidden, cell }: RecurrentState, change: (tensor: Tensor) => Tensor): RecurrentState {
  return { hidden: change(hidden), cell: cell && change(cell) };
}

/** Rows of x [B, H] in another order; outside any scope, so what it makes on the way is freed here. */
function selectRows(x: Tensor, rows: readonly number[]): Tensor {
  const parts = rows.map((row) => slice(x, 0, row, row + 1));
  const result = concat(parts, 0);
  for (const part of parts) part.dispose();
  return result;
}
