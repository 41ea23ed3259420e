/**
 * WordPiece: each word is cut, from its beginning, into the longest pieces of the vocabulary (Wu et al. 2016; BERT's
 * tokenization.py). A word that cannot be cut to its end, or is too long, is one unknown token.
 */
import { LookbackError } from '../../errors.ts';
import type { PieceModel } from '../pieceModel.ts';

export interface WordPieceOptions {
  readonly unknown?: string;
  /** What a piece inside a word begins with. */
  readonly continuing?: string;
  /** Longest word, in code points. */
  readonly longest?: number;
}

export class WordPiece implements PieceModel {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknown: number;
  readonly #continuing: string;
  readonly #longestWord: number;
  readonly #longestPiece: number;

  /** @throws FILE_INVALID when the unknown token is not in the vocabulary */
  constructor(ids: ReadonlyMap<string, number>, options: WordPieceOptions = {}, where = 'WordPiece') {
    const { unknown = '[UNK]', continuing = '##', longest = 100 } = options;
    const id = ids.get(unknown);
    if (id === undefined) {
      throw new LookbackError('FILE_INVALID', {
        where,
        expected: `the unknown token ${unknown}`,
        got: 'a vocabulary without it',
      });
    }
    this.#ids = ids;
    this.#unknown = id;
    this.#continuing = continuing;
    this.#longestWord = longest;
    let most = 1;
    for (const piece of ids.keys()) most = Math.max(most, piece.length);
    this.#longestPiece = most;
  }

  encode(word: string, out: number[]): void {
    const units = word.length > this.#longestWord ? [...word].length : word.length;
    if (units > this.#longestWord) {
      out.push(this.#unknown);
      return;
    }
    const first = out.length;
    for (let start = 0; start < word.length; ) {
      const prefix = start > 0 ? this.#continuing : '';
      let end = Math.min(word.length, start + this.#longestPiece);
      let id: number | undefined;
      for (; end > start; end--) {
        id = this.#ids.get(prefix + word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) {
        out.length = first;
        out.push(this.#unknown);
        return;
      }
      out.push(id);
      start = end;
    }
  }
}
