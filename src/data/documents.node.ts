/**
 * Documents out of files, one at a time: .txt (one document, or several between separators), .jsonl (one a line),
 * .parquet (one a row), each but the last also as .gz. A file is never held whole unless it is one document.
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { createGunzip } from 'node:zlib';
import { LookbackError } from '../errors.ts';

export interface DocumentOptions {
  /** Field of a JSON line or column of a table that holds the text. */
  readonly field?: string;
  /** A text between documents of a .txt file, e.g. `<|endoftext|>`. */
  readonly separator?: string;
}

/** The documents of a file, in order. @throws FILE_NOT_FOUND, DATA_INVALID with the line or row */
export async function* readDocuments(path: string, options: DocumentOptions = {}): AsyncGenerator<string> {
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'there is no such file' });
  }
  const gzipped = extname(path).toLowerCase() === '.gz';
  const kind = extname(gzipped ? path.slice(0, -3) : path).toLowerCase();
  if (kind === '.parquet') yield* readParquet(path, options.field ?? 'text');
  else if (kind === '.jsonl' || kind === '.ndjson') yield* readJsonLines(path, gzipped, options.field ?? 'text');
  else yield* readText(path, gzipped, options.separator);
}

async function* textParts(path: string, gzipped: boolean): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const bytes = gzipped ? file.pipe(createGunzip()) : file;
  try {
    for await (const block of bytes) yield decoder.decode(block as Uint8Array, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    const problem =
      cause instanceof TypeError ? 'it is not UTF-8' : gzipped ? 'it is no whole gzip file' : 'it cannot be read';
    throw new LookbackError('DATA_INVALID', {
      where: path,
      problem,
      next: 'Convert it to UTF-8, or fetch it again',
      cause,
    });
  } finally {
    file.destroy();
  }
}

/** Parts between separators, the separators left out. */
async function* splitParts(parts: AsyncIterable<string>, separator: string): AsyncGenerator<string> {
  let held = '';
  for await (const part of parts) {
    // Only what is new can hold the separator, but for its own length before.
    let from = Math.max(0, held.length - separator.length + 1);
    held += part;
    let start = 0;
    for (let at = held.indexOf(separator, from); at >= 0; at = held.indexOf(separator, from)) {
      yield held.slice(start, at);
      start = at + separator.length;
      from = start;
    }
    held = held.slice(start);
  }
  yield held;
}

async function* readText(path: string, gzipped: boolean, separator = ''): AsyncGenerator<string> {
  if (separator !== '') {
    for await (const text of splitParts(textParts(path, gzipped), separator)) if (text.trim() !== '') yield text;
    return;
  }
  const parts: string[] = [];
  for await (const part of textParts(path, gzipped)) parts.push(part);
  const text = parts.join('');
  if (text !== '') yield text;
}

async function* readJsonLines(path: string, gzipped: boolean, field: string): AsyncGenerator<string> {
  let number = 0;
  for await (const line of splitParts(textParts(path, gzipped), '\n')) {
    number++;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new LookbackError('DATA_INVALID', { where: `${path}: line ${number}`, problem: 'it is not JSON', cause });
    }
    yield textOf(value, field, `${path}: line ${number}`);
  }
}

async function* readParquet(path: string, field: string): AsyncGenerator<string> {
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const damaged = (cause: unknown) =>
    new LookbackError('DATA_INVALID', { where: path, problem: 'it is no whole parquet file', cause });
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
    throw damaged(cause);
  });
  let row = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = row + Number(group.num_rows);
    const rows = await parquetReadObjects({
      file,
      metadata,
      compressors,
      columns: [field],
      rowStart: row,
      rowEnd,
    }).catch((cause: unknown) => {
      throw damaged(cause);
    });
    for (const value of rows) yield textOf(value, field, `${path}: row ${++row}`);
    row = rowEnd;
  }
}

function textOf(value: unknown, field: string, where: string): string {
  const found = typeof value === 'string' ? value : (value as Record<string, unknown> | null)?.[field];
  if (typeof found === 'string') return found;
  throw new LookbackError('DATA_INVALID', {
    where,
    expected: `a text in field ${field}`,
    got: typeof value === 'object' && value !== null ? `fields ${Object.keys(value).join(', ')}` : typeof value,
    next: 'Name the field with --field',
  });
}
