/**
 * Random numbers from a counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as
 * 1, 2, 3").
 *
 * Every stream is named (a parameter's path, a step's dropout) and its name and the seed make its key, so adding a layer
 * moves no other stream. Number i of a stream is word i mod 4 of block i div 4, whatever was drawn in between: the
 * kernels compute the same integers from the same key. There is no global generator, and nothing here is fit for secrets.
 */

import { LookbackError } from './errors.ts';
import { cos, log, normalDistribution, normalQuantile, sin } from './math.ts';

const TWO_PI = 6.283185307179586;
const TWO_TO_MINUS_24 = 5.9604644775390625e-8;
const TWO_TO_MINUS_32 = 2.3283064365386963e-10;
const TWO_TO_MINUS_53 = 1.1102230246251565e-16;
const TWO_TO_32 = 4294967296;

/** The upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // below 2^32
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) >>> 0;
}

/**
 * One block of Philox4x32-10: four words that depend on `counter` (four uint32) and `key` (two uint32) only.
 * Writes them to `out[0..3]`; `out` may be `counter`.
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array | number[]): void {
  let c0 = counter[0] >>> 0;
  let c1 = counter[1] >>> 0;
  let c2 = counter[2] >>> 0;
  let c3 = counter[3] >>> 0;
  let k0 = key[0] >>> 0;
  let k1 = key[1] >>> 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** FNV-1a, 64 bits, over the UTF-8 bytes of `text`, as [low, high] words. */
function hashText(text: string): [number, number] {
  let low = 0x84222325;
  let high = 0xcbf29ce4;
  for (const byte of new TextEncoder().encode(text)) {
    low = (low ^ byte) >>> 0;
    // times the prime 2^40 + 0x1b3; every product stays below 2^53
    const product = low * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / TWO_TO_32) + ((low << 8) >>> 0)) % TWO_TO_32;
    low = product >>> 0;
  }
  return [low, high];
}

/** The key of the stream `name` below `parent`: a Philox block whose last word, 1, no draw ever uses. */
function deriveKey(parent: readonly [number, number], name: string): [number, number] {
  const block = [...hashText(name), 0, 1];
  philox4x32(block, parent, block);
  return [block[0], block[1]];
}

/** What continues a stream exactly; plain JSON. */
export interface RandomState {
  /** Two uint32. */
  key: [number, number];
  /** How many 32-bit words were drawn. */
  position: number;
  /** The second number of the last Box-Muller pair, if not yet given out. */
  spareNormal: number | null;
}

/**
 * A seeded stream of random numbers.
 *
 * `seed` is a whole number from 0 to 2^53 - 1; `stream` names what the numbers are for. The same two give the same
 * numbers on every machine. Each `fill…` gives exactly what as many single calls would, unless it says otherwise.
 */
export class Random {
  #key: readonly [number, number];
  #position = 0;
  #spareNormal: number | null = null;
  readonly #counter = new Uint32Array(4);
  readonly #block = new Uint32Array(4);
  #blockIndex = -1;

  /** @throws BAD_ARGUMENT for a seed that is not a whole number from 0 to 2^53 - 1. */
  constructor(seed: number, stream = '') {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      refuse('Random', 'a seed that is a whole number from 0 to 2^53 - 1', seed);
    }
    this.#key = deriveKey([seed >>> 0, Math.floor(seed / TWO_TO_32)], stream);
  }

  /** A stream that continues where `state` was taken. @throws BAD_ARGUMENT for anything but a state. */
  static restore({ key, position, spareNormal }: RandomState): Random {
    const isWord = (x: number) => Number.isInteger(x) && x >= 0 && x < TWO_TO_32;
    const valid =
      Array.isArray(key) && key.length === 2 && key.every(isWord) && Number.isSafeInteger(position) && position >= 0;
    if (!valid || !(spareNormal === null || Number.isFinite(spareNormal))) {
      refuse('Random.restore', 'what state() returned', JSON.stringify({ key, position, spareNormal }));
    }
    const random = Random.#ofKey([key[0], key[1]]);
    random.#position = position;
    random.#spareNormal = spareNormal;
    return random;
  }

  static #ofKey(key: [number, number]): Random {
    const random = new Random(0);
    random.#key = key;
    return random;
  }

  /** The Philox key, two uint32; kernels draw from it with counters [block, 0, 0, 0]. */
  get key(): readonly [number, number] {
    return this.#key;
  }

  /** The exact state, as plain JSON. */
  state(): RandomState {
    return { key: [this.#key[0], this.#key[1]], position: this.#position, spareNormal: this.#spareNormal };
  }

  /** An independent stream named below this one; it depends on this stream's key, not on what was drawn from it. */
  split(name: string): Random {
    return Random.#ofKey(deriveKey(this.#key, name));
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const index = Math.floor(this.#position / 4);
    if (index !== this.#blockIndex) {
      this.#counter[0] = index >>> 0;
      this.#counter[1] = Math.floor(index / TWO_TO_32);
      philox4x32(this.#counter, this.#key, this.#block);
      this.#blockIndex = index;
    }
    return this.#block[this.#position++ % 4];
  }

  /** Uniform on [low, high), 53 bits (two words); rounding of low + (high - low) u may reach `high`. */
  uniform(low = 0, high = 1): number {
    const upper = this.uint32() >>> 5;
    const lower = this.uint32() >>> 6;
    return low + (high - low) * ((upper * 67108864 + lower) * TWO_TO_MINUS_53);
  }

  /**
   * Normal, by Box and Muller (1958): √(-2 ln u) (cos 2πv, sin 2πv) is two independent normals. One word each, so
   * |value - mean| < 6.8 std.
   */
  normal(mean = 0, std = 1): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return mean + std * spare;
    }
    const radius = Math.sqrt(-2 * log((this.uint32() + 0.5) * TWO_TO_MINUS_32)); // + 0.5: never log 0
    const angle = TWO_PI * (this.uint32() * TWO_TO_MINUS_32);
    this.#spareNormal = radius * sin(angle);
    return mean + std * (radius * cos(angle));
  }

  /**
   * Normal, given that it lies between `low` and `high` standard deviations from the mean, by the inverse distribution
   * function (two words each). The bounds are in units of `std`, as in JAX and TensorFlow; PyTorch's are absolute.
   * @throws BAD_ARGUMENT unless low < high.
   */
  truncatedNormal(mean = 0, std = 1, low = -2, high = 2): number {
    return mean + std * this.#truncated(truncation(low, high));
  }

  #truncated({ low, high, from, to, mirror }: Truncation): number {
    const value = normalQuantile(from + (to - from) * this.uniform());
    return Math.min(high, Math.max(low, mirror ? -value : value));
  }

  /** A whole number from 0 to n - 1, without bias. @throws BAD_ARGUMENT unless 1 <= n <= 2^32. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_TO_32) refuse('integer', 'a whole number n from 1 to 2^32', n);
    const limit = TWO_TO_32 - (TWO_TO_32 % n);
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % n;
  }

  /** The numbers 0 … n - 1 in random order (Fisher and Yates). @throws BAD_ARGUMENT unless 0 <= n < 2^31. */
  permutation(n: number): Int32Array {
    if (!Number.isInteger(n) || n < 0 || n >= 2147483648)
      refuse('permutation', 'a whole number n from 0 to 2^31 - 1', n);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const moved = order[i];
      order[i] = order[j];
      order[j] = moved;
    }
    return order;
  }

  /**
   * An index drawn in proportion to `weights`, which need not sum to 1.
   * @throws BAD_ARGUMENT for a negative or non-finite weight, or where all are zero.
   */
  categorical(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0)) refuse('categorical', 'weights that are zero or more', `${weights[i]} at index ${i}`);
      total += weights[i];
    }
    if (!(total > 0 && total < Infinity)) refuse('categorical', 'weights with a positive, finite sum', total);
    const target = this.uniform(0, total);
    let reached = 0;
    let last = 0;
    for (let i = 0; i < weights.length; i++) {
      if (weights[i] === 0) continue;
      reached += weights[i];
      last = i;
      if (target < reached) break;
    }
    return last;
  }

  /**
   * Fills `out` from [low, high) and returns it. A Float32Array takes one word and 24 bits each, so that [0, 1) never
   * rounds to 1; a Float64Array what `uniform` gives.
   */
  fillUniform<A extends Float32Array | Float64Array>(out: A, low = 0, high = 1): A {
    const single = out instanceof Float32Array;
    for (let i = 0; i < out.length; i++) {
      out[i] = single ? low + (high - low) * ((this.uint32() >>> 8) * TWO_TO_MINUS_24) : this.uniform(low, high);
    }
    return out;
  }

  /** Fills `out` with what `normal` gives and returns it. */
  fillNormal<A extends Float32Array | Float64Array>(out: A, mean = 0, std = 1): A {
    for (let i = 0; i < out.length; i++) out[i] = this.normal(mean, std);
    return out;
  }

  /** Fills `out` with what `truncatedNormal` gives and returns it. */
  fillTruncatedNormal<A extends Float32Array | Float64Array>(out: A, mean = 0, std = 1, low = -2, high = 2): A {
    const interval = truncation(low, high);
    for (let i = 0; i < out.length; i++) out[i] = mean + std * this.#truncated(interval);
    return out;
  }
}

type Truncation = { low: number; high: number; from: number; to: number; mirror: boolean };

/** The probabilities below `low` and `high`. Near 1 they have lost digits, so an interval on the right is mirrored. */
function truncation(low: number, high: number): Truncation {
  if (!(low < high)) refuse('truncatedNormal', 'low < high, in standard deviations', `low ${low}, high ${high}`);
  const mirror = low > 0;
  const from = normalDistribution(mirror ? -high : low);
  const to = normalDistribution(mirror ? -low : high);
  return { low, high, from, to, mirror };
}

function refuse(where: string, expected: string, got: unknown): never {
  throw new LookbackError('BAD_ARGUMENT', { where, expected, got: String(got) });
}
