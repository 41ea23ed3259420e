/**
 * Takes the pictures of the studio in docs/: trains three airline recipes in a folder that is thrown away, serves it, and
 * photographs the pages in Chromium (CHROMIUM, else /usr/bin/chromium). Needs a built dist/studio: `npm run build` first,
 * or a folder of built pages in STUDIO_PAGES. Names of pictures as arguments take only these.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serveStudio } from '../src/server/serve.node.ts';
import { parseRecipeText } from '../src/tasks/recipe.ts';
import { startRun } from '../src/tasks/run.node.ts';
import { pages } from '../studio/src/pages.ts';

/** Of the pages listed in `pages.ts`, those with a picture in docs/: their address, what to wait for, what to begin at. */
const photographed: Record<string, { address?: string; ready?: RegExp; top?: string }> = {
  model: {},
  lecture: {},
  forecast: { address: 'forecast/airline-passengers', ready: /^Done in/, top: '#settings-title' },
  here: {},
  size: {},
  tokens: {
    address: `tokens?text=${encodeURIComponent('Tokenizers cut unbelievably long words, naïve façades and 😉!')}`,
  },
};
/** Names given on the command line: only these pictures are taken anew. */
const only = process.argv.slice(2);
const isWanted = (name: string) => only.length === 0 || only.includes(name);

const docs = fileURLToPath(new URL('../docs/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lookback-screenshots-'));
// The pages show the folder as it was given.
process.chdir(folder);
const root = 'runs';
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
let last = '';
for (const kind of ['rnn', 'gru', 'lstm']) {
  const recipe = parseRecipeText(readFileSync(new URL(`../recipes/airline-${kind}.yaml`, import.meta.url), 'utf8'));
  last = (await startRun(recipe, { root })).run.name;
}
const studio = await serveStudio({ root, pages: process.env.STUDIO_PAGES });
try {
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, colorScheme: 'dark' });
  const page = await context.newPage();
  await page.goto(studio.address);
  await page.waitForSelector('canvas');
  await page.waitForTimeout(1000);
  if (isWanted('runs')) await page.screenshot({ path: join(docs, 'studio-runs.png') });
  await page.goto(`http://127.0.0.1:${studio.port}/#/runs/${last}`);
  await page.waitForSelector('canvas');
  await page.waitForTimeout(1000);
  if (isWanted('run')) await page.screenshot({ path: join(docs, 'studio-run.png') });
  // The other pages as a reader first finds them; those that train are given time to show a curve.
  for (const { page: name } of pages.filter(({ page }) => page in photographed && isWanted(page))) {
    const { address = name, ready, top } = photographed[name];
    await page.goto(`http://127.0.0.1:${studio.port}/#/${address}`);
    if (ready) await page.getByText(ready).waitFor({ timeout: 120_000 });
    await page.waitForTimeout(6000);
    if (top) await page.locator(top).evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: join(docs, `studio-${name}.png`) });
  }
} finally {
  await browser.close();
  await studio.close();
  rmSync(folder, { recursive: true, force: true });
}
