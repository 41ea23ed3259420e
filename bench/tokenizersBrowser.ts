/**
 * `npx tsx bench/tokenizersBrowser.ts [TEXT]`: byte-pair encoding in a page of headless Chromium beside npm gpt-tokenizer, in
 * turns. Cold and warm are those of `tokenizers.ts`. TEXT is by default tinyshakespeare.txt in LOOKBACK_DATA.
 * Needs Chromium: CHROMIUM, else /usr/bin/chromium.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import { findFile } from '../src/data/resolve.node.ts';
import type { Rates } from './browser/tokenizers.ts';

const path = process.argv[2] ?? findFile('tinyshakespeare.txt');
if (!path) throw new Error('name a text, or set LOOKBACK_DATA');
const text = readFileSync(path, 'utf8');
const require = createRequire(import.meta.url);
const server = await createServer({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: false,
  logLevel: 'error',
  server: { host: '127.0.0.1', port: 0, ws: false, hmr: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
await server.listen();
const address = server.httpServer?.address();
if (typeof address !== 'object' || !address) throw new Error('the server has no port');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  console.log(
    `Chromium ${browser.version()}, ${(text.length / 1e6).toFixed(2)} MB, MB/s, the best of 10 turns of three`,
  );
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${address.port}/bench/browser/index.html`);
  await page.addScriptTag({ type: 'module', url: '/bench/browser/tokenizers.ts' });
  await page.waitForFunction(() => 'measureTokenizers' in window);
  for (const name of ['cl100k', 'o200k']) {
    const ranks = require(`tiktoken/encoders/${name}_base.json`);
    const { warm, cold, theirWarm, theirCold, same } = await page.evaluate(
      (request) => (window as unknown as { measureTokenizers(r: unknown): Rates }).measureTokenizers(request),
      { name, ranks, text },
    );
    console.log(
      `${name}: warm ${warm.toFixed(1)}, cold ${cold.toFixed(1)} | gpt-tokenizer warm ${theirWarm.toFixed(1)}, cold ${theirCold.toFixed(1)} | ` +
        `${(warm / theirWarm).toFixed(2)} x warm, ${(cold / theirCold).toFixed(2)} x cold; ${same ? 'the same ids' : 'OTHER IDS'}`,
    );
  }
} finally {
  await browser.close();
  await server.close();
}
