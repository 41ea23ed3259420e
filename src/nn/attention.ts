/**
 * MultiHeadAttention (Vaswani et al. 2017), with fewer heads of keys and values if wanted: as many is MHA, some is GQA
 * (Ainslie et al. 2023), one is MQA (Shazeer 2019).
 *
 * The fused kernel never holds the pattern [Tq, Tk]. It is computed only where a tap wants it or dropout acts on it.
 */
import { LookbackError } from '../errors.ts';
import type { Random } from '../random.ts';
import {
  logicalAnd,
  matmul,
  multiply,
  permute,
  reshape,
  softmax,
  subtract,
  type Tensor,
  transpose,
  tril,
  triu,
  where,
} from '../tensor/index.ts';
import { alibiSlopes, attention, attentionDistances } from '../tensor/ops/attention.ts';
import { show } from '../tensor/shape.ts';
import type { KeyValueCache } from './cache.ts';
import { Dropout } from './dropout.ts';
import { linearDefault, type TransformerInitialization } from './initialize.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import type { Rotary } from './positions.ts';
import { type ForwardOptions, tapFor, tapped, within } from './tap.ts';

export interface AttentionOptions {
  random: Random;
  heads: number;
  /** Heads of keys and values, a divisor of `heads`; as many by default. */
  kvHeads?: number;
  /** Step t sees no later step. */
  causal?: boolean;
  bias?: boolean;
  /** On the pattern. */
  dropout?: number;
  rotary?: Rotary;
  /** Scores fall off with the distance, by a slope for each head (ALiBi, Press et al. 2022). */
  alibi?: boolean;
  /** Causal only: a step sees so many of the last ones, itself included (sliding window, Beltagy et al. 2020). */
  window?: number;
  /** Width of what keys and values are made from; C by default. */
  memoryWidth?: number;
  initialization?: TransformerInitialization;
}

export interface AttentionForwardOptions extends ForwardOptions {
  /** What keys and values are made from, [B, Tk, C']; x itself by default. */
  memory?: Tensor;
  /**
   * u8 [B, Tk], 1 where a key may be seen, or [B, Tq, Tk], 1 where this query may see it (documents packed into one row).
   * The latter holds the whole pattern in memory, as a tap does.
   */
  mask?: Tensor;
  /** Keys and values of earlier steps. Self-attention only. */
  cache?: KeyValueCache;
}

/**
 * q = x Wq, k = m Wk, v = m Wv, split into heads of D = C / H channels; m is the memory, or x
 * pattern = softmax(q kᵀ / √D), y = (pattern v) Wo: x [B, T, C] → y [B, T, C]
 */
export class MultiHeadAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headWidth: number;
  readonly causal: boolean;
  readonly alibi: boolean;
  /** 0 for none. */
  readonly window: number;
  private readonly rotary: Rotary | undefined;

  /** @throws LookbackError BAD_ARGUMENT unless heads divide the width and kvHeads divide heads. */
  constructor(
    width: number,
    {
      random,
      heads,
      kvHeads = heads,
      causal = false,
      bias = true,
      dropout = 0,
      rotary,
      alibi = false,
      window = 0,
      memoryWidth = width,
      initialization,
    }: AttentionOptions,
  ) {
    super();
    if (width % heads !== 0 || heads % kvHeads !== 0) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'attention',
        expected: 'heads that divide the width, and kvHeads that divide heads',
        got: `width ${width}, heads ${heads}, kvHeads ${kvHeads}`,
      });
    }
    const D = width / heads;
    const make = (name: string, inputs: number, outputs: number, residual = false): Linear =>
      new Linear(inputs, outputs, {
        random: random.split(name),
        bias,
        weight: (residual ? initialization?.residual : initialization?.weight) ?? linearDefault(inputs),
        biasValues: initialization?.bias ?? linearDefault(inputs),
      });
    this.query = make('query', width, width);
    this.key = make('key', memoryWidth, kvHeads * D);
    this.value = make('value', memoryWidth, kvHeads * D);
    this.output = make('output', width, width, true);
    this.dropout = new Dropout(dropout);
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.headWidth = D;
    this.causal = causal;
    this.alibi = alibi;
    this.window = window;
    this.rotary = rotary;
  }

  forward(x: Tensor, options: AttentionForwardOptions = {}): Tensor {
    const { memory = x, mask, cache } = options;
    const [B, T, C] = x.shape;
    const offset = cache?.length ?? 0;
    let q = this.split(this.query.forward(x), this.heads);
    let k = this.split(this.key.forward(memory), this.kvHeads);
    let v = this.split(this.value.forward(memory), this.kvHeads);
    if (this.rotary) {
      q = this.rotary.forward(q, offset);
      k = this.rotary.forward(k, offset);
    }
    q = tapped(options, 'query', q);
    k = tapped(options, 'key', k);
    v = tapped(options, 'value', v);
    if (cache) ({ keys: k, values: v } = cache.extend(this, k, v));
    const explicit = this.dropout.active || tapFor(options, 'pattern') || mask?.rank === 3;
    const { causal, window } = this;
    const slopes = this.alibi ? alibiSlopes(this.heads) : undefined;
    const mixed = explicit ? this.mix(q, k, v, options, slopes) : attention(q, k, v, { causal, mask, window, slopes });
    const joined = tapped(options, 'mixed', reshape(permute(mixed, [0, 2, 1, 3]), [B, T, C]));
    return tapped(options, 'output', this.output.forward(joined));
  }

  /** Pattern and mixture step by step: [B, H, Tq, D]. */
  private mix(q: Tensor, k: Tensor, v: Tensor, options: AttentionForwardOptions, slopes: Tensor | undefined): Tensor {
    const [B, H, Tq, D] = q.shape;
    const [, G, Tk] = k.shape;
    // Query heads of one group share its keys: [B, G, H/G, Tq, D] against [B, G, 1, Tk, D].
    const grouped = (heads: Tensor) => reshape(heads, [B, G, 1, Tk, D]);
    const scores = matmul(reshape(q, [B, G, H / G, Tq, D]), transpose(grouped(k)));
    let scaled = multiply(reshape(scores, [B, H, Tq, Tk]), 1 / Math.sqrt(D));
    if (slopes) scaled = subtract(scaled, multiply(reshape(slopes, [H, 1, 1]), attentionDistances(Tq, Tk)));
    const seen = this.visible(Tq, Tk, options.mask);
    // Where no key may be seen at all the pattern is 0, hence the second `where`.
    const masked = seen ? where(seen, scaled, -1e30) : scaled;
    const probabilities = softmax(masked, -1);
    const clean = seen ? where(seen, probabilities, 0) : probabilities;
    const pattern = this.dropout.forward(tapped(options, 'pattern', clean), within(options, 'pattern'));
    const mixed = matmul(reshape(pattern, [B, G, H / G, Tq, Tk]), grouped(v));
    return reshape(mixed, [B, H, Tq, D]);
  }

  /** u8, broadcasting to [B, H, Tq, Tk]: which keys a query may see. The last query is as late as the last key. */
  private visible(Tq: number, Tk: number, mask: Tensor | undefined): Tensor | undefined {
    let causal = this.causal ? tril(Tq, Tk, Tk - Tq) : undefined;
    if (causal && this.window > 0) causal = logicalAnd(causal, triu(Tq, Tk, Tk - Tq - this.window + 1));
    if (!mask) return causal;
    const fits = mask.rank === 2 || (mask.rank === 3 && mask.shape[1] === Tq);
    if (!fits || mask.shape[mask.rank - 1] !== Tk) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'attention',
        expected: `mask u8 [B, ${Tk}] or [B, ${Tq}, ${Tk}]`,
        got: show(mask.shape),
      });
    }
    const keys = reshape(mask, [mask.shape[0], 1, mask.rank === 3 ? Tq : 1, Tk]);
    return causal ? logicalAnd(causal, keys) : keys;
  }

  /** [B, T, n·D] → [B, n, T, D] */
  private split(x: Tensor, heads: number): Tensor {
    const [B, T] = x.shape;
    return permute(reshape(x, [B, T, heads, this.headWidth]), [0, 2, 1, 3]);
  }
}
