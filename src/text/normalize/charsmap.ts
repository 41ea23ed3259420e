/**
 * SentencePiece's precompiled character map: a double-array trie (Darts) from byte strings to their replacements.
 *
 * Layout: uint32 size of the trie in bytes, the trie's uint32 units, then the replacements, each ended by a zero byte.
 * Of a unit: bit 31 says leaf, bit 8 that a leaf hangs below, bits 0-7 and 31 the label, bits 10-30 (shifted by 8 more if
 * bit 9) the offset (google/sentencepiece src/normalizer.cc, s-yata/darts-clone).
 */
import { LookbackError } from '../../errors.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';

export class CharacterMap {
  readonly #trie: Uint32Array;
  readonly #replacements: Uint8Array;

  /** @throws FILE_INVALID when the sizes contradict each other */
  constructor(bytes: Uint8Array, where = 'precompiled_charsmap') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const size = bytes.length >= 4 ? view.getUint32(0, true) : -1;
    if (size < 4 || size % 4 !== 0 || size + 4 > bytes.length) {
      throw new LookbackError('FILE_INVALID', { where, problem: 'its trie is longer than it, or missing' });
    }
    this.#trie = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#replacements = bytes.slice(4 + size);
  }

  /** What the longest known beginning of `bytes[start…)` becomes, and how long that beginning is; undefined for none. */
  longest(bytes: Uint8Array, start: number): { length: number; replacement: Uint8Array } | undefined {
    const trie = this.#trie;
    let node = offsetOf(trie[0]);
    let length = 0;
    let value = -1;
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === 0) break;
      node ^= byte;
      const unit = trie[node];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) break;
      node ^= offsetOf(unit);
      if (((unit >>> 8) & 1) === 1 && node < trie.length) {
        value = trie[node] & 0x7fffffff;
        length = i + 1 - start;
      }
    }
    if (value < 0 || value >= this.#replacements.length) return undefined;
    let end = this.#replacements.indexOf(0, value);
    if (end < 0) end = this.#replacements.length;
    return { length, replacement: this.#replacements.subarray(value, end) };
  }

  /** `text` with every known piece replaced, the longest first from left to right, as SentencePiece does. */
  apply(text: string): string {
    const bytes = encodeUtf8(text);
    const out: number[] = [];
    for (let i = 0; i < bytes.length; ) {
      const found = this.longest(bytes, i);
      if (found && found.length > 0) {
        for (const byte of found.replacement) out.push(byte);
        i += found.length;
      } else {
        const byte = bytes[i];
        const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
        for (let k = 0; k < length && i < bytes.length; k++) out.push(bytes[i++]);
      }
    }
    return decodeUtf8(Uint8Array.from(out));
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 512) >>> 6);
}
