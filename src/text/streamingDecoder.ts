/** Text from ids as they come, never half a character: bytes wait until the character they begin is whole. */
import type { Tokenizer } from './tokenizer.ts';
import { decodeUtf8, incompleteTail } from './utf8.ts';

/** A tokenizer whose tokens are bytes. */
export interface ByteDecoding {
  decodeBytes(ids: ArrayLike<number>): Uint8Array;
}

export class StreamingDecoder {
  #waiting = new Uint8Array(0);
  readonly #ids: number[] = [];
  #written = '';

  constructor(readonly tokenizer: Tokenizer & Partial<ByteDecoding>) {}

  /** The text that `id` completes: empty while a character lacks bytes. @throws INDEX_OUT_OF_RANGE */
  push(id: number): string {
    const decoded = this.tokenizer.decodeBytes?.([id]);
    if (!decoded) return this.#pushText(id);
    const bytes = new Uint8Array(this.#waiting.length + decoded.length);
    bytes.set(this.#waiting);
    bytes.set(decoded, this.#waiting.length);
    const whole = bytes.length - incompleteTail(bytes);
    this.#waiting = bytes.slice(whole);
    return decodeUtf8(bytes.subarray(0, whole));
  }

  /** What is left at the end of the stream; half a character becomes U+FFFD. */
  end(): string {
    const bytes = this.#waiting;
    this.#waiting = new Uint8Array(0);
    if (this.tokenizer.decodeBytes) return decodeUtf8(bytes);
    const text = this.tokenizer.decode(this.#ids).slice(this.#written.length);
    this.#ids.length = 0;
    this.#written = '';
    return text;
  }

  /** Where pieces depend on their neighbours, the last ones are decoded together, and an unfinished character waits. */
  #pushText(id: number): string {
    this.#ids.push(id);
    const text = this.tokenizer.decode(this.#ids);
    if (text.endsWith('\uFFFD')) return '';
    const fresh = text.slice(this.#written.length);
    this.#written = text;
    return fresh;
  }
}
