/**
 * How often each pre-token stands in a corpus: bytes, counts and an open hash table in typed arrays, so that millions of
 * distinct words take some tens of bytes each.
 */
import { hashBytes } from '../bpe/vocabulary.ts';
import { type PatternName, patterns } from '../pretokenize/scanners.ts';

/** What one thread sends another: the words one after the other, in the order they were first met. */
export interface PackedCounts {
  readonly bytes: Uint8Array;
  /** Place of each word in `bytes`, and the end: shape [words + 1]. */
  readonly offsets: Float64Array;
  readonly counts: Float64Array;
}

export class WordCounts {
  size = 0;
  /** Pairs of hash and index, -1 where a place is free. */
  #slots = new Int32Array(1 << 17).fill(-1);
  #mask = (1 << 16) - 1;
  #bytes = new Uint8Array(1 << 20);
  #offsets = new Float64Array(1 << 16);
  #counts = new Float64Array(1 << 16);

  /** Adds `count` to the word `bytes[start..end)`. */
  add(bytes: Uint8Array, start: number, end: number, count = 1): void {
    const hash = hashBytes(bytes, start, end);
    const slots = this.#slots;
    const length = end - start;
    let slot = hash & this.#mask;
    for (; ; slot = (slot + 1) & this.#mask) {
      const index = slots[slot * 2 + 1];
      if (index < 0) break;
      if (slots[slot * 2] !== hash) continue;
      const from = this.#offsets[index];
      if (this.#offsets[index + 1] - from !== length) continue;
      let i = 0;
      while (i < length && this.#bytes[from + i] === bytes[start + i]) i++;
      if (i === length) {
        this.#counts[index] += count;
        return;
      }
    }
    this.#append(bytes, start, end, count, hash, slot);
  }

  #append(bytes: Uint8Array, start: number, end: number, count: number, hash: number, slot: number): void {
    const used = this.#offsets[this.size];
    if (used + end - start > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, used + end - start));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    for (let i = start; i < end; i++) this.#bytes[used + i - start] = bytes[i];
    if (this.size + 2 > this.#counts.length) {
      this.#offsets = doubled(this.#offsets);
      this.#counts = doubled(this.#counts);
    }
    this.#counts[this.size] = count;
    this.#offsets[this.size + 1] = used + end - start;
    this.#slots[slot * 2] = hash;
    this.#slots[slot * 2 + 1] = this.size++;
    if (this.size * 2 > this.#mask) this.#grow();
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2).fill(-1);
    this.#mask = this.#slots.length / 2 - 1;
    for (let place = 0; place < old.length; place += 2) {
      if (old[place + 1] < 0) continue;
      let slot = old[place] & this.#mask;
      while (this.#slots[slot * 2 + 1] >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot * 2] = old[place];
      this.#slots[slot * 2 + 1] = old[place + 1];
    }
  }

  /** Counts every pre-token of `bytes[start..end)`. */
  addText(bytes: Uint8Array, pattern: PatternName, start = 0, end = bytes.length): void {
    const { scan } = patterns[pattern];
    for (let from = start; from < end; ) {
      const to = scan(bytes, from, end);
      this.add(bytes, from, to);
      from = to;
    }
  }

  /** Adds what another thread counted. */
  merge({ bytes, offsets, counts }: PackedCounts): void {
    for (let i = 0; i < counts.length; i++) this.add(bytes, offsets[i], offsets[i + 1], counts[i]);
  }

  pack(): PackedCounts {
    return {
      bytes: this.#bytes.slice(0, this.#offsets[this.size]),
      offsets: this.#offsets.slice(0, this.size + 1),
      counts: this.#counts.slice(0, this.size),
    };
  }

  /** The same counts without the rarest words: as many stay as `most` allows, and none of a count that had to go. */
  pruned(most: number): WordCounts {
    const packed = this.pack();
    const sorted = packed.counts.slice().sort();
    const limit = sorted[Math.max(0, sorted.length - most - 1)];
    const kept = new WordCounts();
    for (let i = 0; i < packed.counts.length; i++) {
      if (packed.counts[i] > limit) kept.add(packed.bytes, packed.offsets[i], packed.offsets[i + 1], packed.counts[i]);
    }
    return kept;
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
