/**
 * How good word vectors are, by the two usual tests: analogies by section (the format of Google's questions-words.txt)
 * and word similarity (WordSim-353: Spearman's correlation with people's judgements). The files are the user's.
 */
import { type Backend, getBackend } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import type { Kernels } from '../backends/cpu/kernels.generated.ts';
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
  { among = 30_000, backend = getBackend() }: { among?: number; backend?: Backend } = {},
): AnalogyScore[] {
  const few = vectors.first(among);
  const { dimensions } = few;
  const unit = few.unit();
  return sections.map(({ name, questions }) => {
    const known = questions
      .map((question) => question.map((word) => few.find(word)))
      .filter((rows) => rows.every((row) => row >= 0));
    const queries = new Float32Array(known.length * dimensions);
    for (const [q, [a, b, c]] of known.entries()) {
      for (let i = 0; i < dimensions; i++) {
        queries[q * dimensions + i] = unit[b * dimensions + i] - unit[a * dimensions + i] + unit[c * dimensions + i];
      }
    }
    let right = 0;
    products(queries, unit, dimensions, backend, (q, row) => {
      const [a, b, c, d] = known[q];
      let best = -1;
      for (let word = 0; word < row.length; word++) {
        if ((best < 0 || row[word] > row[best]) && word !== a && word !== b && word !== c) best = word;
      }
      // A word written twice in the file counts by its spelling.
      if (best >= 0 && few.words[best] === few.words[d]) right++;
    });
    return { name, asked: known.length, total: questions.length, right };
  });
}

/** Calls `each` with every query's dot products with all `rows`; on a backend without kernels, slowly. */
function products(
  queries: Float32Array,
  rows: Float32Array,
  dimensions: number,
  backend: Backend,
  each: (query: number, row: Float32Array) => void,
): void {
  const words = rows.length / dimensions;
  const count = queries.length / dimensions;
  const part = Math.max(1, Math.min(count, Math.floor(8e6 / words)));
  const cpu = backend instanceof CpuBackend ? backend : undefined;
  const table = cpu?.allocate('f32', rows.length);
  const asked = cpu?.allocate('f32', part * dimensions);
  const out = cpu?.allocate('f32', part * words);
  const values = new Float32Array(part * words);
  try {
    if (cpu && table) cpu.module.write(table.address, rows);
    for (let from = 0; from < count; from += part) {
      const size = Math.min(part, count - from);
      if (cpu && table && asked && out) {
        cpu.module.write(asked.address, queries.subarray(from * dimensions, (from + size) * dimensions));
        const [a, b, c] = [asked.address, table.address, out.address];
        const d = dimensions;
        const gemm = {
          name: 'analogies',
          cpu: (k: Kernels) => k.gemm(1, size, words, d, a, 0, d, 1, b, 0, 1, d, c, 0, words, 0),
        };
        cpu.run(gemm, [], [], undefined);
        cpu.module.read(values, c);
      } else {
        for (let q = 0; q < size; q++) {
          for (let w = 0; w < words; w++) {
            let dot = 0;
            for (let i = 0; i < dimensions; i++) dot += queries[(from + q) * dimensions + i] * rows[w * dimensions + i];
            values[q * words + w] = dot;
          }
        }
      }
      for (let q = 0; q < size; q++) each(from + q, values.subarray(q * words, (q + 1) * words));
    }
  } finally {
    for (const storage of [table, asked, out]) if (storage) cpu?.free(storage);
  }
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
