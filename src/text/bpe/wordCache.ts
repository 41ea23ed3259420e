/**
 * Ids of pre-tokens seen before, in typed arrays: an open hash table of integers, no object a word.
 *
 * A word of up to eight bytes is its own key, two integers read at once; of a longer one the table holds a hash and where
 * its bytes are kept. When the cache is full it begins anew, so that its memory has a bound whatever the text.
 */
import { hashBytes } from './vocabulary.ts';

/** Longest pre-token that is kept, in bytes. */
export const longestCached = 64;
const mostWords = 1 << 18;
/** first four bytes or hash; next four bytes or place of the bytes; length | count of ids << 8; the id or their place */
const fields = 4;
const firstPlaces = 1 << 13;

/** By length: which bits of the first and second four bytes belong to a word of up to eight. */
const lowMasks = Int32Array.from({ length: 9 }, (_, n) => (n >= 4 ? -1 : 2 ** (8 * n) - 1));
const highMasks = Int32Array.from({ length: 9 }, (_, n) => (n >= 8 ? -1 : n <= 4 ? 0 : 2 ** (8 * (n - 4)) - 1));

export class WordCache {
  #slots = new Int32Array(firstPlaces * fields);
  #mask = firstPlaces - 1;
  #words = 0;
  #bytes = new Uint8Array(1 << 15);
  #bytesUsed = 0;
  #ids = new Int32Array(1 << 13);
  #idsUsed = 0;

  /** Empties the cache; the room it has taken stays. */
  clear(): void {
    this.#slots.fill(0);
    this.#words = 0;
    this.#bytesUsed = 0;
    this.#idsUsed = 0;
  }

  /**
   * Writes the ids of the word `bytes[start..end)`, of at most `longestCached` bytes, to `out` from `at` on and returns
   * the place after them, or -1 when the word is not known. `out` has room for one id a byte; `view` shows `bytes`.
   */
  copy(bytes: Uint8Array, view: DataView, start: number, end: number, out: Int32Array, at: number): number {
    const length = end - start;
    const slots = this.#slots;
    const mask = this.#mask;
    if (length <= 8) {
      const low = lowKey(bytes, view, start, length);
      const high = highKey(bytes, view, start, length);
      for (let slot = shortHash(low, high, length) & mask; ; slot = (slot + 1) & mask) {
        const base = slot * fields;
        const meta = slots[base + 2];
        if (meta === 0) return -1;
        if (slots[base] === low && slots[base + 1] === high && (meta & 255) === length) {
          return this.#write(meta >> 8, slots[base + 3], out, at);
        }
      }
    }
    const hash = hashBytes(bytes, start, end);
    const known = this.#bytes;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const base = slot * fields;
      const meta = slots[base + 2];
      if (meta === 0) return -1;
      if (slots[base] !== hash || (meta & 255) !== length) continue;
      const from = slots[base + 1];
      let i = 0;
      while (i < length && known[from + i] === bytes[start + i]) i++;
      if (i === length) return this.#write(meta >> 8, slots[base + 3], out, at);
    }
  }

  #write(count: number, value: number, out: Int32Array, at: number): number {
    if (count === 1) out[at] = value;
    else for (let k = 0; k < count; k++) out[at + k] = this.#ids[value + k];
    return at + count;
  }

  /** Keeps the `count` ids from `ids[first]` on for a word that is not known. */
  add(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    ids: Int32Array,
    first: number,
    count: number,
  ): void {
    if (this.#words >= mostWords) this.clear();
    if (this.#words * 2 > this.#mask) this.#grow();
    const length = end - start;
    let value = ids[first];
    if (count > 1) {
      this.#ids = roomy(this.#ids, this.#idsUsed, count);
      for (let k = 0; k < count; k++) this.#ids[this.#idsUsed + k] = ids[first + k];
      value = this.#idsUsed;
      this.#idsUsed += count;
    }
    const meta = length | (count << 8);
    this.#words++;
    if (length <= 8) {
      const low = lowKey(bytes, view, start, length);
      const high = highKey(bytes, view, start, length);
      this.#insert(shortHash(low, high, length), low, high, meta, value);
      return;
    }
    this.#bytes = roomy(this.#bytes, this.#bytesUsed, length);
    for (let i = 0; i < length; i++) this.#bytes[this.#bytesUsed + i] = bytes[start + i];
    const hash = hashBytes(bytes, start, end);
    this.#insert(hash, hash, this.#bytesUsed, meta, value);
    this.#bytesUsed += length;
  }

  #insert(hash: number, first: number, second: number, meta: number, value: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[slot * fields + 2] !== 0) slot = (slot + 1) & this.#mask;
    const base = slot * fields;
    this.#slots[base] = first;
    this.#slots[base + 1] = second;
    this.#slots[base + 2] = meta;
    this.#slots[base + 3] = value;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 4);
    this.#mask = this.#slots.length / fields - 1;
    for (let base = 0; base < old.length; base += fields) {
      const meta = old[base + 2];
      if (meta === 0) continue;
      const length = meta & 255;
      const hash = length <= 8 ? shortHash(old[base], old[base + 1], length) : old[base];
      this.#insert(hash, old[base], old[base + 1], meta, old[base + 3]);
    }
  }
}

/** The first four bytes of a word, little-endian, zero beyond its end. */
function lowKey(bytes: Uint8Array, view: DataView, start: number, length: number): number {
  if (start + 4 <= bytes.length) return view.getInt32(start, true) & lowMasks[length];
  let key = 0;
  for (let i = 0; i < 4 && i < length; i++) key |= bytes[start + i] << (8 * i);
  return key;
}

/** Its next four bytes; 0 for a word of up to four, without a branch that would be guessed wrong every other word. */
function highKey(bytes: Uint8Array, view: DataView, start: number, length: number): number {
  if (start + 8 <= bytes.length) return view.getInt32(start + 4, true) & highMasks[length];
  let key = 0;
  for (let i = 4; i < length; i++) key |= bytes[start + i] << (8 * (i - 4));
  return key;
}

function shortHash(low: number, high: number, length: number): number {
  const mixed = Math.imul(low ^ (length << 27), 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return mixed ^ (mixed >>> 15) ^ (mixed >>> 7);
}

function roomy<T extends Uint8Array | Int32Array>(array: T, used: number, more: number): T {
  if (used + more <= array.length) return array;
  const larger = (
    array instanceof Uint8Array ? new Uint8Array(array.length * 2) : new Int32Array(array.length * 2)
  ) as T;
  larger.set(array);
  return larger;
}
