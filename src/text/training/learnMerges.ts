/**
 * Learns byte-pair merges from counted words: the most frequent pair of neighbours becomes a token, again and again.
 *
 * Counts are kept up to date instead of being counted anew: a merge touches the words that hold its pair and no others. The
 * next pair comes from a heap. A pair's count only falls once the merge that made it is over, so an entry whose count is
 * out of date is an upper bound: it goes back into the heap with its true one. Of pairs that are equally frequent the one
 * whose left bytes, then right bytes, come last in byte order is taken.
 */
import { PairTable } from './pairTable.ts';
import type { PackedCounts } from './wordCounts.ts';

export interface LearnOptions {
  /** How many merges at most. */
  readonly merges: number;
  /** A pair that stands less often is not merged. */
  readonly minimumCount?: number;
  readonly onProgress?: (merges: number) => void;
}

export interface Merges {
  /** [left, right, …]; ids below 256 are bytes, 256 + k is what merge k gave. */
  readonly pairs: Int32Array;
  /** Bytes of every token, the 256 single ones first. */
  readonly tokens: Uint8Array[];
}

export function learnMerges(words: PackedCounts, { merges, minimumCount = 1, onProgress }: LearnOptions): Merges {
  const tokens = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  const pairs = new PairTable();
  const symbols = Int32Array.from(words.bytes);
  const { offsets, counts } = words;
  const lengths = Int32Array.from(counts, (_, word) => offsets[word + 1] - offsets[word]);
  for (let word = 0; word < counts.length; word++) {
    for (let i = offsets[word]; i + 1 < offsets[word + 1]; i++) {
      const index = pairs.index(symbols[i], symbols[i + 1]);
      pairs.counts[index] += counts[word];
      pairs.addWord(index, word);
    }
  }
  const heap = new PairHeap(pairs, tokens);
  for (let index = 0; index < pairs.size; index++) heap.push(index);
  const learned: number[] = [];
  let merged = 0;
  let left = 0;
  let right = 0;
  let known = 0;
  /** Replaces the pair in one word, from left to right, and tells the counts of its neighbours. */
  const replace = (word: number): void => {
    const start = offsets[word];
    const end = start + lengths[word];
    const count = counts[word];
    let to = start;
    for (let from = start; from < end; from++) {
      const symbol = symbols[from];
      if (symbol !== left || from + 1 >= end || symbols[from + 1] !== right) {
        symbols[to++] = symbol;
        continue;
      }
      if (to > start) {
        const before = symbols[to - 1];
        pairs.counts[pairs.index(before, left)] -= count;
        const made = pairs.index(before, merged);
        pairs.counts[made] += count;
        pairs.addWord(made, word);
      }
      if (from + 2 < end) {
        const after = symbols[from + 2];
        pairs.counts[pairs.index(right, after)] -= count;
        const made = pairs.index(merged, after);
        pairs.counts[made] += count;
        pairs.addWord(made, word);
      }
      symbols[to++] = merged;
      from++;
    }
    lengths[word] = to - start;
  };
  while (learned.length < merges * 2) {
    const best = heap.pop();
    if (best < 0 || pairs.counts[best] < minimumCount) break;
    left = pairs.left[best];
    right = pairs.right[best];
    merged = tokens.length;
    tokens.push(joined(tokens[left], tokens[right]));
    learned.push(left, right);
    known = pairs.size;
    pairs.takeWords(best, replace);
    pairs.counts[best] = 0;
    for (let index = known; index < pairs.size; index++) heap.push(index);
    if (onProgress && learned.length % 200 === 0) onProgress(learned.length / 2);
  }
  return { pairs: Int32Array.from(learned), tokens };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** Byte order, a beginning before what goes on. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Pairs by count, the most frequent on top. */
class PairHeap {
  readonly #pairs: PairTable;
  readonly #tokens: readonly Uint8Array[];
  readonly #heap: number[] = [];
  readonly #counts: number[] = [];

  constructor(pairs: PairTable, tokens: readonly Uint8Array[]) {
    this.#pairs = pairs;
    this.#tokens = tokens;
  }

  #above(a: number, countA: number, b: number, countB: number): boolean {
    if (countA !== countB) return countA > countB;
    const { left, right } = this.#pairs;
    if (left[a] !== left[b]) return compareBytes(this.#tokens[left[a]], this.#tokens[left[b]]) > 0;
    return compareBytes(this.#tokens[right[a]], this.#tokens[right[b]]) > 0;
  }

  push(index: number): void {
    const count = this.#pairs.counts[index];
    if (count <= 0) return;
    const heap = this.#heap;
    const counts = this.#counts;
    let i = heap.length;
    heap.push(index);
    counts.push(count);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#above(index, count, heap[parent], counts[parent])) break;
      heap[i] = heap[parent];
      counts[i] = counts[parent];
      i = parent;
    }
    heap[i] = index;
    counts[i] = count;
  }

  /** The best pair, or -1. */
  pop(): number {
    while (this.#heap.length > 0) {
      const index = this.#heap[0];
      const count = this.#counts[0];
      const lastIndex = this.#heap.pop() as number;
      const lastCount = this.#counts.pop() as number;
      if (this.#heap.length > 0) this.#sink(lastIndex, lastCount);
      if (this.#pairs.counts[index] === count) return index;
      this.push(index);
    }
    return -1;
  }

  #sink(index: number, count: number): void {
    const heap = this.#heap;
    const counts = this.#counts;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#above(heap[child + 1], counts[child + 1], heap[child], counts[child]))
        child++;
      if (!this.#above(heap[child], counts[child], index, count)) break;
      heap[i] = heap[child];
      counts[i] = counts[child];
      i = child;
    }
    heap[i] = index;
    counts[i] = count;
  }
}
