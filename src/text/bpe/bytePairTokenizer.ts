/**
 * Byte-level byte-pair encoding: GPT-2, cl100k, o200k, Llama 3, Qwen, and what `trainBytePairs` learns.
 *
 * Text becomes UTF-8 bytes, a scanner cuts them into pre-tokens, each pre-token is looked up among those seen before or
 * merged pair by pair. Every byte string can be encoded and comes back byte for byte.
 * Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword Units"; Radford et al. 2019.
 */
import { LookbackError } from '../../errors.ts';
import { type PatternName, patterns, type Scanner } from '../pretokenize/scanners.ts';
import { type SpecialHandling, SpecialTokens } from '../special.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { type BytePairJson, fromBytePairJson, toBytePairJson } from './json.ts';
import { MergeSpace } from './merge.ts';
import { type MergeRules, PairRules, RankRules } from './rules.ts';
import { Vocabulary } from './vocabulary.ts';
import { longestCached, WordCache } from './wordCache.ts';

export interface BytePairParts {
  /** The bytes of each id; undefined where an id has none. */
  readonly tokens: readonly (Uint8Array | undefined)[];
  /** Pairs of ids in the order they merge, and the token each gives; without them the ids themselves are ranks. */
  readonly merges?: { readonly pairs: Int32Array; readonly tokens: Int32Array };
  readonly special?: Iterable<readonly [string, number]>;
  /** Those of `special` that plain text may hold. */
  readonly plain?: Iterable<string>;
  readonly pattern: PatternName;
  /** Whether a pre-token that is itself a token is taken whole, whatever the merges say; so it is in rank files. */
  readonly wholeWords?: boolean;
  /** Whether text is brought to Unicode's normal form C first, as Qwen does. */
  readonly normalizeNfc?: boolean;
  /** For messages: the file it came from. */
  readonly where?: string;
}

export interface EncodeOptions {
  /** What to do with special tokens in the text. */
  special?: SpecialHandling;
}

/** One step of the merging of a word. */
export interface MergeStep {
  /** Tokens before this merge. */
  readonly ids: number[];
  /** Place in `ids` of the left half of the pair that merges, and its rank; undefined in the last step. */
  readonly at?: number;
  readonly rank?: number;
}

export class BytePairTokenizer implements Tokenizer {
  readonly vocabulary: Vocabulary;
  readonly rules: MergeRules;
  readonly special: SpecialTokens;
  readonly pattern: PatternName;
  readonly wholeWords: boolean;
  readonly normalizeNfc: boolean;
  readonly vocabularySize: number;
  readonly #scan: Scanner;
  readonly #byteIds = new Int32Array(256);
  readonly #cache = new WordCache();
  readonly #space = new MergeSpace();
  readonly #out = new IdBuffer();
  readonly #specialBytes = new Map<number, Uint8Array>();

  /** @throws FILE_INVALID when a byte has no token, two tokens are equal, or a merge does not give its token */
  constructor(parts: BytePairParts) {
    const { tokens, merges, special = [], plain, pattern, wholeWords, normalizeNfc = false } = parts;
    const where = parts.where ?? 'BytePairTokenizer';
    this.vocabulary = new Vocabulary(tokens, where);
    this.rules = merges ? new PairRules(merges.pairs, merges.tokens, where) : new RankRules(this.vocabulary);
    this.wholeWords = wholeWords ?? merges === undefined;
    this.normalizeNfc = normalizeNfc;
    this.pattern = pattern;
    this.#scan = patterns[pattern].scan;
    this.special = new SpecialTokens(special, plain);
    let size = this.vocabulary.size;
    for (const [text, id] of this.special.ids) {
      this.#specialBytes.set(id, encodeUtf8(text));
      if (id >= size) size = id + 1;
    }
    this.vocabularySize = size;
    const one = new Uint8Array(1);
    for (let byte = 0; byte < 256; byte++) {
      one[0] = byte;
      const id = this.vocabulary.find(one, 0, 1);
      if (id < 0) {
        throw new LookbackError('FILE_INVALID', {
          where,
          expected: 'a token for each of the 256 bytes',
          got: `none for byte 0x${byte.toString(16).padStart(2, '0')}`,
          next: 'Use a byte-level vocabulary, and fetch the file again if it should be one',
        });
      }
      this.#byteIds[byte] = id;
    }
  }

  /** Reads what `toJSON` wrote. @throws FILE_INVALID */
  static fromJSON(json: unknown): BytePairTokenizer {
    return new BytePairTokenizer(fromBytePairJson(json));
  }

  /**
   * Ids of `text`, shape [tokens].
   * @throws DATA_INVALID when the text holds a special token and `special` is 'refuse', the default
   */
  encode(text: string, { special = 'refuse' }: EncodeOptions = {}): Int32Array {
    const segments = this.special.segments(text, special, 'BytePairTokenizer.encode');
    const out = this.#out.emptied(text.length / 3);
    for (const { start, end, id } of segments) {
      if (id !== undefined) out.push(id);
      else this.#encodeText(start === 0 && end === text.length ? text : text.slice(start, end), out);
    }
    return out.take();
  }

  /** Ids of any bytes, whether they are text or not, shape [tokens]; special tokens are not looked for. */
  encodeBytes(bytes: Uint8Array): Int32Array {
    const out = this.#out.emptied(bytes.length / 3);
    this.#encodeBytes(bytes, out);
    return out.take();
  }

  /** Bytes of `ids`, those of special tokens' texts included. @throws INDEX_OUT_OF_RANGE for an id without a token */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    let total = 0;
    for (let i = 0; i < ids.length; i++) total += this.bytesOf(ids[i], i).length;
    const bytes = new Uint8Array(total);
    let at = 0;
    for (let i = 0; i < ids.length; i++) {
      const token = this.bytesOf(ids[i], i);
      bytes.set(token, at);
      at += token.length;
    }
    return bytes;
  }

  /** Text of `ids`; bytes that are no text become U+FFFD. @throws INDEX_OUT_OF_RANGE for an id without a token */
  decode(ids: ArrayLike<number>): string {
    return decodeUtf8(this.decodeBytes(ids));
  }

  /** The bytes of one token. @throws INDEX_OUT_OF_RANGE */
  bytesOf(id: number, index = 0): Uint8Array {
    const bytes = this.vocabulary.has(id) ? this.vocabulary.token(id) : this.#specialBytes.get(id);
    if (bytes) return bytes;
    throw new LookbackError('INDEX_OUT_OF_RANGE', {
      where: 'BytePairTokenizer.decode',
      expected: `ids of tokens, from 0 to ${this.vocabularySize - 1}`,
      got: `${id} at index ${index}`,
      next: 'Decode with the tokenizer that the model was trained with',
    });
  }

  /** Forgets the words seen so far; ids do not change, only the time they take. */
  clearCache(): void {
    this.#cache.clear();
  }

  /** How one word merges, step by step from its bytes on; the pattern is not applied. For showing, not for speed. */
  mergeSteps(word: string): MergeStep[] {
    const bytes = encodeUtf8(word);
    const steps: MergeStep[] = [];
    const space = new MergeSpace();
    this.#fill(space, bytes, 0, bytes.length);
    let left = bytes.length;
    const count = space.merge(this.rules, bytes, bytes.length, (at, rank) => {
      steps.push({ ids: [...space.ids.subarray(0, left--)], at, rank });
    });
    steps.push({ ids: [...space.ids.subarray(0, count)] });
    return steps;
  }

  toJSON(): BytePairJson {
    return toBytePairJson(this);
  }

  #encodeText(text: string, out: IdBuffer): void {
    this.#encodeBytes(encodeUtf8(this.normalizeNfc ? text.normalize('NFC') : text), out);
  }

  #encodeBytes(bytes: Uint8Array, out: IdBuffer): void {
    const scan = this.#scan;
    const cache = this.#cache;
    const end = bytes.length;
    const view = new DataView(bytes.buffer, bytes.byteOffset, end);
    for (let start = 0; start < end; ) {
      const stop = scan(bytes, start, end);
      if (stop - start > longestCached) this.#encodeWord(bytes, start, stop, out);
      else {
        if (out.length + longestCached > out.ids.length) out.reserve(longestCached);
        const at = cache.copy(bytes, view, start, stop, out.ids, out.length);
        if (at >= 0) out.length = at;
        else {
          const first = out.length;
          this.#encodeWord(bytes, start, stop, out);
          cache.add(bytes, view, start, stop, out.ids, first, out.length - first);
        }
      }
      start = stop;
    }
  }

  #encodeWord(bytes: Uint8Array, start: number, end: number, out: IdBuffer): void {
    const length = end - start;
    out.reserve(length);
    const whole = this.wholeWords || length === 1 ? this.vocabulary.find(bytes, start, end) : -1;
    if (whole >= 0) {
      out.ids[out.length++] = whole;
      return;
    }
    const space = this.#space;
    space.reserve(length);
    this.#fill(space, bytes, start, length);
    const count = space.merge(this.rules, bytes, length);
    for (let i = 0; i < count; i++) out.ids[out.length + i] = space.ids[i];
    out.length += count;
  }

  #fill(space: MergeSpace, bytes: Uint8Array, start: number, length: number): void {
    space.reserve(length);
    for (let i = 0; i < length; i++) {
      space.ids[i] = this.#byteIds[bytes[start + i]];
      space.starts[i] = start + i;
    }
    space.starts[length] = start + length;
  }
}

/** Ids that are kept room for between texts. */
const mostKept = 1 << 22;

/** A growing list of ids, used again for each text. */
class IdBuffer {
  ids = new Int32Array(64);
  length = 0;

  /** The buffer with nothing in it and room for about so many ids. */
  emptied(room: number): IdBuffer {
    if (this.ids.length < room || this.ids.length > mostKept) this.ids = new Int32Array(Math.ceil(room) + 64);
    this.length = 0;
    return this;
  }

  /** Room for `more` ids after those there are. */
  reserve(more: number): void {
    if (this.length + more <= this.ids.length) return;
    const larger = new Int32Array(Math.max(this.ids.length * 2, this.length + more));
    larger.set(this.ids.subarray(0, this.length));
    this.ids = larger;
  }

  push(id: number): void {
    this.reserve(1);
    this.ids[this.length++] = id;
  }

  take(): Int32Array {
    return this.ids.slice(0, this.length);
  }
}
