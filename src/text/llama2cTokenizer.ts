/**
 * The tokenizer of llama2.c (karpathy/llama2.c, `tokenizer.bin` and `tok512.bin`): SentencePiece pieces with scores.
 *
 * Encoding is run.c's: the beginning token, a space before the text, one piece a code point (its UTF-8 bytes where there
 * is none), then again and again the adjacent pair whose joined piece has the best score is merged.
 */
import { LookbackError } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';

/** The stored form. */
export interface Llama2cTokenizerJson {
  type: 'llama2c';
  version: 1;
  pieces: string[];
  scores: number[];
}

/** Id of the token that begins a text; the model also writes it where a text ends. */
const beginning = 1;
const ending = 2;
/** Ids 3 to 258 are the 256 bytes, `<0x00>` to `<0xFF>`. */
const firstByte = 3;

export class Llama2cTokenizer implements Tokenizer {
  readonly beginning = beginning;
  readonly #ids: ReadonlyMap<string, number>;

  /** @param pieces the text of each id @param scores one a piece, the higher the sooner merged */
  constructor(
    readonly pieces: readonly string[],
    readonly scores: ArrayLike<number>,
  ) {
    // Of equal pieces the first counts.
    const ids = new Map<string, number>();
    pieces.forEach((piece, id) => {
      if (!ids.has(piece)) ids.set(piece, id);
    });
    this.#ids = ids;
  }

  /**
   * Reads the .bin file: int32 longest piece, then for each piece f32 score, int32 length, UTF-8 bytes.
   * @throws LookbackError FILE_INVALID for a file that ends inside a piece.
   */
  static read(bytes: Uint8Array, where = 'llama2.c tokenizer'): Llama2cTokenizer {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const pieces: string[] = [];
    const scores: number[] = [];
    let offset = 4;
    while (offset < bytes.length) {
      const length = offset + 8 <= bytes.length ? view.getInt32(offset + 4, true) : -1;
      if (length < 0 || offset + 8 + length > bytes.length) {
        throw new LookbackError('FILE_INVALID', {
          where,
          problem: `it ends inside piece ${pieces.length}, or is no such file`,
          next: 'Fetch the file again',
        });
      }
      scores.push(view.getFloat32(offset, true));
      pieces.push(new TextDecoder().decode(bytes.subarray(offset + 8, offset + 8 + length)));
      offset += 8 + length;
    }
    if (pieces.length < firstByte + 256) {
      throw new LookbackError('FILE_INVALID', {
        where,
        expected: `at least ${firstByte + 256} pieces`,
        got: String(pieces.length),
        next: 'Fetch the file again',
      });
    }
    return new Llama2cTokenizer(pieces, scores);
  }

  get vocabularySize(): number {
    return this.pieces.length;
  }

  /** Ids of `text` after the beginning token, shape [tokens]. Every text can be encoded. */
  encode(text: string): Int32Array {
    const ids = [beginning];
    const space = this.#ids.get(' ');
    if (text.length > 0 && space !== undefined) ids.push(space);
    for (const character of text) {
      const id = this.#ids.get(character);
      if (id !== undefined) ids.push(id);
      else for (const byte of new TextEncoder().encode(character)) ids.push(firstByte + byte);
    }
    for (;;) {
      let best = -Infinity;
      let at = -1;
      let merged = -1;
      for (let i = 0; i + 1 < ids.length; i++) {
        const id = this.#ids.get(this.pieces[ids[i]] + this.pieces[ids[i + 1]]);
        if (id !== undefined && this.scores[id] > best) {
          best = this.scores[id];
          at = i;
          merged = id;
        }
      }
      if (at < 0) return Int32Array.from(ids);
      ids.splice(at, 2, merged);
    }
  }

  /** The text of `ids`, without the space that `encode` puts in front. @throws INDEX_OUT_OF_RANGE for an unknown id. */
  decode(ids: ArrayLike<number>): string {
    const bytes: number[] = [];
    for (let i = 0; i < ids.length; i++) {
      const piece = this.pieces[ids[i]];
      if (piece === undefined) {
        throw new LookbackError('INDEX_OUT_OF_RANGE', {
          where: 'Llama2cTokenizer.decode',
          expected: `token ids from 0 to ${this.vocabularySize - 1}`,
          got: `${ids[i]} at index ${i}`,
          next: 'Decode with the tokenizer that the model was trained with',
        });
      }
      if (ids[i] === beginning || ids[i] === ending) continue;
      const isByte = ids[i] >= firstByte && ids[i] < firstByte + 256;
      if (isByte) bytes.push(ids[i] - firstByte);
      else {
        const first = i > 0 && ids[i - 1] === beginning && piece.startsWith(' ');
        bytes.push(...new TextEncoder().encode(first ? piece.slice(1) : piece));
      }
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }

  toJSON(): Llama2cTokenizerJson {
    return { type: 'llama2c', version: 1, pieces: [...this.pieces], scores: Array.from(this.scores) };
  }
}
