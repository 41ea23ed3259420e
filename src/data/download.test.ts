import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { download } from './download.node.ts';

const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const coded = (code: string) => expect.objectContaining({ code });

/** How the server behaves in a test. */
let behaviour: { cutAt?: number; ranges: boolean; body: Buffer; status?: number; silent?: boolean };
let asked: (string | undefined)[];
let server: Server;
let folder: string;
let path: string;

beforeEach(async () => {
  behaviour = { ranges: true, body: content };
  asked = [];
  folder = mkdtempSync(join(tmpdir(), 'lookback-download-'));
  path = join(folder, 'cache', 'x.bin');
  server = createServer((request, response) => {
    const { range } = request.headers;
    asked.push(range);
    if (behaviour.silent) return;
    const { body } = behaviour;
    const from = behaviour.ranges && range ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0;
    if (from >= body.length) return response.writeHead(416).end();
    const headers = { 'content-length': body.length - from };
    if (from > 0)
      response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` });
    else response.writeHead(behaviour.status ?? 200, headers);
    if (behaviour.cutAt === undefined) return response.end(body.subarray(from));
    // Long enough for the client to have taken what was sent.
    response.write(body.subarray(from, behaviour.cutAt), () => setTimeout(() => response.destroy(), 100));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const file = () => ({
  name: 'x.bin',
  bytes: content.length,
  sha256,
  address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.bin`,
});

test('a file arrives whole, with progress, under its own name only', async () => {
  const progress: number[] = [];
  await download(file(), path, { onProgress: (received, total) => progress.push(received / total) });
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(existsSync(`${path}.part`)).toBe(false);
  expect(progress.at(-1)).toBe(1);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

test('a transfer cut off is kept, and the next call asks for the rest', async () => {
  behaviour.cutAt = 20_000;
  await expect(download(file(), path)).rejects.toThrow(coded('DATA_MISSING'));
  expect(existsSync(path)).toBe(false);
  const kept = readFileSync(`${path}.part`).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(20_000);
  behaviour.cutAt = undefined;
  await download(file(), path);
  expect(asked).toEqual([undefined, `bytes=${kept}-`]);
  expect(readFileSync(path).equals(content)).toBe(true);
});

test('a server that does not resume sends everything, and nothing is doubled', async () => {
  behaviour = { ...behaviour, ranges: false, cutAt: 20_000 };
  await expect(download(file(), path)).rejects.toThrow(coded('DATA_MISSING'));
  behaviour.cutAt = undefined;
  await download(file(), path);
  expect(readFileSync(path).equals(content)).toBe(true);
});

test('a kept part of something else is thrown away and fetched again', async () => {
  behaviour.cutAt = 20_000;
  await expect(download(file(), path)).rejects.toThrow(coded('DATA_MISSING'));
  writeFileSync(`${path}.part`, Buffer.alloc(10_000));
  behaviour.cutAt = undefined;
  await download(file(), path);
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(asked).toEqual([undefined, 'bytes=10000-', undefined]);
});

test.each([
  ['other bytes', Buffer.from(content).fill(1, 100, 101)],
  ['more bytes', Buffer.concat([content, Buffer.of(1)])],
])('%s than registered are refused and not kept', async (_, body) => {
  behaviour.body = body;
  await expect(download(file(), path)).rejects.toThrow(coded('DATA_INVALID'));
  await expect(download(file(), path)).rejects.toThrow(sha256);
  expect(existsSync(path)).toBe(false);
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('no network, no such file, a silent server: the error says where to put the file', async () => {
  behaviour.status = 404;
  await expect(download(file(), path)).rejects.toThrow(/answers 404/);
  behaviour.silent = true;
  await expect(download(file(), path, { stallMilliseconds: 20 })).rejects.toThrow(/nothing arrives/);
  const gone = file();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(download(gone, path)).rejects.toThrow(coded('DATA_MISSING'));
  await expect(download(gone, path)).rejects.toThrow(path);
});
