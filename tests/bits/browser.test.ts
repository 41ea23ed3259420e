/**
 * Bit equality in a browser: the same twenty steps in a worker of headless Chromium, with and without
 * cross-origin isolation (threads or one), against Node. Skipped where no Chromium is installed.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Trained, trainAndHash } from './train.ts';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path && existsSync(path),
);
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

describe.skipIf(!executablePath)('in Chromium (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  let browser: Browser;
  const servers: ViteDevServer[] = [];

  /** A development server over tests/bits, isolated (shared memory between threads allowed) or not. */
  async function serve(isolated: boolean): Promise<string> {
    const headers: Record<string, string> = isolated
      ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
      : {};
    const server = await createServer({
      root: fileURLToPath(new URL('../..', import.meta.url)),
      configFile: false,
      logLevel: 'error',
      server: { host: '127.0.0.1', port: 0, headers, ws: false, hmr: false, watch: null },
      optimizeDeps: { noDiscovery: true },
    });
    servers.push(server);
    await server.listen();
    const address = server.httpServer?.address();
    if (typeof address !== 'object' || !address) throw new Error('the server has no port');
    return `http://127.0.0.1:${address.port}/tests/bits/index.html`;
  }

  async function inPage(isolated: boolean, backend: string, threads: number): Promise<Trained> {
    const page = await browser.newPage();
    try {
      await page.goto(await serve(isolated));
      await page.waitForFunction(() => 'trainInWorker' in window);
      const answer = (await page.evaluate(
        (request) => (window as unknown as { trainInWorker(r: unknown): Promise<unknown> }).trainInWorker(request),
        { backend, threads },
      )) as { trained?: Trained; error?: string };
      if (!answer.trained) throw new Error(answer.error);
      return answer.trained;
    } finally {
      await page.close();
    }
  }

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: flags });
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await server.close();
  });

  for (const { isolated, threads } of [
    { isolated: true, threads: 1 },
    { isolated: true, threads: 2 },
    { isolated: false, threads: 1 },
  ]) {
    it(`${isolated ? 'isolated' : 'plain'} page, ${threads} thread(s): the bits of Node`, async () => {
      const truth = await trainAndHash('wasm-relaxed', 1);
      const trained = await inPage(isolated, 'wasm-relaxed', threads);
      expect(trained.threads).toBe(threads);
      expect({ lstm: trained.lstm, gpt: trained.gpt }).toEqual({ lstm: truth.lstm, gpt: truth.gpt });
    });
  }
});
