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

const longestShort = 8;

function placesFor(tokens: number): number {
  let places = 16;
  while (places < tokens * 1.5) places *= 2;
  return places;
}

function fourBytes(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** The first four bytes, or as many as there are. */
function firstBytes(bytes: Uint8Array, at: number, length: number): number {
  if (length >= 4) return fourBytes(bytes, at);
  if (length === 1) return bytes[at];
  return bytes[at] | (bytes[at + 1] << 8) | (length === 2 ? 0 : bytes[at + 2] << 16);
}

function shortHash(low: number, high: number, length: number): number {
  const mixed = Math.imul(low ^ (length << 27), 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return mixed ^ (mixed >>> 15) ^ (mixed >>> 7);
}

export class Vocabulary {
  /** One more than the highest id. */
  readonly size: number;
  /** Bytes of the longest token. */
  readonly longest: number;
  /** All tokens one after the other; token `id` is `bytes[offsets[id] … offsets[id + 1])`, empty where there is none. */
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  /** Of tokens longer than eight bytes: pairs of hash and id, -1 where a place is free. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  /**
   * Of the others, which are most that are looked for: first four bytes, last four bytes, length | id << 4, 0 where a place
   * is free. They are their own keys, so that one place in memory answers.
   */
  readonly #short: Int32Array;
  readonly #shortMask: number;

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
    const short = tokens.reduce((sum, token) => sum + (token && token.length <= longestShort ? 1 : 0), 0);
    this.#slots = new Int32Array(2 * placesFor(tokens.length - short)).fill(-1);
    this.#mask = this.#slots.length / 2 - 1;
    this.#short = new Int32Array(3 * placesFor(short));
    this.#shortMask = this.#short.length / 3 - 1;
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
      if (token.length <= longestShort) {
        this.#addShort(token, id);
        continue;
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
    if (length <= longestShort) return length > 0 ? this.#findShort(bytes, start, length) : -1;
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

  #findShort(bytes: Uint8Array, start: number, length: number): number {
    const low = firstBytes(bytes, start, length);
    const high = length > 4 ? fourBytes(bytes, start + length - 4) : 0;
    const slots = this.#short;
    const mask = this.#shortMask;
    for (let slot = shortHash(low, high, length) & mask; ; slot = (slot + 1) & mask) {
      const meta = slots[slot * 3 + 2];
      if (meta === 0) return -1;
      if (slots[slot * 3] === low && slots[slot * 3 + 1] === high && (meta & 15) === length) return meta >> 4;
    }
  }

  #addShort(token: Uint8Array, id: number): void {
    const { length } = token;
    const low = firstBytes(token, 0, length);
    const high = length > 4 ? fourBytes(token, length - 4) : 0;
    let slot = shortHash(low, high, length) & this.#shortMask;
    while (this.#short[slot * 3 + 2] !== 0) slot = (slot + 1) & this.#shortMask;
    this.#short[slot * 3] = low;
    this.#short[slot * 3 + 1] = high;
    this.#short[slot * 3 + 2] = length | (id << 4);
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
