/**
 * Which two neighbours merge, and how soon: the two kinds of byte-pair vocabulary.
 *
 * A rank file (tiktoken) merges two parts whenever their joined bytes are a token; its id is the rank. A merge list
 * (GPT-2's merges.txt, tokenizer.json) names pairs, and the place in the list is the rank: the same bytes split another
 * way do not merge.
 */
import { LookbackError } from '../../errors.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The rank of a pair that does not merge: above every rank. */
export const NEVER = 0x7fffffff;

export interface MergeRules {
  /** The rank of joining parts `left` and `right`, which lie side by side in `bytes[start..end)`; NEVER when they do not. */
  rank(left: number, right: number, bytes: Uint8Array, start: number, end: number): number;
  /** The token that a merge of this rank gives; the bytes are those that were joined. */
  token(rank: number, bytes: Uint8Array, start: number, end: number): number;
}

/** Ranks by the score of the joined bytes, as SentencePiece and llama2.c merge: equal scores are equal ranks. */
export class ScoreRules implements MergeRules {
  readonly #ranks: Int32Array;

  /** @param scores one an id, the higher the sooner; NaN for a token that no merge gives */
  constructor(
    readonly vocabulary: Vocabulary,
    scores: ArrayLike<number>,
  ) {
    const distinct = [...new Set(Array.from(scores).filter((score) => !Number.isNaN(score)))].sort((a, b) => b - a);
    const rankOf = new Map(distinct.map((score, rank) => [score, rank]));
    this.#ranks = Int32Array.from({ length: scores.length }, (_, id) => rankOf.get(scores[id]) ?? NEVER);
  }

  rank(_left: number, _right: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.vocabulary.find(bytes, start, end);
    return id < 0 ? NEVER : this.#ranks[id];
  }

  token(_rank: number, bytes: Uint8Array, start: number, end: number): number {
    return this.vocabulary.find(bytes, start, end);
  }
}

/** Ranks by joined bytes. */
export class RankRules implements MergeRules {
  /** Ranks of two bytes, which is what every word begins with. */
  readonly #two = new Int32Array(1 << 16).fill(NEVER);

  constructor(readonly vocabulary: Vocabulary) {
    for (let id = 0; id < vocabulary.size; id++) {
      const token = vocabulary.token(id);
      if (token.length === 2) this.#two[(token[0] << 8) | token[1]] = id;
    }
  }

  rank(_left: number, _right: number, bytes: Uint8Array, start: number, end: number): number {
    if (end - start === 2) return this.#two[(bytes[start] << 8) | bytes[start + 1]];
    const id = this.vocabulary.find(bytes, start, end);
    return id < 0 ? NEVER : id;
  }

  token(rank: number): number {
    return rank;
  }
}

/** Ranks by pair of ids. */
export class PairRules implements MergeRules {
  /** Triples of left, right and rank; left is -1 where a place is free. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /**
   * @param pairs left and right id of each merge, in order: [left, right, left, right, …]
   * @param tokens the id that each merge gives
   * @throws FILE_INVALID when a pair stands twice
   */
  constructor(
    readonly pairs: Int32Array,
    readonly tokens: Int32Array,
    where = 'merges',
  ) {
    let places = 16;
    while (places < tokens.length * 2) places *= 2;
    this.#mask = places - 1;
    this.#slots = new Int32Array(places * 3).fill(-1);
    for (let rank = 0; rank < tokens.length; rank++) {
      const left = pairs[rank * 2];
      const right = pairs[rank * 2 + 1];
      const other = this.rank(left, right);
      if (other !== NEVER) {
        throw new LookbackError('FILE_INVALID', { where, problem: `merges ${other} and ${rank} are the same pair` });
      }
      let slot = hashPair(left, right) & this.#mask;
      while (this.#slots[slot * 3] >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot * 3] = left;
      this.#slots[slot * 3 + 1] = right;
      this.#slots[slot * 3 + 2] = rank;
    }
  }

  rank(left: number, right: number): number {
    const slots = this.#slots;
    for (let slot = hashPair(left, right) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = slots[slot * 3];
      if (found < 0) return NEVER;
      if (found === left && slots[slot * 3 + 1] === right) return slots[slot * 3 + 2];
    }
  }

  token(rank: number): number {
    return this.tokens[rank];
  }
}

function hashPair(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
