/**
 * Probabilities from n-gram counts: every estimator here has one form,
 *
 *     P_n(w | h) = discounted(c(h w)) · scale(h) + backoff(h) · P_lower(w | h')
 *
 * where h' is h without its oldest token and P_0 = 1 / V. A context never seen passes P_lower on unchanged.
 *
 * - Witten-Bell (Witten & Bell 1991, interpolated): (c(h w) + T(h) P_lower) / (c(h) + T(h)), T(h) distinct successors.
 * - Modified Kneser-Ney (Chen & Goodman 1999, interpolated): count n takes off D1, D2 or D3+, and shorter contexts use
 *   continuation counts (distinct left neighbours) in place of counts.
 * - add-k (Lidstone): (c(h w) + k) / (c(h) + k V), one order interpolated with 1 / V only.
 * - maximum likelihood: add-k as k goes to 0, so an unseen context gives 1 / V and an unseen successor gives 0.
 * - stupid backoff (Brants et al. 2007): c(h w) / c(h) where it is seen, else 0.4 P_lower: scores that do not sum to 1,
 *   so their logarithms are no cross-entropy. Drawing from them divides by their sum.
 */
import { LookbackError, nearest } from '../errors.ts';
import type { NgramCounts, NgramLevel } from './ngramCounts.ts';
import { findNgram } from './ngramCounts.ts';

/** The estimators by name. */
export const ngramSmoothings = ['maximum-likelihood', 'add-k', 'witten-bell', 'kneser-ney', 'stupid-backoff'] as const;
export type NgramSmoothing = (typeof ngramSmoothings)[number];

type Discounts = readonly [number, number, number, number];

/** Contexts with more successors than this have their terms stored; the others, nearly all, are summed when asked. */
const storedFrom = 9;

/**
 * One level's terms of the form above. With total and distinct successors of a context, extra = distinctWeight ·
 * distinct + pseudo: scale = 1 / (total + extra), backoff = (extra + what the discounts take) / (total + extra).
 */
class LevelWeights {
  /** Terms of the context of the last `at`. */
  scale = 0;
  backoff = 1;
  /** Contexts with stored terms, ascending, and their scale and backoff. */
  readonly #stored: Int32Array;
  readonly #terms: Float64Array;

  constructor(
    readonly level: NgramLevel,
    /** Shape [n-grams]: what stands for c(h w). */
    readonly counts: Uint32Array,
    /** What is taken off a count of 0, 1, 2 and 3 or more. */
    readonly discounts: Discounts,
    private readonly distinctWeight: number,
    private readonly pseudo: number,
    /** Only where nothing is seen does a shorter context speak (stupid backoff), with this weight. */
    readonly instead?: number,
  ) {
    const { start } = level;
    const stored: number[] = [];
    for (let c = 0; c + 1 < start.length; c++) if (start[c + 1] - start[c] >= storedFrom) stored.push(c);
    this.#stored = Int32Array.from(stored);
    this.#terms = new Float64Array(stored.length * 2);
    for (const [i, c] of stored.entries()) {
      this.#sum(c);
      this.#terms[i * 2] = this.scale;
      this.#terms[i * 2 + 1] = this.backoff;
    }
  }

  /** Sets `scale` and `backoff` to those of a context. */
  at(context: number): void {
    const { start } = this.level;
    if (start[context + 1] - start[context] < storedFrom) {
      this.#sum(context);
      return;
    }
    let low = 0;
    let high = this.#stored.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#stored[middle] < context) low = middle + 1;
      else high = middle;
    }
    this.scale = this.#terms[low * 2];
    this.backoff = this.#terms[low * 2 + 1];
  }

  /** c(h w) less its discount. */
  discounted(ngram: number): number {
    const count = this.counts[ngram];
    return count - this.discounts[Math.min(count, 3)];
  }

  #sum(context: number): void {
    const { level, counts, discounts } = this;
    const from = level.start[context];
    const to = level.start[context + 1];
    let total = 0;
    let discount = 0;
    for (let i = from; i < to; i++) {
      total += counts[i];
      discount += discounts[Math.min(counts[i], 3)];
    }
    const extra = this.distinctWeight * (to - from) + this.pseudo;
    // A context with no successor (the end of the text) passes P_lower on.
    this.scale = total === 0 ? 0 : 1 / (total + extra);
    this.backoff = total === 0 ? 1 : (this.instead ?? (extra + discount) / (total + extra));
  }
}

/** An estimator fitted to counts, for every order up to that of the counts. */
export interface NgramWeights {
  readonly counts: NgramCounts;
  /** By n: the weights when n is the order of the model. */
  readonly highest: readonly LevelWeights[];
  /** By n: the weights when n is below the order of the model; undefined when P_lower is 1 / V at every order. */
  readonly lower: readonly LevelWeights[] | undefined;
}

/**
 * Fits an estimator to counts.
 * @param k What add-k adds to every count; the others ignore it.
 * @throws BAD_ARGUMENT for an unknown smoothing or a k that is not positive.
 */
export function fitNgrams(counts: NgramCounts, smoothing: NgramSmoothing, k = 1): NgramWeights {
  const { levels, order } = counts;
  switch (smoothing) {
    case 'maximum-likelihood':
      return { counts, highest: levels.map((level) => addK(level, 0)), lower: undefined };
    case 'add-k':
      if (!(k > 0 && Number.isFinite(k))) {
        throw new LookbackError('BAD_ARGUMENT', {
          where: 'n-gram k',
          expected: 'a positive number',
          got: String(k),
          next: "Use smoothing 'maximum-likelihood' to add nothing",
        });
      }
      return { counts, highest: levels.map((level) => addK(level, k * counts.vocabularySize)), lower: undefined };
    case 'witten-bell': {
      const weights = levels.map((level) => new LevelWeights(level, level.count, noDiscounts, 1, 0));
      return { counts, highest: weights, lower: weights };
    }
    case 'kneser-ney':
      return {
        counts,
        highest: levels.map((level) => kneserNey(level, level.count)),
        lower: levels.slice(0, order).map((level) => kneserNey(level, level.continuation)),
      };
    case 'stupid-backoff': {
      const weights = levels.map((level) => new LevelWeights(level, level.count, noDiscounts, 0, 0, 0.4));
      return { counts, highest: weights, lower: weights };
    }
    default: {
      const guess = nearest(String(smoothing satisfies never), ngramSmoothings);
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'n-gram smoothing',
        expected: `one of ${ngramSmoothings.join(', ')}`,
        got: String(smoothing),
        next: guess ? `Did you mean '${guess}'?` : 'Choose one of these',
      });
    }
  }
}

/** Where a reader of the text stands: the seen contexts that end here. Refuses nothing: tokens must be valid ids. */
export class NgramContext {
  /** Tokens of context there are, at most order - 1. */
  length = 0;
  /** nodes[n]: index of the last n tokens in level n, or -1 when never seen or not there yet. */
  readonly nodes: Int32Array;
  /** found[n]: index in level n of the last n-1 tokens followed by the token of the last `look`, or -1. */
  readonly found: Int32Array;
  readonly #counts: NgramCounts;
  #token = -1;

  constructor(counts: NgramCounts) {
    this.#counts = counts;
    this.nodes = new Int32Array(counts.order).fill(-1);
    this.nodes[0] = 0;
    this.found = new Int32Array(counts.order + 1).fill(-1);
  }

  /** Looks `token` up as the next one, in every order. */
  look(token: number): void {
    const { nodes, found } = this;
    const { levels, order } = this.#counts;
    found.fill(-1);
    this.#token = token;
    // A longer n-gram is seen only where its shorter end is.
    for (let n = 1; n <= order && nodes[n - 1] >= 0; n++) {
      found[n] = findNgram(levels[n], nodes[n - 1], token);
      if (found[n] < 0) break;
    }
  }

  /** Moves past the token that was looked up last. Behind a boundary it is all the context there is. */
  advance(): void {
    const starts = this.#token === this.#counts.boundary;
    for (let n = 1; n < this.nodes.length; n++) this.nodes[n] = starts && n > 1 ? -1 : this.found[n];
    this.length = Math.min(starts ? 1 : this.length + 1, this.nodes.length - 1);
  }
}

/**
 * Writes to out[n], n = 1 … order, the probability that a model of order n gives to the token looked up in `context`.
 * Where there are fewer than n - 1 tokens of context, that is the model of the highest order that they fill.
 */
export function probabilityByOrder(weights: NgramWeights, context: NgramContext, out: Float64Array): void {
  const { counts, highest, lower } = weights;
  const { nodes, found } = context;
  let below = 1 / counts.vocabularySize;
  for (let n = 1; n <= counts.order; n++) {
    if (n > context.length + 1) {
      out[n] = out[n - 1];
      continue;
    }
    out[n] = interpolate(highest[n], nodes[n - 1], found[n], below);
    if (lower && n < counts.order) {
      below = lower === highest ? out[n] : interpolate(lower[n], nodes[n - 1], found[n], below);
    }
  }
}

/** The distribution of the next token in `context`, shape [V], sums to 1, by the model of the counts' order. */
export function distributionIn(weights: NgramWeights, context: NgramContext): Float64Array {
  const { counts, highest, lower } = weights;
  const probabilities = new Float64Array(counts.vocabularySize).fill(1 / counts.vocabularySize);
  const order = Math.min(counts.order, context.length + 1);
  for (let n = 1; n <= order; n++) {
    const level = n === order ? highest[n] : lower?.[n];
    const node = context.nodes[n - 1];
    if (!level || node < 0) continue; // a constant factor, for stupid backoff: its scores are scaled below
    level.at(node);
    const { scale, backoff, instead } = level;
    for (let t = 0; t < probabilities.length; t++) probabilities[t] *= backoff;
    const { start, token } = counts.levels[n];
    for (let i = start[node]; i < start[node + 1]; i++) {
      const seen = level.discounted(i) * scale;
      probabilities[token[i]] = instead === undefined ? probabilities[token[i]] + seen : seen;
    }
  }
  if (highest[order].instead !== undefined) {
    const sum = probabilities.reduce((total, score) => total + score, 0);
    for (let t = 0; t < probabilities.length; t++) probabilities[t] /= sum;
  }
  return probabilities;
}

function interpolate(level: LevelWeights, node: number, ngram: number, below: number): number {
  if (node < 0) return level.instead === undefined ? below : level.instead * below;
  level.at(node);
  if (ngram < 0) return level.backoff * below;
  const seen = level.discounted(ngram) * level.scale;
  return level.instead === undefined ? seen + level.backoff * below : seen;
}

/** `pseudo` = k V, the weight of 1 / V in counts. */
function addK(level: NgramLevel, pseudo: number): LevelWeights {
  return new LevelWeights(level, level.count, noDiscounts, 0, pseudo);
}

function kneserNey(level: NgramLevel, counts: Uint32Array): LevelWeights {
  return new LevelWeights(level, counts, modifiedDiscounts(counts), 0, 0);
}

const noDiscounts = [0, 0, 0, 0] as const;

/**
 * D_j = j - (j + 1) Y n_{j+1} / n_j for j = 1, 2, 3+ with Y = n_1 / (n_1 + 2 n_2), where n_j n-grams have count j
 * (Chen & Goodman 1999, equation 26). Small vocabularies leave some n_j at 0, or a D_j outside (0, j]: then the whole
 * level takes 0.5, 1 and 1.5, as KenLM's `--discount_fallback` does.
 */
export function modifiedDiscounts(counts: Uint32Array): [number, number, number, number] {
  const having = [0, 0, 0, 0, 0];
  for (let i = 0; i < counts.length; i++) if (counts[i] <= 4) having[counts[i]]++;
  const y = having[1] / (having[1] + 2 * having[2]);
  const discounts: [number, number, number, number] = [0, 0, 0, 0];
  for (let j = 1; j <= 3; j++) {
    discounts[j] = j - ((j + 1) * y * having[j + 1]) / having[j];
    // Written so that a NaN (0 / 0) falls back too.
    if (!(having[j + 1] > 0 && discounts[j] > 0 && discounts[j] <= j)) return [0, 0.5, 1, 1.5];
  }
  return discounts;
}
