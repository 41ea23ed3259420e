/**
 * What a language model expects next at each position, how surprised the true next token finds it, and one step of
 * sampling with the distribution before and after filtering. In float64 with our own exp, as the samplers compute.
 */
import { LookbackError } from '../errors.ts';
import { type SamplerOptions, sampler } from '../generate/index.ts';
import { weights } from '../generate/samplers.ts';
import { log } from '../math.ts';
import type { Random } from '../random.ts';
import { type LanguageSubject, observe } from './subject.ts';

export interface Candidate {
  readonly id: number;
  readonly probability: number;
}

export interface Prediction {
  /** The likeliest tokens, likeliest first, equals in the order of their ids. */
  readonly top: readonly Candidate[];
  /** Of the distribution, nats. */
  readonly entropy: number;
  /** The true next token; undefined after the last position. */
  readonly next?: {
    readonly id: number;
    readonly probability: number;
    readonly surprise: number;
    readonly rank: number;
  };
}

/** One prediction a position. Surprise is -ln p of the true next token, nats; its rank counts from 1. */
export function predictions(subject: LanguageSubject, { top = 10 }: { top?: number } = {}): Prediction[] {
  const { ids } = subject;
  return logitRows(subject).map((logits, t) => {
    const probabilities = distribution(logits);
    const order = ranked(probabilities);
    let entropy = 0;
    for (const p of probabilities) if (p > 0) entropy -= p * log(p);
    const likeliest = order.slice(0, top).map((id) => ({ id, probability: probabilities[id] }));
    if (t + 1 >= ids.length) return { top: likeliest, entropy };
    const id = ids[t + 1];
    const probability = probabilities[id];
    // From the logits: the probability of a very surprising token may be 0 in float64.
    const surprise = Math.max(0, surpriseOf(logits, id));
    return { top: likeliest, entropy, next: { id, probability, surprise, rank: order.indexOf(id) + 1 } };
  });
}

export interface SamplingStep {
  /** The model's own distribution [V], and what temperature, top-k and top-p leave of it; each sums to 1. */
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** How many tokens may still be drawn. */
  readonly kept: number;
  /** The token drawn. */
  readonly id: number;
}

/** The distribution after the last token, filtered, and one draw from it. @throws LookbackError BAD_ARGUMENT */
export function samplingStep(subject: LanguageSubject, options: SamplerOptions, random: Random): SamplingStep {
  const choose = sampler(options);
  const logits = logitRows(subject, 1)[0];
  const before = distribution(logits);
  const id = choose(logits, random);
  const greedy = options.temperature === 0;
  const after = greedy
    ? Float64Array.from(before, (_, each) => (each === id ? 1 : 0))
    : normalized(weights(logits, options));
  return { before, after, kept: after.reduce((count, p) => count + (p > 0 ? 1 : 0), 0), id };
}

/** Ids, likeliest first. */
export function ranked(probabilities: Float64Array): number[] {
  return Array.from(probabilities, (_, id) => id).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
}

/** softmax(logits) [V] */
function distribution(logits: Float32Array): Float64Array {
  return normalized(weights(logits));
}

function normalized(values: Float64Array): Float64Array {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

function surpriseOf(logits: Float32Array, id: number): number {
  const highest = logits.reduce((most, value) => (value > most ? value : most), Number.NEGATIVE_INFINITY);
  const total = weights(logits).reduce((sum, value) => sum + value, 0);
  return log(total) + highest - logits[id];
}

/** Logits [V] of every position, or of the last `count`. @throws LookbackError NON_FINITE */
function logitRows(subject: LanguageSubject, count = subject.ids.length): Float32Array[] {
  const T = subject.ids.length;
  const all = Float32Array.from(observe(subject, undefined, (logits) => logits.dataSync()));
  if (!all.every(Number.isFinite)) {
    throw new LookbackError('NON_FINITE', {
      where: 'logits',
      problem: 'this checkpoint gives numbers that are infinite or undefined',
      next: 'Look at an earlier step',
    });
  }
  const V = all.length / T;
  return Array.from({ length: count }, (_, i) => all.subarray((T - count + i) * V, (T - count + i + 1) * V));
}
