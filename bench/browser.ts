/**
 * Training steps in headless Chromium on relaxed WebAssembly with threads (a page with COOP and COEP):
 * `npx tsx bench/browser.ts [seconds] [threads] [backend]`. Needs Chromium: CHROMIUM, else /usr/bin/chromium.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import type { Figure } from '../src/bench/measure.ts';

const seconds = Number(process.argv[2] ?? 4);
const threads = Number(process.argv[3] ?? availableParallelism());
const backend = process.argv[4] ?? 'wasm-relaxed';

const server = await createServer({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: false,
  logLevel: 'error',
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
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
console.log(`Chromium ${browser.version()}, ${backend}`);
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${address.port}/bench/browser/index.html`);
  await page.waitForFunction(() => 'measureInWorker' in window);
  for (const name of ['train/gpt-a', 'train/lstm-1-128-48-64']) {
    const request = { name, backend, threads, seconds };
    const answer = (await page.evaluate(
      (asked) => (window as unknown as { measureInWorker(r: unknown): Promise<unknown> }).measureInWorker(asked),
      request,
    )) as { figure?: Figure; threads?: number; error?: string };
    if (!answer.figure) throw new Error(answer.error);
    console.log(JSON.stringify({ ...answer.figure, threads: answer.threads }));
  }
} finally {
  await browser.close();
  await server.close();
}
