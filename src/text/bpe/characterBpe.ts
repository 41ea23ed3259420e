/**
 * Byte-pair encoding over characters, as Llama 2, SentencePiece and early GPTs use it: a word begins as its code points; one
 * without a token becomes its UTF-8 bytes or the unknown token.
 */
import type { PieceModel } from '../pieceModel.ts';
import { encodeUtf8 } from '../utf8.ts';
import { MergeSpace } from './merge.ts';
import type { MergeRules } from './rules.ts';

export interface CharacterBpeOptions {
  readonly unknown?: number;
  /** Ids of the 256 bytes, for characters without a token. */
  readonly byteIds?: Int32Array;
  /** Whether unknown characters side by side are one token. */
  readonly fuseUnknown?: boolean;
  /** What a piece inside a word begins with, and what the last ends with. */
  readonly continuing?: string;
  readonly ending?: string;
  /** Whether a word that is a token is taken whole. */
  readonly wholeWords?: boolean;
}

/** Words kept, and the longest of them in UTF-16 units. */
const mostCached = 1 << 16;
const longestCached = 64;

export class CharacterBpe implements PieceModel {
  readonly #space = new MergeSpace();
  readonly #cache = new Map<string, Int32Array>();

  constructor(
    readonly ids: ReadonlyMap<string, number>,
    readonly rules: MergeRules,
    readonly options: CharacterBpeOptions = {},
  ) {}

  encode(word: string, out: number[]): void {
    let ids = word.length <= longestCached ? this.#cache.get(word) : undefined;
    if (!ids) {
      ids = this.#merge(word);
      if (word.length <= longestCached) {
        if (this.#cache.size >= mostCached) this.#cache.clear();
        this.#cache.set(word, ids);
      }
    }
    for (let i = 0; i < ids.length; i++) out.push(ids[i]);
  }

  #merge(word: string): Int32Array {
    const { unknown, byteIds, fuseUnknown, continuing = '', ending = '', wholeWords } = this.options;
    const whole = wholeWords ? this.ids.get(word) : undefined;
    if (whole !== undefined) return Int32Array.of(whole);
    const bytes = encodeUtf8(word);
    const space = this.#space;
    space.reserve(bytes.length);
    let count = 0;
    let at = 0;
    let afterUnknown = false;
    for (let i = 0; i < word.length; ) {
      const character = String.fromCodePoint(word.codePointAt(i) ?? 0);
      const width = character.length === 2 ? 4 : utf8Width(character.charCodeAt(0));
      const last = i + character.length >= word.length;
      const id = this.ids.get((i > 0 ? continuing : '') + character + (last ? ending : ''));
      if (id === undefined && byteIds) {
        for (let k = 0; k < width; k++) {
          space.ids[count] = byteIds[bytes[at + k]];
          space.starts[count++] = at + k;
        }
      } else if (id !== undefined || (unknown !== undefined && !(fuseUnknown && afterUnknown))) {
        space.ids[count] = id ?? (unknown as number);
        space.starts[count++] = at;
      }
      afterUnknown = id === undefined;
      at += width;
      i += character.length;
    }
    space.starts[count] = at;
    const left = space.merge(this.rules, bytes, count);
    return space.ids.slice(0, left);
  }
}

function utf8Width(unit: number): number {
  return unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
}
