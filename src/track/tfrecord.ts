/**
 * TFRecord: length (u64), masked CRC-32C of the length (u32), data, masked CRC-32C of the data (u32); little-endian.
 *
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */

import { LookbackError } from '../errors.ts';

const headBytes = 12;
const tailBytes = 4;

/** CRC-32C (Castagnoli), reflected polynomial 0x82f63b78, a byte at a time. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The form in which a sum is stored beside what it sums up. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * The records of a file, each with the byte at which it begins. A torn last record is end of file.
 *
 * @throws FILE_INVALID with the offset of a record whose sums are wrong
 */
export function* readRecords(
  file: Uint8Array,
  where = 'record file',
): Generator<{ readonly offset: number; readonly data: Uint8Array }> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let offset = 0; offset + headBytes <= file.length; ) {
    const invalid = (what: string) =>
      new LookbackError('FILE_INVALID', {
        where: `${where}, byte ${offset}`,
        problem: `the checksum of the record's ${what} is wrong`,
        next: offset === 0 ? 'Is it an event file? Its name has "tfevents" in it' : 'Copy the file again',
      });
    if (view.getUint32(offset + 8, true) !== masked(file.subarray(offset, offset + 8))) throw invalid('length');
    const length = Number(view.getBigUint64(offset, true));
    const begin = offset + headBytes;
    if (length > file.length - begin - tailBytes) return;
    const data = file.subarray(begin, begin + length);
    if (view.getUint32(begin + length, true) !== masked(data)) throw invalid('data');
    yield { offset, data };
    offset = begin + length + tailBytes;
  }
}

/** One record. */
export function writeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(headBytes + data.length + tailBytes);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, headBytes);
  view.setUint32(headBytes + data.length, masked(data), true);
  return record;
}
