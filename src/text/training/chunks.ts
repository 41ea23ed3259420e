/**
 * Where a text can be cut so that its parts give the same pre-tokens as the whole: before a single space, or after a single
 * line break, between two printable ASCII characters. No pattern of `scanners.ts` reaches across either.
 */
import type { PatternName } from '../pretokenize/scanners.ts';

const isPrintable = (byte: number) => byte > 0x20 && byte < 0x7f;

/** The last such place in `bytes[least..)`, or -1. Never before the last two bytes, of which too little is known. */
export function lastCut(bytes: Uint8Array, pattern: PatternName, least = 0): number {
  if (pattern === 'none') return -1;
  for (let at = bytes.length - 3; at > least; at--) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a) continue;
    if (!isPrintable(bytes[at - 1]) || !isPrintable(bytes[at + 1])) continue;
    if (byte === 0x20) return at;
    // o200k takes slashes along with line breaks after punctuation.
    if (bytes[at + 1] !== 0x2f) return at + 1;
  }
  return -1;
}
