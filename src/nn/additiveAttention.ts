/** AdditiveAttention: scores by a small network instead of a product (Bahdanau, Cho and Bengio 2015, appendix A.1.2). */
import type { Random } from '../random.ts';
import { add, matmul, reshape, softmax, type Tensor, tanh } from '../tensor/index.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { type ForwardOptions, tapped } from './tap.ts';

/**
 * e_j = vᵀ tanh(W q + U k_j), α = softmax(e), context = Σ_j α_j k_j
 * q [B, C], keys k [B, T, K] → context [B, K], weights α [B, T]
 */
export class AdditiveAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly score: Linear;

  /** W [A, C], U [A, K] and v [A], with A = `width`. */
  constructor(queries: number, keys: number, width: number, { random }: { random: Random }) {
    super();
    this.query = new Linear(queries, width, { random: random.split('query') });
    this.key = new Linear(keys, width, { bias: false, random: random.split('key') });
    this.score = new Linear(width, 1, { bias: false, random: random.split('score') });
  }

  /** U k, [B, T, A]: the same for every query, so it is made once. */
  prepare(keys: Tensor): Tensor {
    return this.key.forward(keys);
  }

  /** `prepared` is what `prepare` made of `keys`. */
  forward(
    q: Tensor,
    keys: Tensor,
    prepared: Tensor,
    options: ForwardOptions = {},
  ): { context: Tensor; weights: Tensor } {
    const [B, T, K] = keys.shape;
    const query = reshape(this.query.forward(q), [B, 1, prepared.shape[2]]);
    const scores = reshape(this.score.forward(tanh(add(prepared, query))), [B, T]);
    const weights = tapped(options, 'pattern', softmax(scores, -1));
    return { context: reshape(matmul(reshape(weights, [B, 1, T]), keys), [B, K]), weights };
  }
}
