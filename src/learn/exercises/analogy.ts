/** Exercise 9: an analogy by cosine. The engine's word vectors are the answer. */
import { Random } from '../../random.ts';
import { WordVectors } from '../../vectors/index.ts';
import type { Exercise } from '../exercise.ts';
import { type Matrix, matrix, type Vector, vector } from '../numbers.ts';

const starter = `/**
 * a is to b as c is to …?
 *
 * words [N][D] are the vectors of N words; a, b and c are numbers of words. The point asked for is b - a + c, of the
 * vectors brought to length one. \`cosines\` [N] says how near each word's direction is to it, and \`answer\` is the
 * nearest word that is none of a, b and c. A vector of zeros has no direction: its cosine is 0.
 */
export function analogy(words: number[][], a: number, b: number, c: number): { cosines: number[]; answer: number } {
  const units = words.map(unit);

  // Your turn.
  const point = units[a];
  const cosines = units.map((word) => 0);
  const answer = 0;

  return { cosines, answer };
}

const dot = (x: number[], y: number[]) => x.reduce((sum, value, j) => sum + value * y[j], 0);

function unit(x: number[]): number[] {
  const length = Math.sqrt(dot(x, x));
  return x.map((value) => (length > 0 ? value / length : 0));
}
`;

interface Choice {
  /** What is taken times a, b and c. */
  signs?: readonly [number, number, number];
  /** Whether the vectors are brought to length one before they are added. */
  unit?: boolean;
  /** Whether the cosines are divided by the point's length. */
  divided?: boolean;
  /** Whether a, b and c may be the answer. */
  free?: boolean;
}

/** The engine's cosines and nearest words; with a choice of what many do otherwise. */
function engine(
  words: Matrix,
  abc: readonly [number, number, number],
  { signs = [-1, 1, 1], unit = true, divided = true, free = false }: Choice = {},
): { cosines: Vector; answer: number } {
  const D = words[0].length;
  const names = words.map((_, i) => String(i));
  const vectors = new WordVectors(names, Float32Array.from(words.flat()), D);
  const data = unit ? vectors.unit() : vectors.data;
  const point = Array.from({ length: D }, (_, d) => abc.reduce((sum, row, i) => sum + signs[i] * data[row * D + d], 0));
  const length = divided ? 1 : Math.sqrt(point.reduce((sum, x) => sum + x * x, 0));
  const found = vectors.nearestTo(point, { count: words.length });
  const cosines = new Array<number>(words.length).fill(0);
  for (const { word, similarity } of found) cosines[Number(word)] = similarity * length;
  const [nearest] = vectors.nearestTo(point, { count: 1, except: free ? [] : abc });
  return { cosines, answer: Number(nearest.word) };
}

const mistake = (message: string, choice: Choice) => ({
  message,
  gives: (words: Matrix, a: number, b: number, c: number) => engine(words, [a, b, c], choice),
});

export const analogy: Exercise = {
  number: 9,
  name: 'analogy',
  title: 'An analogy by cosine',
  chapter: 'words',
  task: 'Find the point b - a + c, the cosine of every word with it, and the nearest word that was not asked about.',
  hint: 'The words are of length one, so a cosine is dot(word, point) divided by the length of the point: dot(word, unit(point)). For the answer, skip a, b and c.',
  function: 'analogy',
  starter,
  tolerance: 1e-5,
  cases() {
    const random = new Random(1, 'learn/analogy');
    return [
      {
        about: 'man, woman, king, queen and apple in a plane',
        inputs: [[[1, 0.1], [1, 1], [3, 0.4], [2, 2.6], [-1, 2]], 0, 1, 2], // biome-ignore format: one line a case
      },
      { about: '12 words of 5 numbers', inputs: [matrix(random, 12, 5), 3, 7, 9] },
      {
        about: 'long and short vectors',
        inputs: [matrix(random, 8, 4).map((row, i) => row.map((x) => x * (1 + 3 * (i % 3)))), 1, 2, 5],
      },
      {
        about: 'the nearest word is c itself',
        inputs: [
          [
            [1, 0, 0],
            [0.98, 0.2, 0],
            [0, 1, 1],
            [0, 0.9, 0.2],
            [0, 0, 1],
          ],
          0,
          1,
          2,
        ],
      },
      { about: 'a word of zeros', inputs: [[...matrix(random, 5, 3), [0, 0, 0]], 0, 1, 2] },
      {
        about: 'all words point away from it',
        inputs: [[[1, 0], [0, 1], vector(random, 2), [0.2, -1], [0.6, -0.3]], 0, 1, 1],
      },
    ];
  },
  expected: (words: Matrix, a: number, b: number, c: number) => engine(words, [a, b, c]),
  mistakes: [
    {
      message: 'The cosines are still zero: write the lines below “Your turn”.',
      gives: (words: Matrix) => ({ cosines: words.map(() => 0), answer: 0 }),
    },
    mistake('The cosines are right, but the answer is one of the three words asked about: leave them out.', {
      free: true,
    }),
    mistake('The point is turned round: a is taken away, b and c are added.', { signs: [1, -1, 1] }),
    mistake('The whole sum has the wrong sign: a is taken away, b and c are added.', { signs: [1, -1, -1] }),
    mistake('All three are added up; a is taken away.', { signs: [1, 1, 1] }),
    mistake('c is missing: the point is b - a + c.', { signs: [-1, 1, 0] }),
    mistake('These are dot products: the point is not of length one, so divide by its length.', { divided: false }),
    mistake('The vectors are added as they are; bring them to length one first, or long ones weigh more.', {
      unit: false,
    }),
  ],
};
