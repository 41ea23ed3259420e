/** Exercise 4: top-k sampling, up to the probabilities that are drawn from. The engine's sampler is the answer. */
import { weights } from '../../generate/samplers.ts';
import { Random } from '../../random.ts';
import type { Exercise } from '../exercise.ts';
import { type Vector, vector } from '../numbers.ts';

const starter = `/**
 * The probabilities that top-k sampling draws the next token from.
 *
 * logits [V] are the model's scores. The temperature divides them; the k likeliest tokens stay
 * (of equals, those with the smaller id) and the others get probability 0.
 */
export function topK(logits: number[], k: number, temperature: number): number[] {
  const scaled = logits.map((logit) => logit / temperature);
  const highest = Math.max(...scaled);
  const powers = scaled.map((value) => Math.exp(value - highest));

  // Your turn: which ids stay? Then make what stays add up to one.
  const kept = powers;

  return kept;
}
`;

/** The engine's weights, made to add up to one; by `total` where it is given. */
function probabilities(logits: Vector, k: number | undefined, temperature: number, total?: number): Vector {
  const kept = Array.from(weights(Float32Array.from(logits), { topK: k, temperature }));
  const sum = total ?? kept.reduce((so, weight) => so + weight, 0);
  return kept.map((weight) => weight / sum);
}

export const topK: Exercise = {
  number: 4,
  name: 'top-k',
  title: 'Top-k sampling',
  chapter: 'language',
  task: 'Keep the k likeliest tokens, give the others probability 0, and make what stays add up to one.',
  hint: 'Sort the ids by their power, largest first (the smaller id first among equals), and put the first k into a Set. k may be larger than the vocabulary.',
  function: 'topK',
  starter,
  tolerance: 1e-5,
  cases() {
    const random = new Random(1, 'learn/top-k');
    return [
      { about: '6 tokens, k = 3', inputs: [vector(random, 6), 3, 1] },
      { about: '20 tokens, k = 5, temperature 0.7', inputs: [vector(random, 20, 3), 5, 0.7] },
      { about: 'k = 1', inputs: [vector(random, 5), 1, 1.5] },
      { about: 'k above the number of tokens', inputs: [vector(random, 4), 9, 1] },
      { about: 'four equal logits, k = 2', inputs: [[1, 1, 1, 1], 2, 1] },
      { about: 'logits near 1000', inputs: [[1000, 998, 1001, 990], 2, 1] },
    ];
  },
  expected: (logits: Vector, k: number, temperature: number) => probabilities(logits, k, temperature),
  mistakes: [
    {
      message: 'Nothing has changed yet: write the lines below “Your turn”.',
      gives: (logits: Vector, _k: number, temperature: number) => probabilities(logits, undefined, temperature, 1),
    },
    {
      message: 'The probabilities of the k tokens do not add up to one: divide by their own sum.',
      gives: (logits: Vector, k: number, temperature: number) => probabilities(logits, k, temperature, 1),
    },
    {
      message: 'What stays is divided by the sum over all tokens; only those that stay count.',
      gives: (logits: Vector, k: number, temperature: number) => {
        const all = weights(Float32Array.from(logits), { temperature });
        return probabilities(
          logits,
          k,
          temperature,
          all.reduce((sum, weight) => sum + weight, 0),
        );
      },
    },
    {
      message: 'All tokens are still there: those beyond the k likeliest get probability 0.',
      gives: (logits: Vector, _k: number, temperature: number) => probabilities(logits, undefined, temperature),
    },
    {
      message: 'The unlikeliest k tokens stay: sort the largest first.',
      gives: (logits: Vector, k: number, temperature: number) => {
        const all = Array.from(weights(Float32Array.from(logits), { temperature }));
        const order = all.map((_, id) => id).sort((a, b) => all[a] - all[b] || a - b);
        const kept = new Set(order.slice(0, k));
        const sum = [...kept].reduce((so, id) => so + all[id], 0);
        return all.map((weight, id) => (kept.has(id) ? weight / sum : 0));
      },
    },
    {
      message: 'Equal logits: exactly k tokens stay, those with the smaller ids.',
      gives: (logits: Vector, k: number, temperature: number) => {
        const all = Array.from(weights(Float32Array.from(logits), { temperature }));
        const least = [...all].sort((a, b) => b - a)[Math.min(k, all.length) - 1];
        const kept = all.map((weight) => (weight >= least ? weight : 0));
        const sum = kept.reduce((so, weight) => so + weight, 0);
        return kept.map((weight) => weight / sum);
      },
    },
  ],
};
