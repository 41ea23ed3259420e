/** Reads one Parquet file and ends; loaded only for such a file, since its decompressors are larger than the page. */
import { parseParquet } from '../../../../src/data/parquet.ts';
import { LookbackError } from '../../../../src/errors.ts';
import type { Row } from '../../../../src/forecasting/index.ts';
import { mostRows } from './limits.ts';

export type ParquetAnswer = { rows: Row[] } | { code: string; message: string };

self.onmessage = async ({ data: { name, file } }: MessageEvent<{ name: string; file: Blob }>) => {
  try {
    const rows = await parseParquet(new Uint8Array(await file.arrayBuffer()), name, mostRows);
    self.postMessage({ rows } satisfies ParquetAnswer);
  } catch (error) {
    const code = error instanceof LookbackError ? error.code : 'INTERNAL';
    self.postMessage({ code, message: (error as Error).message } satisfies ParquetAnswer);
  }
};
