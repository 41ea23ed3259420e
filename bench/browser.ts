/**
 * Training steps in headless Chromium on relaxed WebAssembly with threads (a page with COOP and COEP), in turns with
 * jax-js and TensorFlow.js where the folder LOOKBACK_PEERS has them:
 * `npx tsx bench/browser.ts [seconds] [threads] [backend]`. Needs Chromium: CHROMIUM, else /usr/bin/chromium. Rounds in
 * which this process's own products ran slower than at other times, before or after, are repeated.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { createServer } from 'vite';
import { init } from '../src/backends/init.ts';
import { type Figure, quietLoad } from '../src/bench/measure.ts';
import { Neighbours } from '../src/bench/neighbours.ts';

const seconds = Number(process.argv[2] ?? 4);
const threads = Number(process.argv[3] ?? availableParallelism());
const backend = process.argv[4] ?? 'wasm-relaxed';
const rounds = 3;
const attempts = 7;
/** Seconds to wait at most before a round. */
const patience = 30;
const works = [
  { name: 'train/gpt-a', peer: 'jax-js' },
  { name: 'train/lstm-1-128-48-64', peer: 'tfjs' },
] as const;

const folder = process.env.LOOKBACK_PEERS;
const server = await createServer({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: false,
  logLevel: 'error',
  // The peers' files as they are, nothing rewritten.
  publicDir: folder ? resolve(folder, 'node_modules') : false,
  server: {
    host: '127.0.0.1',
    port: 0,
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    ws: false,
    hmr: false,
    watch: null,
  },
  optimizeDeps: { noDiscovery: true },
});
await server.listen();
const address = server.httpServer?.address();
if (typeof address !== 'object' || !address) throw new Error('the server has no port');
const origin = `http://127.0.0.1:${address.port}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
console.log(`Chromium ${browser.version()}, ${backend}`);

/** Calls a function of bench/browser/page.ts in a fresh page. */
async function ask<T>(name: string, request: unknown): Promise<T> {
  const page: Page = await browser.newPage();
  page.setDefaultTimeout(300_000);
  await page.goto(`${origin}/bench/browser/index.html`);
  await page.waitForFunction(() => 'measureInWorker' in window);
  const answer = await page.evaluate(
    ([method, asked]) =>
      (window as unknown as Record<string, (r: unknown) => Promise<unknown>>)[method as string](asked),
    [name, request] as const,
  );
  await page.close();
  // the page's processes end
  await new Promise((done) => setTimeout(done, 500));
  return answer as T;
}

interface Round {
  ours: number;
  theirs: number;
  load: () => number | undefined;
}

const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

try {
  await init({ threads });
  const neighbours = new Neighbours(threads);
  for (const { name, peer } of works) {
    const all: Round[] = [];
    const quiet = () => all.filter(({ load }) => (load() ?? 0) < quietLoad);
    let unit = '';
    while (all.length < attempts && quiet().length < rounds) {
      neighbours.settle(patience);
      const end = neighbours.meter();
      const request = { name, backend, threads, seconds };
      const answer = await ask<{ figure?: Figure; error?: string }>('measureInWorker', request);
      if (!answer.figure) throw new Error(answer.error);
      unit = answer.figure.unit;
      const asked = { peer, from: origin, threads, seconds, names: [name] };
      const theirs = folder ? (await ask<{ median: number }[]>('measurePeer', asked))[0].median : Number.NaN;
      all.push({ ours: answer.figure.median, theirs, load: end() });
    }
    const counted = quiet().length > 0 ? quiet() : all;
    const median = middle(counted.map(({ ours }) => ours));
    const peerMedian = middle(counted.map(({ theirs }) => theirs));
    const beside = folder ? { peer, peerMedian, ratio: median / peerMedian } : {};
    const told = all.map(({ ours, theirs, load }) => ({ ours, theirs, load: load() }));
    console.log(JSON.stringify({ name, unit, threads, median, quiet: quiet().length, ...beside, rounds: told }));
  }
} finally {
  await browser.close();
  await server.close();
}
