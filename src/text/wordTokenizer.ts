/**
 * Words and punctuation marks as tokens, for counting: white space is dropped, so decoding gives the words with single
 * spaces and not the text. A closed vocabulary; subword tokenizers are for what has to come back as it was.
 */
import { LookbackError } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';

const pieces = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

export class WordTokenizer implements Tokenizer {
  readonly words: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(words: readonly string[]) {
    this.words = words;
    this.#ids = new Map(words.map((word, id) => [word, id]));
  }

  /** The distinct words of `text` by first appearance. @throws DATA_INVALID for a text without words. */
  static fromText(text: string): WordTokenizer {
    const words = new Set(text.match(pieces) ?? []);
    if (words.size > 0) return new WordTokenizer([...words]);
    throw new LookbackError('DATA_INVALID', { where: 'words', expected: 'a text with words', got: 'none' });
  }

  /** Reads what `toJSON` wrote. @throws FILE_INVALID */
  static fromJSON(json: unknown): WordTokenizer {
    const { type, words } = (json ?? {}) as { type?: unknown; words?: unknown };
    if (
      type === 'word' &&
      Array.isArray(words) &&
      words.length > 0 &&
      words.every((word) => typeof word === 'string')
    ) {
      return new WordTokenizer(words);
    }
    throw new LookbackError('FILE_INVALID', {
      where: 'words',
      expected: "type 'word' and a list of words",
      got: 'neither',
    });
  }

  get vocabularySize(): number {
    return this.words.length;
  }

  /** @throws DATA_INVALID at the first word outside the vocabulary. */
  encode(text: string): Int32Array {
    return Int32Array.from(text.match(pieces) ?? [], (word) => {
      const id = this.#ids.get(word);
      if (id !== undefined) return id;
      throw new LookbackError('DATA_INVALID', {
        where: 'words',
        expected: 'words of the training text',
        got: `'${word}'`,
      });
    });
  }

  decode(ids: ArrayLike<number>): string {
    let text = '';
    for (let i = 0; i < ids.length; i++) text += (i > 0 ? ' ' : '') + (this.words[ids[i]] ?? '');
    return text;
  }

  toJSON(): { type: 'word'; version: 1; words: readonly string[] } {
    return { type: 'word', version: 1, words: this.words };
  }
}
