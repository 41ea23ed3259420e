/** Pairs of words whose difference is one relation, as drawn with arrows: one direction for each family. */
import type { WordVectors } from './wordVectors.ts';

export interface Relation {
  name: string;
  pairs: readonly (readonly [string, string])[];
}

export const relations: readonly Relation[] = [
  {
    name: 'male-female',
    pairs: [
      ['man', 'woman'],
      ['king', 'queen'],
      ['boy', 'girl'],
      ['brother', 'sister'],
      ['father', 'mother'],
      ['uncle', 'aunt'],
    ],
  },
  {
    name: 'verb tense',
    pairs: [
      ['walking', 'walked'],
      ['swimming', 'swam'],
      ['running', 'ran'],
      ['writing', 'wrote'],
      ['singing', 'sang'],
      ['dancing', 'danced'],
    ],
  },
  {
    name: 'country-capital',
    pairs: [
      ['spain', 'madrid'],
      ['italy', 'rome'],
      ['germany', 'berlin'],
      ['russia', 'moscow'],
      ['japan', 'tokyo'],
      ['france', 'paris'],
      ['china', 'beijing'],
    ],
  },
];

/** The relations with only the pairs that have vectors; those left with fewer than two are in `missing`. */
export function relationsIn(
  vectors: WordVectors,
  wanted: readonly Relation[] = relations,
): { found: Relation[]; missing: string[] } {
  const known = wanted.map(({ name, pairs }) => ({
    name,
    pairs: pairs.filter(([a, b]) => vectors.has(a) && vectors.has(b)),
  }));
  return {
    found: known.filter(({ pairs }) => pairs.length >= 2),
    missing: known.filter(({ pairs }) => pairs.length < 2).map(({ name }) => name),
  };
}

/** Mean cosine between the differences of a relation's pairs: 1 when all arrows are parallel. NaN for one pair. */
export function parallelism(vectors: WordVectors, { pairs }: Relation): number {
  const arrows = pairs.map(([a, b]) => {
    const [from, to] = [vectors.vector(a), vectors.vector(b)];
    const arrow = to.map((x, d) => x - from[d]);
    const length = Math.sqrt(arrow.reduce((sum, x) => sum + x * x, 0)) || 1;
    return arrow.map((x) => x / length);
  });
  let sum = 0;
  let count = 0;
  for (let i = 0; i < arrows.length; i++) {
    for (let j = 0; j < i; j++) {
      sum += arrows[i].reduce((dot, x, d) => dot + x * arrows[j][d], 0);
      count++;
    }
  }
  return sum / count;
}
