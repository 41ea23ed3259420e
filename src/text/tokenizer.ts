/**
 * Turns text into token ids and back.
 *
 * A tokenizer is fixed once made: it never learns a new token while encoding, and it never replaces an unknown
 * character silently.
 */
import { LookbackError } from '../errors.ts';

/** What every tokenizer does; ids run from 0 to `vocabularySize - 1`. */
export interface Tokenizer {
  readonly vocabularySize: number;
  /** Token ids of `text`, shape [tokens]. */
  encode(text: string): Int32Array;
  /** The text of `ids`; the inverse of `encode`. */
  decode(ids: ArrayLike<number>): string;
  /** A plain object to store; its `type` names the class that reads it back. */
  toJSON(): { type: string; version: number };
}

/** The stored form of a `CharacterTokenizer`; the id of a character is its place in `characters`. */
export interface CharacterTokenizerJson {
  type: 'character';
  version: 1;
  characters: string[];
}

/** One token per Unicode code point. */
export class CharacterTokenizer implements Tokenizer {
  readonly characters: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /**
   * @param characters The vocabulary in id order: distinct strings of one code point each.
   * @throws BAD_ARGUMENT when the list is empty, repeats a character or holds something else.
   */
  constructor(characters: readonly string[]) {
    const fault = vocabularyFault(characters);
    if (fault) throw new LookbackError('BAD_ARGUMENT', { where: 'CharacterTokenizer', ...fault });
    this.characters = [...characters];
    this.#ids = new Map(characters.map((character, id) => [character, id]));
  }

  /**
   * The tokenizer whose vocabulary is the distinct characters of `text`, sorted by code point.
   * @throws DATA_INVALID when `text` is empty.
   */
  static fromText(text: string): CharacterTokenizer {
    if (text.length === 0) {
      throw new LookbackError('DATA_INVALID', {
        where: 'CharacterTokenizer.fromText',
        expected: 'a text of at least one character',
        got: 'an empty text',
        next: 'Check the file the training text is read from',
      });
    }
    // The default sort compares UTF-16 units and would put U+10000 and above before U+E000.
    return new CharacterTokenizer([...new Set(text)].sort((a, b) => codePoint(a) - codePoint(b)));
  }

  /**
   * Reads what `toJSON` wrote.
   * @throws FILE_INVALID when `json` is not a character tokenizer of version 1.
   */
  static fromJSON(json: unknown): CharacterTokenizer {
    const stored = (typeof json === 'object' && json !== null ? json : {}) as Partial<CharacterTokenizerJson>;
    if (stored.type !== 'character' || stored.version !== 1) {
      throw new LookbackError('FILE_INVALID', {
        where: 'CharacterTokenizer.fromJSON',
        expected: "an object with type 'character' and version 1",
        got: `type ${JSON.stringify(stored.type)} and version ${JSON.stringify(stored.version)}`,
        next: 'Read the file with the kind and version of tokenizer that wrote it',
      });
    }
    const fault = vocabularyFault(stored.characters);
    if (fault) throw new LookbackError('FILE_INVALID', { where: 'CharacterTokenizer.fromJSON: characters', ...fault });
    return new CharacterTokenizer(stored.characters as string[]);
  }

  get vocabularySize(): number {
    return this.characters.length;
  }

  /** @throws DATA_INVALID at the first character outside the vocabulary, with its place. */
  encode(text: string): Int32Array {
    const ids = new Int32Array(text.length);
    let length = 0;
    let index = 0;
    for (const character of text) {
      const id = this.#ids.get(character);
      if (id === undefined) {
        throw new LookbackError('DATA_INVALID', {
          where: 'CharacterTokenizer.encode',
          expected: `one of the ${this.vocabularySize} characters of the training text`,
          got: `${describe(character)} at index ${index}`,
          next: 'Remove or replace it, or build the tokenizer from a text that contains it',
        });
      }
      ids[length++] = id;
      index += character.length;
    }
    return ids.slice(0, length);
  }

  /** @throws INDEX_OUT_OF_RANGE at the first id outside the vocabulary. */
  decode(ids: ArrayLike<number>): string {
    let text = '';
    for (let i = 0; i < ids.length; i++) {
      const character = this.characters[ids[i]];
      if (character === undefined) {
        throw new LookbackError('INDEX_OUT_OF_RANGE', {
          where: 'CharacterTokenizer.decode',
          expected: `token ids from 0 to ${this.vocabularySize - 1}`,
          got: `${ids[i]} at index ${i}`,
          next: 'Decode with the tokenizer that the model was trained with',
        });
      }
      text += character;
    }
    return text;
  }

  toJSON(): CharacterTokenizerJson {
    return { type: 'character', version: 1, characters: [...this.characters] };
  }
}

function vocabularyFault(characters: unknown): { expected: string; got: string; next: string } | undefined {
  const expected = 'a list of distinct characters, one code point each';
  const next = 'Make the tokenizer with CharacterTokenizer.fromText';
  if (!Array.isArray(characters)) return { expected, got: characters === null ? 'null' : typeof characters, next };
  if (characters.length === 0) return { expected, got: 'an empty list', next };
  const seen = new Set<string>();
  for (const [id, character] of characters.entries()) {
    if (typeof character !== 'string' || [...character].length !== 1) {
      return { expected, got: `${JSON.stringify(character)} at index ${id}`, next };
    }
    if (seen.has(character)) return { expected, got: `${describe(character)} a second time at index ${id}`, next };
    seen.add(character);
  }
  return undefined;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function describe(character: string): string {
  return `${JSON.stringify(character)} (U+${codePoint(character).toString(16).toUpperCase().padStart(4, '0')})`;
}
