/**
 * Reading and writing the safetensors format: an 8-byte little-endian header length, a JSON header that gives
 * each tensor's dtype, shape and place, then the numbers. Source: github.com/huggingface/safetensors.
 *
 * The reader trusts nothing: whatever is not exactly a safetensors file is refused with FILE_INVALID before any
 * tensor is looked at. It refuses dtypes that Lookback cannot hold. Hosts are little-endian, as WebAssembly is.
 */

import { fromBfloat16, toBfloat16 } from '../bfloat16.ts';
import { LookbackError } from '../errors.ts';
import { halfToNumber } from './half.ts';
import { parseUniqueJson } from './uniqueJson.ts';

/** Element types that can be held in memory. */
export type TensorDtype = 'F32' | 'F64' | 'I32' | 'U8';

/** Element types that can be read: F16 and BF16 become F32, I64 becomes I32. */
export type StoredDtype = TensorDtype | 'F16' | 'BF16' | 'I64';

/** A tensor as plain numbers, row-major; `data.length` is the product of `shape` (1 for a scalar, shape []). */
export type TensorEntry =
  | { dtype: 'F32'; shape: readonly number[]; data: Float32Array }
  | { dtype: 'F64'; shape: readonly number[]; data: Float64Array }
  | { dtype: 'I32'; shape: readonly number[]; data: Int32Array }
  | { dtype: 'U8'; shape: readonly number[]; data: Uint8Array };

/** What can be written: BF16 too, whose data are rounded to nearest even. */
export type WritableEntry = TensorEntry | { dtype: 'BF16'; shape: readonly number[]; data: Float32Array };

/** A tensor that still lies in the file's bytes. */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  /** Copies the numbers out, converted to a dtype that can be held. Throws FILE_INVALID for an I64 beyond 32 bits. */
  load(): TensorEntry;
}

export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the file's bytes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const bytesPerElement = { F32: 4, F64: 8, I32: 4, U8: 1, F16: 2, BF16: 2, I64: 8 } as const satisfies Record<
  StoredDtype,
  number
>;

const arrayOf = { F32: Float32Array, BF16: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array } as const;

/** The format's own limit, against a header length that is garbage. */
const maxHeaderBytes = 100_000_000;

/**
 * The bytes of a safetensors file. The same content gives the same bytes, whatever the order of the map: wide
 * elements first, then by name, so that every tensor is aligned to its element.
 *
 * @throws BAD_ARGUMENT for a reserved name, data that does not fit its dtype or shape, or metadata that is not text
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, WritableEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = [...tensors].sort(
    ([a, x], [b, y]) => bytesPerElement[y.dtype] - bytesPerElement[x.dtype] || (a < b ? -1 : 1),
  );
  const fields: string[] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of texts) {
    if (key === '__proto__' || typeof value !== 'string') refuseToWrite(`metadata ${JSON.stringify(key)}`, 'a text');
  }
  if (texts.length > 0) fields.push(`"__metadata__":${JSON.stringify(Object.fromEntries(texts))}`);
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === '__metadata__' || name === '__proto__') refuseToWrite(`tensor ${name}`, 'a name that is not reserved');
    if (!(data instanceof arrayOf[dtype])) refuseToWrite(`tensor ${name}`, `a ${arrayOf[dtype].name} for ${dtype}`);
    if (data.length !== elementCount(shape)) {
      refuseToWrite(`tensor ${name}`, `${elementCount(shape)} elements for shape [${shape}]`, `${data.length}`);
    }
    const begin = end;
    end += data.length * bytesPerElement[dtype];
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const header = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(header, 8);
  let at = 8 + headerBytes;
  for (const [, { dtype, data }] of entries) {
    const numbers = dtype === 'BF16' ? toBfloat16(data) : data;
    file.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
    at += numbers.byteLength;
  }
  return file;
}

function refuseToWrite(where: string, expected: string, got?: string): never {
  throw new LookbackError('BAD_ARGUMENT', { where: `writeSafetensors, ${where}`, expected, got });
}

/**
 * Reads a safetensors file's header; the tensors are copied out one by one, on `load()`.
 *
 * @param where what to call the file in an error
 * @throws FILE_INVALID for everything that is not a complete, well-formed safetensors file
 */
export function readSafetensors(file: Uint8Array, where = 'safetensors'): Safetensors {
  const invalid = (problem: string): never => {
    throw new LookbackError('FILE_INVALID', { where, problem, next: 'Fetch or write the file again' });
  };
  if (file.length < 8) invalid(`it has ${file.length} bytes, too few for a safetensors file`);
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes) invalid(`its header claims ${headerBytes} bytes, beyond the format's 100 MB`);
  if (headerBytes > file.length - 8) {
    invalid(`its header claims ${headerBytes} bytes but only ${file.length - 8} follow`);
  }
  const header = parseHeader(file.subarray(8, 8 + headerBytes), invalid);
  const body = file.subarray(8 + headerBytes);

  const metadata: Record<string, string> = {};
  const places: { name: string; dtype: StoredDtype; shape: number[]; begin: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (!isRecord(value)) return invalid(`the header's entry ${JSON.stringify(name)} is not an object`);
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') return invalid(`metadata ${JSON.stringify(key)} is not a text`);
        metadata[key] = text;
      }
      continue;
    }
    const say = (problem: string): never => invalid(`tensor ${JSON.stringify(name)}: ${problem}`);
    const { dtype, shape, data_offsets: offsets } = value;
    if (!isStoredDtype(dtype)) {
      return say(`dtype ${JSON.stringify(dtype)} is not one of ${Object.keys(bytesPerElement).join(', ')}`);
    }
    if (!isSizes(shape)) return say('its shape is not a list of whole numbers');
    if (!isSizes(offsets) || offsets.length !== 2) return say('its data_offsets are not two whole numbers');
    const [begin = 0, end = 0] = offsets;
    if (begin > end || end > body.length) say(`bytes ${begin} to ${end} lie outside the ${body.length} bytes of data`);
    const needed = elementCount(shape) * bytesPerElement[dtype];
    if (end - begin !== needed) say(`shape [${shape}] of ${dtype} takes ${needed} bytes, its place has ${end - begin}`);
    places.push({ name, dtype, shape, begin, end });
  }

  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of places) {
    if (begin !== covered) {
      invalid(`tensor ${JSON.stringify(name)} ${begin < covered ? 'overlaps another' : 'leaves a hole before it'}`);
    }
    covered = end;
    const load = () =>
      loadTensor(new Uint8Array(body.subarray(begin, end)), dtype, shape, `${where}, tensor ${JSON.stringify(name)}`);
    tensors.set(name, { dtype, shape, load });
  }
  if (covered !== body.length) invalid(`${body.length - covered} bytes at its end belong to no tensor`);
  return { metadata, tensors };
}

/** Every tensor of a file, copied out. Throws FILE_INVALID as {@link readSafetensors} does. */
export function loadSafetensors(file: Uint8Array, where = 'safetensors'): Map<string, TensorEntry> {
  return new Map([...readSafetensors(file, where).tensors].map(([name, stored]) => [name, stored.load()]));
}

function parseHeader(bytes: Uint8Array, invalid: (problem: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    header = parseUniqueJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    return invalid(`its header is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (bytes[0] !== 0x7b || !isRecord(header)) return invalid('its header is not a JSON object');
  return header;
}

/** The numbers of one tensor; `bytes` is a copy of its own, so aligned to any element. */
function loadTensor(bytes: Uint8Array, dtype: StoredDtype, shape: readonly number[], where: string): TensorEntry {
  const { buffer } = bytes;
  switch (dtype) {
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'F64':
      return { dtype, shape, data: new Float64Array(buffer) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'U8':
      return { dtype, shape, data: bytes };
    case 'BF16':
      return { dtype: 'F32', shape, data: fromBfloat16(new Uint16Array(buffer)) };
    case 'F16':
      return { dtype: 'F32', shape, data: Float32Array.from(new Uint16Array(buffer), halfToNumber) };
    case 'I64': {
      const words = new Int32Array(buffer);
      const data = new Int32Array(words.length / 2);
      for (let i = 0; i < data.length; i++) {
        const low = words[2 * i];
        if (words[2 * i + 1] !== low >> 31) {
          throw new LookbackError('FILE_INVALID', { where, problem: `element ${i} of I64 does not fit 32 bits` });
        }
        data[i] = low;
      }
      return { dtype: 'I32', shape, data };
    }
    default:
      return dtype satisfies never;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStoredDtype(value: unknown): value is StoredDtype {
  return typeof value === 'string' && Object.hasOwn(bytesPerElement, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
