/**
 * A tokenizer in stages, as Hugging Face's tokenizer.json describes it: added tokens, normalizer, pre-tokenizer, model,
 * post-processor, decoder. Byte-level vocabularies have a faster class of their own, `BytePairTokenizer`.
 */
import { LookbackError } from '../../errors.ts';
import type { Normalizer } from '../normalize/normalizers.ts';
import type { PieceModel } from '../pieceModel.ts';
import { isWhiteSpace } from '../pretokenize/classes.ts';
import type { PreTokenizer } from '../pretokenize/preTokenizers.ts';
import { type SpecialHandling, SpecialTokens } from '../special.ts';
import type { Tokenizer } from '../tokenizer.ts';
import type { Decoder } from './decoders.ts';
import type { Frame } from './postProcessors.ts';

/** A token that is looked for in the text before anything else is done to it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it controls something: refused in plain text by default, left out when decoding. */
  readonly special: boolean;
  /** Whether it takes the white space before or after it. */
  readonly takesLeft?: boolean;
  readonly takesRight?: boolean;
  /** Whether it must stand alone, not inside a word. */
  readonly singleWord?: boolean;
  /** Whether it is looked for in the normalized text. */
  readonly normalized?: boolean;
}

export interface PipelineParts {
  /** The piece of each id, undefined where there is none. */
  readonly pieces: readonly (string | undefined)[];
  readonly added: readonly AddedToken[];
  readonly normalize: Normalizer;
  readonly preTokenize: PreTokenizer;
  readonly model: PieceModel;
  readonly frame: Frame;
  readonly decode: Decoder;
  /** What `toJSON` gives, which the reader of that type understands. */
  readonly stored: { type: string; version: number };
}

export interface PipelineEncodeOptions {
  special?: SpecialHandling;
  /** Whether the tokens that frame a text are added, e.g. `<s>` or `[CLS]` and `[SEP]`. */
  frame?: boolean;
}

export class PipelineTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  readonly #raw: SpecialTokens;
  readonly #normalized: SpecialTokens;
  readonly #byContent: ReadonlyMap<string, AddedToken>;
  readonly #control: ReadonlySet<number>;

  constructor(readonly parts: PipelineParts) {
    const { pieces, added } = parts;
    this.vocabularySize = added.reduce((size, { id }) => Math.max(size, id + 1), pieces.length);
    const table = (tokens: readonly AddedToken[]) =>
      new SpecialTokens(
        tokens.map(({ content, id }) => [content, id] as const),
        tokens.filter(({ special }) => !special).map(({ content }) => content),
      );
    this.special = table(added);
    this.#raw = table(added.filter(({ normalized }) => !normalized));
    const normalized = added.filter((token) => token.normalized);
    this.#normalized = table(normalized.map((token) => ({ ...token, content: parts.normalize(token.content) })));
    this.#byContent = new Map(added.map((token) => [token.content, token]));
    this.#control = new Set(added.filter(({ special }) => special).map(({ id }) => id));
  }

  /**
   * Ids of `text`, shape [tokens], with the tokens that frame a text unless `frame` is false.
   * @throws DATA_INVALID when the text holds a special token and `special` is 'refuse', the default
   */
  encode(text: string, { special = 'refuse', frame = true }: PipelineEncodeOptions = {}): Int32Array {
    const { parts } = this;
    const out: number[] = frame ? [...parts.frame.before] : [];
    const plain = (piece: string, first: boolean) => {
      const value = parts.normalize(piece);
      for (const { start, end, id } of this.#normalized.segments(value, special, 'encode')) {
        if (id !== undefined) out.push(id);
        else
          for (const word of parts.preTokenize(value.slice(start, end), first && start === 0))
            parts.model.encode(word, out);
      }
    };
    let from = 0;
    let first = true;
    for (const { start, end, id } of this.#raw.segments(text, special, 'encode')) {
      if (id === undefined) continue;
      const token = this.#byContent.get(text.slice(start, end));
      if (token?.singleWord && (isWordAt(text, start - 1) || isWordAt(text, end))) continue;
      let left = start;
      let right = end;
      if (token?.takesLeft) while (left > from && isWhiteSpace(text.charCodeAt(left - 1))) left--;
      if (token?.takesRight) while (right < text.length && isWhiteSpace(text.charCodeAt(right))) right++;
      if (left > from) plain(text.slice(from, left), first);
      out.push(id);
      from = right;
      first = false;
    }
    if (from < text.length) plain(text.slice(from), first);
    if (frame) out.push(...parts.frame.after);
    return Int32Array.from(out);
  }

  /** Text of `ids`, special tokens left out unless `special` is true. @throws INDEX_OUT_OF_RANGE for an unknown id */
  decode(ids: ArrayLike<number>, { special = false }: { special?: boolean } = {}): string {
    const pieces: string[] = [];
    for (let i = 0; i < ids.length; i++) {
      const piece = this.pieceOf(ids[i], i);
      if (special || !this.#control.has(ids[i])) pieces.push(piece);
    }
    return this.parts.decode(pieces).join('');
  }

  /** The piece of one id, as the vocabulary writes it. @throws INDEX_OUT_OF_RANGE */
  pieceOf(id: number, index = 0): string {
    const piece = this.parts.pieces[id] ?? this.parts.added.find((token) => token.id === id)?.content;
    if (piece !== undefined) return piece;
    throw new LookbackError('INDEX_OUT_OF_RANGE', {
      where: 'decode',
      expected: `ids of tokens, from 0 to ${this.vocabularySize - 1}`,
      got: `${id} at index ${index}`,
      next: 'Decode with the tokenizer that the model was trained with',
    });
  }

  toJSON(): { type: string; version: number } {
    return this.parts.stored;
  }
}

function isWordAt(text: string, index: number): boolean {
  return index >= 0 && index < text.length && /[\p{L}\p{N}_]/u.test(text[index]);
}
