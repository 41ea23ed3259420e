/**
 * Batches that know their documents: windows of a stream with the document of each token, or rows of whole documents,
 * drawn or in order. What is drawn is keyed by its random stream alone, so a step is the same whether or not those before
 * it were drawn. No tensors, and no corpus in memory: ids are asked for piece by piece.
 */
import { LookbackError } from '../errors.ts';
import type { Random } from '../random.ts';
import { integerBelow, type TokenSource } from './batches.ts';

/** A target that does not count in the loss. */
export const ignoredTarget = -100;

/** Ids that know their documents. */
export interface DocumentSource extends TokenSource {
  /** Where the document that holds `position` begins and ends. */
  documentAt(position: number): readonly [begin: number, end: number];
}

/** Shapes [B, T]. */
export interface DocumentBatch {
  readonly inputs: Int32Array;
  /** The successor of each input within its document, `ignoredTarget` where it has none. */
  readonly targets: Int32Array;
  /** Document of each token within its row, from 0; -1 for padding. */
  readonly documents: Int32Array;
  /** Place of each token within its document's part of the row. */
  readonly positions: Int32Array;
  readonly rows: number;
  /** Targets that count. */
  readonly count: number;
}

/** Documents in memory. */
export class DocumentTokens implements DocumentSource {
  readonly length: number;

  /** @param offsets where each document begins in `ids`, and the end: shape [documents + 1] @throws BAD_ARGUMENT */
  constructor(
    readonly ids: Int32Array,
    readonly offsets: ArrayLike<number>,
  ) {
    this.length = ids.length;
    const rising = Array.from({ length: Math.max(0, offsets.length - 1) }, (_, d) => offsets[d + 1] >= offsets[d]);
    if (offsets[0] !== 0 || offsets[offsets.length - 1] !== ids.length || !rising.every(Boolean)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'DocumentTokens: offsets',
        expected: `rising from 0 to ${ids.length}`,
        got: `${offsets.length} that end at ${offsets[offsets.length - 1]}`,
      });
    }
  }

  subarray(begin: number, end: number): Int32Array {
    return this.ids.subarray(begin, end);
  }

  documentAt(position: number): readonly [number, number] {
    const document = placeIn(this.offsets, position);
    return [this.offsets[document], this.offsets[document + 1]];
  }
}

/** The last i with offsets[i] ≤ position: which of the ranges that begin there holds it. Offsets rise. */
export function placeIn(offsets: ArrayLike<number>, position: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle] <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Windows of T = `context` ids from each of `offsets`, as `cutWindows` cuts them, with their documents. */
export function documentWindows(source: DocumentSource, offsets: ArrayLike<number>, context: number): DocumentBatch {
  const rows = new DocumentRows(offsets.length, context);
  for (let row = 0; row < offsets.length; row++) {
    const stop = offsets[row] + context;
    for (let from = offsets[row]; from < stop; ) {
      const [, end] = source.documentAt(from);
      const to = Math.min(end, stop);
      rows.put(row, source.subarray(from, Math.min(end, to + 1)), to - from);
      from = to;
    }
  }
  return rows.batch();
}

/**
 * B = `rows` rows of T = `context` ids of whole documents, longer ones in pieces of T: drawn in proportion to their length,
 * each put into the fullest row it fits into, until one fits into none. The rest is padding.
 *
 * @throws DATA_INVALID when no document has two ids
 */
export function drawDocuments(
  source: DocumentSource,
  { rows, context, random }: { rows: number; context: number; random: Random },
): DocumentBatch {
  const made = new DocumentRows(rows, context);
  for (let misses = 0; misses < 10_000; ) {
    const position = integerBelow(random, source.length);
    const [begin, end] = source.documentAt(position);
    const from = begin + Math.floor((position - begin) / context) * context;
    const count = Math.min(context, end - 1 - from);
    // The last id of a document is followed by nothing, so there is nothing to learn at it.
    if (count < 1) misses++;
    else if (made.fit(source.subarray(from, from + count + 1), count)) misses = 0;
    else return made.batch();
  }
  throw new LookbackError('DATA_INVALID', {
    where: 'documents',
    expected: 'documents of two ids or more',
    got: 'hardly any among 10,000 drawn',
    next: "Use data.packing: 'stream'",
  });
}

/** Every document in order, each id but a document's first predicted once, in batches of `rows` rows at most. */
export function* allDocuments(
  source: DocumentSource,
  { rows, context }: { rows: number; context: number },
): Generator<DocumentBatch> {
  let made = new DocumentRows(rows, context);
  for (let at = 0; at < source.length; ) {
    const [, end] = source.documentAt(at);
    for (let from = at; from + 1 < end; from += context) {
      const count = Math.min(context, end - 1 - from);
      const ids = source.subarray(from, from + count + 1);
      if (made.fit(ids, count)) continue;
      yield made.batch();
      made = new DocumentRows(rows, context);
      made.fit(ids, count);
    }
    at = end;
  }
  const last = made.batch();
  if (last.count > 0) yield last;
}

/** Rows being filled. */
class DocumentRows {
  readonly #inputs: Int32Array;
  readonly #targets: Int32Array;
  readonly #documents: Int32Array;
  readonly #positions: Int32Array;
  /** Ids and documents in each row so far. */
  readonly #filled: Int32Array;
  readonly #seen: Int32Array;
  #rows = 0;
  #count = 0;

  constructor(
    readonly rows: number,
    readonly context: number,
  ) {
    const size = rows * context;
    this.#inputs = new Int32Array(size);
    this.#targets = new Int32Array(size).fill(ignoredTarget);
    this.#documents = new Int32Array(size).fill(-1);
    this.#positions = new Int32Array(size);
    this.#filled = new Int32Array(rows);
    this.#seen = new Int32Array(rows);
  }

  /** Into the fullest row with room for `count` ids; false when there is none. */
  fit(ids: Int32Array, count: number): boolean {
    let best = -1;
    for (let row = 0; row < this.rows; row++) {
      const room = this.context - this.#filled[row];
      if (room >= count && (best < 0 || this.#filled[row] > this.#filled[best])) best = row;
    }
    if (best >= 0) this.put(best, ids, count);
    return best >= 0;
  }

  /** `count` ids of one document; one more in `ids` is the successor of the last. */
  put(row: number, ids: Int32Array, count: number): void {
    const at = row * this.context + this.#filled[row];
    const successors = ids.subarray(1, count + 1);
    this.#inputs.set(ids.subarray(0, count), at);
    this.#targets.set(successors, at);
    this.#documents.fill(this.#seen[row]++, at, at + count);
    for (let i = 0; i < count; i++) this.#positions[at + i] = i;
    this.#filled[row] += count;
    this.#count += successors.length;
    this.#rows = Math.max(this.#rows, row + 1);
  }

  batch(): DocumentBatch {
    const size = this.#rows * this.context;
    return {
      inputs: this.#inputs.subarray(0, size),
      targets: this.#targets.subarray(0, size),
      documents: this.#documents.subarray(0, size),
      positions: this.#positions.subarray(0, size),
      rows: this.#rows,
      count: this.#count,
    };
  }
}
