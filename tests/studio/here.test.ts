/**
 * Training in the page, over the studio's server: the bits of the command line, a shared link that turns green and red,
 * links from strangers. Skipped without Chromium.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { examineBackends } from '../../src/backends/init.ts';
import { airlineCsv } from '../../src/series/airline.ts';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import type { RecipeInput } from '../../src/tasks/recipe.ts';
import { formatRecipe, parseRecipe } from '../../src/tasks/recipe.ts';
import { startRun } from '../../src/tasks/run.node.ts';
import { encodeShare } from '../../src/tasks/share.ts';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, forgive, launch, watchedPage } from './browser.ts';
import { studioPages } from './built.ts';
import { command, temporaryFolder } from './support.ts';

const lstm: RecipeInput = {
  task: 'forecast',
  data: { source: 'airline-passengers', period: 12 },
  window: { lookback: 12, horizon: 12 },
  split: { test: 12, validation: 12 },
  transform: ['log', 'seasonalDifference', 'standardize'],
  model: { kind: 'lstm', hidden: 20, layers: 2, dropout: 0.1 },
  train: { steps: 60, batch: 16, learningRate: 5e-3, evaluateEvery: 20 },
};
const gpt: RecipeInput = {
  task: 'language',
  data: { source: 'moby-dick', validation: 0.01 },
  context: 24,
  model: { kind: 'gpt', layers: 2, heads: 2, width: 32, positions: 'rotary', dropout: 0.1 },
  train: { steps: 40, batch: 8, learningRate: 5e-3, evaluateEvery: 20, evaluation: { batches: 2 } },
  sample: { prompt: 'The ', length: 20 },
};

const fuses = (await examineBackends()).fused;

describe.skipIf(!executablePath)(
  'training here (install Debian’s chromium, or set CHROMIUM, if this is skipped)',
  () => {
    const root = temporaryFolder();
    let pages: string;
    let browser: Browser;
    let studio: Studio;
    let page: Page;
    let complaints: string[];
    /** Of runs the command line's code trained, natively where the addon loads. */
    let forecastRun: string;
    let languageRun: string;
    let code: string;

    beforeAll(async () => {
      pages = await studioPages();
      const one = await startRun(lstm, { root });
      const two = await startRun(gpt, { root });
      [forecastRun, languageRun] = [one.run.name, two.run.name];
      const { dataHash } = one.run.record.summary;
      code = await encodeShare({
        recipe: one.task.recipe,
        dataHash: String(dataHash),
        parametersHash: one.parametersHash ?? '',
        version: '0.1.0',
      });
      browser = await launch();
      studio = await serveStudio({ root, pages, token: 'token', session: 'session', command });
    });
    afterAll(async () => {
      await browser?.close();
      await studio?.close();
    });

    beforeEach(async () => {
      ({ page, complaints } = await watchedPage(browser, { viewport: { width: 1300, height: 900 }, limit: 40_000 }));
      page.on('request', (request) => {
        const local = request.url().startsWith(`http://127.0.0.1:${studio.port}/`) || request.url().startsWith('blob:');
        if (!local) complaints.push(`asked for ${request.url().slice(0, 100)}`);
      });
      await page.goto(studio.address);
    });
    afterEach(async () => {
      await page.context().close();
      expect(complaints).toEqual([]);
    });

    const open = (hash: string) => page.goto(`http://127.0.0.1:${studio.port}/#/${hash}`);
    const verdict = (kind: string) => page.locator(`.verdict[data-verdict=${kind}]`);

    it.runIf(fuses)('comes to the bits of a run of the server, LSTM and GPT, and draws both curves', async () => {
      for (const [name, metric] of [
        [forecastRun, 'loss'],
        [languageRun, 'validation loss'],
      ]) {
        await open(`here/${name}`);
        await page.getByText(`beside ${name}`).waitFor();
        await page.getByRole('button', { name: 'Train', exact: true }).click();
        await verdict('same').waitFor();
        expect(await verdict('same').innerText()).toMatch(
          /Same bits\s+SHA-256 of all parameters is [0-9a-f]{64} here and there/,
        );
        await page.getByLabel(metric, { exact: true }).getByText('Data').click();
        const row = await page
          .getByRole('region', { name: `Data of ${metric}`, exact: true })
          .locator('tbody tr')
          .last()
          .locator('td')
          .allInnerTexts();
        expect(row[1]).toBe(row[2]);
        expect(await page.getByText('multiply-add fuses').count()).toBe(1);
      }
      await page.getByRole('list', { name: 'Samples' }).getByText('The ').first().waitFor();
    });

    it('stops, goes on to the same hash, and starts anew from an edited recipe', async () => {
      await open('here');
      const editor = page.getByRole('textbox', { name: 'Recipe, as YAML' });
      const text = formatRecipe(parseRecipe({ ...lstm, train: { ...lstm.train, steps: 400 } }));
      const hash = page.locator('.hash code');
      await editor.fill(text);
      await page.getByRole('button', { name: 'Train', exact: true }).click();
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('button', { name: 'Continue' }).waitFor();
      expect(await hash.count()).toBe(0);
      await page.getByRole('button', { name: 'Continue' }).click();
      const continued = await hash.innerText();
      await page.getByRole('button', { name: 'Train anew' }).click();
      await hash.waitFor({ state: 'detached' });
      expect(await hash.innerText()).toBe(continued);
      await editor.fill(text.replace('hidden:', 'hiden:'));
      await page.getByRole('alert').getByText('did you mean hidden').waitFor();
      expect(await page.getByRole('button', { name: 'Train anew' }).isDisabled()).toBe(true);
      await editor.fill(formatRecipe(parseRecipe(lstm)));
      await page.getByRole('button', { name: 'Train anew' }).click();
      await page.locator('.hash').waitFor();
      expect(await page.evaluate(accessibilityFaults)).toEqual([]);
      for (const theme of ['light', 'dark']) {
        await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
        expect(await page.evaluate(contrastFaults)).toEqual([]);
      }
    });

    it.runIf(fuses)('makes a link of a run that turns green where it is opened', async () => {
      await open(`runs/${forecastRun}`);
      await page.getByRole('button', { name: 'Share' }).click();
      const link = await page.getByLabel('Address of this run').inputValue();
      expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/shared\?run=[\w-]+$/);
      await page.goto(link);
      await verdict('same').waitFor();
      expect(await page.getByRole('region', { name: 'Recipe of the run' }).innerText()).toContain('kind: lstm');
    });

    it('turns red when one byte of the data differs, and says so; trained all the same the parameters differ too', async () => {
      await open(`shared?run=${code}`);
      await page.getByRole('heading', { name: 'A shared run' }).waitFor();
      const changed = airlineCsv().replace(',112', ',113');
      await page
        .getByLabel('File for airline-passengers')
        .setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(changed) });
      await page.getByText('your file').waitFor();
      await verdict('different').getByText('The data differs').waitFor();
      await page.getByRole('button', { name: 'Train all the same' }).click();
      await verdict('different').getByText('The parameters differ').waitFor();
      expect(await verdict('different').innerText()).toContain('Not the same');
    });

    it('asks for data that is not at hand, and never for a file by its path', async () => {
      const recipe = parseRecipe({ ...lstm, data: { source: '/etc/passwd', period: 12 } });
      const hash = 'a'.repeat(64);
      await open(`shared?run=${await encodeShare({ recipe, dataHash: hash, parametersHash: hash, version: '0.1.0' })}`);
      await page.getByText('The run’s data is not at hand here').waitFor();
      await page.getByText('not at hand: drop the file here').waitFor();
      forgive(complaints, /status of 400/);
    });

    it('says what is wrong with a stranger’s link, and asks before much work', async () => {
      const bomb = await new Response(
        new Blob(['x'.repeat(5_000_000)])
          .stream()
          .pipeThrough(new CompressionStream('deflate') as never) as ReadableStream,
      ).arrayBuffer();
      for (const [run, message] of [
        ['', 'it holds no run'],
        ['%3Cscript%3E', 'characters that no link of ours has'],
        [code.slice(0, 90), 'cut or changed on its way'],
        [Buffer.from(bomb).toString('base64url'), 'more than 65536 bytes'],
      ]) {
        await open(`shared?run=${run}`);
        await page.getByRole('alert').getByText(message).waitFor();
      }
      const recipe = parseRecipe({ ...lstm, model: { kind: 'lstm', hidden: 100_000 }, train: { steps: 1e9 } });
      const hash = 'a'.repeat(64);
      await open(`shared?run=${await encodeShare({ recipe, dataHash: hash, parametersHash: hash, version: '0.1.0' })}`);
      await page.getByText(/This asks for .* steps of training/).waitFor();
      await page.getByRole('button', { name: 'Train it here' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.locator('.phase').innerText()).toBe('failed');
    });

    it('breaks a small model, and says what came of it', async () => {
      await open('break');
      const section = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Shuffle time' }) });
      await section.getByRole('switch').click();
      await section.getByRole('status').waitFor();
      expect(await section.getByRole('status').innerText()).toMatch(
        /^The error on held-out months ends at .* in a random order/,
      );
      expect(await section.locator('.chart').count()).toBe(2);
      expect(await page.evaluate(accessibilityFaults)).toEqual([]);
    });

    it.each(['here', 'break'])('fits a narrow screen (%s)', async (name) => {
      await page.setViewportSize({ width: 390, height: 800 });
      await open(name);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    });
  },
);
