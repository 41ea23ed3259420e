/**
 * The published split patterns as hand-written scanners over UTF-8 bytes: where does the pre-token that starts here end?
 *
 * Each scanner is one regular expression read alternative by alternative, in its order; the expression stands above it.
 * A scanner never looks before `start`, and `end` is the end of the text for `(?!\S)`.
 */
import { asciiClasses, byteClasses, classAt, LETTER, LOWER, NEWLINE, NUMBER, SPACE, UPPER } from './classes.ts';

/** The end of the pre-token that starts at `start`; more than `start` whenever `start < end`. */
export type Scanner = (bytes: Uint8Array, start: number, end: number) => number;

const APOSTROPHE = 0x27;
const BLANK = 0x20;

/** The end of the run of characters that have one of the bits of `mask`. */
function run(bytes: Uint8Array, start: number, end: number, mask: number): number {
  let i = start;
  for (;;) {
    // Steps of one do not wait for the class that was looked up, which makes ASCII twice as fast.
    while (i < end && (byteClasses[bytes[i]] & mask) !== 0) i++;
    if (i >= end || bytes[i] < 0x80) return i;
    const found = classAt(bytes, i, end);
    if ((found & mask) === 0) return i;
    i += found >> 8;
  }
}

/** What to set in each byte so that the ASCII letters of a run become lower case: all of them, or those that are. */
const ANY_CASE = 0x20202020;
const LOWER_CASE = 0;

/**
 * The end of the run of characters of `mask`, whose ASCII ones are the letters of that case. Eight bytes at once: where a
 * word ends cannot be foretold, and a branch that asks for it would be guessed wrong once a word.
 */
function letters(bytes: Uint8Array, start: number, end: number, fold: number, mask: number): number {
  let i = start;
  while (i + 8 <= end) {
    const first = leadingLetters(bytes, i, fold);
    const count = first + (leadingLetters(bytes, i + 4, fold) & -(first >> 2));
    i += count;
    if (count === 8) continue;
    if (bytes[i] < 0x80) return i;
    break;
  }
  return run(bytes, i, end, mask);
}

/** How many of four bytes are letters before the first that is none. */
function leadingLetters(bytes: Uint8Array, at: number, fold: number): number {
  const four = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  const folded = (four | fold) & 0x7f7f7f7f;
  // The top bit of each byte: below 'a', above 'z', or no ASCII.
  const other = (~(folded + 0x1f1f1f1f) | (folded + 0x05050505) | four) & 0x80808080;
  return (32 - Math.clz32(~other & (other - 1))) >> 3;
}

/** The end of the run of characters that are no white space, letter or number: `[^\s\p{L}\p{N}]*`. */
function otherRun(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end) {
    const byte = bytes[i];
    const found = byte < 0x80 ? asciiClasses[byte] : classAt(bytes, i, end);
    if ((found & (LETTER | NUMBER | SPACE)) !== 0) break;
    i += found >> 8;
  }
  return i;
}

/** At most `most` numbers. */
function digits(bytes: Uint8Array, start: number, end: number, most: number): number {
  let i = start;
  for (let count = 0; count < most && i < end; count++) {
    const found = classAt(bytes, i, end);
    if ((found & NUMBER) === 0) break;
    i += found >> 8;
  }
  return i;
}

/** `\s+(?!\S)|\s+`: a run of white space leaves its last character to what follows, unless it has only one. */
function spaces(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  let last = start;
  while (i < end) {
    const found = classAt(bytes, i, end);
    if ((found & SPACE) === 0) return last > start ? last : i;
    last = i;
    i += found >> 8;
  }
  return i;
}

/** `\s*[\r\n]+|\s+(?!\S)|\s+`: a run with line breaks ends after the last of them. */
function lines(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  let last = start;
  let broken = start;
  while (i < end) {
    const found = classAt(bytes, i, end);
    if ((found & SPACE) === 0) break;
    last = i;
    i += found >> 8;
    if ((found & NEWLINE) !== 0) broken = i;
  }
  if (broken > start) return broken;
  return i < end && last > start ? last : i;
}

/** Length of `'s|'t|'re|'ve|'m|'ll|'d` at an apostrophe, or 0. */
function contraction(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0;
  const first = bytes[at + 1];
  // s t m d
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return 2;
  if (at + 2 >= end) return 0;
  const second = bytes[at + 2];
  if ((first === 0x72 || first === 0x76) && second === 0x65) return 3;
  return first === 0x6c && second === 0x6c ? 3 : 0;
}

/** The same in either case; `s` is also U+017F, the long s, whose simple case folding it is. */
function foldedContraction(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0;
  const first = bytes[at + 1] | 0x20;
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return bytes[at + 1] >= 0x40 ? 2 : 0;
  if (at + 2 >= end) return 0;
  if (bytes[at + 1] === 0xc5 && bytes[at + 2] === 0xbf) return 3;
  if (bytes[at + 1] < 0x40 || bytes[at + 2] < 0x40) return 0;
  const second = bytes[at + 2] | 0x20;
  if ((first === 0x72 || first === 0x76) && second === 0x65) return 3;
  return first === 0x6c && second === 0x6c ? 3 : 0;
}

/** `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` */
export const gpt2Scanner: Scanner = (bytes, start, end) => {
  const byte = bytes[start];
  if (byte === APOSTROPHE) {
    const length = contraction(bytes, start, end);
    if (length > 0) return start + length;
  }
  let i = start;
  let found = byte < 0x80 ? asciiClasses[byte] : classAt(bytes, start, end);
  if (byte === BLANK && start + 1 < end) {
    const next = classAt(bytes, start + 1, end);
    if ((next & SPACE) === 0) {
      i++;
      found = next;
    }
  }
  if ((found & LETTER) !== 0) return letters(bytes, i + (found >> 8), end, ANY_CASE, LETTER);
  if ((found & NUMBER) !== 0) return run(bytes, i + (found >> 8), end, NUMBER);
  if ((found & SPACE) === 0) return otherRun(bytes, i + (found >> 8), end);
  return spaces(bytes, start, end);
};

/**
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,MOST}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
 * with 3 digits at most for cl100k and Llama 3, one for Qwen.
 */
function cl100kScanner(mostDigits: number): Scanner {
  return (bytes, start, end) => {
    const byte = bytes[start];
    if (byte === APOSTROPHE) {
      const length = foldedContraction(bytes, start, end);
      if (length > 0) return start + length;
    }
    let found = byte < 0x80 ? asciiClasses[byte] : classAt(bytes, start, end);
    let i = start + (found >> 8);
    if ((found & LETTER) !== 0) return letters(bytes, i, end, ANY_CASE, LETTER);
    if ((found & NUMBER) !== 0) return digits(bytes, start, end, mostDigits);
    if ((found & NEWLINE) === 0 && i < end) {
      const next = classAt(bytes, i, end);
      if ((next & LETTER) !== 0) return letters(bytes, i + (next >> 8), end, ANY_CASE, LETTER);
      if (byte === BLANK && (next & (NUMBER | SPACE)) === 0) {
        found = next;
        i += next >> 8;
      }
    }
    if ((found & SPACE) !== 0) return lines(bytes, start, end);
    i = otherRun(bytes, i, end);
    while (i < end && (bytes[i] === 10 || bytes[i] === 13)) i++;
    return i;
  };
}

/** The end of `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` from `start`, or -1. */
function lowerWord(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  // Where the first half may give back so that the second has one: after the last character that is in both.
  let both = -1;
  while (i < end) {
    const found = classAt(bytes, i, end);
    if ((found & UPPER) === 0) break;
    i += found >> 8;
    if ((found & LOWER) !== 0) both = i;
  }
  const last = letters(bytes, i, end, LOWER_CASE, LOWER);
  return last > i ? last : both;
}

/** The word with its contraction, if one follows. */
function withContraction(bytes: Uint8Array, at: number, end: number): number {
  return at < end && bytes[at] === APOSTROPHE ? at + foldedContraction(bytes, at, end) : at;
}

/**
 * o200k, with U = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, L = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`, C = `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`:
 * `[^\r\n\p{L}\p{N}]?U*L+C|[^\r\n\p{L}\p{N}]?U+L*C|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
 */
export const o200kScanner: Scanner = (bytes, start, end) => {
  const byte = bytes[start];
  let found = byte < 0x80 ? asciiClasses[byte] : classAt(bytes, start, end);
  let i = start + (found >> 8);
  if ((found & LETTER) !== 0) {
    const word = lowerWord(bytes, start, end);
    return withContraction(bytes, word >= 0 ? word : run(bytes, start, end, UPPER), end);
  }
  if ((found & NUMBER) !== 0) return digits(bytes, start, end, 3);
  if ((found & NEWLINE) === 0) {
    const next = i < end ? classAt(bytes, i, end) : 0;
    if ((next & (UPPER | LOWER)) !== 0) {
      const word = lowerWord(bytes, i, end);
      if (word >= 0) return withContraction(bytes, word, end);
    }
    // A mark can stand for the optional character or begin the word itself.
    if ((found & UPPER) !== 0) return withContraction(bytes, lowerWord(bytes, start, end), end);
    if ((next & UPPER) !== 0) return withContraction(bytes, run(bytes, i, end, UPPER), end);
    if (byte === BLANK && i < end && (next & (NUMBER | SPACE)) === 0) {
      found = next;
      i += next >> 8;
    }
  }
  if ((found & SPACE) !== 0) return lines(bytes, start, end);
  i = otherRun(bytes, i, end);
  while (i < end && (bytes[i] === 10 || bytes[i] === 13 || bytes[i] === 0x2f)) i++;
  return i;
};

/** A named pattern: its scanner, and the regular expression that files of other programs write it as. */
export interface Pattern {
  readonly scan: Scanner;
  readonly expression: string;
}

const contractions = "'s|'t|'re|'ve|'m|'ll|'d";
const gpt4 = (number: string) =>
  `(?i:${contractions})|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${number}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';

/** Every pattern by name. `none` takes the whole text as one pre-token. */
export const patterns = {
  gpt2: {
    scan: gpt2Scanner,
    expression: `${contractions}| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`,
  },
  cl100k: { scan: cl100kScanner(3), expression: gpt4('\\p{N}{1,3}') },
  o200k: {
    scan: o200kScanner,
    expression: `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+(?i:${contractions})?|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*(?i:${contractions})?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  },
  qwen: { scan: cl100kScanner(1), expression: gpt4('\\p{N}') },
  none: { scan: (_bytes, _start, end) => end, expression: '' },
} as const satisfies Record<string, Pattern>;

export type PatternName = keyof typeof patterns;

/** The name of a pattern by the regular expression a file gives, or undefined. */
export function patternOf(expression: string): PatternName | undefined {
  const names = Object.keys(patterns) as PatternName[];
  return names.find((name) => name !== 'none' && patterns[name].expression === expression);
}
