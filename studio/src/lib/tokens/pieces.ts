/** A text cut into tokens that can be shown: their bytes, and letters where the bytes are some. Pure. */
import {
  BytePairTokenizer,
  ByteTokenizer,
  CharacterTokenizer,
  decodeUtf8,
  encodeUtf8,
  PipelineTokenizer,
  type SpecialHandling,
  type Tokenizer,
} from '../../../../src/text/index.ts';

/** Longest text taken, UTF-16 units: every tokenizer cuts it anew at each key. */
export const mostCharacters = 200_000;

export interface Piece {
  readonly id: number;
  /** Letters, or for a part of a character its bytes in hexadecimal. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** `part`: no whole characters; `control`: a special token. */
  readonly kind: 'text' | 'part' | 'control';
}

/** Ids of `text`. @throws LookbackError for a special token that is refused */
export function encodeWith(tokenizer: Tokenizer, text: string, special: SpecialHandling): Int32Array {
  return tokenizer instanceof BytePairTokenizer || tokenizer instanceof PipelineTokenizer
    ? tokenizer.encode(text, { special })
    : tokenizer.encode(text);
}

/** The special tokens of a tokenizer and their ids. */
export function specialOf(tokenizer: Tokenizer): (readonly [string, number])[] {
  const known = tokenizer instanceof BytePairTokenizer || tokenizer instanceof PipelineTokenizer;
  return known ? [...tokenizer.special.ids].filter(([text]) => !tokenizer.special.plain.has(text)) : [];
}

export function pieceOf(tokenizer: Tokenizer, id: number): Piece {
  if (tokenizer instanceof BytePairTokenizer) {
    const bytes = tokenizer.bytesOf(id);
    return tokenizer.vocabulary.has(id) ? ofBytes(id, bytes) : { id, text: decodeUtf8(bytes), bytes, kind: 'control' };
  }
  if (tokenizer instanceof ByteTokenizer) return ofBytes(id, Uint8Array.of(id));
  if (tokenizer instanceof PipelineTokenizer) {
    const text = tokenizer.pieceOf(id);
    const byte = /^<0x([0-9A-F]{2})>$/.exec(text);
    if (byte) return ofBytes(id, Uint8Array.of(Number.parseInt(byte[1], 16)));
    const control = tokenizer.special.ids.has(text) && !tokenizer.special.plain.has(text);
    return { id, text, bytes: encodeUtf8(text), kind: control ? 'control' : 'text' };
  }
  const text = tokenizer instanceof CharacterTokenizer ? tokenizer.characters[id] : tokenizer.decode([id]);
  return { id, text, bytes: encodeUtf8(text), kind: 'text' };
}

function ofBytes(id: number, bytes: Uint8Array): Piece {
  const text = decodeUtf8(bytes);
  // U+FFFD itself is a character like others; made up for bytes that are none, it is not.
  const whole = !text.includes('\uFFFD') || sameBytes(encodeUtf8(text), bytes);
  return whole ? { id, text, bytes, kind: 'text' } : { id, text: hexadecimal(bytes), bytes, kind: 'part' };
}

const sameBytes = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** White space and what has no shape, made visible. */
const signs: Readonly<Record<string, string>> = { ' ': '·', '\t': '⇥', '\n': '⏎', '\r': '␍', '\u00a0': '⍽' };

export interface Shown {
  readonly text: string;
  /** Whether the line ends with this token. */
  readonly breaks: boolean;
}

export function shown({ text, kind }: Piece, visible: boolean): Shown {
  if (kind === 'part') return { text, breaks: false };
  const breaks = text.endsWith('\n');
  if (!visible) return { text: breaks ? text.slice(0, -1) || ' ' : text, breaks };
  const made = Array.from(text, (character, i) => {
    const sign = signs[character];
    if (sign) return sign;
    // Control, format and unpaired surrogate characters, spaces of other widths, marks that would sit on another token.
    const shapeless = /^[\p{Cc}\p{Cf}\p{Cs}\p{Z}]$/u.test(character) || (i === 0 && /^\p{M}$/u.test(character));
    return shapeless ? code(character) : character;
  });
  return { text: made.join(''), breaks };
}

const code = (character: string) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** One token in words: what a pointer or the keyboard is told. */
export function say(piece: Piece): string {
  const { text } = shown(piece, true);
  const what = piece.kind === 'part' ? 'part of a character' : piece.kind === 'control' ? `special ${text}` : text;
  return `${what}, id ${piece.id}, ${piece.bytes.length === 1 ? 'byte' : 'bytes'} ${hexadecimal(piece.bytes)}`;
}
