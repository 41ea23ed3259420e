/**
 * How good word vectors are, by the two usual tests: analogies by section (the format of Google's questions-words.txt)
 * and word similarity (WordSim-353: Spearman's correlation with people's judgements). The files are the user's.
 */
import { LookbackError } from '../errors.ts';
import type { WordVectors } from './wordVectors.ts';

export interface AnalogySection {
  name: string;
  questions: [a: string, b: string, c: string, d: string][];
}

export interface AnalogyScore {
  name: string;
  /** Questions all four of whose words have vectors; only these are asked. */
  asked: number;
  total: number;
  right: number;
}

/** @throws FILE_INVALID for a line that is neither `: section` nor four words. */
export function parseAnalogies(text: string, name = 'analogies'): AnalogySection[] {
  const sections: AnalogySection[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    if (line.startsWith(':')) {
      sections.push({ name: line.slice(1).trim(), questions: [] });
      continue;
    }
    const words = line.trim().toLowerCase().split(/\s+/);
    if (words.length !== 4) throw invalid(name, `four words in line ${i + 1}`, line);
    if (sections.length === 0) sections.push({ name: 'all', questions: [] });
    sections[sections.length - 1].questions.push([words[0], words[1], words[2], words[3]]);
  }
  if (sections.length === 0) throw invalid(name, 'sections of four words a line', '');
  return sections;
}

/**
 * a is to b as c is to what? Right when d is the nearest to b − a + c among the `among` most frequent words, the three
 * asked about left out. @returns a score for each section
 */
export function scoreAnalogies(
  vectors: WordVectors,
  sections: readonly AnalogySection[],
  { among = 30_000 }: { among?: number } = {},
): AnalogyScore[] {
  const few = vectors.first(among);
  const { dimensions } = few;
  const unit = few.unit();
  const query = new Float32Array(dimensions);
  return sections.map(({ name, questions }) => {
    let asked = 0;
    let right = 0;
    for (const question of questions) {
      const [a, b, c, d] = question.map((word) => few.find(word));
      if (a < 0 || b < 0 || c < 0 || d < 0) continue;
      asked++;
      for (let i = 0; i < dimensions; i++) {
        query[i] = unit[b * dimensions + i] - unit[a * dimensions + i] + unit[c * dimensions + i];
      }
      const [best] = few.nearestTo(query, { count: 1, except: [a, b, c] });
      if (best?.word === few.words[d]) right++;
    }
    return { name, asked, total: questions.length, right };
  });
}

export interface SimilarityPair {
  a: string;
  b: string;
  judged: number;
}

/** Two words and a number a line, tabs or spaces or commas between. @throws FILE_INVALID for another line. */
export function parseSimilarities(text: string, name = 'similarities'): SimilarityPair[] {
  const pairs: SimilarityPair[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [a, b, judged, ...rest] = line.trim().split(/[\t ,;]+/);
    if (i === 0 && Number.isNaN(Number(judged))) continue;
    if (rest.length > 0 || judged === undefined || !Number.isFinite(Number(judged))) {
      throw invalid(name, `two words and a number in line ${i + 1}`, line);
    }
    pairs.push({ a: a.toLowerCase(), b: b.toLowerCase(), judged: Number(judged) });
  }
  if (pairs.length === 0) throw invalid(name, 'two words and a number a line', '');
  return pairs;
}

/** Spearman's rank correlation of cosine with the judgements; `correlation` is NaN for fewer than two pairs asked. */
export function scoreSimilarities(
  vectors: WordVectors,
  pairs: readonly SimilarityPair[],
): { asked: number; total: number; correlation: number } {
  const known = pairs.filter(({ a, b }) => vectors.has(a) && vectors.has(b));
  const correlation = spearman(
    known.map(({ a, b }) => vectors.similarity(a, b)),
    known.map(({ judged }) => judged),
  );
  return { asked: known.length, total: pairs.length, correlation };
}

/** Pearson's correlation of the ranks, ties at their mean rank. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  const a = ranks(x);
  const b = ranks(y);
  const mean = (a.length - 1) / 2;
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    product += (a[i] - mean) * (b[i] - mean);
    squareA += (a[i] - mean) * (a[i] - mean);
    squareB += (b[i] - mean) * (b[i] - mean);
  }
  return product / Math.sqrt(squareA * squareB);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
  const rank = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) rank[order[i]] = (from + to - 1) / 2;
    from = to;
  }
  return rank;
}

function invalid(where: string, expected: string, line: string): LookbackError {
  const got = line === '' ? 'nothing' : JSON.stringify(line.slice(0, 60));
  return new LookbackError('FILE_INVALID', { where, expected, got });
}
