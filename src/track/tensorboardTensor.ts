/** A scalar out of a TensorProto, as newer TensorBoard writers encode it. Whatever holds more numbers is no scalar. */

import { halfToNumber } from './half.ts';
import { ProtoReader } from './protobuf.ts';

/** DataType of tensorflow/core/framework/types.proto: bytes an element, how to read one, the field of plain values. */
const types: Readonly<Record<number, { bytes: number; read: (view: DataView) => number; field: number }>> = {
  1: { bytes: 4, read: (view) => view.getFloat32(0, true), field: 5 },
  2: { bytes: 8, read: (view) => view.getFloat64(0, true), field: 6 },
  3: { bytes: 4, read: (view) => view.getInt32(0, true), field: 7 },
  9: { bytes: 8, read: (view) => Number(view.getBigInt64(0, true)), field: 10 },
  14: { bytes: 2, read: (view) => fromBfloat16(view.getUint16(0, true)), field: 13 },
  19: { bytes: 2, read: (view) => halfToNumber(view.getUint16(0, true)), field: 13 },
};

/**
 * TensorProto: dtype 1, tensor_shape 2, tensor_content 4, float_val 5, double_val 6, int_val 7, int64_val 10, half_val 13.
 *
 * @returns undefined for texts, for other types and for anything but one number
 * @throws RangeError for bytes that are no TensorProto
 */
export function scalarOf(data: Uint8Array): number | undefined {
  let type: (typeof types)[number] | undefined;
  let content: Uint8Array | undefined;
  let elements = 1;
  const listed: { number: number; values: number[] }[] = [];
  for (const field of new ProtoReader(data)) {
    if (field.number === 1) type = types[field.integer()];
    else if (field.number === 2) elements = elementsOf(field.bytes());
    else if (field.number === 4) content = field.bytes();
    else if (field.number === 5) listed.push({ number: 5, values: field.floats() });
    else if (field.number === 6) listed.push({ number: 6, values: field.doubles() });
    else if ([7, 10, 13].includes(field.number)) listed.push({ number: field.number, values: field.integers() });
  }
  if (!type || elements !== 1) return undefined;
  if (content && content.length > 0) {
    if (content.length !== type.bytes) throw new RangeError(`a scalar of ${type.bytes} bytes has ${content.length}`);
    return type.read(new DataView(content.buffer, content.byteOffset, content.byteLength));
  }
  const values = listed.filter(({ number }) => number === type.field).flatMap((part) => part.values);
  if (values.length > 1) return undefined;
  // A value left out is zero.
  const value = values[0] ?? 0;
  if (type.field !== 13) return value;
  return type === types[14] ? fromBfloat16(value) : halfToNumber(value);
}

/** TensorShapeProto: repeated Dim 2, whose size is 1. */
function elementsOf(data: Uint8Array): number {
  let elements = 1;
  for (const dimension of new ProtoReader(data)) {
    if (dimension.number !== 2) continue;
    let size = 0;
    for (const field of new ProtoReader(dimension.bytes())) if (field.number === 1) size = field.integer();
    elements *= size;
  }
  return elements;
}

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
}
