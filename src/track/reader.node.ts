/**
 * Reads a run's metrics as they grow: each `update` takes in the lines that were added since the last one.
 *
 * `metrics.jsonl` alone is believed. The cache beside it saves the parsing: it counts only while the bytes it was made
 * from are still there (the same size and time of change, or else the same SHA-256), and losing it loses nothing.
 * Never takes the run's lock and never changes what a run holds.
 */

import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LookbackError } from '../errors.ts';
import { MetricTable } from './columns.ts';
import { type CachedMetrics, decodeCache, encodeCache } from './columnsCache.ts';
import { guard, readBytes } from './files.node.ts';

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
  #anchor: Uint8Array = new Uint8Array();
  #hash: Hash | undefined = createHash('sha256');
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
          if (!this.#opened) this.#openCache(file, size, mtimeMs);
          else if (size < this.#offset || !this.#anchored(file)) this.#reset();
          this.#opened = true;
          this.#modified = mtimeMs;
          this.#tail(file);
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
    const bytes = encodeCache({
      offset: this.#offset,
      lines: this.#lines,
      modified: this.#modified,
      sha256: this.#hashed(),
      table: this.#table,
    });
    // Ends like any leftover of a kill, so that the run's next writer takes it away.
    const temporary = join(this.#cachePath, '..', `.metrics.cache.${process.pid}-tmp`);
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
    this.#table = new MetricTable();
    this.#offset = 0;
    this.#lines = 0;
    this.#anchor = new Uint8Array();
    this.#hash = createHash('sha256');
    this.#cachedOffset = 0;
  }

  /** Parses the complete lines from the offset on, a chunk at a time. */
  #tail(file: number): void {
    const decoder = new TextDecoder();
    let buffer = new Uint8Array(chunkBytes);
    let held = 0;
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
  }

  /** Takes in complete lines. Where one is no event, those before it are in and it is asked again next time. */
  #take(bytes: Uint8Array, decoder: TextDecoder): void {
    const lines = decoder.decode(bytes).split('\n');
    lines.pop();
    let taken = 0;
    try {
      for (; taken < lines.length; taken++) {
        this.#table.append(lines[taken], `${this.path}, line ${this.#lines + taken + 1}`);
      }
    } finally {
      let end = bytes.length;
      if (taken < lines.length) {
        end = 0;
        for (let line = 0; line < taken; line++) end = bytes.indexOf(10, end) + 1;
      }
      const accepted = bytes.subarray(0, end);
      this.#offset += end;
      this.#lines += taken;
      this.#hash?.update(accepted);
      const joined = new Uint8Array([...this.#anchor, ...accepted.subarray(-anchorBytes)]);
      this.#anchor = joined.slice(-anchorBytes);
    }
  }

  /** Whether the bytes just before the offset are still those taken in. */
  #anchored(file: number): boolean {
    const found = readAt(file, this.#offset - this.#anchor.length, this.#anchor.length);
    return Buffer.compare(found, this.#anchor) === 0;
  }

  /** Starts from the cache when it was made from bytes that are still the file's. */
  #openCache(file: number, size: number, modified: number): void {
    const cached = this.#readCache();
    if (!cached || cached.offset > size) return;
    const anchor = readAt(file, Math.max(0, cached.offset - anchorBytes), Math.min(anchorBytes, cached.offset));
    const untouched = cached.modified === modified && cached.size === size;
    if (!untouched && hashOf(file, cached.offset) !== cached.sha256) return;
    if (cached.anchorSha256 !== createHash('sha256').update(anchor).digest('hex')) return;
    this.#table = cached.table;
    this.#offset = cached.offset;
    this.#lines = cached.lines;
    this.#anchor = anchor;
    this.#hash = undefined;
    this.#cachedOffset = cached.offset;
  }

  #readCache(): CachedMetrics | undefined {
    if (!this.#cachePath || !existsSync(this.#cachePath)) return undefined;
    try {
      return decodeCache(readBytes(this.#cachePath));
    } catch (error) {
      if (error instanceof LookbackError) return undefined;
      throw error;
    }
  }
}
