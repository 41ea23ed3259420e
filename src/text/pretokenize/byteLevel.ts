/**
 * GPT-2's writing of bytes as visible characters (openai/gpt-2 encoder.py `bytes_to_unicode`): printable Latin-1 stands for
 * itself, the other 68 bytes for U+0100 on. Files of byte-level vocabularies hold tokens in this writing.
 */
const isPrintable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);

let next = 256;
/** The character of each byte. */
export const byteCharacters: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : next++),
);
const bytesByCode = new Int16Array(next).fill(-1);
byteCharacters.forEach((character, byte) => {
  bytesByCode[character.charCodeAt(0)] = byte;
});

const codes = Uint16Array.from(byteCharacters, (character) => character.charCodeAt(0));

/** Bytes as visible characters. */
export function toByteLevel(bytes: Uint8Array): string {
  let text = '';
  // As many at once as fit a call; one at a time, a token of megabytes would be a string of as many parts.
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...Array.from(bytes.subarray(at, at + 4096), (byte) => codes[byte]));
  }
  return text;
}

/** The bytes that `text` stands for, or undefined when a character stands for none. */
export function fromByteLevel(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const byte = code < bytesByCode.length ? bytesByCode[code] : -1;
    if (byte < 0) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
