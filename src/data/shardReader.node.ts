/**
 * Reads shards that `prepareShards` made (`shards.node.ts` says what the folder holds). Ids are read as they are asked for,
 * so that a corpus may be larger than memory.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { LookbackError } from '../errors.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type DocumentSource, placeIn } from './documentBatches.ts';
import { readTokenizerFile } from './tokenizers.node.ts';

export type SplitName = 'train' | 'validation';

export interface Part {
  readonly name: string;
  readonly split: SplitName;
  readonly tokens: number;
  readonly documents: number;
  /** UTF-8 bytes of the text, for bits per byte. */
  readonly bytes: number;
  readonly sha256: string;
}

export interface ShardIndex {
  format: 'lookback-shards';
  version: 1;
  /** What the files and settings were; another preparation does not go on here. */
  settings: string;
  dtype: 'u16' | 'u32';
  vocabularySize: number;
  /** Id that ends each document, if there is one. */
  endOfDocument: number | null;
  /** Documents that are in the parts already; equal to all there are when `complete`. */
  documents: number;
  complete: boolean;
  parts: Part[];
}

/** Files held open, and parts whose documents are held, at once: a corpus of any size takes the same memory. */
const mostOpen = 32;

/**
 * One split of prepared shards: ids are read from the files as they are asked for, and nothing of them is kept, since the
 * system keeps what was read last. Node has no memory mapping.
 */
export class ShardReader implements DocumentSource {
  readonly length: number;
  /** Bytes of ids read so far. */
  bytesRead = 0;
  readonly #starts: number[] = [];
  readonly #files = new Recent<number>(closeSync);
  readonly #documents = new Recent<Uint32Array>();

  constructor(
    readonly folder: string,
    readonly index: ShardIndex,
    readonly parts: readonly Part[],
  ) {
    let length = 0;
    for (const { tokens } of parts) {
      this.#starts.push(length);
      length += tokens;
    }
    this.length = length;
  }

  /** UTF-8 bytes a token, for bits per byte. */
  get bytesPerToken(): number {
    return this.length === 0 ? 0 : this.parts.reduce((sum, { bytes }) => sum + bytes, 0) / this.length;
  }

  /** Ids from `start` to `end`, shape [end - start]. @throws INDEX_OUT_OF_RANGE, FILE_INVALID for a part cut short */
  read(start: number, end: number): Int32Array {
    if (!(start >= 0 && start <= end && end <= this.length)) {
      throw new LookbackError('INDEX_OUT_OF_RANGE', {
        where: 'ShardReader.read',
        expected: `a range within 0 to ${this.length}`,
        got: `${start} to ${end}`,
      });
    }
    const out = new Int32Array(end - start);
    const width = this.index.dtype === 'u16' ? 2 : 4;
    for (let at = start, i = placeIn(this.#starts, start); at < end; i++) {
      const to = Math.min(end, this.#starts[i] + this.parts[i].tokens);
      const bytes = this.#bytes(this.parts[i], (at - this.#starts[i]) * width, (to - at) * width);
      out.set(width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer), at - start);
      at = to;
    }
    return out;
  }

  /** The same, as an array of ids has it. */
  subarray(begin: number, end: number): Int32Array {
    return this.read(begin, end);
  }

  /** Where the document that holds `position` begins and ends; none reaches from one part into the next. */
  documentAt(position: number): readonly [number, number] {
    const i = placeIn(this.#starts, position);
    const begins = this.#documents.get(String(i), () => this.documents(this.parts[i]));
    const document = placeIn(begins, position - this.#starts[i]);
    return [this.#starts[i] + begins[document], this.#starts[i] + begins[document + 1]];
  }

  /** Where each document of a part begins, and the end. @throws FILE_NOT_FOUND, FILE_INVALID when it is not of the part */
  documents(part: Part): Uint32Array {
    const path = join(this.folder, `${part.name}.documents`);
    const bytes = new Uint8Array(readFileSync(found(path)));
    const begins = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
    if (begins.length !== part.documents + 1 || begins[part.documents] !== part.tokens) {
      throw new LookbackError('FILE_INVALID', { where: path, problem: 'it is not what its index says' });
    }
    return begins;
  }

  /** Gives back all files; what is read later opens them again. */
  close(): void {
    this.#files.clear();
    this.#documents.clear();
  }

  #bytes(part: Part, from: number, length: number): Uint8Array {
    const path = join(this.folder, `${part.name}.bin`);
    const file = this.#files.get(path, () => openSync(found(path), 'r'));
    const bytes = new Uint8Array(length);
    // One call reads 2 GiB at the most.
    for (let got = 0; got < length; ) {
      const more = readSync(file, bytes, got, Math.min(length - got, 1 << 30), from + got);
      if (more === 0) {
        throw new LookbackError('FILE_INVALID', { where: path, problem: 'it is shorter than its index says' });
      }
      got += more;
    }
    this.bytesRead += length;
    return bytes;
  }
}

/** The values used last, `mostOpen` of them. */
class Recent<T> {
  readonly #held = new Map<string, T>();
  constructor(private readonly release: (value: T) => void = () => {}) {}

  get(key: string, make: () => T): T {
    const value = this.#held.get(key) ?? make();
    // A map keeps the order of insertion: the first is the one not used for longest.
    this.#held.delete(key);
    this.#held.set(key, value);
    for (const [oldest, given] of this.#held) {
      if (this.#held.size <= mostOpen) break;
      this.#held.delete(oldest);
      this.release(given);
    }
    return value;
  }

  clear(): void {
    for (const value of this.#held.values()) this.release(value);
    this.#held.clear();
  }
}

function found(path: string): string {
  if (existsSync(path)) return path;
  throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'a part of the shards is missing' });
}

export interface Shards {
  readonly index: ShardIndex;
  readonly tokenizer: Tokenizer;
  readonly train: ShardReader;
  readonly validation: ShardReader;
}

/** Opens prepared shards. @throws FILE_NOT_FOUND, FILE_INVALID, DATA_INVALID when they are not complete */
export function openShards(folder: string): Shards {
  const index = readIndex(folder);
  if (!index.complete) {
    throw new LookbackError('DATA_INVALID', {
      where: folder,
      problem: 'its preparation has not ended',
      next: 'Run lookback data prepare again',
    });
  }
  const part = (name: SplitName) =>
    new ShardReader(
      folder,
      index,
      index.parts.filter(({ split }) => split === name),
    );
  return {
    index,
    tokenizer: readTokenizerFile(join(folder, 'tokenizer.json')),
    train: part('train'),
    validation: part('validation'),
  };
}

/** Whether a folder holds shards. */
export function isShardFolder(path: string): boolean {
  return existsSync(join(path, 'index.json')) && existsSync(join(path, 'tokenizer.json'));
}

/** The index of a folder. @throws FILE_NOT_FOUND, FILE_INVALID */
export function readIndex(folder: string): ShardIndex {
  const where = join(folder, 'index.json');
  if (!existsSync(where)) throw new LookbackError('FILE_NOT_FOUND', { where, problem: 'there are no shards' });
  let json: Partial<ShardIndex>;
  try {
    json = JSON.parse(readFileSync(where, 'utf8'));
  } catch (cause) {
    throw new LookbackError('FILE_INVALID', { where, problem: 'it is not JSON', cause });
  }
  if (json?.format !== 'lookback-shards' || json.version !== 1 || !Array.isArray(json.parts)) {
    throw new LookbackError('FILE_INVALID', {
      where,
      expected: 'an index of lookback-shards, version 1',
      got: String(json?.format),
    });
  }
  return json as ShardIndex;
}
