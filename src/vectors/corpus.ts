/**
 * A corpus for word vectors: a vocabulary by frequency, and the text as word ids cut into sentences. Words below the
 * least count are dropped before windows are formed, as word2vec does. Splitting is plain: letters, marks and
 * apostrophes, lower case; languages written without spaces need their own splitting first.
 */
import { LookbackError } from '../errors.ts';

export interface VectorCorpus {
  /** By falling count, ties by first appearance. */
  readonly words: readonly string[];
  /** Shape [vocabulary]. */
  readonly counts: Int32Array;
  /** Shape [tokens]: indices in `words`. */
  readonly tokens: Int32Array;
  /** Shape [sentences + 1]: sentence s is tokens[starts[s]] … tokens[starts[s + 1] - 1]. */
  readonly starts: Int32Array;
  /** Words read, the dropped ones included. */
  readonly rawWords: number;
}

export interface CorpusOptions {
  /** Words seen less often are dropped. */
  minCount?: number;
  /** At most this many words, the most frequent. */
  maxVocabulary?: number;
}

/** Lower-case words of each sentence; a sentence ends at `.`, `!`, `?` before a space, or at an empty line. */
export function* sentencesOf(text: string): Generator<string[]> {
  for (const part of text.toLowerCase().split(/[.!?]["'’”)]*\s+|\r?\n\s*\r?\n/u)) {
    const words = part.match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu);
    if (words && words.length > 1) yield words;
  }
}

/**
 * Counts the words of `sentences`, which is read once.
 * @throws BAD_ARGUMENT for an option out of range, DATA_INVALID when fewer than two different words are left.
 */
export function buildCorpus(
  sentences: Iterable<readonly string[]>,
  { minCount = 5, maxVocabulary = 1_000_000 }: CorpusOptions = {},
): VectorCorpus {
  whole('minCount', minCount, 1);
  whole('maxVocabulary', maxVocabulary, 2);
  const seen = new Map<string, number>();
  const frequency: number[] = [];
  const names: string[] = [];
  let ids = new Int32Array(1 << 16);
  const ends: number[] = [0];
  let length = 0;
  for (const sentence of sentences) {
    for (const word of sentence) {
      let id = seen.get(word);
      if (id === undefined) {
        id = names.length;
        seen.set(word, id);
        names.push(word);
        frequency.push(0);
      }
      frequency[id]++;
      if (length === ids.length) {
        const larger = new Int32Array(length * 2);
        larger.set(ids);
        ids = larger;
      }
      ids[length++] = id;
    }
    ends.push(length);
  }
  const order = names.map((_, id) => id).filter((id) => frequency[id] >= minCount);
  order.sort((a, b) => frequency[b] - frequency[a] || a - b);
  order.length = Math.min(order.length, maxVocabulary);
  if (order.length < 2) {
    throw new LookbackError('DATA_INVALID', {
      where: 'word vectors',
      expected: `at least two different words that occur ${minCount} times or more`,
      got: `${length} words, ${names.length} different, ${order.length} of them often enough`,
      next: length === 0 ? 'Give a text with sentences of two words or more' : 'Use more text or a lower minimum count',
    });
  }
  const renamed = new Int32Array(names.length).fill(-1);
  for (const [rank, id] of order.entries()) renamed[id] = rank;
  const tokens = new Int32Array(order.reduce((sum, id) => sum + frequency[id], 0));
  const starts = [0];
  let kept = 0;
  for (let s = 1; s < ends.length; s++) {
    for (let i = ends[s - 1]; i < ends[s]; i++) if (renamed[ids[i]] >= 0) tokens[kept++] = renamed[ids[i]];
    if (kept > starts[starts.length - 1]) starts.push(kept);
  }
  return {
    words: order.map((id) => names[id]),
    counts: Int32Array.from(order, (id) => frequency[id]),
    tokens,
    starts: Int32Array.from(starts),
    rawWords: length,
  };
}

/** Throws BAD_ARGUMENT unless `value` is a whole number from `low` to `high`. */
export function whole(name: string, value: number, low: number, high = 2 ** 31 - 1): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new LookbackError('BAD_ARGUMENT', {
    where: `word vectors: ${name}`,
    expected: `a whole number from ${low} to ${high}`,
    got: String(value),
  });
}
