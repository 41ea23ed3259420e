/**
 * `metrics.cache`: a run's metrics as columns in one file, so that opening them is reading them.
 *
 *   "LBCOLUMN", header bytes (u32), crc32 of all that follows (u32)     little-endian
 *   header                JSON, padded with spaces to 8 bytes
 *   steps, times          float64 [rows]
 *   of each metric        float32 values [points], then u32 rows [points] unless they follow one another; padded to 8
 *
 * Ours alone and thrown away at the first doubt: another version, a wrong sum, a size that does not add up. Whether it
 * still fits its `metrics.jsonl` is for the reader to say.
 */

import { crc32 } from 'node:zlib';
import { LookbackError } from '../errors.ts';
import { MetricColumn, MetricTable, type MetricText } from './columns.ts';

/** What a reader knows after taking in `offset` bytes. */
export interface CachedMetrics {
  readonly offset: number;
  readonly lines: number;
  /** Time of change of `metrics.jsonl` when it was read, milliseconds since 1970. */
  readonly modified: number;
  /** SHA-256, in hexadecimal, of the bytes taken in, and of the last of them. */
  readonly sha256: string;
  readonly anchor: string;
  readonly table: MetricTable;
}

interface Header extends Omit<CachedMetrics, 'table'> {
  readonly rows: number;
  /** `first` is the first point's row, where the others follow it. */
  readonly metrics: readonly { readonly name: string; readonly points: number; readonly first?: number }[];
  readonly texts: readonly MetricText[];
}

const magic = 'LBCOLUMN';
const preambleBytes = 16;

export function encodeCache({ table, ...known }: CachedMetrics): Uint8Array {
  const columns = table.names.flatMap((name) => table.column(name) ?? []);
  const header: Header = {
    ...known,
    rows: table.rowCount,
    metrics: columns.map(({ name, length, rows }) => ({
      name,
      points: length,
      first: typeof rows === 'number' ? rows : undefined,
    })),
    texts: table.texts,
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const parts: ArrayBufferView[] = [text, table.steps, table.times];
  for (const { values, rows } of columns) parts.push(values, ...(typeof rows === 'number' ? [] : [rows]));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + padded(part.byteLength), preambleBytes));
  bytes.set(new TextEncoder().encode(magic));
  bytes.fill(0x20, preambleBytes, preambleBytes + padded(text.length));
  let at = preambleBytes;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += padded(byteLength);
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(8, padded(text.length), true);
  view.setUint32(12, crc32(bytes.subarray(preambleBytes)), true);
  return bytes;
}

/** The columns are views of `bytes`. Throws FILE_INVALID for anything but a whole cache of this version. */
export function decodeCache(bytes: Uint8Array<ArrayBuffer>): CachedMetrics {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < preambleBytes || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) throw invalid();
  if (view.getUint32(12, true) !== crc32(bytes.subarray(preambleBytes))) throw invalid();
  // The sum is right, so this is what encodeCache wrote.
  let at = preambleBytes;
  const take = <A>(
    kind: new (buffer: ArrayBuffer, at: number, length: number) => A,
    length: number,
    size: number,
  ): A => {
    const part = new kind(bytes.buffer, bytes.byteOffset + at, length);
    at += padded(length * size);
    return part;
  };
  const text = take(Uint8Array, view.getUint32(8, true), 1);
  const { rows, metrics, texts, ...known } = JSON.parse(new TextDecoder().decode(text)) as Header;
  const steps = take(Float64Array, rows, 8);
  const times = take(Float64Array, rows, 8);
  const columns = metrics.map(({ name, points, first }) => {
    const values = take(Float32Array, points, 4);
    return new MetricColumn(name, values, first ?? take(Uint32Array, points, 4));
  });
  return { ...known, table: new MetricTable({ steps, times, columns, texts }) };
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

function invalid(): LookbackError {
  return new LookbackError('FILE_INVALID', { where: 'metrics.cache', problem: 'it is damaged or of another version' });
}
