/**
 * The pages that compute by themselves, in a browser: n-grams of a text, word vectors trained and asked. Skipped without
 * Chromium.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, launch, watchedPage } from './browser.ts';
import { studioPages } from './built.ts';
import { command, temporaryFolder } from './support.ts';

describe.skipIf(!executablePath)('n-grams and vectors (needs Chromium)', () => {
  const root = temporaryFolder();
  let pages: string;
  let browser: Browser;
  let studio: Studio;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    pages = await studioPages();
    studio = await serveStudio({ root, pages, port: 0, token: 'token', session: 'session', command, interval: 50 });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.close();
  });
  beforeEach(async () => {
    ({ page, complaints } = await watchedPage(browser));
    await page.goto(studio.address);
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  const open = async (name: string, title: string) => {
    await page.goto(`http://127.0.0.1:${studio.port}/#/${name}`);
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
  };
  const faultless = async () => {
    expect(await page.evaluate(accessibilityFaults)).toEqual([]);
    for (const theme of ['light', 'dark']) {
      await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
      expect(await page.evaluate(contrastFaults)).toEqual([]);
    }
  };

  it('counts a text of the reader, shows pairs with their places, orders and a sample', async () => {
    await open('ngrams', 'N-grams');
    await page.getByRole('combobox', { name: 'Text' }).selectOption('own');
    await page.getByText('Paste a text or open a file.').waitFor();
    await page.getByLabel('Paste a text').fill('ababac'.repeat(50));
    // a is followed by b twice and by c once; the most frequent come first.
    const grid = page.getByRole('grid');
    await grid.getByRole('gridcell', { name: /^a then b/ }).click();
    const facts = page.locator('.cellfacts');
    await expect.poll(() => facts.innerText()).toMatch(/90 of 135 = 0\.667/);
    expect(await page.getByRole('list', { name: 'Examples' }).locator('mark').first().innerText()).toBe('ab');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => facts.innerText()).toContain('Never seen');
    const orders = page.getByRole('table', { name: 'Orders' }).locator('tbody tr');
    expect(await orders.count()).toBe(3);
    await page.getByRole('slider', { name: /Order/ }).fill('5');
    await expect.poll(() => orders.count()).toBe(5);
    expect(await page.locator('tr.best').count()).toBe(1);
    expect(await page.getByLabel('Floors').innerText()).toMatch(
      /(?=.*maximum-likelihood)(?=.*add-k)(?=.*witten-bell)(?=.*kneser-ney \d)/s,
    );
    expect(await page.locator('dt').allInnerTexts()).toEqual([1, 2, 3, 4, 5].map((n) => `order ${n}`));
    const sample = page.getByLabel('Sample', { exact: true });
    expect(await sample.innerText()).toMatch(/^[abc]{300}$/);
    await page.getByLabel('Paste a text').fill('x');
    await page.getByRole('alert').waitFor();
  });

  it('draws another sample on demand, and fits a narrow screen', async () => {
    await open('ngrams', 'N-grams');
    const sample = page.getByLabel('Sample', { exact: true });
    const before = await sample.innerText();
    await page.getByRole('button', { name: 'Draw again' }).click();
    await expect.poll(() => sample.innerText()).not.toBe(before);
    await faultless();
    await page.setViewportSize({ width: 390, height: 800 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('trains vectors in the page; king − man + woman is queen', async () => {
    await open('vectors', 'Word vectors');
    await page.getByText('drop a file of vectors here').waitFor();
    await page.getByRole('button', { name: 'Train' }).click();
    const analogy = page.getByLabel('Analogy', { exact: true });
    await analogy.waitFor({ timeout: 60_000 });
    expect(await analogy.innerText()).toBe('king − man + woman ≈ queen');
    expect(await page.locator('svg line').count()).toBe(2);
    await page.getByRole('combobox', { name: 'Arrows' }).selectOption('country-capital');
    expect(await page.locator('svg line').count()).toBe(6);
    await page.getByLabel('Word', { exact: true }).fill('quen');
    await page.getByText("Did you mean 'queen'?").first().waitFor();
    await page.getByLabel('Word', { exact: true }).fill('paris');
    await page.getByRole('table', { name: 'Neighbours' }).waitFor();
    await faultless();
    await page.setViewportSize({ width: 390, height: 800 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('reads a .vec file, and says what is wrong with a damaged one', async () => {
    await open('vectors', 'Word vectors');
    const whole = join(root, 'small.vec');
    writeFileSync(whole, '3 2\nking 1 0.1\nqueen 1 0.2\napple 0 1\n');
    await page.getByLabel(/open a .vec/).setInputFiles(whole);
    await page.getByText('3 words of 2 numbers, from small.vec').waitFor();
    const torn = join(root, 'torn.vec');
    writeFileSync(torn, '3 2\nking 1 0.1\nqueen 1');
    await page.getByLabel(/open a .vec/).setInputFiles(torn);
    expect(await page.getByRole('alert').innerText()).toContain('line 3');
  });
});
