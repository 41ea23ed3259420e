/**
 * Unigram: of all ways to cut a text into pieces, the one whose pieces' log probabilities sum highest, found by Viterbi's
 * algorithm (Kudo 2018, "Subword Regularization"). A character without a piece costs ten nats more than the worst piece, as
 * in SentencePiece, and unknown characters side by side are one unknown token.
 */
import { LookbackError } from '../../errors.ts';
import { Vocabulary } from '../bpe/vocabulary.ts';
import type { PieceModel } from '../pieceModel.ts';
import { encodeUtf8 } from '../utf8.ts';

export interface UnigramPiece {
  readonly text: string;
  /** Log probability; NaN for a piece that no text gives (control tokens). */
  readonly score: number;
}

const unknownPenalty = 10;

export class Unigram implements PieceModel {
  readonly #vocabulary: Vocabulary;
  readonly #scores: Float64Array;
  readonly #unknown: number | undefined;
  readonly #unknownScore: number;
  readonly #byteIds: Int32Array | undefined;

  /** @throws FILE_INVALID when the unknown id is outside the vocabulary or a piece stands twice */
  constructor(
    pieces: readonly UnigramPiece[],
    { unknown, byteFallback = false }: { unknown?: number; byteFallback?: boolean } = {},
    where = 'Unigram',
  ) {
    if (unknown !== undefined && !(unknown >= 0 && unknown < pieces.length)) {
      throw new LookbackError('FILE_INVALID', {
        where,
        expected: `unk_id below ${pieces.length}`,
        got: String(unknown),
      });
    }
    this.#vocabulary = new Vocabulary(
      pieces.map(({ text, score }, id) => (Number.isNaN(score) || id === unknown ? undefined : encodeUtf8(text))),
      where,
    );
    this.#scores = Float64Array.from(pieces, ({ score }) => score);
    this.#unknown = unknown;
    let lowest = 0;
    for (const score of this.#scores) if (score < lowest) lowest = score;
    this.#unknownScore = lowest - unknownPenalty;
    this.#byteIds = byteFallback ? byteTokens(pieces.map(({ text }) => text)) : undefined;
  }

  encode(word: string, out: number[]): void {
    const bytes = encodeUtf8(word);
    const n = bytes.length;
    // best[i]: the highest sum over cuts of the first i bytes, which end at a character; its last piece and where it began.
    const best = new Float64Array(n + 1).fill(-Infinity);
    const from = new Int32Array(n + 1);
    const piece = new Int32Array(n + 1);
    best[0] = 0;
    const { longest } = this.#vocabulary;
    for (let start = 0; start < n; ) {
      const width = Math.min(n - start, characterWidth(bytes[start]));
      let single = false;
      for (let end = start + width; end <= n && end - start <= longest; ) {
        const id = this.#vocabulary.find(bytes, start, end);
        if (id >= 0) {
          if (end === start + width) single = true;
          const sum = best[start] + this.#scores[id];
          if (sum > best[end]) {
            best[end] = sum;
            from[end] = start;
            piece[end] = id;
          }
        }
        if (end === n) break;
        end = Math.min(n, end + characterWidth(bytes[end]));
      }
      const sum = best[start] + this.#unknownScore;
      if (!single && sum > best[start + width]) {
        best[start + width] = sum;
        from[start + width] = start;
        piece[start + width] = -1;
      }
      start += width;
    }
    const cuts: number[] = [];
    for (let end = n; end > 0; end = from[end]) cuts.push(end);
    let unknownBefore = false;
    for (let i = cuts.length - 1; i >= 0; i--) {
      const end = cuts[i];
      if (piece[end] >= 0) out.push(piece[end]);
      else if (this.#byteIds) for (let k = from[end]; k < end; k++) out.push(this.#byteIds[bytes[k]]);
      else if (this.#unknown !== undefined && !unknownBefore) out.push(this.#unknown);
      unknownBefore = piece[end] < 0;
    }
  }
}

function characterWidth(byte: number): number {
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** Ids of `<0x00>` to `<0xFF>`, or undefined when one is missing. */
export function byteTokens(pieces: readonly string[]): Int32Array | undefined {
  const ids = new Map(pieces.map((text, id) => [text, id]));
  const found = Array.from({ length: 256 }, (_, byte) => ids.get(byteName(byte)));
  return found.every((id) => id !== undefined) ? Int32Array.from(found as number[]) : undefined;
}

export function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}
