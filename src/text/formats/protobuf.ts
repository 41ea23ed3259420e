/** The wire format of protocol buffers, as much as reading a SentencePiece model takes: fields in order, nothing by name. */
import { LookbackError } from '../../errors.ts';

export interface ProtobufField {
  readonly number: number;
  /** A varint, or undefined for another wire type. */
  readonly integer?: number;
  /** A fixed 32-bit value as a float. */
  readonly float?: number;
  /** A length-delimited value: text, bytes or a message. */
  readonly bytes?: Uint8Array;
}

/** The fields of a message. @throws FILE_INVALID when it ends inside a field or has an unknown wire type */
export function* readProtobuf(bytes: Uint8Array, where: string): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fault = (problem: string) =>
    new LookbackError('FILE_INVALID', { where, problem, next: 'Fetch the file again' });
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) throw fault('it ends inside a field');
      const byte = bytes[at++];
      // Beyond 2^53 only negative numbers go, whose exact value no field here needs.
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw fault('a number of more than ten bytes');
  };
  const take = (length: number): number => {
    if (length > bytes.length - at) throw fault('it ends inside a field');
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0) throw fault('a field of number 0');
    if (wire === 0) yield { number, integer: varint() };
    else if (wire === 1) take(8);
    else if (wire === 2) {
      const length = varint();
      const from = take(length);
      yield { number, bytes: bytes.subarray(from, from + length) };
    } else if (wire === 5) yield { number, float: view.getFloat32(take(4), true) };
    else throw fault(`a field of wire type ${wire}`);
  }
}
