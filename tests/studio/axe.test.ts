/**
 * Every page of the studio before axe-core, light and dark: no serious or critical fault of accessibility. Pages come from
 * `pages.ts`, so a new one is checked without a word here. Skipped without Chromium.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { pages as listed } from '../../studio/src/pages.ts';
import { executablePath, launch } from './browser.ts';
import { studioPages } from './built.ts';
import { command, temporaryFolder, writeForecast, writeRun } from './support.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

describe.skipIf(!executablePath)('axe-core (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  const root = temporaryFolder();
  let pages: string;
  let browser: Browser;
  let studio: Studio;

  beforeAll(async () => {
    pages = await studioPages();
    for (let i = 1; i <= 3; i++) writeRun(root, `run-${i}`, { seed: i }).finish('finished', { mape: i });
    const run = writeRun(root, 'forecaster');
    writeForecast(run);
    run.label({ tags: ['baseline'], notes: 'a note' });
    run.finish('finished');
    const language = writeRun(root, 'writer', { task: 'language' });
    language.finish('stopped');
    browser = await launch();
    studio = await serveStudio({ root, pages, token: 'token', session: 'session', command });
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.close();
  });

  it.each(['', 'runs/forecaster', 'runs/writer', ...listed.map(({ page }) => page)])('#/%s', async (path) => {
    // The policy of the page would refuse the checker's script.
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true });
    try {
      const page = await context.newPage();
      await page.goto(studio.address);
      await page.goto(`http://127.0.0.1:${studio.port}/#/${path}`);
      await page.getByRole('main').waitFor();
      // A page is drawn a moment after it is loaded; the stream of events never ends.
      await page.waitForTimeout(1200);
      await page.evaluate(axe);
      // Names and roles are the same in the dark: only colours are looked at again.
      for (const theme of ['light', 'dark']) {
        await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
        const violations = (await page.evaluate(
          `axe.run(document, { resultTypes: ['violations']${theme === 'dark' ? ", runOnly: ['color-contrast']" : ''} })`,
        )) as {
          violations: Violation[];
        };
        const faults = violations.violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${theme}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
        expect(faults).toEqual([]);
      }
    } finally {
      await context.close();
    }
  });
});
