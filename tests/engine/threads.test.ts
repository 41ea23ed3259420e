/**
 * The native addon is one for all Node workers of a process, and so is its pool of threads: a worker that finds it busy
 * computes alone. Several at once must get the bits that one gets.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { loadNative } from '../../src/backends/cpu/native.ts';

const { module, tried } = loadNative();
const loaded = /^native-(\w+): loaded from (.*)$/.exec(tried.at(-1) ?? '');
const file = loaded ? `${loaded[2]}/lookback-${loaded[1]}.node` : '';

/**
 * Products, reductions, elementwise work and an LSTM, all large enough for the pool, on the bare kernels (a worker
 * takes no TypeScript): twelve rounds, and the hash of all results. Also a plain function, to be the truth here.
 */
function work(addon: Record<string, (...given: unknown[]) => number>, hash: (bytes: Uint8Array) => string): string {
  const block = (values: Float32Array): number => {
    const address = addon.allocate(values.byteLength);
    addon.write(address, values, 0, values.byteLength);
    return address;
  };
  let seed = 1;
  const drawn = (count: number) =>
    block(
      Float32Array.from({ length: count }, () => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return seed / 4294967296 - 0.5;
      }),
    );
  const [m, n, k, b, t, h] = [190, 210, 333, 40, 9, 48];
  const [a, w, x, wx, wh] = [drawn(m * k), drawn(n * k), drawn(b * t * h), drawn(4 * h * h), drawn(4 * h * h)];
  const sizes = [m * n, m * n, n, b * t * h, 4 * b * t * h, b * t * h];
  const [y, z, sums, states, gates, cells] = sizes.map((size) => addon.allocate(4 * size));
  const results: string[] = [];
  for (let round = 0; round < 12; round++) {
    const status =
      addon.linear(y, 0, a, w, 0, m, n, k, 0) ||
      addon.unary(7, z, y, 1, 1, 1, m * n, 0, 0, 0, 1, 0, 0) ||
      addon.softmax(z, z, m, n, 0) ||
      addon.sumColumns(sums, y, m, n, 0) ||
      addon.lstm(states, gates, cells, x, wx, wh, 0, 0, 0, 0, b, t, h, h);
    if (status !== 0) throw new Error(`status ${status}`);
    const bytes = [y, z, sums, states, gates, cells].map((address, i) => {
      const values = new Float32Array(sizes[i]);
      addon.read(values, 0, values.byteLength, address);
      return hash(new Uint8Array(values.buffer));
    });
    results.push(hash(new TextEncoder().encode(bytes.join())));
  }
  return [...new Set(results)].join();
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function inWorker(): Promise<string> {
  const code = `
    const { parentPort } = require('node:worker_threads');
    const { createHash } = require('node:crypto');
    const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
    const work = ${work.toString()};
    const addon = require(${JSON.stringify(file)});
    parentPort.once('message', () => parentPort.postMessage(work(addon, sha256)));
    parentPort.postMessage('ready');`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true });
    worker.once('error', reject);
    worker.on('message', (message: string) => {
      if (message === 'ready') ready(worker);
      else {
        resolve(message);
        void worker.terminate();
      }
    });
  });
}

/** All begin together, so that they meet in the pool. */
const waiting: Worker[] = [];
const workers = 4;
function ready(worker: Worker): void {
  waiting.push(worker);
  if (waiting.length === workers) for (const each of waiting.splice(0)) each.postMessage('go');
}

describe.skipIf(!module)('Node workers that share the native addon', () => {
  it('get the bits of one thread, and find it working when they are gone', async () => {
    const kernels = module?.kernels as unknown as Parameters<typeof work>[0];
    kernels.threadsStart(1);
    const alone = work(kernels, sha256);
    expect(alone).toHaveLength(64);
    kernels.threadsStart(3);
    expect(work(kernels, sha256)).toBe(alone);
    const together = Array.from({ length: workers }, inWorker);
    expect(await Promise.all(together)).toEqual(new Array(workers).fill(alone));
    expect(work(kernels, sha256)).toBe(alone);
  });
});
