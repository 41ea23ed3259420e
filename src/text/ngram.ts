/**
 * N-gram language models over token ids: the floor that a neural language model is measured against.
 *
 * A model is its counts and an estimator (ngramSmoothing.ts); it does not grow after training. ngramFile.ts stores it.
 * Natural logarithms throughout; a text is one sequence, with no start or end tokens added.
 */
import { LookbackError } from '../errors.ts';
import { log } from '../math.ts';
import type { NgramCounts, NgramTold } from './ngramCounts.ts';
import { checkTokens, countNgrams } from './ngramCounts.ts';
import type { NgramSmoothing, NgramWeights } from './ngramSmoothing.ts';
import { distributionIn, fitNgrams, NgramContext, probabilityByOrder } from './ngramSmoothing.ts';

export interface NgramOptions {
  /** Tokens an n-gram spans: context + 1. */
  order: number;
  vocabularySize: number;
  smoothing?: NgramSmoothing;
  /** What 'add-k' adds to every count. */
  k?: number;
  /** The token between documents, if the ids hold it: n-grams end there. */
  boundary?: number;
}

/** A trained model; made by `trainNgram`. V is `vocabularySize`. */
export class NgramModel {
  readonly order: number;
  readonly vocabularySize: number;
  readonly smoothing: NgramSmoothing;
  readonly weights: NgramWeights;
  readonly k: number | undefined;

  constructor(counts: NgramCounts, smoothing: NgramSmoothing, k?: number) {
    this.k = smoothing === 'add-k' ? k : undefined;
    this.order = counts.order;
    this.vocabularySize = counts.vocabularySize;
    this.smoothing = smoothing;
    this.weights = fitNgrams(counts, smoothing, k);
  }

  /**
   * ln P(next | context), from the last order - 1 tokens of `context` (fewer: the model of that lower order).
   * -Infinity only for an unseen successor under maximum likelihood. Under stupid backoff the logarithm of a score.
   * @throws BAD_ARGUMENT for an id outside the vocabulary.
   */
  logProbability(context: ArrayLike<number>, next: number): number {
    const state = this.#contextOf(context, 'logProbability: context');
    state.look(checkTokens([next], this.vocabularySize, 'logProbability: next')[0]);
    const byOrder = new Float64Array(this.order + 1);
    probabilityByOrder(this.weights, state, byOrder);
    return logOf(byOrder[this.order]);
  }

  /**
   * P(· | context), shape [V], sums to 1.
   * @throws BAD_ARGUMENT for an id outside the vocabulary.
   */
  distribution(context: ArrayLike<number>): Float64Array {
    return distributionIn(this.weights, this.#contextOf(context, 'distribution: context'));
  }

  #contextOf(context: ArrayLike<number>, where: string): NgramContext {
    const tokens = checkTokens(context, this.vocabularySize, where);
    const state = new NgramContext(this.weights.counts);
    for (let i = Math.max(0, tokens.length - this.order + 1); i < tokens.length; i++) {
      state.look(tokens[i]);
      state.advance();
    }
    return state;
  }
}

/**
 * Counts `ids` (shape [tokens]) and fits a model.
 * @throws BAD_ARGUMENT for no ids, an id outside the vocabulary, or an option out of range.
 */
export function trainNgram(
  ids: ArrayLike<number>,
  { order, vocabularySize, smoothing = 'kneser-ney', k = 1, boundary }: NgramOptions,
): NgramModel {
  return new NgramModel(countNgrams(ids, { order, vocabularySize, boundary }), smoothing, k);
}

/**
 * Mean negative log-probability of `ids` (shape [tokens]), in nats per token.
 *
 * The context of a token is every token before it within `ids`, none from outside: the first tokens of a held-out
 * split are predicted from short contexts. Tokens before `from` are context only and not scored.
 * @throws BAD_ARGUMENT for an id outside the vocabulary or nothing to score.
 */
export function crossEntropy(model: NgramModel, ids: ArrayLike<number>, { from = 0 }: { from?: number } = {}): number {
  return crossEntropyByOrder(model.weights, ids, { from })[model.order];
}

/**
 * As `crossEntropy`, for the models of order n = 1 … order at index n (index 0 is 0). One pass for all orders;
 * `onProgress` is told tokens.
 */
export function crossEntropyByOrder(
  weights: NgramWeights,
  ids: ArrayLike<number>,
  { from = 0, onProgress }: { from?: number; onProgress?: NgramTold } = {},
): Float64Array {
  const { order, vocabularySize } = weights.counts;
  const tokens = checkTokens(ids, vocabularySize, 'crossEntropy: ids');
  if (!(Number.isInteger(from) && from >= 0 && from < tokens.length)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'crossEntropy',
      expected: 'at least one token to score',
      got: `${tokens.length} tokens, scored from index ${from}`,
      next: 'Give a longer held-out split',
    });
  }
  const state = new NgramContext(weights.counts);
  const byOrder = new Float64Array(order + 1);
  const sums = new Float64Array(order + 1);
  for (let i = 0; i < tokens.length; i++) {
    if (onProgress && (i & 4095) === 0) onProgress(i, tokens.length);
    state.look(tokens[i]);
    if (i >= from) {
      probabilityByOrder(weights, state, byOrder);
      for (let n = 1; n <= order; n++) sums[n] -= logOf(byOrder[n]);
    }
    state.advance();
  }
  return sums.map((sum) => sum / (tokens.length - from));
}

/**
 * Draws `length` tokens that follow `prompt`; the prompt is not part of the result.
 * @param random Uniform in [0, 1), seeded by the caller.
 * @throws BAD_ARGUMENT for a prompt id outside the vocabulary or a length that is not a whole number.
 */
export function sample(
  model: NgramModel,
  random: () => number,
  length: number,
  prompt: ArrayLike<number> = [],
): Int32Array {
  const history = checkTokens(prompt, model.vocabularySize, 'sample: prompt');
  if (!Number.isInteger(length) || length < 0) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'sample: length',
      expected: 'a whole number of tokens, 0 or more',
      got: String(length),
      next: 'Say how many tokens to draw',
    });
  }
  const tokens = new Int32Array(history.length + length);
  tokens.set(history);
  for (let i = history.length; i < tokens.length; i++) {
    const probabilities = model.distribution(tokens.subarray(Math.max(0, i - model.order + 1), i));
    tokens[i] = drawFrom(probabilities, random());
  }
  return tokens.slice(history.length);
}

/** Inverse of the cumulative distribution; never an index of probability 0. */
function drawFrom(probabilities: Float64Array, uniform: number): number {
  let cumulative = 0;
  let last = 0;
  for (let t = 0; t < probabilities.length; t++) {
    if (probabilities[t] === 0) continue;
    cumulative += probabilities[t];
    last = t;
    if (uniform < cumulative) break;
  }
  return last;
}

function logOf(probability: number): number {
  return probability > 0 ? log(probability) : -Infinity;
}
