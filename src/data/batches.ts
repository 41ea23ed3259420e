/**
 * Which examples a training step sees, from a seed: the same for the same seed on every machine, and exactly the same
 * again after a resume. Nothing here touches tensors; a batch is a list of positions.
 */

import { LookbackError } from '../errors.ts';
import { Random } from '../random.ts';

/** Ids that are read in pieces: an Int32Array is one, and so is a reader of files too large to be held whole. */
export interface TokenSource {
  readonly length: number;
  /** Ids from `begin` to `end`, not to be written to. */
  subarray(begin: number, end: number): Int32Array;
}

/** Where a shuffled pass stands: `position` examples of pass number `epoch` have been drawn. Plain JSON. */
export interface SamplerState {
  readonly epoch: number;
  readonly position: number;
}

/**
 * Draws every example once an epoch, in a new seeded order each time. A batch that reaches the end of an epoch goes on
 * into the next, so all batches have the same size.
 */
export class ShuffledSampler {
  readonly count: number;
  readonly batch: number;
  readonly #seed: number;
  readonly #stream: string;
  #epoch = 0;
  #position = 0;
  #order: Int32Array;

  /**
   * `count` examples, `batch` of them a step (B); `stream` keeps this sampler's chance apart from others of the same
   * seed.
   *
   * @throws BAD_ARGUMENT for counts below 1
   */
  constructor({
    count,
    batch,
    seed,
    stream = 'shuffle',
  }: { count: number; batch: number; seed: number; stream?: string }) {
    positive('ShuffledSampler', { count, batch });
    this.count = count;
    this.batch = batch;
    this.#seed = seed;
    this.#stream = stream;
    this.#order = this.#shuffle(0);
  }

  /** The positions of the next batch, [B], each in [0, count). */
  next(): Int32Array {
    const indices = new Int32Array(this.batch);
    for (let i = 0; i < this.batch; i++) {
      if (this.#position === this.count) {
        this.#epoch++;
        this.#position = 0;
        this.#order = this.#shuffle(this.#epoch);
      }
      indices[i] = this.#order[this.#position++];
    }
    return indices;
  }

  /** To be kept in a checkpoint. */
  get state(): SamplerState {
    return { epoch: this.#epoch, position: this.#position };
  }

  /** Goes on from a kept state. BAD_ARGUMENT when it cannot be one of `count` examples. */
  restore({ epoch, position }: SamplerState): void {
    const whole = Number.isSafeInteger(epoch) && epoch >= 0 && Number.isSafeInteger(position) && position >= 0;
    if (!whole || position > this.count) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'ShuffledSampler.restore',
        expected: `a position in ${this.count} examples`,
        got: `epoch ${epoch}, position ${position}`,
        next: 'Resume with the data and the split the run began with',
      });
    }
    this.#epoch = epoch;
    this.#position = position;
    this.#order = this.#shuffle(epoch);
  }

  #shuffle(epoch: number): Int32Array {
    return new Random(this.#seed, `${this.#stream}.${epoch}`).permutation(this.count);
  }
}

/**
 * Draws windows of T ids and their successors at uniformly random offsets, as nanoGPT does. Keyed by seed and step, so
 * it has no state: step 1,000 is the same whether or not the 999 before it were drawn.
 */
export class OffsetSampler {
  /** Number of different offsets: each leaves room for T ids and one more. */
  readonly offsets: number;
  /** Which chance of the seed it draws from. */
  readonly stream: string;
  readonly #seed: number;

  /**
   * Windows of `context` ids (T) from `length`; `stream` keeps this sampler's chance apart from others of the same
   * seed, such as evaluation's.
   *
   * @throws BAD_ARGUMENT when no window with a successor fits
   */
  constructor({
    length,
    context,
    seed,
    stream = 'offsets',
  }: { length: number; context: number; seed: number; stream?: string }) {
    positive('OffsetSampler', { context });
    if (!(length > context)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'OffsetSampler',
        expected: `more than context = ${context} ids`,
        got: `${length}`,
        next: 'Bring more text, or shorten the context',
      });
    }
    this.offsets = length - context;
    this.#seed = seed;
    this.stream = stream;
  }

  /** The first position of each window of a step's batch, [B]. */
  offsetsAt(step: number, batch: number): Float64Array {
    const random = new Random(this.#seed, `${this.stream}.${step}`);
    return Float64Array.from({ length: batch }, () => integerBelow(random, this.offsets));
  }
}

/** A whole number in [0, n), evenly, also for an n beyond 32 bits: a corpus may have so many ids. */
export function integerBelow(random: Random, n: number): number {
  if (n <= 2 ** 32) return random.integer(n);
  for (;;) {
    const drawn = random.integer(Math.ceil(n / 2 ** 32)) * 2 ** 32 + random.integer(2 ** 32);
    if (drawn < n) return drawn;
  }
}

/**
 * Cuts windows out of a sequence of ids: `inputs` [B, T] start at the offsets, `targets` [B, T] one later.
 *
 * @throws BAD_ARGUMENT for an offset whose window or last target lies outside `ids`
 */
export function cutWindows(
  ids: TokenSource | readonly number[],
  offsets: ArrayLike<number>,
  context: number,
): { inputs: Int32Array; targets: Int32Array } {
  const source: TokenSource = 'subarray' in ids ? ids : Int32Array.from(ids);
  const inputs = new Int32Array(offsets.length * context);
  const targets = new Int32Array(offsets.length * context);
  for (let b = 0; b < offsets.length; b++) {
    const offset = offsets[b];
    if (!(offset >= 0 && offset + context < ids.length)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'cutWindows',
        expected: `offsets in 0..${ids.length - context - 1}`,
        got: `${offset}`,
      });
    }
    const window = source.subarray(offset, offset + context + 1);
    inputs.set(window.subarray(0, context), b * context);
    targets.set(window.subarray(1), b * context);
  }
  return { inputs, targets };
}

function positive(where: string, counts: Record<string, number>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new LookbackError('BAD_ARGUMENT', { where, expected: `${name} to be a whole number ≥ 1`, got: `${value}` });
    }
  }
}
