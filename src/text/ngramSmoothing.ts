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
 */
import { LookbackError, nearest } from '../errors.ts';
import type { NgramCounts, NgramLevel } from './ngramCounts.ts';
import { findNgram } from './ngramCounts.ts';

/** The estimators by name. */
export const ngramSmoothings = ['maximum-likelihood', 'add-k', 'witten-bell', 'kneser-ney'] as const;
export type NgramSmoothing = (typeof ngramSmoothings)[number];

/** One level's terms of the form above. */
interface LevelWeights {
  /** Shape [n-grams]: what stands for c(h w). */
  readonly counts: Uint32Array;
  /** What is taken off a count of 0, 1, 2 and 3 or more. */
  readonly discounts: readonly [number, number, number, number];
  /** Shape [contexts]. */
  readonly scale: Float64Array;
  /** Shape [contexts]. */
  readonly backoff: Float64Array;
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
  const fit = (fitLevel: (level: NgramLevel, contexts: number) => LevelWeights) =>
    counts.levels.map((level, n) => fitLevel(level, n === 0 ? 0 : counts.levels[n - 1].token.length));
  switch (smoothing) {
    case 'maximum-likelihood':
      return { counts, highest: fit((level, contexts) => addK(level, contexts, 0)), lower: undefined };
    case 'add-k':
      if (!(k > 0 && Number.isFinite(k))) {
        throw new LookbackError('BAD_ARGUMENT', {
          where: 'n-gram k',
          expected: 'a positive number',
          got: String(k),
          next: "Use smoothing 'maximum-likelihood' to add nothing",
        });
      }
      return {
        counts,
        highest: fit((level, contexts) => addK(level, contexts, k * counts.vocabularySize)),
        lower: undefined,
      };
    case 'witten-bell': {
      const weights = fit(wittenBell);
      return { counts, highest: weights, lower: weights };
    }
    case 'kneser-ney':
      return {
        counts,
        highest: fit((level, contexts) => kneserNey(level, contexts, level.count)),
        lower: fit((level, contexts) => kneserNey(level, contexts, level.continuation)),
      };
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
    // A longer n-gram is seen only where its shorter end is.
    for (let n = 1; n <= order && nodes[n - 1] >= 0; n++) {
      found[n] = findNgram(levels[n], nodes[n - 1], token);
      if (found[n] < 0) break;
    }
  }

  /** Moves past the token that was looked up last. */
  advance(): void {
    for (let n = 1; n < this.nodes.length; n++) this.nodes[n] = this.found[n];
    this.length = Math.min(this.length + 1, this.nodes.length - 1);
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
    if (lower) below = lower === highest ? out[n] : interpolate(lower[n], nodes[n - 1], found[n], below);
  }
}

/** The distribution of the next token in `context`, shape [V], by the model of the counts' order. */
export function distributionIn(weights: NgramWeights, context: NgramContext): Float64Array {
  const { counts, highest, lower } = weights;
  const probabilities = new Float64Array(counts.vocabularySize).fill(1 / counts.vocabularySize);
  const order = Math.min(counts.order, context.length + 1);
  for (let n = 1; n <= order; n++) {
    const level = n === order ? highest[n] : lower?.[n];
    const node = context.nodes[n - 1];
    if (!level || node < 0) continue;
    for (let t = 0; t < probabilities.length; t++) probabilities[t] *= level.backoff[node];
    const { start, token } = counts.levels[n];
    for (let i = start[node]; i < start[node + 1]; i++) {
      probabilities[token[i]] += discounted(level, i) * level.scale[node];
    }
  }
  return probabilities;
}

function interpolate(level: LevelWeights, node: number, ngram: number, below: number): number {
  if (node < 0) return below;
  return (ngram < 0 ? 0 : discounted(level, ngram) * level.scale[node]) + level.backoff[node] * below;
}

function discounted({ counts, discounts }: LevelWeights, ngram: number): number {
  const count = counts[ngram];
  return count - discounts[Math.min(count, 3)];
}

/** `pseudo` = k V, the weight of 1 / V in counts. */
function addK(level: NgramLevel, contexts: number, pseudo: number): LevelWeights {
  return weigh(level, contexts, level.count, noDiscounts, (total) => [total + pseudo, pseudo]);
}

function wittenBell(level: NgramLevel, contexts: number): LevelWeights {
  return weigh(level, contexts, level.count, noDiscounts, (total, distinct) => [total + distinct, distinct]);
}

function kneserNey(level: NgramLevel, contexts: number, counts: Uint32Array): LevelWeights {
  return weigh(level, contexts, counts, modifiedDiscounts(counts), (total, _, discount) => [total, discount]);
}

const noDiscounts = [0, 0, 0, 0] as const;

/** Scale and backoff of every context; `share` gives [denominator, mass left for P_lower] in units of counts. */
function weigh(
  { start }: NgramLevel,
  contexts: number,
  counts: Uint32Array,
  discounts: LevelWeights['discounts'],
  share: (total: number, distinct: number, discount: number) => [denominator: number, left: number],
): LevelWeights {
  const scale = new Float64Array(contexts);
  // A context with no successor (the end of the text) passes P_lower on.
  const backoff = new Float64Array(contexts).fill(1);
  for (let c = 0; c < contexts; c++) {
    let total = 0;
    let discount = 0;
    for (let i = start[c]; i < start[c + 1]; i++) {
      total += counts[i];
      discount += discounts[Math.min(counts[i], 3)];
    }
    const [denominator, left] = share(total, start[c + 1] - start[c], discount);
    if (total === 0) continue;
    scale[c] = 1 / denominator;
    backoff[c] = left / denominator;
  }
  return { counts, discounts, scale, backoff };
}

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
