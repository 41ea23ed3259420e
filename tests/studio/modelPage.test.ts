/** The model page in a browser: look into a GPT, an LSTM and a forecaster, slide through training, sample, be refused. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, forgive, launch, watchedPage } from './browser.ts';
import { studioPages } from './built.ts';
import { writeForecastRun, writeLanguageRun } from './modelRuns.ts';
import { temporaryFolder } from './support.ts';

describe.skipIf(!executablePath)(
  'the model page (install Debian’s chromium, or set CHROMIUM, if this is skipped)',
  () => {
    const root = temporaryFolder();
    let pages: string;
    let browser: Browser;
    let studio: Studio;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      pages = await studioPages();
      writeForecastRun(root, { name: 'months', model: { kind: 'lstm', hidden: 5, layers: 1 } });
      writeLanguageRun(root, { name: 'gpt', model: { kind: 'gpt', layers: 2, heads: 3, width: 12 } });
      writeLanguageRun(root, { name: 'lstm', model: { kind: 'lstm', layers: 2, width: 10 } });
      browser = await launch();
      studio = await serveStudio({ root, pages, token: 'token', session: 'session', interval: 50 });
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await studio?.close();
    });
    beforeEach(async () => {
      ({ page, complaints } = await watchedPage(browser, { limit: 15_000 }));
      await page.goto(studio.address);
    });
    afterEach(async () => {
      await page.context().close();
      expect(complaints).toEqual([]);
    });

    /** Opens the page of a run and waits until every part stands. */
    async function openModelPage(run: string, step?: number): Promise<void> {
      const query = step === undefined ? '' : `?step=${step}`;
      await page.goto(`http://127.0.0.1:${studio.port}/#/model/${run}${query}`);
      await page.getByRole('heading', { name: 'Gradient through time' }).waitFor();
      await page.locator('[role=img][aria-label^="Gradient"] path').first().waitFor();
    }
    const slider = () => page.getByRole('slider', { name: 'Moment of training' });
    const mean = () => page.locator('#expects-title + span b').innerText();
    const type = (text: string) => page.getByRole('textbox', { name: 'Text to look at' }).fill(text);

    it('looks into a GPT: expectations, every head, one in full, linked by the chosen character', async () => {
      await page.goto(`http://127.0.0.1:${studio.port}/#/runs/gpt`);
      await page.getByRole('link', { name: 'Look inside' }).click();
      await page.getByRole('heading', { name: 'Attention' }).waitFor();
      await page.locator('canvas[data-drawn]').waitFor();
      const heads = page.getByRole('button', { name: /^layer \d, head \d$/ });
      expect(await heads.count()).toBe(6);
      await heads.first().focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await page.getByRole('heading', { name: 'Layer 2, head 2' }).waitFor();
      expect(await page.locator('button[aria-label="layer 2, head 2"]').getAttribute('aria-pressed')).toBe('true');

      const strip = page.getByRole('listbox', { name: 'What the chosen character looks at' });
      await strip.focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      await page.getByText(/^Row 1, h, looks at/).waitFor();
      // What follows "Th" in the text is marked among the likeliest, or added with its rank.
      expect(await page.locator('li.true code').innerText()).toBe('e');
      await page.getByText(/came e, surprise [\d.]+ nats/).waitFor();
      await page.locator('.head details summary').click();
      const rows = page.getByRole('region', { name: 'Data of row 1' }).locator('tbody tr');
      await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(2);
      // Rows are drawn darker where more is looked at: the matrix is not blank.
      const shades = await page.locator('.matrix canvas').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
          0,
          0,
          canvas.width,
          canvas.height,
        );
        return new Set(new Uint32Array(data.buffer)).size;
      });
      expect(shades).toBeGreaterThan(5);
    });

    it('slides through training, and the address follows', async () => {
      await openModelPage('gpt', 10);
      expect(await slider().getAttribute('aria-valuetext')).toBe('step 10');
      const at10 = await mean();
      await slider().press('End');
      await expect.poll(mean).not.toBe(at10);
      const at20 = await mean();
      expect(new URL(page.url()).hash).toBe('#/model/gpt?step=20');
      await page.getByRole('button', { name: 'Play the training' }).click();
      await expect.poll(() => slider().getAttribute('aria-valuetext')).toBe('step 0');
      await expect.poll(() => slider().getAttribute('aria-valuetext')).toBe('step 20');
      await expect.poll(mean).toBe(at20);
      await page.getByRole('button', { name: 'Play the training' }).waitFor();
    });

    it('looks into an LSTM: quantities, units, the text coloured by one', async () => {
      await openModelPage('lstm');
      const region = page.getByRole('application');
      await region.focus();
      const label = () => region.getAttribute('aria-label');
      const before = await label();
      await page.keyboard.press('ArrowDown');
      await expect.poll(label).not.toBe(before);
      await page.getByLabel('Quantity').selectOption('forget');
      await page.getByLabel('Layer', { exact: true }).selectOption('1');
      await page.getByRole('button', { name: 'Sort by number' }).click();
      await page.getByLabel('Unit', { exact: true }).selectOption('3');
      await page.locator('section[aria-labelledby="memory-title"] summary').click();
      const rows = page.getByRole('region', { name: 'Data of unit 3' }).locator('tbody tr');
      await expect.poll(() => rows.count()).toBe(35);
      const gates = (await rows.locator('td:last-child').allInnerTexts()).map(Number);
      expect(gates.every((gate) => gate > 0 && gate < 1)).toBe(true);
      const colours = await page
        .getByRole('listbox', { name: 'The text, coloured by unit 3' })
        .locator('span')
        .evaluateAll((spans) => new Set(spans.map((span) => (span as HTMLElement).style.backgroundColor)).size);
      expect(colours).toBeGreaterThan(5);
    });

    it('samples one token, runs on, and writes the same from the same seed', async () => {
      await openModelPage('lstm');
      await type('The ');
      const status = page.getByRole('status', { name: 'What has been written' });
      const written = status.locator('mark');
      await expect.poll(() => status.textContent()).toBe('The ');
      const one = page.getByRole('button', { name: 'One token' });
      const take = async (count: number) => {
        for (let i = 1; i <= count; i++) {
          await one.click();
          await expect.poll(async () => (await written.textContent())?.length).toBe(i);
        }
        return written.textContent();
      };
      await page.locator('label', { hasText: 'top-k' }).getByRole('spinbutton').fill('4');
      await page.getByText('4 of').waitFor();
      const first = await take(3);
      await page.getByRole('button', { name: 'Start over' }).click();
      expect(await take(3)).toBe(first);
      await page.getByRole('button', { name: 'Run on' }).click();
      await expect.poll(async () => (await written.textContent())?.length ?? 0).toBeGreaterThan(8);
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByRole('button', { name: 'Look at what it wrote' }).click();
      await expect
        .poll(() => page.getByRole('textbox', { name: 'Text to look at' }).inputValue())
        .toMatch(/^The .{5}/s);
    });

    it('looks into a forecaster, and moves its origin', async () => {
      const looked: unknown[] = [];
      page.on('request', (request) => {
        if (request.url().endsWith('/model/look')) looked.push(request.postDataJSON().origin);
      });
      await openModelPage('months');
      const origin = page.getByRole('slider', { name: 'Last value the model sees' });
      expect(await origin.getAttribute('aria-valuetext')).toBe('137');
      await origin.press('ArrowLeft');
      await expect.poll(() => origin.getAttribute('aria-valuetext')).toBe('136');
      await page.getByRole('application').waitFor();
      // The first value it forecasts, once for each place.
      expect(looked).toEqual([138, 137]);
    });

    it('names what it refuses, says what is missing, and takes HTML for text', async () => {
      const refused: string[] = [];
      page.on('response', (answer) => {
        if (answer.status() === 400) refused.push(new URL(answer.url()).pathname);
      });
      await openModelPage('gpt');
      // One character has no next one, whose loss could be differentiated.
      await type('T');
      await expect.poll(() => page.getByRole('listbox').first().locator('span').count()).toBe(1);
      await type('a 🐋');
      await page.getByRole('alert').filter({ hasText: 'U+1F40B' }).first().waitFor();
      await type('');
      await page.getByText('Type a text, and see').waitFor();
      await type('<b onclick=alert(1)>');
      await expect.poll(() => page.getByRole('listbox').first().locator('span').count()).toBe(20);
      expect(await page.locator('main b[onclick]').count()).toBe(0);
      await page.goto(`http://127.0.0.1:${studio.port}/#/model/${encodeURIComponent('../../etc')}`);
      await page.getByRole('alert').filter({ hasText: 'there is no such run' }).waitFor();
      // A text is asked about no further than it has been looked at.
      expect(refused).toEqual(['/api/runs/gpt/model/look']);
      forgive(complaints, /status of 40[04]/);
    });

    it.each(['gpt', 'lstm', 'months'])(
      'has no serious accessibility fault and fits a narrow screen (%s)',
      async (run) => {
        await openModelPage(run);
        const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
        for (const theme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme: theme as 'light' | 'dark' });
          await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme);
          await page.waitForTimeout(200);
          expect(await page.evaluate(contrastFaults)).toEqual([]);
          await page.evaluate(axe);
          const serious = await page.evaluate(
            `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 160)))`,
          );
          expect(serious).toEqual([]);
        }
        expect(await page.evaluate(accessibilityFaults)).toEqual([]);
        await page.setViewportSize({ width: 390, height: 800 });
        await page.waitForTimeout(100);
        await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      },
    );
  },
);
