/**
 * Shards: a corpus as files of token ids, made once by `prepareShards`, read by `openShards` (`shardReader.node.ts`).
 *
 * A folder holds `index.json`, `tokenizer.json` and, for each part, `NAME.bin` (ids, u16 or u32, little-endian) and
 * `NAME.documents` (u32: where each document begins in the part, and the end). The index is written after each part and
 * replaced as a whole, so that a kill loses at most the part being made, and going on gives the same files as never having
 * stopped. Not for editing by hand, and not for data that changes.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { LookbackError } from '../errors.ts';
import { BytePairTokenizer } from '../text/bpe/bytePairTokenizer.ts';
import { PipelineTokenizer } from '../text/formats/pipelineTokenizer.ts';
import type { EncodedDocuments } from '../text/textWork.ts';
import { startTextThreads } from '../text/threads.node.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type DocumentOptions, readDocuments } from './documents.node.ts';
import { readIndex, type ShardIndex, type SplitName } from './shardReader.node.ts';

export interface PrepareOptions extends DocumentOptions {
  /** Share of documents held out, chosen by a hash of their text. */
  readonly validation?: number;
  /** Tokens in one part at the least, but for the last. */
  readonly partTokens?: number;
  /** Threads that encode; the result does not depend on it. */
  readonly threads?: number;
  readonly onProgress?: (documents: number, tokens: number) => void;
}

/** Documents sent to a thread at once, in UTF-16 units. */
const batchUnits = 1 << 20;

/**
 * Writes or goes on writing shards in `folder`.
 * @throws FILE_NOT_FOUND, DATA_INVALID for an unreadable document, for no documents, or for a folder that holds other shards
 */
export async function prepareShards(
  paths: readonly string[],
  folder: string,
  tokenizer: Tokenizer,
  options: PrepareOptions = {},
): Promise<ShardIndex> {
  const { validation = 0.01, partTokens = 1 << 24, threads = availableParallelism(), onProgress } = options;
  const stored = JSON.stringify(tokenizer.toJSON());
  const index = begin(paths, folder, tokenizer, stored, { ...options, validation, partTokens });
  if (index.complete) return index;
  mkdirSync(folder, { recursive: true });
  replaceFile(join(folder, 'tokenizer.json'), stored);
  const made: Record<SplitName, PartWriter> = {
    train: new PartWriter(index, 'train'),
    validation: new PartWriter(index, 'validation'),
  };
  let total = index.parts.reduce((sum, { tokens }) => sum + tokens, 0);
  let taken = 0;
  const flush = () => {
    for (const split of ['train', 'validation'] as const) made[split].write(folder);
    index.documents = taken;
    replaceFile(join(folder, 'index.json'), `${JSON.stringify(index, null, 1)}\n`);
  };
  const pool = await startTextThreads(threads, JSON.parse(stored));
  const waiting: { texts: string[]; answer: Promise<EncodedDocuments> }[] = [];
  const join1 = async () => {
    const { texts, answer } = waiting.shift() as (typeof waiting)[number];
    const { ids, offsets, bytes } = await answer;
    texts.forEach((text, i) => {
      const split = isHeldOut(text, validation) ? 'validation' : 'train';
      made[split].add(ids.subarray(offsets[i], offsets[i + 1]), bytes[i], index.endOfDocument);
      taken++;
      total += offsets[i + 1] - offsets[i];
      if (made.train.length + made.validation.length >= partTokens) flush();
    });
    onProgress?.(taken, total);
  };
  try {
    let texts: string[] = [];
    let units = 0;
    const send = () => {
      const batch = texts;
      waiting.push({ texts: batch, answer: pool.run({ kind: 'encode', texts: batch }) as Promise<EncodedDocuments> });
      texts = [];
      units = 0;
    };
    const skip = index.documents;
    for (const path of paths) {
      for await (const text of readDocuments(path, options)) {
        if (taken < skip) {
          taken++;
          continue;
        }
        texts.push(text);
        units += text.length;
        if (units < batchUnits) continue;
        send();
        if (waiting.length > threads) await join1();
      }
    }
    if (texts.length > 0) send();
    while (waiting.length > 0) await join1();
  } finally {
    for (const { answer } of waiting) answer.catch(() => {});
    await pool.close();
  }
  if (taken === 0) {
    throw new LookbackError('DATA_INVALID', {
      where: paths.join(', '),
      expected: 'at least one document',
      got: 'none',
    });
  }
  index.complete = true;
  flush();
  return index;
}

/** Whether a document is held out: by a hash of its text, so that the same document always is, whatever is beside it. */
export function isHeldOut(text: string, share: number): boolean {
  return createHash('sha256').update(text).digest().readUInt32BE(0) < share * 2 ** 32;
}

function begin(
  paths: readonly string[],
  folder: string,
  tokenizer: Tokenizer,
  stored: string,
  { validation, partTokens, field, separator }: PrepareOptions,
): ShardIndex {
  const files = paths.map((path) => {
    if (!existsSync(path)) throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'there is no such file' });
    const { size, mtimeMs } = statSync(path);
    return [resolve(path), size, mtimeMs];
  });
  const hash = createHash('sha256').update(stored);
  const settings = hash.update(JSON.stringify([files, validation, partTokens, field, separator])).digest('hex');
  const path = join(folder, 'index.json');
  if (existsSync(path)) {
    const index = readIndex(folder);
    if (index.settings === settings) return index;
    throw new LookbackError('DATA_INVALID', {
      where: folder,
      problem: 'it holds shards of other files, another tokenizer or other settings',
      next: 'Choose another folder, or remove this one',
    });
  }
  const special =
    tokenizer instanceof BytePairTokenizer || tokenizer instanceof PipelineTokenizer
      ? tokenizer.special.ids
      : undefined;
  const ends = ['<|endoftext|>', '<|end_of_text|>', '</s>', '[SEP]'].map((name) => special?.get(name));
  return {
    format: 'lookback-shards',
    version: 1,
    settings,
    dtype: tokenizer.vocabularySize <= 65536 ? 'u16' : 'u32',
    vocabularySize: tokenizer.vocabularySize,
    endOfDocument: ends.find((id) => id !== undefined) ?? null,
    documents: 0,
    complete: false,
    parts: [],
  };
}

/** Ids of one split until they are written. */
class PartWriter {
  #ids = new Uint32Array(1 << 16);
  length = 0;
  #begins: number[] = [];
  #bytes = 0;

  constructor(
    readonly index: ShardIndex,
    readonly split: SplitName,
  ) {}

  add(ids: Int32Array, bytes: number, end: number | null): void {
    const needed = this.length + ids.length + 1;
    if (needed > this.#ids.length) {
      const larger = new Uint32Array(needed * 2);
      larger.set(this.#ids.subarray(0, this.length));
      this.#ids = larger;
    }
    this.#begins.push(this.length);
    this.#ids.set(ids, this.length);
    this.length += ids.length;
    if (end !== null) this.#ids[this.length++] = end;
    this.#bytes += bytes;
  }

  write(folder: string): void {
    if (this.#begins.length === 0) return;
    const { parts, dtype } = this.index;
    const number = parts.filter(({ split }) => split === this.split).length;
    const name = `${this.split}-${String(number).padStart(5, '0')}`;
    const ids = this.#ids.subarray(0, this.length);
    const bytes = bytesOf(dtype === 'u16' ? Uint16Array.from(ids) : ids);
    replaceFile(join(folder, `${name}.bin`), bytes);
    replaceFile(join(folder, `${name}.documents`), bytesOf(Uint32Array.from([...this.#begins, this.length])));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { length: tokens } = this;
    parts.push({ name, split: this.split, tokens, documents: this.#begins.length, bytes: this.#bytes, sha256 });
    this.length = 0;
    this.#begins = [];
    this.#bytes = 0;
  }
}

function bytesOf(array: Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A reader or a kill sees the old content or the new, never a mixture. */
function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    throw new LookbackError('FILE_WRITE', { where: path, problem: 'it cannot be written', cause });
  }
}
