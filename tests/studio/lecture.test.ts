/**
 * The lecture in a browser, over the real server: the first page with both live figures, a figure of every chapter at
 * work, and an exercise solved wrongly, rightly and never. Skipped without Chromium.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { createRun, type Run } from '../../src/track/node.ts';
import { chapters } from '../../studio/src/lib/lecture/chapters.ts';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, forgive, launch, watchedPage } from './browser.ts';
import { studioPages } from './built.ts';
import { command, temporaryFolder, writeForecast, writeRun } from './support.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe.skipIf(!executablePath)('the lecture (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  const root = temporaryFolder();
  let pages: string;
  let browser: Browser;
  let studio: Studio;
  let page: Page;
  let complaints: string[];
  /** A language run that is still going on. */
  let whale: Run;

  beforeAll(async () => {
    pages = await studioPages();
    const forecast = writeRun(root, 'forecaster', {});
    writeForecast(forecast);
    forecast.finish('finished');
    const recipe = { task: 'language', context: 8, model: { kind: 'gpt' }, train: { steps: 30, batch: 2 } };
    whale = createRun({ root, name: 'whale', recipe, seed: 1, backend: 'reference', versions: {} });
    whale.update({ summary: { 'floor kneser-ney 6-gram': 1.409 } });
    whale.log(10, { validationLoss: 2.5, sample: 'Call me thx' });
    whale.log(20, { validationLoss: 2, sample: 'Call me the' });
    whale.flush();
    browser = await launch();
    studio = await serveStudio({ root, pages, token: 'token', session: 'session', command, interval: 50 });
  });
  afterAll(async () => {
    whale?.close();
    await browser?.close();
    await studio?.close();
  });

  beforeEach(async () => {
    ({ page, complaints } = await watchedPage(browser));
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  const open = (chapter: string) => page.goto(`${studio.address}#/lecture/${chapter}`);

  it('begins with both runs: a forecast beside formulas, a GPT beside n-grams, samples as they come', async () => {
    await open('start');
    await page.getByRole('heading', { name: 'Two models, live' }).waitFor();
    const forecast = page.getByRole('region', { name: 'The forecast' });
    await forecast.locator('canvas').waitFor();
    await forecast.getByText('seasonal naive').first().waitFor();
    const language = page.getByRole('region', { name: 'The language model' });
    await language.locator('canvas').waitFor();
    await language.getByText('Call me the').waitFor();
    whale.log(30, { validationLoss: 1.9, sample: 'Call me Ishmael' });
    whale.flush();
    await language.getByText('Call me Ishmael').waitFor();
    expect(await page.title()).toBe('Two models, live · Lecture · Lookback');
  });

  it('runs the cells in the page, and can be stepped through', async () => {
    await open('series');
    await page.getByText('step 400 of 400, done').waitFor();
    const said = page.locator('.controls b').nth(1);
    expect(Math.abs(Number(await said.innerText()) - 1)).toBeLessThan(0.1);
    const numbers = page.getByRole('region', { name: /Numbers at step/ });
    const before = await numbers.innerText();
    await page.getByLabel(/time t =/).press('ArrowRight');
    expect(await numbers.innerText()).not.toBe(before);
    await page.getByRole('button', { name: 'RNN' }).click();
    await page.getByText(/step \d+ of 400/).waitFor();
    expect(await page.getByText('forget f').count()).toBe(0);
  });

  it('shows attention over a typed sentence, number by number', async () => {
    await open('attention');
    await page.getByLabel('Sentence').fill('gulls see gulls');
    await page.getByRole('button', { name: 'gulls' }).last().click();
    const weights = await page.locator('tbody tr:not(:last-child) td:nth-child(3)').allInnerTexts();
    expect(weights).toHaveLength(3);
    expect(weights[0]).toBe(weights[2]);
    expect(weights.map(Number).reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 2);
    await page.getByLabel('Sentence').fill('   ');
    await page.getByText('Type a few words.').waitFor();
  });

  it('learns pieces, counts pairs and trains directions, and lets one go back', async () => {
    await open('words');
    const pieces = page.getByRole('region', { name: 'Pieces, learned by gluing' });
    await pieces.getByText(/^[1-9]\d* of 240 merges/).waitFor();
    await pieces.getByRole('slider').fill('240');
    const perToken = pieces.locator('.controls b').last();
    await expect.poll(async () => Number(await perToken.innerText())).toBeGreaterThan(2.5);
    await pieces.getByRole('slider').fill('0');
    await expect.poll(() => perToken.innerText()).toBe('1.00');
    const pairs = page.getByRole('region', { name: 'Which letter follows which' });
    await pairs.getByRole('slider').fill('1');
    await pairs.getByRole('gridcell', { name: /^a then d: / }).click();
    // The first name is ada: after a, d once and the end once.
    await pairs.getByText('After a came d 1 of 2 times: 1 / 2 = 0.500').waitFor();
    await pairs.getByLabel('add one to every count').check();
    await pairs.getByText(/After a came d 1 of 2 times: \(1 \+ 1\) \/ \(2 \+ \d+\) = 0\.0/).waitFor();
    const directions = page.getByRole('region', { name: 'Words by the company they keep' });
    await directions.getByText('epoch 15 of 15, done').waitFor({ timeout: 60_000 });
    expect(await directions.getByLabel('Analogy').innerText()).toContain('woman ≈ queen');
    await directions.getByRole('combobox', { name: /^words/ }).selectOption('countries');
    expect(await directions.locator('svg line').count()).toBe(6);
    await directions.getByRole('slider').fill('0');
    await directions.getByText('epoch 1 of 15').waitFor();
  });

  it('cuts windows, moves an origin, and shows what one step ahead is worth', async () => {
    await open('forecasting');
    const windows = page.getByRole('region', { name: 'Windows', exact: true });
    await windows.getByText('85 windows to learn from').waitFor();
    await windows.getByLabel(/^stride/).fill('12');
    await windows.getByText('8 windows to learn from').waitFor();
    await windows.getByLabel(/^look back/).fill('60');
    await windows.getByLabel(/^horizon/).fill('36');
    await windows.getByText('3 windows to learn from').waitFor();
    const formulas = page.getByRole('table', { name: 'Formulas' });
    expect(await formulas.locator('tbody tr').first().innerText()).toMatch(/seasonal naive with growth.*3\.01 %/s);
    await page.getByLabel(/^origin/).fill('60');
    await page.getByText(/from 1954-01: .* wins/).waitFor();
    const steps = page.getByRole('table', { name: 'One step ahead' }).locator('tbody tr');
    await page.getByText('step 400 of 400, done').waitFor({ timeout: 60_000 });
    const errors = (await steps.locator('td:nth-child(4)').allInnerTexts()).map(Number);
    expect(errors.slice(0, 2)).toEqual([48, 15.6]);
    expect(errors[3]).toBeGreaterThan(errors[2]);
    await page.getByText(/^The LSTM .* On its own it is off by/).waitFor();
    expect(await page.getByRole('link', { name: 'forecast any CSV' }).getAttribute('href')).toBe('#/forecast');
    await page.getByLabel(/^forget gate/).fill('7');
    await page.getByText(/After a year 0\.999¹² = 0\.98/).waitFor();
  });

  it('trains one GPT for two chapters', async () => {
    await open('language');
    await page.getByText(/Below the 2-gram/).waitFor();
    const step = Number(/step (\d+)/.exec(await page.getByText(/step \d+ of 900/).innerText())?.[1]);
    await page
      .getByRole('link', { name: /The Transformer/ })
      .first()
      .click();
    await page.getByText('block 2, head 2').waitFor();
    const later = Number(/step (\d+)/.exec(await page.getByText(/step \d+ of 900/).innerText())?.[1]);
    expect(later).toBeGreaterThanOrEqual(step);
  });

  describe('an exercise', () => {
    const code = () => page.getByRole('textbox', { name: /Code of the exercise/ });
    const check = () => page.getByRole('button', { name: 'Check', exact: true }).click();
    const write = async (body: string) => {
      await code().click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(
        `export function cacheBytesPerToken(c: Record<string, number>): number {\n${body}\n}`,
      );
    };
    const said = (text: string | RegExp) => page.locator('.verdict').getByText(text).waitFor();

    it('is checked in the page: wrong, right, and remembered', async () => {
      await open('size');
      await code().waitFor();
      await check();
      await said(/still zero/);
      await write('return c.layers * 2 * c.heads * c.headWidth * 2;');
      await check();
      await said(/kept for each of kvHeads/);
      expect(await page.locator('.verdict').innerText()).toMatch(/expected\s+131072\s+got\s+524288/);
      await page.keyboard.press('Control+z');
      await write('return c.layers * 2 * c.kvHeads * c.headWidth * 2;');
      await page.keyboard.press('Control+Enter');
      await said(/Right: the same numbers/);
      await page.getByText('✓ solved').waitFor();
      await page.reload();
      await page.getByText('✓ solved').waitFor();
      expect(await code().innerText()).toContain('c.kvHeads');
      expect(await page.getByRole('navigation', { name: 'Lecture' }).innerText()).toContain('exercise solved');
    });

    it('is ended when it never ends, and reaches nothing', async () => {
      await open('size');
      await code().waitFor();
      await write('while (true) {}');
      await check();
      await said(/did not end within 2 seconds/);
      await write(`(self as any).importScripts('http://127.0.0.1:${studio.port}/api/runs'); return 1;`);
      await check();
      await said(/throws/);
      await write('return (self as any).origin as never;');
      await check();
      await said('The result is a string, not a number.');
      expect(await page.locator('iframe').count()).toBe(0);
      forgive(complaints, /importScripts|Content Security Policy|NetworkError|api\/runs/);
    });

    it('runs in a document of its own, framed by ours alone', async () => {
      const response = await fetch(`http://127.0.0.1:${studio.port}/exercise.html`, {
        headers: { cookie: `lookback-studio-${studio.port}=session` },
      });
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain('sandbox allow-scripts;');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'self'");
      expect(policy).not.toContain('allow-same-origin');
      await open('size');
      const found = await page.evaluate(async () => (await fetch('./')).headers.get('content-security-policy'));
      expect(found).toContain("frame-ancestors 'none'");
      expect(found).not.toContain('unsafe-inline blob:');
    });
  });

  it('has a frame for keyboards and narrow screens', async () => {
    await open('size');
    await page.getByRole('heading', { name: 'Size', level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    expect(await page.evaluate(() => location.hash)).toBe('#/lecture/size');
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    expect(await page.title()).toBe('Runs · Lookback');
    expect(await page.getByRole('navigation', { name: 'Pages' }).locator('[aria-current]').innerText()).toBe('Runs');
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole('link', { name: 'Lecture', exact: true }).click();
    await page.getByRole('button', { name: /^Lecture · Two models/ }).click();
    await page.getByRole('link', { name: /Attention/ }).click();
    await page.getByRole('heading', { name: 'Attention', level: 1 }).waitFor();
    await open('nowhere');
    await page.getByRole('heading', { name: 'No such chapter' }).waitFor();
  });

  it.each(chapters.map(({ name }) => name))('%s reads well: names, contrast, 390 pixels', async (name) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await open(name);
    await page.locator('article h1').waitFor();
    await page.locator('article :is(canvas, svg, table)').first().waitFor({ state: 'attached' });
    if (name !== 'start')
      await page
        .getByRole('textbox', { name: /Code of the exercise/ })
        .last()
        .waitFor();
    // Not by a script tag: the pages' policy takes none.
    await page.evaluate(readFileSync(axePath, 'utf8'));
    expect(await page.evaluate(accessibilityFaults)).toEqual([]);
    // Names and roles are the same in the dark: only colours are looked at again.
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(contrastFaults)).toEqual([]);
      expect(await page.evaluate(seriousFaults, colorScheme === 'dark')).toEqual([]);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    // Charts take their new width with the next frame.
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    await expect.poll(width, { timeout: 15_000 }).toBeLessThanOrEqual(390);
  });
});

/** What axe calls serious or critical; runs in the page. */
async function seriousFaults(onlyColours: boolean): Promise<string[]> {
  type Axe = {
    run: (
      context: Document,
      options: object,
    ) => Promise<{ violations: { impact: string; id: string; nodes: { html: string }[] }[] }>;
  };
  const { violations } = await (window as unknown as { axe: Axe }).axe.run(document, {
    resultTypes: ['violations'],
    ...(onlyColours && { runOnly: ['color-contrast'] }),
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
}
