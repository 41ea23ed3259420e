/**
 * Samplers: from the logits of the next token to its id. Pure functions of the logits and a random stream.
 *
 * They compute in float64 with our own exp, so the same seed writes the same text everywhere.
 */
import { LookbackError } from '../errors.ts';
import { exp } from '../math.ts';
import type { Random } from '../random.ts';

/** Chooses a token from logits [V]. */
export type Sampler = (logits: Float32Array, random: Random) => number;

/** The likeliest token, the first of equals. */
export function greedy(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

export interface SamplerOptions {
  /** Divides the logits: 0 is greedy, 1 the model's own distribution. */
  temperature?: number;
  /** Keeps the K likeliest tokens (Fan et al. 2018). */
  topK?: number;
  /** Then keeps the fewest likeliest tokens whose probabilities reach P (Holtzman et al. 2020). */
  topP?: number;
}

/** A sampler of that kind. @throws LookbackError BAD_ARGUMENT for a setting outside its range. */
export function sampler({ temperature = 1, topK, topP }: SamplerOptions = {}): Sampler {
  if (!(temperature >= 0 && temperature < Infinity)) refuse('temperature', '0 or more', temperature);
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) refuse('topK', 'a whole number from 1', topK);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) refuse('topP', 'above 0 and at most 1', topP);
  if (temperature === 0) return greedy;
  return (logits, random) => random.categorical(weights(logits, { temperature, topK, topP }));
}

/** Unnormalised probabilities [V] after temperature, topK and topP. */
export function weights(logits: Float32Array, { temperature = 1, topK, topP }: SamplerOptions = {}): Float64Array {
  const highest = logits[greedy(logits)];
  const all = Float64Array.from(logits, (logit) => exp((logit - highest) / temperature));
  if (topK === undefined && topP === undefined) return all;
  // Likeliest first; equals in the order of their ids.
  const order = Array.from(all, (_, id) => id).sort((a, b) => all[b] - all[a] || a - b);
  let kept = Math.min(topK ?? order.length, order.length);
  if (topP !== undefined) {
    const total = order.slice(0, kept).reduce((sum, id) => sum + all[id], 0);
    let reached = 0;
    let count = 0;
    while (count < kept && reached < topP * total) reached += all[order[count++]];
    kept = count;
  }
  for (const id of order.slice(kept)) all[id] = 0;
  return all;
}

function refuse(name: string, expected: string, got: unknown): never {
  throw new LookbackError('BAD_ARGUMENT', { where: `sampler ${name}`, expected, got: String(got) });
}
