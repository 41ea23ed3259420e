/**
 * Downloads of registered files: resumable, verified, and never half there under their own name.
 *
 * What has arrived waits in `FILE.part`; a later call asks the server for the rest. Only known files are downloaded:
 * size and SHA-256 are not optional.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { LookbackError } from '../errors.ts';
import type { DataFile } from './registry.ts';

export interface DownloadOptions {
  /** Called as bytes arrive, with the bytes there are and the bytes there will be. */
  onProgress?: (received: number, total: number) => void;
  /** Gives up when nothing arrives for this long. */
  stallMilliseconds?: number;
}

/**
 * Brings a file to `path`.
 *
 * @throws DATA_MISSING when it cannot be had (no network, not found, cut off: what arrived is kept for the next call),
 *   DATA_INVALID when what the server gives is not the registered file
 */
export async function download(
  { address, bytes, sha256 }: DataFile,
  path: string,
  { onProgress, stallMilliseconds = 30_000 }: DownloadOptions = {},
): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const resumed = (await sizeOf(part)) > 0;
  const receive = () => receiveInto(part, { address, bytes, path, onProgress, stallMilliseconds });
  await receive();
  if (resumed && (await hashOf(part)) !== sha256) {
    // What was kept may have been of another version: once more, from the first byte.
    await rm(part);
    await receive();
  }
  const found = await hashOf(part);
  if (found !== sha256) {
    await rm(part);
    throw new LookbackError('DATA_INVALID', {
      where: address,
      expected: `SHA-256 ${sha256}`,
      got: found,
      next: `Nothing was kept; if you trust another copy of ${basename(path)}, put it at ${path}`,
    });
  }
  await rename(part, path);
}

interface Transfer extends Required<Pick<DownloadOptions, 'stallMilliseconds'>> {
  address: string;
  bytes: number;
  path: string;
  onProgress?: DownloadOptions['onProgress'];
}

/** Appends what is missing to `part`, or starts it anew when the server does not resume. */
async function receiveInto(
  part: string,
  { address, bytes, path, onProgress, stallMilliseconds }: Transfer,
): Promise<void> {
  let received = await sizeOf(part);
  if (received === bytes) return;
  if (received > bytes) {
    await rm(part);
    received = 0;
  }
  const stall = new AbortController();
  let timer = setTimeout(() => stall.abort(new Error('nothing arrives')), stallMilliseconds);
  let file: FileHandle | undefined;
  try {
    const headers = received > 0 ? { Range: `bytes=${received}-` } : undefined;
    const response = await fetch(address, { headers, signal: stall.signal });
    // 416: the server's file ends before what was kept, which can then be of no use.
    if (response.status === 416) await rm(part);
    if (!response.ok || !response.body) throw new Error(`the server answers ${response.status} ${response.statusText}`);
    const goesOn = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${received}-`);
    if (!goesOn) received = 0;
    file = await open(part, goesOn ? 'a' : 'w');
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(new Error('nothing arrives')), stallMilliseconds);
      await file.writeFile(chunk);
      received += chunk.length;
      onProgress?.(received, bytes);
      if (received > bytes) break;
    }
    await file.sync();
    if (received < bytes) throw new Error(`the transfer ended after ${received} of ${bytes} bytes`);
  } catch (cause) {
    throw new LookbackError('DATA_MISSING', {
      where: address,
      problem: `it could not be downloaded (${reasonOf(cause)})`,
      next: `Try again with a network, or put the file at ${path}`,
      cause,
    });
  } finally {
    clearTimeout(timer);
    await file?.close();
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
