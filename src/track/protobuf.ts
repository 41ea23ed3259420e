/**
 * As much of Protocol Buffers' wire format as event files need: fields in, fields out, no schemas.
 *
 * Every length is checked before it is believed; bytes that are no message give a RangeError, for the caller to say
 * where. Groups, long out of use, are refused. https://protobuf.dev/programming-guides/encoding/
 */

/** Wire types. */
const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;
const fixed32Type = 5;

/** One field of a message. Reading it as what it is not gives a RangeError. */
export class ProtoField {
  readonly number: number;
  readonly #type: number;
  readonly #bytes: Uint8Array;
  readonly #integer: number;

  constructor(number: number, type: number, bytes: Uint8Array, integer: number) {
    this.number = number;
    this.#type = type;
    this.#bytes = bytes;
    this.#integer = integer;
  }

  bytes(): Uint8Array {
    this.#expect(bytesType);
    return this.#bytes;
  }

  text(): string {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.bytes());
  }

  /** RangeError beyond ±2^53. */
  integer(): number {
    this.#expect(varintType);
    return this.#integer;
  }

  float(): number {
    this.#expect(fixed32Type);
    return viewOf(this.#bytes).getFloat32(0, true);
  }

  double(): number {
    this.#expect(fixed64Type);
    return viewOf(this.#bytes).getFloat64(0, true);
  }

  /** A repeated field may come packed into one or as one field an element; so for the two below. */
  integers(): number[] {
    if (this.#type !== bytesType) return [this.integer()];
    const values: number[] = [];
    for (let at = 0; at < this.#bytes.length; ) {
      const { value, next } = readVarint(this.#bytes, at);
      values.push(value);
      at = next;
    }
    return values;
  }

  floats(): number[] {
    return this.#type === bytesType ? this.#packed(4, (view, at) => view.getFloat32(at, true)) : [this.float()];
  }

  doubles(): number[] {
    return this.#type === bytesType ? this.#packed(8, (view, at) => view.getFloat64(at, true)) : [this.double()];
  }

  #packed(size: number, read: (view: DataView, at: number) => number): number[] {
    if (this.#bytes.length % size !== 0) throw new RangeError('a packed field does not end with an element');
    const view = viewOf(this.#bytes);
    return Array.from({ length: this.#bytes.length / size }, (_, i) => read(view, i * size));
  }

  #expect(type: number): void {
    if (this.#type !== type) throw new RangeError(`field ${this.number} has wire type ${this.#type}, not ${type}`);
  }
}

/** The fields of a message, in order. */
export class ProtoReader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  *[Symbol.iterator](): Generator<ProtoField> {
    const bytes = this.#bytes;
    for (let at = 0; at < bytes.length; ) {
      const key = readVarint(bytes, at);
      const number = Math.floor(key.value / 8);
      const type = key.value % 8;
      if (number < 1) throw new RangeError(`field number ${number}`);
      let begin = key.next;
      let integer = 0;
      if (type === varintType) {
        const { value, next } = readVarint(bytes, begin);
        integer = value;
        at = next;
      } else if (type === fixed64Type || type === fixed32Type) at = begin + (type === fixed64Type ? 8 : 4);
      else if (type === bytesType) {
        const { value, next } = readVarint(bytes, begin);
        if (value < 0) throw new RangeError('a negative length');
        begin = next;
        at = next + value;
      } else throw new RangeError(`wire type ${type}`);
      if (at > bytes.length) throw new RangeError(`field ${number} goes on beyond the end`);
      yield new ProtoField(number, type, bytes.subarray(begin, at), integer);
    }
  }
}

/** Seven bits a byte, the lowest first, as a 64-bit number in two's complement. */
function readVarint(bytes: Uint8Array, begin: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let at = begin; at < begin + 4; at++) {
    if (at >= bytes.length) throw new RangeError('a number goes on beyond the end');
    value += (bytes[at] & 127) * scale;
    scale *= 128;
    if (bytes[at] < 128) return { value, next: at + 1 };
  }
  let large = 0n;
  for (let i = 0; i < 10; i++) {
    if (begin + i >= bytes.length) throw new RangeError('a number goes on beyond the end');
    large |= BigInt(bytes[begin + i] & 127) << BigInt(7 * i);
    if (bytes[begin + i] >= 128) continue;
    const signed = Number(BigInt.asIntN(64, large));
    if (!Number.isSafeInteger(signed)) throw new RangeError(`the number ${large} is too large`);
    return { value: signed, next: begin + i + 1 };
  }
  throw new RangeError('a number of more than ten bytes');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Builds a message field by field. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = [];

  integer(number: number, value: number): this {
    return this.#field(number, varintType, varint(value));
  }

  float(number: number, value: number): this {
    return this.#field(number, fixed32Type, new Uint8Array(Float32Array.of(value).buffer));
  }

  double(number: number, value: number): this {
    return this.#field(number, fixed64Type, new Uint8Array(Float64Array.of(value).buffer));
  }

  text(number: number, value: string): this {
    return this.bytes(number, new TextEncoder().encode(value));
  }

  bytes(number: number, value: Uint8Array): this {
    return this.#field(number, bytesType, varint(value.length), value);
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #field(number: number, type: number, ...parts: Uint8Array[]): this {
    this.#parts.push(varint(number * 8 + type), ...parts);
    return this;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}
