/** A file of rows as plain objects: CSV, TSV, JSON, JSON lines, Parquet, told apart by the first bytes. */
import { readFileSync } from 'node:fs';
import { LookbackError } from '../errors.ts';
import { isParquet, parseTable, type TableOptions, type TableRow } from './tableText.ts';

export type { TableOptions, TableRow } from './tableText.ts';

/**
 * @param options of a text; Parquet has numbers of its own
 * @throws DATA_MISSING for a file that cannot be read, and what `parseTable` throws for one that holds no table
 */
export async function readTable(file: string, options: TableOptions = {}): Promise<TableRow[]> {
  const bytes = readBytes(file);
  if (isParquet(bytes)) return (await import('./parquet.ts')).parseParquet(bytes, file, options.most);
  return parseTable(bytes, file, options);
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const problem = (cause as NodeJS.ErrnoException).code === 'EISDIR' ? 'it is a folder' : 'it cannot be read';
    throw new LookbackError('DATA_MISSING', { where: file, problem, next: 'Check the path', cause });
  }
}
