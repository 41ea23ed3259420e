/**
 * Text to UTF-8 bytes and back without loss: a lone surrogate, which UTF-8 forbids and `TextEncoder` replaces, keeps its
 * three bytes (WTF-8, https://simonsapin.github.io/wtf-8). Bytes that are no UTF-8 at all decode to U+FFFD.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Whether every surrogate has its other half; engines from 2023 on know it by themselves, fifty times as fast. */
function isWellFormed(text: string): boolean {
  const native = (text as { isWellFormed?(): boolean }).isWellFormed;
  return native ? native.call(text) : !/\p{Surrogate}/u.test(text);
}

/** The bytes of `text`, one to three for each UTF-16 unit. */
export function encodeUtf8(text: string): Uint8Array {
  if (isWellFormed(text)) return encoder.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    if (unit < 0xdc00 && i + 1 < text.length && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      i++;
      continue;
    }
    at += encoder.encodeInto(text.slice(from, i), bytes.subarray(at)).written;
    bytes[at++] = 0xe0 | (unit >> 12);
    bytes[at++] = 0x80 | ((unit >> 6) & 63);
    bytes[at++] = 0x80 | (unit & 63);
    from = i + 1;
  }
  at += encoder.encodeInto(text.slice(from), bytes.subarray(at)).written;
  return bytes.slice(0, at);
}

/** The text of `bytes`; the inverse of `encodeUtf8`, and U+FFFD where the bytes are no text. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  let from = 0;
  for (let i = bytes.indexOf(0xed); i >= 0 && i + 2 < bytes.length; i = bytes.indexOf(0xed, i + 1)) {
    if (bytes[i + 1] < 0xa0 || bytes[i + 1] > 0xbf || (bytes[i + 2] & 0xc0) !== 0x80) continue;
    text += decoder.decode(bytes.subarray(from, i));
    text += String.fromCharCode(0xd000 | ((bytes[i + 1] & 63) << 6) | (bytes[i + 2] & 63));
    from = i + 3;
  }
  return text + decoder.decode(from === 0 ? bytes : bytes.subarray(from));
}

/**
 * How many of the last bytes are the beginning of a character whose end has not come: 0 to 3. Bytes that can never
 * become a character are not waited for.
 */
export function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    if (byte < 0xc2 || byte > 0xf4) return 0;
    const needed = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (needed <= back) return 0;
    const second = back > 1 ? bytes[bytes.length - back + 1] : undefined;
    const impossible =
      second !== undefined &&
      ((byte === 0xe0 && second < 0xa0) || (byte === 0xf0 && second < 0x90) || (byte === 0xf4 && second > 0x8f));
    return impossible ? 0 : back;
  }
  return 0;
}
