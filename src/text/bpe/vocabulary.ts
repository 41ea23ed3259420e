/**
 * The byte strings of a vocabulary by id, and their ids by byte string: one block of bytes, one hash table of integers,
 * no object a token. Fixed once made.
 */
import { LookbackError } from '../../errors.ts';

/** A hash of `bytes[start..end)` as a signed 32-bit integer (FNV-1a with a final mix). */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

export class Vocabulary {
  /** One more than the highest id. */
  readonly size: number;
  /** Bytes of the longest token. */
  readonly longest: number;
  /** All tokens one after the other; token `id` is `bytes[offsets[id] … offsets[id + 1])`, empty where there is none. */
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  /** Pairs of hash and id, -1 where a place is free. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /**
   * @param tokens the bytes of each id; undefined or empty where an id has none
   * @throws FILE_INVALID when two ids have the same bytes
   */
  constructor(tokens: readonly (Uint8Array | undefined)[], where = 'vocabulary') {
    this.size = tokens.length;
    this.offsets = new Int32Array(tokens.length + 1);
    let total = 0;
    let longest = 0;
    for (let id = 0; id < tokens.length; id++) {
      const length = tokens[id]?.length ?? 0;
      total += length;
      if (length > longest) longest = length;
      this.offsets[id + 1] = total;
    }
    this.longest = longest;
    this.bytes = new Uint8Array(total);
    let places = 16;
    while (places < tokens.length * 2) places *= 2;
    this.#mask = places - 1;
    this.#slots = new Int32Array(places * 2).fill(-1);
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id];
      if (!token || token.length === 0) continue;
      this.bytes.set(token, this.offsets[id]);
      const other = this.find(token, 0, token.length);
      if (other >= 0) {
        throw new LookbackError('FILE_INVALID', {
          where,
          expected: 'distinct tokens',
          got: `ids ${other} and ${id} with the same ${token.length} bytes`,
          next: 'Fetch the file again',
        });
      }
      const hash = hashBytes(token, 0, token.length);
      let slot = hash & this.#mask;
      while (this.#slots[slot * 2 + 1] >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot * 2] = hash;
      this.#slots[slot * 2 + 1] = id;
    }
  }

  /** The id of `bytes[start..end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > this.longest) return -1;
    const hash = hashBytes(bytes, start, end);
    const slots = this.#slots;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const id = slots[slot * 2 + 1];
      if (id < 0) return -1;
      if (slots[slot * 2] !== hash) continue;
      const from = this.offsets[id];
      if (this.offsets[id + 1] - from !== length) continue;
      let i = 0;
      while (i < length && this.bytes[from + i] === bytes[start + i]) i++;
      if (i === length) return id;
    }
  }

  /** The bytes of a token: a view, empty where the id has none. */
  token(id: number): Uint8Array {
    return this.bytes.subarray(this.offsets[id], this.offsets[id + 1]);
  }

  /** Whether an id has a token. */
  has(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.size && this.offsets[id + 1] > this.offsets[id];
  }
}
