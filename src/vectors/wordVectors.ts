/**
 * Words and their vectors: looking up, nearest by cosine, analogies. Read-only; made by training (word2vec.ts) or by
 * reading a file (formats.ts). Search is exhaustive: 400,000 words of 100 numbers take tens of milliseconds.
 */
import { LookbackError, nearest } from '../errors.ts';

export interface Neighbour {
  word: string;
  /** Cosine. */
  similarity: number;
}

export class WordVectors {
  readonly words: readonly string[];
  /** Shape [words, dimensions]. */
  readonly data: Float32Array;
  readonly dimensions: number;
  readonly #index = new Map<string, number>();
  #unit: Float32Array | undefined;

  /** @throws SHAPE_MISMATCH unless data has words × dimensions numbers, DATA_INVALID for no words or a number that is not finite. */
  constructor(words: readonly string[], data: Float32Array, dimensions: number) {
    if (!Number.isInteger(dimensions) || dimensions < 1 || data.length !== words.length * dimensions) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'WordVectors',
        expected: `${words.length} words × ${dimensions} dimensions`,
        got: `${data.length} numbers`,
      });
    }
    const bad = words.length === 0 ? 0 : data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const got =
        words.length === 0 ? 'none' : `${data[bad]} in the vector of '${words[Math.floor(bad / dimensions)]}'`;
      throw new LookbackError('DATA_INVALID', {
        where: 'WordVectors',
        expected: 'one word or more, with finite numbers',
        got,
      });
    }
    this.words = words;
    this.data = data;
    this.dimensions = dimensions;
    // Of two equal words the first, the more frequent one, counts.
    for (let i = words.length - 1; i >= 0; i--) this.#index.set(words[i], i);
  }

  has(word: string): boolean {
    return this.find(word) >= 0;
  }

  /** The row of a word as written, else in lower case; -1 without one. */
  find(word: string): number {
    return this.#index.get(word) ?? this.#index.get(word.toLowerCase()) ?? -1;
  }

  /** As `find`. @throws DATA_INVALID for an unknown word, with near spellings among the most frequent. */
  row(word: string): number {
    const found = this.find(word);
    if (found >= 0) return found;
    const near = nearest(word, this.words.slice(0, 50_000));
    throw new LookbackError('DATA_INVALID', {
      where: 'word vectors',
      problem: `no vector for '${word}'`,
      next: near ? `Did you mean '${near}'?` : `There are ${this.words.length} words; choose one of them`,
    });
  }

  /** The vector as it is, shape [dimensions]; a view. @throws as `row`. */
  vector(word: string): Float32Array {
    const row = this.row(word);
    return this.data.subarray(row * this.dimensions, (row + 1) * this.dimensions);
  }

  /** Cosine of the angle between two words; 0 where a vector is zero. @throws as `row`. */
  similarity(a: string, b: string): number {
    return this.#dot(this.row(a), this.row(b));
  }

  /** The words nearest to `word`, itself left out. @throws as `row`. */
  near(word: string, count = 10): Neighbour[] {
    const row = this.row(word);
    return this.nearestTo(this.unit().subarray(row * this.dimensions, (row + 1) * this.dimensions), {
      count,
      except: [row],
    });
  }

  /**
   * What is to `plus` as the sum says: king − man + woman is analogy(['king', 'woman'], ['man']). 3CosAdd (Levy & Goldberg
   * 2014): the unit vectors are added and subtracted, the words asked about are left out.
   * @throws as `row`, BAD_ARGUMENT for no words.
   */
  analogy(plus: readonly string[], minus: readonly string[] = [], count = 10): Neighbour[] {
    if (plus.length + minus.length === 0) {
      throw new LookbackError('BAD_ARGUMENT', { where: 'analogy', expected: 'one word or more', got: 'none' });
    }
    const rows = [...plus.map((word) => [this.row(word), 1]), ...minus.map((word) => [this.row(word), -1])];
    const sum = new Float32Array(this.dimensions);
    const unit = this.unit();
    for (const [row, sign] of rows)
      for (let d = 0; d < sum.length; d++) sum[d] += sign * unit[row * this.dimensions + d];
    return this.nearestTo(sum, { count, except: rows.map(([row]) => row) });
  }

  /** Words by cosine with `query` (shape [dimensions]), the highest first; `among` looks at the first so many only. */
  nearestTo(
    query: ArrayLike<number>,
    {
      count = 10,
      except = [],
      among = this.words.length,
    }: { count?: number; except?: readonly number[]; among?: number } = {},
  ): Neighbour[] {
    if (query.length !== this.dimensions) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'nearestTo',
        expected: `a vector of ${this.dimensions} numbers`,
        got: `${query.length} numbers`,
      });
    }
    const { dimensions } = this;
    const unit = this.unit();
    let square = 0;
    for (let d = 0; d < dimensions; d++) square += query[d] * query[d];
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    const left = new Set(except);
    const best: { row: number; similarity: number }[] = [];
    for (let row = 0; row < Math.min(among, this.words.length); row++) {
      let dot = 0;
      const at = row * dimensions;
      for (let d = 0; d < dimensions; d++) dot += unit[at + d] * query[d];
      const similarity = dot * scale;
      if (best.length >= count && !(similarity > best[best.length - 1].similarity)) continue;
      if (left.has(row)) continue;
      let place = best.length;
      while (place > 0 && best[place - 1].similarity < similarity) place--;
      best.splice(place, 0, { row, similarity });
      if (best.length > count) best.pop();
    }
    return best.map(({ row, similarity }) => ({ word: this.words[row], similarity }));
  }

  /** The first `count` words only. */
  first(count: number): WordVectors {
    if (count >= this.words.length) return this;
    return new WordVectors(this.words.slice(0, count), this.data.slice(0, count * this.dimensions), this.dimensions);
  }

  /** All vectors at length 1 (zero ones stay zero), shape [words, dimensions]; computed once, not to be changed. */
  unit(): Float32Array {
    if (this.#unit) return this.#unit;
    const unit = new Float32Array(this.data.length);
    for (let at = 0; at < unit.length; at += this.dimensions) {
      let square = 0;
      for (let d = at; d < at + this.dimensions; d++) square += this.data[d] * this.data[d];
      const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
      for (let d = at; d < at + this.dimensions; d++) unit[d] = this.data[d] * scale;
    }
    this.#unit = unit;
    return unit;
  }

  #dot(a: number, b: number): number {
    const unit = this.unit();
    let sum = 0;
    for (let d = 0; d < this.dimensions; d++) sum += unit[a * this.dimensions + d] * unit[b * this.dimensions + d];
    return sum;
  }
}
