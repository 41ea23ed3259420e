/** A studio over runs written for the occasion, and for each test a page that must neither complain nor ask elsewhere. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type Studio, serveStudio } from '../../src/server/serve.node.ts';
import { createRun } from '../../src/track/node.ts';
import { launch, watchedPage } from './browser.ts';
import { studioPages } from './built.ts';
import { command, temporaryFolder, writeForecast, writeRun } from './support.ts';

/** A name, a metric and a source of data that are HTML. */
export const hostile = '<img src=x onerror=document.title=1>';

/** Fifteen runs: twelve alike, a language run, a forecast, one with a hostile name. Registers vitest's hooks. */
export class RunsStudio {
  readonly root = temporaryFolder();
  /** What `vite build` wrote. */
  pages = '';
  page!: Page;
  studio!: Studio;
  /** What the page complained of. */
  complaints: string[] = [];
  #browser: Browser | undefined;

  constructor() {
    beforeAll(async () => {
      this.pages = await studioPages();
      this.#writeRuns();
      this.#browser = await launch();
      await this.serve();
    }, 120_000);
    afterAll(async () => {
      await this.#browser?.close();
      await this.studio?.close();
    });
    beforeEach(async () => {
      if (!this.#browser) throw new Error('no browser');
      const viewport = { width: 1400, height: 900 };
      ({ page: this.page, complaints: this.complaints } = await watchedPage(this.#browser, {
        viewport,
        limit: 15_000,
      }));
      this.page.on('request', (request) => {
        if (!request.url().replace('blob:', '').startsWith(this.address))
          this.complaints.push(`asked for ${request.url()}`);
      });
      await this.page.goto(this.studio.address);
    });
    afterEach(async () => {
      await this.page.context().close();
      expect(this.complaints).toEqual([]);
    });
  }

  get address(): string {
    return `http://127.0.0.1:${this.studio.port}/`;
  }

  async serve(port = 0): Promise<void> {
    const { root, pages } = this;
    this.studio = await serveStudio({ root, pages, port, token: 'token', session: 'session', command, interval: 50 });
  }

  open(name: string) {
    return this.page.goto(`${this.address}#/runs/${encodeURIComponent(name)}`);
  }

  row(name: string) {
    const link = this.page.getByRole('link', { name, exact: true });
    return this.page.locator('tr[data-run]').filter({ has: link });
  }

  rows(): Promise<number> {
    return this.page.locator('tr[data-run]').count();
  }

  /** The step of the last row in the table behind a metric's chart. */
  async lastStep(title: string): Promise<number> {
    const table = this.page.getByRole('region', { name: `Data of ${title}`, exact: true });
    if (!(await table.isVisible())) await this.page.getByLabel(title, { exact: true }).getByText('Data').click();
    return Number((await table.locator('tbody tr:last-child td:first-child').innerText()).replace(/\D/g, ''));
  }

  #writeRuns(): void {
    const { root } = this;
    for (let i = 1; i <= 12; i++) writeRun(root, `run-${i}`, { seed: i % 3 }).finish('finished', { mape: i });
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
    const forecast = writeRun(root, 'forecaster');
    writeForecast(forecast);
    forecast.finish('finished');
    writeRun(root, 'renamed').finish('finished');
    renameSync(join(root, 'renamed'), join(root, hostile));
  }
}
