/** Exercise 2: scaled dot-product attention of one head. The engine's `attention` is the answer. */
import { Random } from '../../random.ts';
import { attention as attend, matmul, scope } from '../../tensor/index.ts';
import type { Exercise } from '../exercise.ts';
import { dense, type Matrix, matrix, rows, vector } from '../numbers.ts';

const starter = `/**
 * Scaled dot-product attention of one head.
 *
 * q [Tq][d] are the queries, k [T][d] the keys, v [T][d] the values; the result is [Tq][d].
 */
export function attention(q: number[][], k: number[][], v: number[][]): number[][] {
  return q.map((query) => {
    // Your turn: one score a key, their softmax, and the sum of the values that it weighs.
    const scores = k.map((key) => 0);
    const weights = scores;
    return query.map((_, channel) => 0);
  });
}

const dot = (a: number[], b: number[]) => a.reduce((sum, value, j) => sum + value * b[j], 0);

function softmax(scores: number[]): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
`;

function attentionOf(q: Matrix, k: Matrix, v: Matrix, scale?: number): Matrix {
  const d = q[0]?.length ?? 0;
  const heads = (values: Matrix) => dense(values, [1, 1, values.length, d]);
  return scope(() => rows(attend(heads(q), heads(k), heads(v), scale === undefined ? {} : { scale }).dataSync(), d));
}

export const attention: Exercise = {
  number: 2,
  name: 'attention',
  title: 'Scaled dot-product attention',
  chapter: 'attention',
  task: 'For each query, score every key, turn the scores into weights that add up to one, and mix the values by them.',
  hint: 'A score is q·k divided by √d, with d the number of channels. `softmax` and `dot` are below, ready to use. Channel c of the result is the sum over keys t of weights[t] times v[t][c].',
  function: 'attention',
  starter,
  tolerance: 1e-6,
  cases() {
    const random = new Random(1, 'learn/attention');
    const made = (about: string, queries: number, keys: number, d: number, scale = 1) => ({
      about,
      inputs: [matrix(random, queries, d, scale), matrix(random, keys, d, scale), matrix(random, keys, d)],
    });
    const same = vector(random, 4);
    return [
      made('3 queries and keys of 4 channels', 3, 3, 4),
      made('1 query, 5 keys', 1, 5, 2),
      made('a single key', 2, 1, 3),
      { about: 'keys that are all alike', inputs: [matrix(random, 2, 4), [same, same, same], matrix(random, 3, 4)] },
      made('scores in the hundreds', 2, 4, 8, 12),
    ];
  },
  expected: (q: Matrix, k: Matrix, v: Matrix) => attentionOf(q, k, v),
  mistakes: [
    {
      message: 'Everything is still zero: write the lines below “Your turn”.',
      gives: (q: Matrix) => q.map((query) => query.map(() => 0)),
    },
    {
      message: 'Your scores are not divided by √d.',
      gives: (q: Matrix, k: Matrix, v: Matrix) => attentionOf(q, k, v, 1),
    },
    {
      message: 'Your scores are divided by d; the square root of d is meant.',
      gives: (q: Matrix, k: Matrix, v: Matrix) => attentionOf(q, k, v, 1 / (q[0]?.length || 1)),
    },
    {
      message: 'Your scores are multiplied by √d; they are to be divided by it.',
      gives: (q: Matrix, k: Matrix, v: Matrix) => attentionOf(q, k, v, Math.sqrt(q[0]?.length ?? 1)),
    },
    {
      message: 'The weights do not depend on the query: every value gets the same share. Do the scores use q·k?',
      gives: (q: Matrix, k: Matrix, v: Matrix) => attentionOf(q, k, v, 0),
    },
    {
      message: 'The weights mix the keys; the values are to be mixed.',
      gives: (q: Matrix, k: Matrix) => attentionOf(q, k, k),
    },
    {
      message: 'The scores weigh the values as they are: a softmax is missing.',
      gives: (q: Matrix, k: Matrix, v: Matrix) =>
        scope(() => {
          const d = q[0]?.length ?? 1;
          const [queries, keys, values] = [q, k, v].map((each) => dense(each, [each.length, d]));
          const scores = matmul(queries, keys.transpose(0, 1)).mul(1 / Math.sqrt(d));
          return rows(matmul(scores, values).dataSync(), d);
        }),
    },
  ],
};
