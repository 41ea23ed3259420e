/**
 * Many curves as bytes, for charts of fifty runs: numbers as they lie in memory instead of decimals, so that neither
 * side spends its time on text. Both sides use this file; it knows nothing of files or charts.
 *
 *   header bytes (u32), padded to 8     little-endian, as every machine that runs this is
 *   header                              JSON: of each curve its run, metric, length and whether buckets hold one point
 *   of each curve                       steps, times float64 [length]; last, then unless alone min, max, mean float32
 *                                       [length], each padded to 8 bytes
 */
import type { MetricRange } from '../track/columns.ts';

export interface CurveColumns {
  /** Each point stands for the rows of one bucket of steps; its step and time are the last row's. */
  readonly steps: Float64Array;
  /** Seconds since 1970. */
  readonly times: Float64Array;
  /** NaN where not finite. Of a bucket of one point, all four are the same. */
  readonly last: Float32Array;
  readonly min: Float32Array;
  readonly max: Float32Array;
  readonly mean: Float32Array;
}

export interface NamedCurve extends CurveColumns {
  readonly run: string;
  readonly metric: string;
}

export type PackedCurve = Omit<MetricRange, 'count'> & { readonly run: string; readonly metric: string };

interface Entry {
  readonly run: string;
  readonly metric: string;
  readonly length: number;
  readonly alone: boolean;
}

const padded = (bytes: number): number => (bytes + 7) & ~7;

export function packCurves(curves: readonly PackedCurve[]): Uint8Array<ArrayBuffer> {
  const entries = curves.map(
    ({ run, metric, steps, size }): Entry => ({ run, metric, length: steps.length, alone: size === 1 }),
  );
  const header = new TextEncoder().encode(JSON.stringify(entries));
  const columns = curves.flatMap(({ steps, times, last, min, max, mean, size }): (Float64Array | Float32Array)[] => [
    steps,
    times,
    last,
    ...(size === 1 ? [] : [min, max, mean]),
  ]);
  const begin = 8 + padded(header.length);
  const bytes = new Uint8Array(columns.reduce((sum, { byteLength }) => sum + padded(byteLength), begin));
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 8);
  let at = begin;
  for (const { buffer, byteOffset, byteLength } of columns) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += padded(byteLength);
  }
  return bytes;
}

/** The columns are views of `bytes`, which are what {@link packCurves} made. */
export function unpackCurves(bytes: ArrayBuffer): NamedCurve[] {
  const length = new DataView(bytes).getUint32(0, true);
  const entries = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length))) as Entry[];
  let at = 8 + padded(length);
  return entries.map(({ run, metric, length, alone }) => {
    const column = () => {
      const values = new Float32Array(bytes, at, length);
      at += padded(values.byteLength);
      return values;
    };
    const steps = new Float64Array(bytes, at, length);
    const times = new Float64Array(bytes, at + steps.byteLength, length);
    at += 2 * steps.byteLength;
    const last = column();
    const [min, max, mean] = alone ? [last, last, last] : [column(), column(), column()];
    return { run, metric, steps, times, last, min, max, mean };
  });
}
