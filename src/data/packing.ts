/**
 * Rows of a fixed length out of documents: one after the other through the whole stream, or best-fit so that fewer are cut;
 * with the document of each token, which makes a mask that keeps attention inside a document. `documentBatches.ts` does it
 * step by step for training.
 */
import { LookbackError } from '../errors.ts';

export interface PackedRows {
  /** Ids, shape [B, T]. */
  readonly ids: Int32Array;
  /** Document of each token within its row, from 0; -1 for padding. Shape [B, T]. */
  readonly documents: Int32Array;
  /** Place of each token within its document's part of the row, shape [B, T]. */
  readonly positions: Int32Array;
  readonly rows: number;
}

export interface PackOptions {
  /** Tokens a row, T. */
  readonly length: number;
  /** `stream` cuts wherever a row is full; `fit` puts each document, cut to T, into the fullest row it fits in. */
  readonly by?: 'stream' | 'fit';
  /** Id of padding; rows of `stream` need none but the last, which is left out when this is not given. */
  readonly padding?: number;
}

/** @param offsets where each document begins in `ids`, and the end: shape [documents + 1] @throws BAD_ARGUMENT */
export function packDocuments(ids: ArrayLike<number>, offsets: ArrayLike<number>, options: PackOptions): PackedRows {
  const { length, by = 'stream', padding } = options;
  if (!Number.isInteger(length) || length < 1) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'packDocuments: length',
      expected: 'a whole number ≥ 1',
      got: String(length),
    });
  }
  const pieces: { row: number; at: number; from: number; count: number }[] = [];
  let rows = 0;
  if (by === 'stream') {
    let at = 0;
    for (let d = 0; d + 1 < offsets.length; d++) {
      for (let from = offsets[d]; from < offsets[d + 1]; ) {
        const count = Math.min(length - at, offsets[d + 1] - from);
        pieces.push({ row: rows, at, from, count });
        from += count;
        at += count;
        if (at === length) {
          rows++;
          at = 0;
        }
      }
    }
    if (at > 0 && padding !== undefined) rows++;
  } else {
    const cut: { from: number; count: number }[] = [];
    for (let d = 0; d + 1 < offsets.length; d++) {
      for (let from = offsets[d]; from < offsets[d + 1]; from += length) {
        cut.push({ from, count: Math.min(length, offsets[d + 1] - from) });
      }
    }
    // Best fit, longest first: rows by the room they have left.
    const byRoom: number[][] = Array.from({ length: length + 1 }, () => []);
    for (const { from, count } of cut.sort((a, b) => b.count - a.count || a.from - b.from)) {
      let room = count;
      while (room < length && byRoom[room].length === 0) room++;
      const row = byRoom[room].pop() ?? rows++;
      pieces.push({ row, at: length - room, from, count });
      if (room > count) byRoom[room - count].push(row);
    }
  }
  const packed = {
    ids: new Int32Array(rows * length).fill(padding ?? 0),
    documents: new Int32Array(rows * length).fill(-1),
    positions: new Int32Array(rows * length),
    rows,
  };
  const seen = new Int32Array(rows + 1);
  for (const { row, at, from, count } of pieces) {
    if (row >= rows) continue;
    for (let i = 0; i < count; i++) {
      const place = row * length + at + i;
      packed.ids[place] = ids[from + i];
      packed.documents[place] = seen[row];
      packed.positions[place] = i;
    }
    seen[row]++;
  }
  return packed;
}

/** Which positions may attend which: 1 where the key is no later and in the same document, shape [B, T, T]. */
export function documentMask({ documents, rows }: Pick<PackedRows, 'documents' | 'rows'>): Uint8Array {
  const length = rows === 0 ? 0 : documents.length / rows;
  const mask = new Uint8Array(rows * length * length);
  for (let row = 0; row < rows; row++) {
    for (let query = 0; query < length; query++) {
      const document = documents[row * length + query];
      for (let key = query; key >= 0 && document >= 0 && documents[row * length + key] === document; key--) {
        mask[(row * length + query) * length + key] = 1;
      }
    }
  }
  return mask;
}
