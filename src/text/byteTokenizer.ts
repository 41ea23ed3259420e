/** One token per byte of UTF-8: 256 tokens for every text there is. */
import { LookbackError } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

export class ByteTokenizer implements Tokenizer {
  readonly vocabularySize = 256;

  /** The bytes of `text`, shape [bytes]; lone surrogates keep theirs. */
  encode(text: string): Int32Array {
    return Int32Array.from(encodeUtf8(text));
  }

  /** The text of bytes; U+FFFD where they are none. @throws INDEX_OUT_OF_RANGE for an id above 255 */
  decode(ids: ArrayLike<number>): string {
    return decodeUtf8(this.decodeBytes(ids));
  }

  /** @throws INDEX_OUT_OF_RANGE for an id above 255 */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    const bytes = new Uint8Array(ids.length);
    for (let i = 0; i < ids.length; i++) {
      if (!(ids[i] >= 0 && ids[i] <= 255)) {
        throw new LookbackError('INDEX_OUT_OF_RANGE', {
          where: 'ByteTokenizer.decode',
          expected: 'ids from 0 to 255',
          got: `${ids[i]} at index ${i}`,
          next: 'Decode with the tokenizer that the model was trained with',
        });
      }
      bytes[i] = ids[i];
    }
    return bytes;
  }

  toJSON(): { type: 'byte'; version: 1 } {
    return { type: 'byte', version: 1 };
  }
}
