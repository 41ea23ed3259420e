/** Parquet as rows. Runs in a page too, which loads this file only for such a table. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { LookbackError } from '../errors.ts';
import { type TableRow, tooManyRows } from './tableText.ts';

/**
 * @param where what to call the file in an error
 * @param most rows read at most: more are refused before any is read
 * @throws DATA_INVALID for damaged bytes
 */
export async function parseParquet(
  bytes: Uint8Array,
  where: string,
  most = Number.POSITIVE_INFINITY,
): Promise<TableRow[]> {
  const file = bytes.slice().buffer;
  try {
    const metadata = parquetMetadata(file);
    if (Number(metadata.num_rows) > most) throw tooManyRows(where, most);
    return await parquetReadObjects({ file, metadata, compressors });
  } catch (cause) {
    if (cause instanceof LookbackError) throw cause;
    const problem = `it is damaged Parquet: ${(cause as Error).message}`;
    throw new LookbackError('DATA_INVALID', { where, problem, cause });
  }
}
