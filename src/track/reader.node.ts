/**
 * Reads a run's metrics as they grow: each `update` takes in the lines that were added since the last one.
 *
 * `metrics.jsonl` alone is believed. The cache beside it saves the parsing: it counts only while the bytes it was made
 * from are still there (the same size and time of change, or else the same SHA-256), and losing it loses nothing.
 * Never takes the run's lock and never changes what a run holds.
 */

import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LookbackError } from '../errors.ts';
import { type CachedMetrics, decodeCache, encodeCache } from './cache.node.ts';
import { MetricTable } from './columns.ts';
import { guard, readBytes, temporaryName } from './files.node.ts';

export interface ReaderOptions {
  /** Whether to read and write `metrics.cache`; a folder that cannot be written simply has none. */
  cache?: boolean;
}

/** What an update brought. */
export interface MetricsUpdate {
  /** Complete lines taken in. */
  readonly lines: number;
  /** Rows seen before were voided or the file was replaced: draw again from the beginning. */
  readonly restarted: boolean;
}

/** Bytes read and parsed at a time. */
const chunkBytes = 1 << 20;

/** Bytes before the place read up to that must be unchanged for the file to be the same one, grown. */
const anchorBytes = 1024;

/** Below this many bytes not yet in the cache, parsing them again is cheaper than writing it. */
const cacheWorthBytes = 1 << 16;

/** Follows one run's `metrics.jsonl`. */
export class MetricsReader {
  readonly path: string;
  readonly #cachePath: string | undefined;
  #table = new MetricTable();
  /** Bytes and lines taken in; the bytes end with a line feed. */
  #offset = 0;
  #lines = 0;
  /** SHA-256 of the last bytes taken in. */
  #anchor = sha256('');
  /** Of the bytes taken in; a text while they are those of a cache, not yet compared with the file. */
  #hash: Hash | string = createHash('sha256');
  #modified = 0;
  #cachedOffset = 0;
  #opened = false;

  /** @param folder a run's folder */
  constructor(folder: string, { cache = true }: ReaderOptions = {}) {
    this.path = join(folder, 'metrics.jsonl');
    this.#cachePath = cache ? join(folder, 'metrics.cache') : undefined;
  }

  /** The rows that count, as of the last update; a table of its own after one that restarted. */
  get table(): MetricTable {
    return this.#table;
  }

  /** Bytes of `metrics.jsonl` that the table holds. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Takes in what is new. A last line without its line feed waits for the rest of it.
   *
   * @throws FILE_INVALID naming the line that is no event; everything before it is in the table
   */
  update(): MetricsUpdate {
    const before = { lines: this.#lines, revision: this.#table.revision, table: this.#table, offset: this.#offset };
    if (!existsSync(this.path)) this.#reset();
    else {
      guard('FILE_INVALID', this.path, () => {
        const file = openSync(this.path, 'r');
        try {
          const { size, mtimeMs } = fstatSync(file);
          if (!this.#opened) this.#openCache();
          this.#opened = true;
          const touched = size !== this.#offset || mtimeMs !== this.#modified;
          if (!this.#holds(file, size) || (touched && !this.#verified(file))) this.#reset();
          this.#modified = mtimeMs;
          if (size > this.#offset) this.#tail(file, size - this.#offset);
        } finally {
          closeSync(file);
        }
      });
    }
    const same = this.#table === before.table;
    return {
      lines: same ? this.#lines - before.lines : this.#lines,
      restarted: before.offset > 0 && (!same || this.#table.revision !== before.revision),
    };
  }

  /** Writes the cache where enough is new; says whether it did. Best called after an update that took long. */
  save(): boolean {
    if (!this.#cachePath || this.#offset - this.#cachedOffset < cacheWorthBytes) return false;
    if (typeof this.#hash === 'string') return false;
    const bytes = encodeCache({
      offset: this.#offset,
      lines: this.#lines,
      modified: this.#modified,
      sha256: this.#hash.copy().digest('hex'),
      anchor: this.#anchor,
      table: this.#table,
    });
    // Named as what a kill leaves, so that the run's next writer takes it away.
    const temporary = join(dirname(this.#cachePath), temporaryName(`metrics.cache.${process.pid}`));
    try {
      writeFileSync(temporary, bytes);
      renameSync(temporary, this.#cachePath);
    } catch {
      rmSync(temporary, { force: true });
      return false;
    }
    this.#cachedOffset = this.#offset;
    return true;
  }

  #reset(): void {
    if (this.#offset === 0) return;
    this.#table = new MetricTable();
    this.#offset = 0;
    this.#lines = 0;
    this.#anchor = sha256('');
    this.#hash = createHash('sha256');
    this.#cachedOffset = 0;
  }

  /** Starts from what the cache holds, to be compared with the file. */
  #openCache(): void {
    if (!this.#cachePath || !existsSync(this.#cachePath)) return;
    let cached: CachedMetrics;
    try {
      cached = decodeCache(readBytes(this.#cachePath));
    } catch (error) {
      if (error instanceof LookbackError) return;
      throw error;
    }
    this.#table = cached.table;
    this.#offset = cached.offset;
    this.#cachedOffset = cached.offset;
    this.#lines = cached.lines;
    this.#modified = cached.modified;
    this.#hash = cached.sha256;
    this.#anchor = cached.anchor;
  }

  /** Whether the bytes just before the offset are still those taken in. */
  #holds(file: number, size: number): boolean {
    return size >= this.#offset && this.#anchorIn(file) === this.#anchor;
  }

  #anchorIn(file: number): string {
    const begin = Math.max(0, this.#offset - anchorBytes);
    const bytes = new Uint8Array(this.#offset - begin);
    readSync(file, bytes, 0, bytes.length, begin);
    return sha256(bytes);
  }

  /** Once after a cache was opened whose file has changed: whether all bytes are still those it was made from. */
  #verified(file: number): boolean {
    if (typeof this.#hash !== 'string') return true;
    const hash = createHash('sha256');
    const buffer = new Uint8Array(chunkBytes);
    for (let at = 0; at < this.#offset; ) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, this.#offset - at), at);
      if (read === 0) return false;
      hash.update(buffer.subarray(0, read));
      at += read;
    }
    if (hash.copy().digest('hex') !== this.#hash) return false;
    this.#hash = hash;
    return true;
  }

  /** Parses the complete lines from the offset on, a chunk at a time. */
  #tail(file: number, expectedBytes: number): void {
    const decoder = new TextDecoder();
    let buffer = new Uint8Array(Math.min(chunkBytes, expectedBytes + 1));
    let held = 0;
    try {
      for (;;) {
        const read = readSync(file, buffer, held, buffer.length - held, this.#offset + held);
        if (read === 0) return;
        held += read;
        const complete = buffer.subarray(0, held).lastIndexOf(10) + 1;
        if (complete === 0) {
          if (held === buffer.length) buffer = doubled(buffer);
          continue;
        }
        this.#take(buffer.subarray(0, complete), decoder);
        buffer.copyWithin(0, complete, held);
        held -= complete;
      }
    } finally {
      this.#anchor = this.#anchorIn(file);
    }
  }

  /** Takes in complete lines. Where one is no event, those before it are in and it is asked again next time. */
  #take(bytes: Uint8Array, decoder: TextDecoder): void {
    const lines = decoder.decode(bytes).split('\n');
    lines.pop();
    let taken = 0;
    try {
      for (; taken < lines.length; taken++) {
        this.#table.append(lines[taken], () => `${this.path}, line ${this.#lines + taken + 1}`);
      }
    } finally {
      let end = bytes.length;
      if (taken < lines.length) {
        end = 0;
        for (let line = 0; line < taken; line++) end = bytes.indexOf(10, end) + 1;
      }
      this.#offset += end;
      this.#lines += taken;
      if (typeof this.#hash !== 'string') this.#hash.update(bytes.subarray(0, end));
    }
  }
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function doubled(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(buffer.length * 2);
  larger.set(buffer);
  return larger;
}
