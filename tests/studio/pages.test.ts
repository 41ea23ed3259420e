/** What the pages of runs and of sizes have in common, in a browser: themes, widths, hostile names, saved views, weight. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, forgive } from './browser.ts';
import { hostile, RunsStudio } from './runsStudio.ts';

describe.skipIf(!executablePath)('the studio (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  const at = new RunsStudio();

  it('works the size of a model out as one types', async () => {
    await at.page.goto(`${at.address}#/size/DeepSeek-R1`);
    await at.page.getByText('671,026,419,200 parameters').waitFor();
    await at.page.getByRole('cell', { name: '70,272 B' }).waitFor();
    await at.page.getByLabel('Tokens a sequence').fill('32768');
    await at.page.getByText('2.30 GB = 2.1 GiB').first().waitFor();
    await at.page.getByRole('button', { name: 'count', exact: true }).click();
    await at.page.getByLabel('Parameters', { exact: true }).fill('nonsense');
    await at.page.getByRole('alert').filter({ hasText: 'expected a count' }).waitFor();
    await at.page.getByRole('button', { name: 'config.json' }).click();
    await at.page.getByRole('textbox', { name: /config.json of/ }).fill('{"model_type":"lama"}');
    await at.page.getByRole('alert').filter({ hasText: 'Did you mean llama?' }).waitFor();
    await at.page.locator('svg.figure').waitFor();
    expect(
      (await at.page.getByRole('region', { name: 'Table of the built-in models' }).innerText()).replaceAll('\t', ' '),
    ).toMatch(/Llama-3.1-8B 8,030,261,248 {2}GQA 131,072/);
  });

  it('saves any view, with its texts and drawings', async () => {
    await at.open(hostile);
    await at.page.locator('.chart canvas').first().waitFor();
    const [download] = await Promise.all([
      at.page.waitForEvent('download'),
      at.page.getByRole('button', { name: 'Save this view as SVG' }).click(),
    ]);
    const file = readFileSync(await download.path(), 'utf8');
    const found = await at.page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      const count = (selector: string) => parsed.querySelectorAll(selector).length;
      const texts = [...parsed.querySelectorAll('text')].map(({ textContent }) => textContent);
      return {
        faults: count('parsererror'),
        scripts: count('script, img, foreignObject'),
        pictures: count('image'),
        texts,
      };
    }, file);
    expect(found).toMatchObject({ faults: 0, scripts: 0, texts: expect.arrayContaining([hostile, 'Facts']) });
    expect(found.pictures).toBeGreaterThan(0);
    const [png] = await Promise.all([
      at.page.waitForEvent('download'),
      at.page.getByRole('button', { name: 'Save this view as PNG' }).click(),
    ]);
    expect([...readFileSync(await png.path()).subarray(1, 4)]).toEqual(
      [...'PNG'].map((letter) => letter.charCodeAt(0)),
    );
  });

  it('shows hostile names as the texts they are', async () => {
    await at.page.getByLabel('Search runs').fill('img');
    await at.page.getByText(hostile).first().waitFor();
    await at.page.getByLabel('Search runs').fill('whale');
    await at.page.getByText('baseline').waitFor();
    await at.open('whale');
    await at.page.getByText(hostile).first().waitFor();
    expect(await at.page.locator('main img, main script').count()).toBe(0);
    expect(await at.page.title()).toBe('whale · Lookback');
    await at.open('../../etc/passwd');
    await at.page.getByRole('alert').waitFor();
    forgive(at.complaints, /status of 40[04]/);
  });

  it.each(['', 'whale', 'forecaster'])('has no serious accessibility fault (%s)', async (name) => {
    if (name) await at.open(name);
    await at.page.locator('.chart canvas').first().waitFor();
    expect(await at.page.evaluate(accessibilityFaults)).toEqual([]);
    for (const theme of ['light', 'dark']) {
      await at.page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
      expect(await at.page.evaluate(contrastFaults)).toEqual([]);
    }
  });

  it('turns dark and light, and remembers it', async () => {
    const theme = () => at.page.evaluate(() => document.documentElement.dataset.theme);
    expect(await theme()).toBe('light');
    await at.page.getByRole('button', { name: 'Use the dark theme' }).click();
    expect(await theme()).toBe('dark');
    await at.page.reload();
    await at.page.getByRole('button', { name: 'Use the light theme' }).waitFor();
  });

  it.each(['', 'forecaster', 'whale'])('fits a narrow screen (%s)', async (name) => {
    await at.page.setViewportSize({ width: 420, height: 800 });
    if (name) await at.open(name);
    await at.page.locator('.chart canvas').first().waitFor();
    expect(await at.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(420);
  });

  it('needs at most 300 KB of JavaScript for the Runs page, gzipped', () => {
    const manifest = JSON.parse(readFileSync(join(at.pages, 'manifest.json'), 'utf8')) as Record<
      string,
      { file: string; imports?: string[] }
    >;
    const needed = new Set<string>();
    const need = (key: string) => {
      if (needed.has(key)) return;
      needed.add(key);
      for (const each of manifest[key].imports ?? []) need(each);
    };
    need('index.html');
    const bytes = [...needed].reduce(
      (sum, key) => sum + gzipSync(readFileSync(join(at.pages, manifest[key].file))).length,
      0,
    );
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(300_000);
    // What draws figures for files comes when a file is asked for.
    expect([...needed].map((key) => manifest[key].file).join()).not.toMatch(/figure/);
  });
});
