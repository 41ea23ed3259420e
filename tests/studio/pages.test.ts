/**
 * The studio's pages in a browser, over the real server and runs written for the occasion: what a reader does on each
 * page, a run that appears and grows, a server that goes away and comes back, hostile names. Skipped without Chromium.
 */
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { createRun, Run } from '../../src/track/node.ts';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, forgive, launch } from './browser.ts';
import { studioPages } from './built.ts';
import { command, recipe, temporaryFolder, writeForecast, writeRun } from './support.ts';

const hostile = '<img src=x onerror=document.title=1>';

describe.skipIf(!executablePath)('the studio (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  const root = temporaryFolder();
  let pages: string;
  const serve = (port = 0) =>
    serveStudio({ root, pages, port, token: 'token', session: 'session', command, interval: 50 });
  let browser: Browser;
  let studio: Studio;
  let page: Page;
  /** What the page complained of, beside requests that found the server away. */
  let complaints: string[];

  beforeAll(async () => {
    pages = await studioPages();
    for (let i = 1; i <= 12; i++) {
      writeRun(root, `run-${i}`, { seed: i % 3 }).finish('finished', { mape: i });
    }
    const language = createRun({
      root,
      name: 'whale',
      recipe: {
        task: 'language',
        data: { source: hostile },
        context: 8,
        model: { kind: 'gpt' },
        train: { steps: 30, batch: 2 },
      },
      seed: 1,
      backend: 'reference',
      versions: {},
      tags: ['baseline'],
    });
    for (let step = 1; step <= 30; step++) language.log(step, { loss: 5 / step, [hostile]: step });
    language.log(30, { validationLoss: 1.7, sample: '<script>document.title = 2</script> whale' });
    language.finish('stopped', { 'floor Witten-Bell 5-gram': 1.4 });
    const forecast = writeRun(root, 'forecaster', {});
    writeForecast(forecast);
    forecast.finish('finished');
    writeRun(root, 'renamed').finish('finished');
    renameSync(join(root, 'renamed'), join(root, hostile));
    browser = await launch();
    studio = await serve();
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.close();
  });

  beforeEach(async () => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('ERR_CONNECTION_REFUSED'))
        complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('request', (request) => {
      if (!request.url().replace('blob:', '').startsWith(`http://127.0.0.1:${studio.port}/`))
        complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(studio.address);
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  const open = (name: string) => page.goto(`http://127.0.0.1:${studio.port}/#/runs/${encodeURIComponent(name)}`);
  const row = (name: string) =>
    page.locator('tr[data-run]').filter({ has: page.getByRole('link', { name, exact: true }) });
  const rows = () => page.locator('tr[data-run]').count();

  /** The step of the last row in the table behind a metric's chart. */
  async function lastStep(title: string): Promise<number> {
    const table = page.getByRole('region', { name: `Data of ${title}`, exact: true });
    if (!(await table.isVisible())) await page.getByLabel(title, { exact: true }).getByText('Data').click();
    return Number((await table.locator('tbody tr:last-child td:first-child').innerText()).replace(/\D/g, ''));
  }

  it('lists the runs: searched, filtered, grouped, sorted, more of them on demand', async () => {
    const showing = page.getByText('showing 10 of 15');
    await showing.waitFor();
    expect(await rows()).toBe(10);
    await page.getByRole('button', { name: 'Show more' }).click();
    expect(await rows()).toBe(15);
    await page.getByLabel('Search runs').fill('run-1');
    expect(await rows()).toBe(4);
    await page.getByRole('button', { name: 'MAPE %' }).click();
    expect(await page.locator('tr[data-run] a').allInnerTexts()).toEqual(['run-1', 'run-10', 'run-11', 'run-12']);
    await page.getByRole('button', { name: 'MAPE %' }).click();
    expect(await page.locator('tr[data-run] a').first().innerText()).toBe('run-12');
    await page.getByLabel('Group by').selectOption('train.seed');
    expect(await page.locator('tr.group th').allInnerTexts()).toEqual([
      'train.seed = 0 1',
      'train.seed = 1 2',
      'train.seed = 2 1',
    ]);
    await page.getByLabel('Add a column').selectOption('model.hidden');
    await page.getByRole('button', { name: 'model.hidden', exact: true }).waitFor();
    await page.getByLabel('Search runs').fill('no such run');
    await page.getByText('No run fits.').waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.getByLabel('Task', { exact: true }).selectOption('language');
    expect(await rows()).toBe(1);
  });

  it('filters by recipe keys, and draws groups as one curve each', async () => {
    await page.getByText('showing 10 of 15').waitFor();
    await page.getByLabel('Add a filter').selectOption('train.seed');
    await page.getByLabel('Value of train.seed').fill('0');
    await expect.poll(rows).toBe(4);
    await page.getByLabel('Comparison').selectOption('>');
    await expect.poll(rows).toBe(10);
    await page.getByLabel('Group by').selectOption('train.seed');
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Show the curves of all runs in the table' }).check();
    const groups = page.getByRole('list', { name: 'Groups' });
    await expect.poll(() => groups.innerText()).toMatch(/train.seed = 1.*mean of 6.*train.seed = 2.*mean of 4/s);
    expect(await lastStep('loss')).toBe(20);
    const heads = page.getByRole('region', { name: 'Data of loss', exact: true }).locator('th');
    expect(await heads.allInnerTexts()).toEqual(['step', 'train.seed = 1', 'train.seed = 2']);
    await page.getByRole('button', { name: 'Remove the filter on train.seed' }).click();
    await page.getByText('of 15').waitFor();
  });

  it('moves along and closer by keyboard, wheel and shift', async () => {
    await open('run-1');
    const plot = page.getByLabel('loss', { exact: true }).locator('.plot');
    await plot.locator('canvas').waitFor();
    const reset = page.getByRole('button', { name: 'Reset zoom' });
    await plot.focus();
    await page.keyboard.press('+');
    await reset.waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('0');
    await reset.waitFor({ state: 'detached' });
    await plot.hover();
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -300);
    await page.keyboard.up('Control');
    await reset.waitFor();
    await page.keyboard.down('Shift');
    await page.mouse.down();
    await page.mouse.move(700, 500, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await reset.click();
    await reset.waitFor({ state: 'detached' });
  });

  it('keeps tags and notes, and puts a run away', async () => {
    await open('run-2');
    await page.getByLabel('New tag').fill('good one');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove the tag good one' }).waitFor();
    await page.getByLabel('New tag').fill('<b>');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'letters, digits' }).waitFor();
    forgive(complaints, /status of 400/);
    await page.getByRole('button', { name: 'Add a note' }).click();
    await page.getByRole('textbox', { name: 'Notes' }).fill(hostile);
    await page.keyboard.press('Control+Enter');
    await page.locator('.notes').getByText(hostile).waitFor();
    expect(new Run(join(root, 'run-2')).record).toMatchObject({ tags: ['good one'], notes: hostile });
    await page.getByRole('button', { name: 'Archive' }).click();
    await page.getByRole('button', { name: 'Take out of the archive' }).waitFor();
    await page.getByRole('link', { name: '← Runs' }).click();
    await page.getByText('of 14').waitFor();
    await page.getByLabel('archived').check();
    await page.getByText('of 15').waitFor();
    new Run(join(root, 'run-2')).label({ tags: [], notes: '', archived: false });
    await page.getByLabel('archived').waitFor({ state: 'detached' });
  });

  it('goes on asking for its own run when the page is left before the answer', async () => {
    let release = () => {};
    const left = new Promise<void>((done) => {
      release = done;
    });
    await page.route(/api\/runs\/run-3$/, async (route) => {
      await left;
      await route.continue();
    });
    const asked = page.waitForRequest(/\/profile$/);
    await open('run-3');
    await page.getByText('Loading …').waitFor();
    await page.getByRole('link', { name: '← Runs' }).click();
    await page.getByText('of 15').waitFor();
    release();
    expect((await asked).url()).toContain('api/runs/run-3/profile');
  });

  it('saves charts as SVG and PNG, and a run as one page that asks for nothing', async () => {
    await open('forecaster');
    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const svg = await saved('Save loss as SVG');
    expect(svg.name).toBe('loss.svg');
    expect(svg.bytes.toString()).toMatch(/^<svg [\s\S]*<title>|^<svg [\s\S]*>loss<\/text>/);
    expect((await saved('Save loss as PNG')).bytes.subarray(1, 4).toString()).toBe('PNG');
    expect((await saved('Save Forecast of airline-passengers as SVG')).bytes.toString()).toContain('seasonal naive');
    const [report] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Report' }).click(),
    ]);
    expect(report.suggestedFilename()).toBe('forecaster.html');
    const alone = await page.context().newPage();
    const asked: string[] = [];
    alone.on('request', (request) => asked.push(request.url()));
    await alone.setContent(readFileSync(await report.path(), 'utf8'));
    expect(await alone.locator('h1').innerText()).toBe('forecaster');
    expect(await alone.locator('svg.figure').count()).toBeGreaterThan(2);
    expect(asked).toEqual([]);
  });

  it('works the size of a model out as one types', async () => {
    await page.goto(`http://127.0.0.1:${studio.port}/#/size/DeepSeek-R1`);
    await page.getByText('671,026,419,200 parameters').waitFor();
    await page.getByRole('cell', { name: '70,272 B' }).waitFor();
    await page.getByLabel('Tokens a sequence').fill('32768');
    await page.getByText('2.30 GB = 2.1 GiB').first().waitFor();
    await page.getByRole('button', { name: 'count', exact: true }).click();
    await page.getByLabel('Parameters', { exact: true }).fill('nonsense');
    await page.getByRole('alert').filter({ hasText: 'expected a count' }).waitFor();
    await page.getByRole('button', { name: 'config.json' }).click();
    await page.getByRole('textbox', { name: /config.json of/ }).fill('{"model_type":"lama"}');
    await page.getByRole('alert').filter({ hasText: 'Did you mean llama?' }).waitFor();
    await page.locator('svg.figure').waitFor();
    expect(
      (await page.getByRole('region', { name: 'Table of the built-in models' }).innerText()).replaceAll('\t', ' '),
    ).toMatch(/Llama-3.1-8B 8,030,261,248 {2}GQA 131,072/);
  });

  it('draws only the panels in view, and finds a metric by name', async () => {
    const many = createRun({ root, name: 'many', recipe: { task: 'other' }, seed: 1, backend: 'x', versions: {} });
    for (let step = 1; step <= 3; step++) {
      many.log(step, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`layer ${i}`, i + step])));
    }
    many.finish('finished');
    await open('many');
    await page.locator('.chart canvas').first().waitFor();
    expect(await page.locator('.chart').count()).toBe(300);
    expect(await page.locator('.chart canvas').count()).toBeLessThan(40);
    await page.getByLabel('Search metrics').fill('layer 299');
    expect(await lastStep('layer 299')).toBe(3);
    expect(await page.locator('.chart').count()).toBe(1);
    rmSync(join(root, 'many'), { recursive: true });
  });

  it('tells of a killed run and of damaged metrics, and shows what stands before the damage', async () => {
    writeRun(root, 'killed').close();
    await row('killed').getByText('interrupted').waitFor({ state: 'attached' });
    appendFileSync(join(root, 'run-3', 'metrics.jsonl'), 'no event\n{"step":21,"time":1,"loss":1}\n');
    await open('run-3');
    await page
      .getByText(/metrics.jsonl.*no event/)
      .first()
      .waitFor();
    expect(await lastStep('loss')).toBe(20);
    // As records are written: beside, then renamed.
    writeFileSync(join(root, 'killed', 'torn'), '{');
    renameSync(join(root, 'killed', 'torn'), join(root, 'killed', 'run.json'));
    await page.goto(`http://127.0.0.1:${studio.port}/#/`);
    // Without a start it stands at the end of the list.
    await page.getByLabel('Search runs').fill('killed');
    await row('killed').getByText('damaged').waitFor({ state: 'attached' });
    rmSync(join(root, 'killed'), { recursive: true });
  });

  it('stops a run it started, and goes on with it', async () => {
    await page.getByRole('button', { name: 'New run' }).click();
    const dialog = page.getByRole('dialog', { name: 'New run' });
    const long = { ...recipe, train: { ...recipe.train, steps: 100_000, evaluateEvery: 1000, snapshots: false } };
    await dialog.getByRole('textbox').fill(stringify(long));
    await dialog.getByRole('button', { name: 'Start run' }).click();
    await dialog.waitFor({ state: 'detached', timeout: 60_000 });
    await page.getByRole('progressbar').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor({ timeout: 30_000 });
    // The process ends a moment after the record says so.
    await expect.poll(() => studio.jobCount, { timeout: 30_000 }).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Stop' }).click({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Resume' }).waitFor({ timeout: 30_000 });
    await expect.poll(() => studio.jobCount, { timeout: 30_000 }).toBe(0);
    const name = decodeURIComponent(page.url().split('/runs/')[1]);
    // A page that still shows it would ask for a run that is no longer there.
    await page.goto('about:blank');
    rmSync(join(root, name), { recursive: true });
  });

  it('draws the curves of the runs selected, by keyboard too', async () => {
    await page.getByText('showing 10 of 15').waitFor();
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.getByText('Select runs in the table').waitFor();
    const first = page.locator('tr[data-run]').first();
    await first.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    expect(await page.locator('tr[data-run]').nth(1).getAttribute('aria-selected')).toBe('true');
    await page.locator('.chart canvas').first().waitFor();
    expect(await lastStep('loss')).toBeGreaterThan(1);
    await page.getByRole('button', { name: 'tokens' }).click();
    await page.getByLabel('Smoothing').fill('0.9');
    await page.getByLabel('log y').check();
    const plot = await page.locator('.chart .u-over').first().boundingBox();
    if (!plot) throw new Error('no plot');
    await page.mouse.move(plot.x + plot.width * 0.2, plot.y + 40);
    await page.mouse.down();
    await page.mouse.move(plot.x + plot.width * 0.6, plot.y + 40, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Reset zoom' }).waitFor();
    expect(await page.locator('.readout').count()).toBeGreaterThan(1);
    await page.locator('.chart .u-over').first().dblclick();
    await page.getByRole('button', { name: 'Reset zoom' }).waitFor({ state: 'detached' });
    await page.locator('tr[data-run]').nth(1).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: '← Runs' }).waitFor();
  });

  it('shows a run that appears, and its curve as it grows', async () => {
    await page.getByText('showing 10 of 15').waitFor();
    const run: Run = writeRun(root, 'newcomer', { steps: 5 });
    try {
      await row('newcomer').waitFor();
      await open('newcomer');
      expect(await lastStep('loss')).toBe(5);
      for (let step = 6; step <= 17; step++) run.log(step, { loss: 4 / step, learningRate: 1e-3 });
      run.flush();
      await expect.poll(() => lastStep('loss'), { timeout: 10_000 }).toBe(17);
      await page.getByRole('progressbar').waitFor();
      run.finish('stopped');
      await page.locator('.title').getByText('stopped').waitFor();
    } finally {
      run.close();
    }
  });

  it('shows one run: facts, floors, samples, its recipe beside another one', async () => {
    await open('whale');
    await page.getByRole('heading', { name: 'whale' }).waitFor();
    await page.getByText('language · gpt').waitFor();
    expect(await page.getByRole('list', { name: 'Samples' }).innerText()).toContain(
      '<script>document.title = 2</script> whale',
    );
    await page.getByLabel('compared with').selectOption('run-1');
    await page.locator('pre .added').first().waitFor();
    expect(await page.locator('pre .removed').allInnerTexts()).toContainEqual(
      expect.stringContaining('task: forecast'),
    );
    expect(await page.title()).toBe('whale · Lookback');
  });

  it('shows how a forecast bends, and which method wins', async () => {
    await open('forecaster');
    await page.getByRole('heading', { name: 'Forecast of airline-passengers' }).waitFor();
    const slider = page.getByRole('slider', { name: /step/ });
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe('step 10');
    await slider.press('Home');
    expect(await slider.getAttribute('aria-valuetext')).toBe('step 0');
    expect(await page.getByRole('table', { name: 'Scores' }).locator('tr.best').innerText()).toContain(
      'seasonal naive',
    );
    await page.getByLabel('seasonal naive', { exact: true }).uncheck();
  });

  it('starts a run from a duplicated recipe, and says what the server refuses', async () => {
    await open('run-1');
    await page.getByRole('button', { name: 'Duplicate' }).click();
    const dialog = page.getByRole('dialog', { name: 'New run' });
    const text = await dialog.getByRole('textbox').inputValue();
    expect(text).toContain('hidden: 4');
    await dialog.getByRole('textbox').fill(text.replace('hidden:', 'hiden:'));
    await dialog.getByRole('button', { name: 'Start run' }).click();
    expect(await dialog.getByRole('alert').innerText()).toMatch(/hiden.*hidden/s);
    forgive(complaints, /status of 400/);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  it('says when the server is away, and goes on by itself when it is back', async () => {
    await page.getByText('showing 10 of').waitFor();
    const { port } = studio;
    await studio.close();
    await page.getByText('The server is away.').waitFor();
    complaints = [];
    expect(await rows()).toBe(10);
    writeRun(root, 'meanwhile').finish('finished');
    studio = await serve(port);
    await page.getByText('The server is away.').waitFor({ state: 'detached' });
    await row('meanwhile').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
  });

  it('saves any view, with its texts and drawings', async () => {
    await open(hostile);
    await page.locator('.chart canvas').first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save this view as SVG' }).click(),
    ]);
    const file = readFileSync(await download.path(), 'utf8');
    const found = await page.evaluate((text) => {
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
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save this view as PNG' }).click(),
    ]);
    expect([...readFileSync(await png.path()).subarray(1, 4)]).toEqual(
      [...'PNG'].map((letter) => letter.charCodeAt(0)),
    );
  });

  it('shows hostile names as the texts they are', async () => {
    await page.getByLabel('Search runs').fill('img');
    await page.getByText(hostile).first().waitFor();
    await page.getByLabel('Search runs').fill('whale');
    await page.getByText('baseline').waitFor();
    await open('whale');
    await page.getByText(hostile).first().waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('whale · Lookback');
    await open('../../etc/passwd');
    await page.getByRole('alert').waitFor();
    forgive(complaints, /status of 40[04]/);
  });

  it.each(['', 'whale', 'forecaster'])('has no serious accessibility fault (%s)', async (name) => {
    if (name) await open(name);
    await page.locator('.chart canvas').first().waitFor();
    expect(await page.evaluate(accessibilityFaults)).toEqual([]);
    for (const theme of ['light', 'dark']) {
      await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
      expect(await page.evaluate(contrastFaults)).toEqual([]);
    }
  });

  it('turns dark and light, and remembers it', async () => {
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    expect(await theme()).toBe('light');
    await page.getByRole('button', { name: 'Use the dark theme' }).click();
    expect(await theme()).toBe('dark');
    await page.reload();
    await page.getByRole('button', { name: 'Use the light theme' }).waitFor();
  });

  it.each(['', 'forecaster', 'whale'])('fits a narrow screen (%s)', async (name) => {
    await page.setViewportSize({ width: 420, height: 800 });
    if (name) await open(name);
    await page.locator('.chart canvas').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(420);
  });

  it('needs at most 300 KB of JavaScript for the Runs page, gzipped', () => {
    const manifest = JSON.parse(readFileSync(join(pages, 'manifest.json'), 'utf8')) as Record<
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
      (sum, key) => sum + gzipSync(readFileSync(join(pages, manifest[key].file))).length,
      0,
    );
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(300_000);
    // What draws figures for files comes when a file is asked for.
    expect([...needed].map((key) => manifest[key].file).join()).not.toMatch(/figure/);
  });
});
