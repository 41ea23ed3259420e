/**
 * The forecast page in a browser, over the real server and from a disk: the numbers of `forecast` in Node, files that are
 * no tables, the keyboard, stopping, axe. Skipped without Chromium.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { examineBackends } from '../../src/backends/init.ts';
import { readTable } from '../../src/data/node.ts';
import { parseParquet } from '../../src/data/parquet.ts';
import { type ForecastOptions, forecast, type Row } from '../../src/forecasting/index.ts';
import { airlineCsv } from '../../src/series/airline.ts';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { mostRows } from '../../studio/src/lib/forecasting/limits.ts';
import { accessibilityFaults, contrastFaults } from './accessibility.ts';
import { executablePath, launch, watchedPage } from './browser.ts';
import { staticSite, studioPages } from './built.ts';
import { command, temporaryFolder } from './support.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const fuses = (await examineBackends()).fused;

/** What a page saved as JSON, without what differs from machine to machine. */
interface Saved {
  asked: ForecastOptions;
  leaderboard: Record<string, unknown>[];
  forecast: unknown;
  verdict: string;
  calibration: unknown;
}
const comparable = ({ leaderboard, forecast, verdict, calibration }: Omit<Saved, 'asked'>) =>
  JSON.parse(
    JSON.stringify({ leaderboard: leaderboard.map((row) => ({ ...row, seconds: 0 })), forecast, verdict, calibration }),
  );

describe.skipIf(!executablePath)('the forecast page (install Debian’s chromium, or set CHROMIUM, if skipped)', () => {
  const folder = temporaryFolder();
  let pages: string;
  let site: string;
  const csv = join(folder, 'airline.csv');
  let browser: Browser;
  let studio: Studio;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    writeFileSync(csv, airlineCsv());
    pages = await studioPages();
    site = await staticSite();
    browser = await launch();
    studio = await serveStudio({ root: folder, pages, token: 'token', session: 'session', command });
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.close();
  });

  beforeEach(async () => {
    // The policy of the page would refuse axe's script.
    ({ page, complaints } = await watchedPage(browser, { bypassCSP: true, limit: 60_000 }));
    await page.goto(studio.address);
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  const open = async (path = '') => {
    await page.goto(`http://127.0.0.1:${studio.port}/#/forecast${path}`);
    await page.getByRole('heading', { level: 1, name: 'Forecast' }).waitFor();
  };
  /** Lets go of files over the page, as a hand does. */
  const drop = async (name: string, content: string | Uint8Array) => {
    const bytes = [...(typeof content === 'string' ? new TextEncoder().encode(content) : content)];
    const data = await page.evaluateHandle(
      ({ name, bytes }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], name));
        return transfer;
      },
      { name, bytes },
    );
    const target = page.getByRole('group', { name: 'Table', exact: true });
    await target.dispatchEvent('dragover', { dataTransfer: data });
    await target.dispatchEvent('drop', { dataTransfer: data });
  };
  const done = () => page.getByText(/^Done in/).waitFor();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const saved = async (): Promise<Saved> => {
    const [download] = await Promise.all([page.waitForEvent('download'), press('All as JSON')]);
    return JSON.parse(readFileSync(await download.path(), 'utf8')) as Saved;
  };
  /** Only a few models, so that a test is short. */
  const fewModels = async (...names: string[]) => {
    await press('Classical: none');
    for (const name of names) await page.getByRole('checkbox', { name, exact: true }).check();
  };

  /** What Node comes to; computed once where two tests ask the same. */
  const inNode = new Map<string, Promise<unknown>>();
  const fromNode = (rows: readonly Row[], asked: ForecastOptions): Promise<unknown> => {
    const key = JSON.stringify([rows, asked]);
    const made = inNode.get(key) ?? forecast([...rows], asked).then((one) => comparable(one as unknown as Saved));
    inNode.set(key, made);
    return made;
  };

  /** Classical models at once, then `network` on request: both as in Node, to the last bit. */
  async function comesToNode(network: string): Promise<void> {
    await drop('airline.csv', airlineCsv());
    await done();
    await page.getByText('144 values · one every month · 1949-01 to 1960-12 · season of 12').waitFor();
    const first = await saved();
    expect(first.asked).toMatchObject({ target: ['passengers'], horizon: 12, models: ['auto'], backtest: 3 });
    const rows = await readTable(csv);
    expect(comparable(first)).toEqual(await fromNode(rows, first.asked));
    expect(first.leaderboard.map(({ model }) => model)).toEqual(expect.arrayContaining(['naive', 'seasonal-naive']));
    if (!fuses) return;
    await page.getByLabel('Horizon', { exact: true }).fill('4');
    await page.getByRole('spinbutton', { name: 'Origins' }).fill('2');
    await fewModels(network);
    await page.getByLabel('Networks forecast').selectOption('quantile');
    await press('Forecast');
    await page.getByRole('radio', { name: network }).waitFor();
    await done();
    const second = await saved();
    expect(second.asked.models).toEqual([`${network}:quantile`]);
    expect(comparable(second)).toEqual(await fromNode(rows, second.asked));
  }

  it('comes to the numbers of Node, formulas, classical models and networks, bit for bit', async () => {
    await open();
    await comesToNode('lstm');
  });

  it('does so from a disk, where it can fetch nothing; reads Parquet there; shows what a model attends to', async () => {
    // What the server's page had asked for is over then.
    await page.goto('about:blank');
    page.on('request', (request) => /^https?:/.test(request.url()) && complaints.push(`asked for ${request.url()}`));
    await page.goto(`${pathToFileURL(join(site, 'index.html')).href}#/forecast`);
    await comesToNode('seq2seq');
    if (fuses) {
      await page.getByRole('radio', { name: 'seq2seq:quantile' }).check();
      await page.getByRole('img', { name: /^Weights of 4 steps ahead, down, on 24 steps back/ }).waitFor();
    }
    const columnData = [
      { name: 'day', data: days, type: 'STRING' },
      { name: 'units', data: days.map((_, i) => 20 + ((i * 5) % 7)), type: 'INT32' },
    ];
    const parquet = new Uint8Array(parquetWriteBuffer({ columnData: columnData as never }));
    await page.goto(`${pathToFileURL(join(site, 'index.html')).href}#/forecast?models=theta`);
    await drop('units.parquet', parquet);
    await page.getByRole('heading', { name: 'units.parquet' }).waitFor();
    await done();
    const { asked, ...made } = await saved();
    const rows = await parseParquet(parquet, 'units.parquet');
    expect(comparable(made)).toEqual(await fromNode(rows, asked));
  });

  it('names what is no table and goes on', async () => {
    await open();
    const said = async (name: string, content: string | Uint8Array, words: RegExp) => {
      await drop(name, content);
      const alert = page.getByRole('alert').filter({ hasText: words });
      await alert.waitFor();
      expect(await alert.innerText()).not.toMatch(/\n\s+at |undefined|TypeError/);
    };
    await said('photo.csv', Uint8Array.from([137, 80, 78, 71, 0, 0]), /^photo\.csv: it is not text.*\(DATA_INVALID\)$/);
    await said('empty.csv', '', /^empty\.csv: it has no rows/);
    await said('two.csv', 'a,a\n1,2\n', /^two\.csv: two columns are called "a"/);
    await said('broken.parquet', 'PAR1PAR1PAR1', /^broken\.parquet: it is damaged Parquet.*\(DATA_INVALID\)$/);
    await said('long.csv', `y\n${'1\n'.repeat(mostRows + 1)}`, /^long\.csv: expected at most 200,000 rows/);
    await said('text.csv', 'day,y\n2024-01-01,1\n2024-01-02,many\n2024-01-03,2\n', /column/);
    await said('gap.csv', gapped, /1 values? (is|are) missing: 2024-01-20.*\(DATA_INVALID\)$/s);
    await page.getByLabel('Gaps').selectOption('interpolate');
    await page.getByText(/interpolated: 2024-01-20/).waitFor();
    await said('marks.csv', 'Monat;Umsatz\n1.1.2024;1.234\n1.2.2024;987\n1.3.2024;1.301\n', /\(DECIMALS_UNCLEAR\)$/);
    await press('a decimal comma');
    await page.getByRole('cell', { name: '1301', exact: true }).waitFor();
    await said('ragged.csv', 'day,y\n2024-01-01,1\n2024-01-02\n', /^ragged\.csv, line 3: it has 1 cell between commas/);
    await said('twice.csv', 'day,y\n2024-01-01,1\n2024-01-01,2\n2024-01-02,2\n', /twice/);
    await said('short.csv', 'day,y\n2024-01-01,1\n2024-01-02,2\n', /values/);
    await press('Paste');
    await page.getByRole('textbox', { name: 'A table as text' }).fill('day,y\n2024-01-01,1');
    await press('Use this text');
    await page.getByRole('heading', { name: 'pasted.csv' }).waitFor();
    await page.getByRole('alert').waitFor();
  });

  it('is used by the keyboard alone', async () => {
    await open('?models=theta');
    await page.getByRole('combobox', { name: 'A table to begin with' }).focus();
    await page.keyboard.type('Airline');
    await page.keyboard.press('Enter');
    await done();
    await page.getByLabel('Horizon', { exact: true }).focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('4');
    await page.getByText('press Forecast').waitFor();
    await page.getByRole('button', { name: 'Classical: none' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Horizon', { exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('press Forecast').waitFor({ state: 'detached' });
    await done();
    expect(await page.getByRole('radio').count()).toBe(5);
    const shown = page.getByRole('radio', { checked: true });
    const before = await shown.getAttribute('value');
    await shown.focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => shown.getAttribute('value')).not.toBe(before);
    await page.getByRole('button', { name: 'Later origin' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('origin 2 of 3').waitFor();
    const window = page.getByRole('slider', { name: /^Window/ });
    const place = await window.inputValue();
    await window.focus();
    await page.keyboard.press('ArrowLeft');
    expect(Number(await window.inputValue())).toBe(Number(place) - 1);
  });

  it('stops, keeps what was whole, and goes on', async () => {
    await open('/airline-passengers?models=theta');
    await done();
    const winner = await page.getByRole('status').filter({ hasText: 'wins' }).innerText();
    await press('Networks, trained here: all');
    await press('Forecast');
    await page.getByRole('progressbar', { name: 'Models judged' }).waitFor();
    await press('Stop');
    await page.getByText('Stopped: what is shown is the last forecast that was finished.').waitFor();
    expect(await page.getByRole('status').filter({ hasText: 'wins' }).innerText()).toBe(winner);
    await press('Networks, trained here: none');
    await fewModels('theta');
    await press('Forecast');
    await done();
    await press('Look for anomalies');
    await page.getByText(/values judged, by/).waitFor();
  });

  it('tells series apart, names what is known ahead, and repeats it as a command', async () => {
    await open('/shops?models=theta');
    await done();
    expect(await page.getByRole('combobox', { name: 'Series', exact: true }).innerText()).toMatch(/harbour\s+station/);
    expect(await page.getByRole('combobox', { name: 'What promotion is for' }).inputValue()).toBe('future');
    expect(await page.getByRole('region', { name: 'Command line' }).innerText()).toBe(
      'lookback forecast shops.csv --target units --horizon 7 --models theta --time date --id shop --future promotion',
    );
    const [download] = await Promise.all([page.waitForEvent('download'), press('Forecast as CSV')]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines[0]).toBe('series,time,forecast,lower,upper');
    expect(lines.length).toBe(1 + 2 * 7);
    for (const kind of ['SVG', 'PNG'] as const) {
      const [picture] = await Promise.all([
        page.waitForEvent('download'),
        page
          .getByRole('button', { name: /^Save harbour: the next 7/ })
          .and(page.getByTitle(`Save as ${kind}`))
          .click(),
      ]);
      const drawn = readFileSync(await picture.path(), 'latin1');
      expect(drawn.slice(0, 4)).toBe(kind === 'SVG' ? '<svg' : '\x89PNG');
      // One area for each of 50, 80, 90 and 95 %, as on the page.
      if (kind === 'SVG') expect(drawn.match(/<g fill="#\w{6}" fill-opacity=/g)).toHaveLength(4);
    }
  });

  it('is judged as it is asked to be, and its command line, run by a shell, comes to the same', async () => {
    await open('/shops?models=theta');
    await done();
    await page.getByText('How models are judged').click();
    await page.getByText('How the table is read').click();
    await page.getByLabel('Stride').fill('3');
    await page.getByLabel('Gap', { exact: true }).fill('2');
    await page.getByLabel('Sliding window').fill('70');
    await page.getByLabel('Refit').selectOption('at the first alone');
    await page.getByLabel('Intervals').selectOption('adaptive');
    await page.getByLabel('Holidays of').fill('DE');
    await page.getByRole('spinbutton', { name: 'Origins' }).fill('4');
    await fewModels('regression', 'ridge-nlinear');
    await press('Forecast');
    await page.getByText('press Forecast').waitFor({ state: 'detached' });
    await done();
    const { asked, ...shown } = await saved();
    expect(asked).toMatchObject({
      backtest: { folds: 4, stride: 3, gap: 2, window: 70, refit: false },
      interval: 'adaptive',
      calendar: { holidays: 'DE' },
    });
    const [download] = await Promise.all([page.waitForEvent('download'), press('shops.csv')]);
    await download.saveAs(join(folder, 'shops.csv'));
    const words = await page.getByRole('region', { name: 'Command line' }).innerText();
    const [node, ...rest] = command.map((word) => `'${word}'`);
    const run = spawnSync('sh', ['-c', `lookback() { ${node} ${rest.join(' ')} "$@"; }; ${words} --json`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(comparable(JSON.parse(run.stdout) as Saved)).toEqual(comparable(shown));
  });

  it('has no serious fault before axe, light and dark, wide and narrow', async () => {
    await open('/airline-passengers?models=theta');
    await done();
    await press('Look for anomalies');
    await page.getByText(/values judged, by/).waitFor();
    await page.evaluate(axe);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const theme of ['light', 'dark']) {
        await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
        const { violations } = (await page.evaluate(
          `axe.run(document, { resultTypes: ['violations']${theme === 'dark' ? ", runOnly: ['color-contrast']" : ''} })`,
        )) as {
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        };
        const faults = violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(
            ({ id, nodes }) => `${theme} ${width}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
          );
        expect(faults).toEqual([]);
        expect(await page.evaluate(accessibilityFaults)).toEqual([]);
        expect(await page.evaluate(contrastFaults)).toEqual([]);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
        0,
      );
    }
  });
});

const days = Array.from({ length: 60 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10));
/** One day without a value. */
const gapped = `day,y\n${days.map((day, i) => `${day},${i === 19 ? '' : 10 + (i % 7)}`).join('\n')}\n`;
