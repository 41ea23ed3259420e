/**
 * Unicode classes of code points as table look-ups, for scanners that read UTF-8 bytes.
 *
 * The tables come from run lengths fixed at build time, not from the engine's `\p{…}`, so that ids never depend on which
 * browser encoded them. White space is Unicode's White_Space, as in Rust and Python regular expressions: JavaScript's
 * `\s` lacks U+0085 and adds U+FEFF.
 */
import { categoryNames, categoryRuns } from './unicode.generated.ts';

/** Bits of a class. UPPER and LOWER are o200k's two halves of a word: both hold Lm, Lo and M. */
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 4;
export const NEWLINE = 8;
export const UPPER = 16;
export const LOWER = 32;

const whiteSpace = [
  9, 10, 11, 12, 13, 32, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
  0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
];

// Tables of all code points take 20 ms to fill, which importing the library shall not wait for: they are made when the first
// character beyond ASCII is looked up.
let categories: Uint8Array | undefined;
let classes: Uint8Array | undefined;
const ascii = makeClasses(expandRuns(128));

/** For ASCII: the class, and 256 for a length of one byte, as `classAt` answers. */
export const asciiClasses = Uint16Array.from(ascii, (bits) => bits | 256);

/** The same without the length, and 0 for bytes that are no ASCII: runs of ASCII end there. */
export const byteClasses = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 128 ? ascii[byte] : 0));

/** Category of each code point, by its place in `categoryNames`. */
function allCategories(): Uint8Array {
  categories ??= expandRuns(0x110000);
  return categories;
}

/** Class bits of each code point. */
function allClasses(): Uint8Array {
  classes ??= makeClasses(allCategories());
  return classes;
}

/** The categories of the first `count` code points. */
function expandRuns(count: number): Uint8Array {
  const table = new Uint8Array(count);
  let code = 0;
  for (const [, letter, length] of categoryRuns.matchAll(/([A-^])(\d*)/g)) {
    const end = code + Number(length || 1);
    table.fill(letter.charCodeAt(0) - 65, code, end);
    code = end;
    if (code >= count) break;
  }
  return table;
}

function makeClasses(of: Uint8Array): Uint8Array {
  const byCategory = categoryNames.map((name) => {
    const letter = name[0] === 'L' ? LETTER : 0;
    const both = name === 'Lm' || name === 'Lo' || name[0] === 'M' ? UPPER | LOWER : 0;
    const upper = name === 'Lu' || name === 'Lt' ? UPPER : 0;
    return letter | both | upper | (name === 'Ll' ? LOWER : 0) | (name[0] === 'N' ? NUMBER : 0);
  });
  const table = of.map((category) => byCategory[category]);
  for (const code of whiteSpace) if (code < table.length) table[code] |= SPACE;
  table[10] |= NEWLINE;
  table[13] |= NEWLINE;
  return table;
}

/** Whether a code point is white space in Unicode's sense. */
export function isWhiteSpace(code: number): boolean {
  return (allClasses()[code] & SPACE) !== 0;
}

/** The two-letter general category of a code point, e.g. `Lu`. */
export function categoryOf(code: number): string {
  return categoryNames[allCategories()[code]];
}

/**
 * Class bits of the character at `bytes[at]` and, above them, its length in bytes: `length << 8 | class`. A byte that
 * begins no character counts as a character of one byte and no class.
 */
export function classAt(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at];
  return byte < 0x80 ? asciiClasses[byte] : wideClassAt(bytes, at, end);
}

function wideClassAt(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at];
  if (byte < 0xc2 || byte > 0xf4) return 256;
  const second = at + 1 < end ? bytes[at + 1] ^ 0x80 : 64;
  if (second > 63) return 256;
  const table = classes ?? allClasses();
  if (byte < 0xe0) return 512 | table[((byte & 31) << 6) | second];
  const third = at + 2 < end ? bytes[at + 2] ^ 0x80 : 64;
  if (third > 63) return 256;
  if (byte < 0xf0) {
    const code = ((byte & 15) << 12) | (second << 6) | third;
    return code < 0x800 ? 256 : 768 | table[code];
  }
  const fourth = at + 3 < end ? bytes[at + 3] ^ 0x80 : 64;
  const code = ((byte & 7) << 18) | (second << 12) | (third << 6) | fourth;
  return fourth > 63 || code < 0x10000 || code > 0x10ffff ? 256 : 1024 | table[code];
}
