/**
 * The Tokens page in a browser, over the real server; from a disk it is opened in `static.test.ts`. Skipped without
 * Chromium, and ids of cl100k where no package has its ranks.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasVocabulary } from '../../src/data/tokenizers.node.ts';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { toTokenizerJson, trainBytePairs } from '../../src/text/index.ts';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, launch, watchedPage } from './browser.ts';
import { studioPages } from './built.ts';
import { command, openApp, temporaryFolder } from './support.ts';

const ranks = ['gpt2', 'cl100k', 'o200k'].every(hasVocabulary);
const greeting = 'hello123!!!? (안녕하세요!) 😉';
/** What tiktoken gives. */
const greetingIds = [15339, 4513, 12340, 30, 320, 31495, 230, 75265, 243, 92245, 16715, 57037];

describe('the vocabularies a page may have', () => {
  const { get, ask, problems } = openApp(temporaryFolder());

  it('are those on this machine, by name alone', async () => {
    const { names } = (await get('/api/tokenizers')).body;
    expect(names.includes('cl100k')).toBe(hasVocabulary('cl100k'));
    expect(names).not.toContain('byte');
    for (const name of ['nothing', '__proto__', '..%2F..%2Fpackage.json', '%2Fetc%2Fpasswd', 'README.md']) {
      const refused = await get(`/api/tokenizers/${name}`);
      expect([refused.status, refused.body.code]).toEqual([400, 'DATA_MISSING']);
    }
    expect((await ask('/api/tokenizers', { headers: { cookie: '' } })).status).toBe(401);
    expect(problems).toEqual([]);
  });

  it.skipIf(!hasVocabulary('gpt2'))('come as a stored tokenizer (needs npm tiktoken)', async () => {
    expect((await get('/api/tokenizers/gpt2')).body).toMatchObject({ type: 'bytePair', pattern: 'gpt2' });
  });
});

describe.skipIf(!executablePath)(
  'the Tokens page (install Debian’s chromium, or set CHROMIUM, if this is skipped)',
  () => {
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
    });
    afterEach(async () => {
      await page.context().close();
      expect(complaints).toEqual([]);
    });

    const open = async (query = '') => {
      await page.goto(studio.address);
      await page.goto(`http://127.0.0.1:${studio.port}/#/tokens${query}`);
      await page.getByRole('heading', { name: 'Tokens', level: 1 }).waitFor();
    };
    const text = () => page.getByLabel('Text to cut');
    const options = (name: string) => page.getByRole('listbox', { name: `Tokens of ${name}` }).getByRole('option');
    const ids = async (name: string) => {
      const labels = await options(name).evaluateAll((all) => all.map((each) => each.getAttribute('aria-label') ?? ''));
      return labels.map((label) => Number(/, id (\d+), byte/.exec(label)?.[1]));
    };
    const row = async (name: string) => {
      const cells = page.getByRole('table', { name: 'Counts' }).getByRole('row').filter({ hasText: name });
      return (await cells.getByRole('cell').allInnerTexts()).slice(1, 5).map((cell) => Number(cell.replace(/\s/g, '')));
    };

    it('counts characters, bytes and tokens, side by side, with what needs no vocabulary', async () => {
      await open('?with=character,byte,trained+here');
      await text().fill('naïve naïve\n'.repeat(3));
      await expect.poll(() => row('byte')).toEqual([256, 42, 0.86, 1]);
      expect(await row('character')).toEqual([7, 36, 1, 1.17]);
      await page.getByRole('slider', { name: /Merges 100/ }).fill('0');
      await expect.poll(() => row('trained here')).toEqual([256, 42, 0.86, 1]);
      await page.getByRole('slider', { name: /Merges 0/ }).fill('10');
      await expect.poll(async () => (await row('trained here'))[1]).toBeLessThan(15);
      // Half of ï is no letter; white space has signs, unless they are not wanted.
      expect(await options('byte').nth(2).innerText()).toBe('c3');
      expect(await options('character').nth(5).innerText()).toBe('·');
      await page.getByLabel('show white space').uncheck();
      expect(await options('character').nth(5).innerText()).not.toContain('·');
      await text().fill('');
      await page.getByText('No text, no tokens.').first().waitFor();
      await page.getByText('There is no text to train on.').waitFor();
    });

    it('says ids and bytes under the pointer and the keyboard', async () => {
      await open('?with=byte&text=%C3%A9a');
      await options('byte').nth(1).hover();
      await page.getByText('token 2 of 3 · id 169 · 1 byte a9 · only part of a character').waitFor();
      await page.getByText('How many').hover();
      await page.getByText('Point at a token, or move with the arrow keys.').waitFor();
      await options('byte').first().focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await page.getByText('token 3 of 3 · id 97 · 1 byte 61').waitFor();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('a, id 97, byte 61');
    });

    it.skipIf(!ranks)('gives tiktoken’s ids, and minds special tokens (needs npm tiktoken)', async () => {
      await open();
      await page.getByRole('checkbox', { name: 'cl100k' }).check();
      await text().fill(greeting);
      await expect.poll(() => ids('cl100k')).toEqual(greetingIds);
      expect((await row('cl100k')).slice(1)).toEqual([12, 1.92, 3]);
      await text().fill('a<|endoftext|>b');
      await page.getByRole('alert').filter({ hasText: 'special token' }).first().waitFor();
      await page.getByLabel('Special tokens in the text').selectOption('encode');
      await expect.poll(() => ids('cl100k')).toEqual([64, 100257, 65]);
      await page.getByLabel('Special tokens in the text').selectOption('text');
      await expect.poll(async () => (await ids('cl100k')).length).toBeGreaterThan(3);
    });

    it('steps through the merges of the word that was chosen', async () => {
      await open('?with=trained+here&text=low+lower+lowest+low+lower+low');
      await options('trained here').nth(1).click();
      const word = page.getByLabel('Word', { exact: true });
      await expect.poll(() => word.inputValue()).toBe(' lower');
      const slider = page.getByRole('slider', { name: /Merges done/ });
      const pieces = page.getByRole('img', { name: /^Pieces:/ });
      expect(await pieces.getAttribute('aria-label')).toBe('Pieces: ·, l, o, w, e, r');
      await slider.fill('1');
      await page.getByText(/^Next: .* → .*, the pair of lowest rank here/).waitFor();
      expect((await pieces.getAttribute('aria-label'))?.split(', ')).toHaveLength(5);
      await slider.fill('5');
      expect(await pieces.getAttribute('aria-label')).toBe('Pieces: ·lower');
      await page.getByRole('button', { name: 'Go to merge 1' }).click();
      expect(await pieces.getAttribute('aria-label')).toBe('Pieces: ·, l, o, w, e, r');
      await word.fill('x');
      await page.getByText('No pair that is left has a merge: one token.').waitFor();
      await word.fill('');
      await page.getByText('Type a word.').waitFor();
    });

    it('opens a tokenizer from a file, and says what is wrong with a damaged one', async () => {
      await open('?with=byte&text=abab');
      const file = join(root, 'tokenizer.json');
      writeFileSync(file, JSON.stringify(toTokenizerJson(trainBytePairs(['abab'], { vocabulary: 258 }))));
      await page.getByLabel(/or open one/).setInputFiles(file);
      await expect.poll(() => ids('tokenizer.json')).toEqual([257]);
      const torn = join(root, 'torn.model');
      writeFileSync(torn, 'not a model');
      await page.getByLabel(/or open one/).setInputFiles(torn);
      await page.getByRole('alert').filter({ hasText: 'torn.model' }).waitFor();
    });

    it('draws a part of a long text and counts all of it, without a fault of access, at 390 pixels too', async () => {
      await open('?with=byte,trained+here');
      await text().fill('All work and no play. '.repeat(12_000));
      await page.getByText(/The last 64.000 were left out/).waitFor();
      await page.getByText(/The first 1.000 of 200.000 tokens are drawn/).waitFor();
      expect(await page.evaluate(accessibilityFaults)).toEqual([]);
      for (const theme of ['light', 'dark']) {
        await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
        expect(await page.evaluate(contrastFaults)).toEqual([]);
      }
      await page.setViewportSize({ width: 390, height: 800 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    });
  },
);
