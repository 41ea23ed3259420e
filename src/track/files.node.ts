/**
 * Files that survive a kill: whole files are replaced at once, lines are appended, a torn last line is end of file.
 *
 * Everything here is synchronous: one run has one writer, and a save that cannot be interleaved with the next one
 * needs no queue. Not for files of others: only for what Lookback itself keeps in a run's folder.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ErrorCode, LookbackError } from '../errors.ts';

/** Marks what a kill may leave behind: `.NAME-tmp`. {@link removeLeftovers} takes these away. */
export function temporaryName(name: string): string {
  return `.${name}-tmp`;
}

/** Replaces `path` as a whole: a reader or a kill sees the old content or the new, never a mixture. FILE_WRITE. */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  writeFileSynced(temporary, content);
  guard('FILE_WRITE', path, () => renameSync(temporary, path));
  syncFolder(dirname(path));
}

/** Writes a file and waits until it is on the disk. Not atomic by itself. FILE_WRITE. */
export function writeFileSynced(path: string, content: string | Uint8Array): void {
  guard('FILE_WRITE', path, () => {
    const file = openSync(path, 'w');
    try {
      writeAll(file, typeof content === 'string' ? new TextEncoder().encode(content) : content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** Writes a new file piece by piece; a kill may leave part of it. FILE_WRITE, also where one exists. */
export function writeChunks(path: string, chunks: Iterable<string | Uint8Array>): void {
  const encoder = new TextEncoder();
  guard('FILE_WRITE', path, () => {
    const file = openSync(path, 'wx');
    try {
      let held: Uint8Array[] = [];
      let bytes = 0;
      for (const chunk of chunks) {
        const piece = typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
        held.push(piece);
        bytes += piece.length;
        if (bytes < 1 << 20) continue;
        writeAll(file, Buffer.concat(held));
        held = [];
        bytes = 0;
      }
      writeAll(file, Buffer.concat(held));
    } finally {
      closeSync(file);
    }
  });
}

/** Replaces `path` as a whole by pieces, as `writeFileAtomic` does by one. FILE_WRITE. */
export function writeChunksAtomic(path: string, chunks: Iterable<string | Uint8Array>): void {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  guard('FILE_WRITE', path, () => rmSync(temporary, { force: true }));
  writeChunks(temporary, chunks);
  guard('FILE_WRITE', path, () => renameSync(temporary, path));
  syncFolder(dirname(path));
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** Makes renames and removals in a folder last through a loss of power, where the system has the means. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  guard('FILE_WRITE', folder, () => {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  });
}

/** Makes the folder and those above it; one that exists is fine. FILE_WRITE. */
export function ensureFolder(folder: string): void {
  guard('FILE_WRITE', folder, () => mkdirSync(folder, { recursive: true }));
}

/** Renames a finished folder into place and waits until that is on the disk. FILE_WRITE. */
export function renameFolder(from: string, to: string): void {
  guard('FILE_WRITE', to, () => renameSync(from, to));
  syncFolder(dirname(to));
}

/** Removes a folder or file with all it holds; one that is not there is fine. FILE_WRITE. */
export function removeAll(path: string): void {
  guard('FILE_WRITE', path, () => rmSync(path, { recursive: true, force: true }));
}

/** The names in a folder, sorted; none when there is no such folder. */
export function listFolder(folder: string): string[] {
  return existsSync(folder) ? guard('FILE_INVALID', folder, () => readdirSync(folder)).sort() : [];
}

/** Removes what a killed writer left unfinished in a folder. */
export function removeLeftovers(folder: string): void {
  for (const name of listFolder(folder)) {
    if (name.startsWith('.') && name.endsWith('-tmp')) removeAll(join(folder, name));
  }
}

/** FILE_NOT_FOUND when there is none. */
export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  return guard('FILE_INVALID', path, () => new Uint8Array(readFileSync(path)));
}

/** FILE_NOT_FOUND, or FILE_INVALID when the content is not JSON. */
export function readJson(path: string): unknown {
  const text = new TextDecoder().decode(readBytes(path));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LookbackError('FILE_INVALID', { where: path, problem: 'it is not JSON', cause });
  }
}

/** The complete lines of a file; what follows the last line feed was torn off by a kill and does not count. */
export function readLines(path: string): string[] {
  return new TextDecoder().decode(readBytes(path)).split('\n').slice(0, -1);
}

/** Appends lines to a file, held back until `flush`. Opening it cuts off a torn last line. */
export class LineWriter {
  readonly path: string;
  #file: number | undefined;
  #size = 0;
  #pending = '';
  /** Longer pending text as bytes: a million small strings kept for a second would keep the garbage collector busy. */
  #packed: Uint8Array[] = [];

  constructor(path: string) {
    this.path = path;
    this.#file = guard('FILE_WRITE', path, () => {
      const file = openSync(path, 'a+');
      const bytes = readFileSync(file);
      const complete = bytes.lastIndexOf(10) + 1;
      if (complete < bytes.length) ftruncateSync(file, complete);
      this.#size = complete;
      return file;
    });
  }

  /** Takes one line, without its line feed. */
  write(line: string): void {
    this.#pending += `${line}\n`;
    if (this.#pending.length >= 1 << 14) this.#pack();
  }

  #pack(): void {
    if (this.#pending) this.#packed.push(new TextEncoder().encode(this.#pending));
    this.#pending = '';
  }

  /** Hands the lines to the system; with `sync`, waits until they are on the disk. FILE_WRITE, the lines kept. */
  flush({ sync = false }: { sync?: boolean } = {}): void {
    const file = this.#file;
    if (file === undefined) return;
    guard('FILE_WRITE', this.path, () => {
      this.#pack();
      if (this.#packed.length > 0) {
        const bytes = Buffer.concat(this.#packed);
        try {
          writeAll(file, bytes);
        } catch (error) {
          // A full disk takes part of a line; the next attempt must not go on behind it.
          ftruncateSync(file, this.#size);
          throw error;
        }
        this.#size += bytes.length;
        this.#packed = [];
      }
      if (sync) fsyncSync(file);
    });
  }

  /** Flushes and closes; a second call does nothing. */
  close(): void {
    if (this.#file === undefined) return;
    try {
      this.flush({ sync: true });
    } finally {
      closeSync(this.#file);
      this.#file = undefined;
    }
  }
}

/** Runs a file operation; its failure becomes a coded error that names the path. */
export function guard<T>(code: ErrorCode, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    if (cause instanceof LookbackError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    if (reason === 'ENOENT') {
      throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'no such file or folder', cause });
    }
    const doing = code === 'FILE_WRITE' ? 'written' : 'read';
    throw new LookbackError(code, {
      where: path,
      problem: `it could not be ${doing} (${reason})`,
      next: reason === 'ENOSPC' ? 'Free some disk space' : undefined,
      cause,
    });
  }
}
