import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LookbackError } from '../errors.ts';
import { loadSafetensors, readSafetensors, type TensorEntry, writeSafetensors } from './safetensors.ts';

const seeded = { seed: 20240607, numRuns: 300 };

/** A file with a header of our own and `data` after it. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function refusal(bytes: Uint8Array): string {
  try {
    loadSafetensors(bytes, 'x.safetensors');
  } catch (error) {
    if (error instanceof LookbackError && error.code === 'FILE_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

const entry: fc.Arbitrary<TensorEntry> = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
  const size = shape.reduce((product, n) => product * n, 1);
  const exactly = { minLength: size, maxLength: size };
  return fc.oneof(
    fc.float32Array(exactly).map((data): TensorEntry => ({ dtype: 'F32', shape, data })),
    fc.float64Array(exactly).map((data): TensorEntry => ({ dtype: 'F64', shape, data })),
    fc.int32Array(exactly).map((data): TensorEntry => ({ dtype: 'I32', shape, data })),
    fc.uint8Array(exactly).map((data): TensorEntry => ({ dtype: 'U8', shape, data })),
  );
});

const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/^__(proto|metadata)__$/.test(text));
const tensorMap = fc.uniqueArray(fc.tuple(name, entry), { selector: ([key]) => key, maxLength: 6 });

describe('round trip', () => {
  test('every tensor comes back, bit for bit, and the order of the map does not matter', () => {
    fc.assert(
      fc.property(tensorMap, fc.dictionary(name, fc.string()), (pairs, metadata) => {
        const bytes = writeSafetensors(new Map(pairs), metadata);
        expect(writeSafetensors(new Map([...pairs].reverse()), metadata)).toEqual(bytes);
        // Read from an odd address, as a slice of a larger file would be.
        const shifted = new Uint8Array(bytes.length + 1);
        shifted.set(bytes, 1);
        const read = readSafetensors(shifted.subarray(1));
        expect({ ...read.metadata }).toEqual({ ...metadata });
        const loaded = new Map([...read.tensors].map(([key, stored]) => [key, stored.load()]));
        expect(loaded).toEqual(new Map(pairs));
      }),
      seeded,
    );
  });

  test('BF16 is written rounded to nearest even, in half the bytes, and read as F32', () => {
    const data = Float32Array.of(1, 1.00390625, 1.01171875, -0, 3.4e38, 1e-40, Number.NaN, -Infinity);
    const written = (dtype: 'F32' | 'BF16') => writeSafetensors(new Map([['x', { dtype, shape: [2, 4], data }]]));
    const header = (bytes: Uint8Array) => 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const [full, half] = [written('F32'), written('BF16')];
    expect([full.length - header(full), half.length - header(half)]).toEqual([32, 16]);
    expect(readSafetensors(half).tensors.get('x')?.dtype).toBe('BF16');
    const entry = loadSafetensors(half).get('x');
    expect(entry?.dtype).toBe('F32');
    expect(Array.from(entry?.data ?? [])).toEqual([
      ...[1, 1, 1.015625, -0, Infinity, 2 ** -133, Number.NaN, -Infinity],
    ]);
    // what was read is written the same again
    expect(
      writeSafetensors(new Map([['x', { dtype: 'BF16', shape: [2, 4], data: entry?.data as Float32Array }]])),
    ).toEqual(half);
  });

  test('the layout is the published one: length, padded header, aligned data', () => {
    const bytes = writeSafetensors(new Map([['b', { dtype: 'F32', shape: [2], data: Float32Array.of(1, -2) }]]));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(header.trimEnd()).toBe('{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}');
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 0, 0, 0, 192]);
  });

  test('data that does not fit its shape or dtype is not written', () => {
    const bad = { code: 'BAD_ARGUMENT' };
    const data = new Float32Array(3);
    expect(() => writeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], data }]]))).toThrow(
      expect.objectContaining(bad),
    );
    const mistyped = { dtype: 'I32', shape: [3], data } as unknown as TensorEntry;
    expect(() => writeSafetensors(new Map([['a', mistyped]]))).toThrow(expect.objectContaining(bad));
    expect(() => writeSafetensors(new Map([['__metadata__', { dtype: 'F32', shape: [3], data }]]))).toThrow(
      expect.objectContaining(bad),
    );
  });
});

describe('converted dtypes', () => {
  const load = (dtype: string, size: number, data: Uint8Array) =>
    loadSafetensors(file({ x: { dtype, shape: [size], data_offsets: [0, data.length] } }, data)).get('x');

  test('F16: normal, subnormal, infinite, undefined', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x8000, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
    const expected = [1, -2, 0.333251953125, 2 ** -24, -0, 65504, Infinity, -Infinity, Number.NaN];
    const x = load('F16', halves.length, new Uint8Array(halves.buffer));
    expect(x?.dtype).toBe('F32');
    expect([...(x?.data ?? [])]).toEqual(expected);
  });

  test('BF16 is the upper half of a float32', () => {
    const halves = Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001);
    const x = load('BF16', 4, new Uint8Array(halves.buffer));
    expect([...(x?.data ?? [])]).toEqual([1, -3, Infinity, Math.fround(2 ** -133)]);
  });

  test('I64 is narrowed where it fits and refused where it does not', () => {
    const fits = BigInt64Array.of(0n, -1n, 2147483647n, -2147483648n);
    const x = load('I64', 4, new Uint8Array(fits.buffer));
    expect([...(x?.data ?? [])]).toEqual([0, -1, 2147483647, -2147483648]);
    for (const beyond of [2147483648n, -2147483649n, 1n << 40n]) {
      const data = new Uint8Array(BigInt64Array.of(beyond).buffer);
      expect(refusal(file({ x: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, data))).toContain('32 bits');
    }
  });
});

describe('damaged files are refused with FILE_INVALID', () => {
  const u8 = (begin: number, end: number, shape = [end - begin]) => ({
    dtype: 'U8',
    shape,
    data_offsets: [begin, end],
  });
  const data = new Uint8Array(4);
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty', new Uint8Array(0), /too few/],
    ['header beyond the file', file('{}').subarray(0, 9), /header claims 2 bytes but only 1/],
    ['absurd header length', new Uint8Array(8).fill(255), /100 MB/],
    ['not JSON', file('{"a":'), /not JSON/],
    ['not UTF-8', file('{}').map((byte, i) => (i === 8 ? 0xff : byte)), /not JSON/],
    ['not an object', file('[]'), /not a JSON object/],
    ['space before the brace', file(' {}'), /not a JSON object/],
    ['unknown dtype', file({ a: { ...u8(0, 4), dtype: 'F8' } }, data), /dtype "F8" is not one of/],
    ['dtype from the prototype', file({ a: { ...u8(0, 4), dtype: 'toString' } }, data), /dtype/],
    ['out of range', file({ a: u8(0, 5) }, data), /outside the 4 bytes/],
    ['backwards', file({ a: u8(4, 0, [4]) }, data), /outside/],
    ['wrong byte count', file({ a: u8(0, 4, [3]) }, data), /takes 3 bytes, its place has 4/],
    ['product overflows', file({ a: u8(0, 4, [2 ** 40, 2 ** 40, 4]) }, data), /takes/],
    ['fractional shape', file({ a: u8(0, 4, [1.5]) }, data), /shape/],
    ['negative shape', file({ a: u8(0, 4, [-4]) }, data), /shape/],
    ['three offsets', file({ a: { ...u8(0, 4), data_offsets: [0, 2, 4] } }, data), /data_offsets/],
    ['overlap', file({ a: u8(0, 3), b: u8(2, 4) }, data), /overlaps/],
    ['hole', file({ a: u8(0, 1), b: u8(2, 4) }, data), /hole/],
    ['bytes left over', file({ a: u8(0, 3) }, data), /belong to no tensor/],
    ['metadata not text', file({ __metadata__: { a: 1 } }), /metadata "a"/],
    ['same name twice', file('{"a":1,"\\u0061":2}'), /twice/],
    ['shape twice', file('{"a":{"shape":[],"shape":[1]}}'), /twice/],
    ['__proto__', file('{"__proto__":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', data), /__proto__/],
    ['entry is null', file('{"a":null}'), /not an object/],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
    expect(refusal(bytes)).toContain('x.safetensors');
  });

  test('any damage gives FILE_INVALID or a whole file, never another error', () => {
    fc.assert(
      fc.property(
        tensorMap,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        (pairs, edits, cut) => {
          const bytes = writeSafetensors(new Map(pairs), { step: '1' });
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          refusal(cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
          if (cut % 3 === 0) expect(refusal(bytes.subarray(0, cut % bytes.length))).not.toBe('accepted');
        },
      ),
      { ...seeded, numRuns: 1500 },
    );
  });

  test('any header gives FILE_INVALID or a whole file, never another error', () => {
    const offset = fc.oneof(fc.integer({ min: -1, max: 9 }), fc.double(), fc.constant(2 ** 53));
    const place = fc.record({
      dtype: fc.oneof(fc.constantFrom('F32', 'F64', 'I32', 'U8', 'F16', 'BF16', 'I64'), fc.anything()),
      shape: fc.oneof(fc.array(offset, { maxLength: 3 }), fc.anything()),
      data_offsets: fc.oneof(fc.tuple(offset, offset), fc.anything()),
    });
    const header = fc.dictionary(name, fc.oneof(place, fc.jsonValue()), { maxKeys: 3 });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 8 }), (value, data) => {
        let text: string;
        try {
          text = JSON.stringify(value);
        } catch {
          return; // fc.anything() may make what JSON cannot say
        }
        expect(refusal(file(text, data))).toBeTypeOf('string');
      }),
      { ...seeded, numRuns: 1500 },
    );
  });
});
