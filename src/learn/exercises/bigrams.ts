/** Exercise 8: bigram counts to probabilities. The engine's n-gram model with add-k is the answer. */
import { Random } from '../../random.ts';
import { trainNgram } from '../../text/index.ts';
import type { Exercise } from '../exercise.ts';
import type { Matrix, Vector } from '../numbers.ts';

const starter = `/**
 * Bigram probabilities, with add-k smoothing.
 *
 * ids are the tokens of a text, from 0 to V - 1. The result is [V][V]: the probability of the second token (column)
 * after the first (row), once k has been added to every count. Every row adds up to one; where k is 0 and a row has no
 * counts, all tokens are equally likely.
 */
export function bigramProbabilities(ids: number[], V: number, k: number): number[][] {
  const counts = Array.from({ length: V }, () => new Array<number>(V).fill(0));
  for (let i = 0; i + 1 < ids.length; i++) counts[ids[i]][ids[i + 1]]++;

  return counts.map((row) => {
    // Your turn: from the counts of a row to its probabilities.
    return row;
  });
}
`;

function engine(ids: Vector, V: number, k: number): Matrix {
  const smoothing = k > 0 ? 'add-k' : 'maximum-likelihood';
  const model = trainNgram(ids, { order: 2, vocabularySize: V, smoothing, k: k || 1 });
  return Array.from({ length: V }, (_, first) => [...model.distribution([first])]);
}

function counted(ids: Vector, V: number): number[][] {
  const counts = Array.from({ length: V }, () => new Array<number>(V).fill(0));
  for (let i = 0; i + 1 < ids.length; i++) counts[ids[i]][ids[i + 1]]++;
  return counts;
}

const sum = (row: Vector) => row.reduce((total, value) => total + value, 0);

export const bigrams: Exercise = {
  number: 8,
  name: 'bigram-probabilities',
  title: 'From bigram counts to probabilities',
  chapter: 'words',
  task: 'The pairs are counted. Make each row of counts a row of probabilities, with k added to every count.',
  hint: 'A row’s counts plus k each add up to its sum plus V times k: divide by that. Where it is 0, every token gets 1 / V.',
  function: 'bigramProbabilities',
  starter,
  tolerance: 1e-9,
  cases() {
    const random = new Random(1, 'learn/bigrams');
    const drawn = (length: number, V: number) => Array.from({ length }, () => random.integer(V));
    return [
      { about: 'a b a b a c, nothing added', inputs: [[0, 1, 0, 1, 0, 2, 0], 3, 0] },
      { about: '40 tokens of 5 kinds, k = 1', inputs: [drawn(40, 5), 5, 1] },
      { about: 'a token that nothing follows, k = 0', inputs: [[0, 1, 0, 0, 2], 4, 0] },
      { about: 'the same with k = 0.5', inputs: [[0, 1, 0, 0, 2], 4, 0.5] },
      { about: 'two tokens of which one is never seen, k = 0.1', inputs: [[1, 1, 1], 2, 0.1] },
    ];
  },
  expected: engine,
  mistakes: [
    {
      message: 'These are still the counts: write the lines below “Your turn”.',
      gives: (ids: Vector, V: number) => counted(ids, V),
    },
    {
      message: 'The counts are divided, but k is not in them: it is added to every count first.',
      gives: (ids: Vector, V: number) => engine(ids, V, 0),
    },
    {
      message: 'k is added to the counts, but not to what they are divided by: a row then adds up to more than one.',
      gives: (ids: Vector, V: number, k: number) =>
        counted(ids, V).map((row) => row.map((count) => (sum(row) > 0 ? (count + k) / sum(row) : 1 / V))),
    },
    {
      message: 'What a row is divided by grows by V times k, once for each token, not by k alone.',
      gives: (ids: Vector, V: number, k: number) =>
        counted(ids, V).map((row) => row.map((count) => (sum(row) + k > 0 ? (count + k) / (sum(row) + k) : 1 / V))),
    },
    {
      message: 'You divide by all pairs of the text; a row is divided by its own sum.',
      gives: (ids: Vector, V: number, k: number) => {
        const counts = counted(ids, V);
        const total = sum(counts.map(sum)) + V * V * k;
        return counts.map((row) => row.map((count) => (count + k) / total));
      },
    },
    {
      message: 'The columns add up to one; the rows are meant: what follows the first token.',
      gives: (ids: Vector, V: number, k: number) => {
        const counts = counted(ids, V);
        const totals = counts.map((_, second) => sum(counts.map((row) => row[second])) + V * k);
        return counts.map((row) =>
          row.map((count, second) => (totals[second] > 0 ? (count + k) / totals[second] : 1 / V)),
        );
      },
    },
    {
      message: 'A token that nothing follows leaves a row of zeros; where all is 0, every token gets 1 / V.',
      gives: (ids: Vector, V: number, k: number) =>
        counted(ids, V).map((row) => row.map((count) => (count + k) / (sum(row) + V * k || 1))),
    },
  ],
};
