/**
 * `npx vite build studio && npx tsx bench/attentionPage.ts [--width 192] [--pages dist/studio]`: how long the model page
 * takes to draw 144 heads of 512² in headless Chromium. Asked: first draw ≤ 1 s, redraw ≤ 100 ms.
 *
 * A GPT of 12 layers × 12 heads with context 512 and random weights is written as a run folder; the server runs in this
 * process. `typed` is from the end of typing a text of 512 characters, `moved` from a step of the slider to weights that
 * the page has not seen, `back` to a step it has, `theme` from a change of theme; each until the picture stands.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import '../src/backends/init.ts';
import { serveStudio } from '../src/server/serve.node.ts';
import { knownText, writeLanguageRun } from '../tests/studio/modelRuns.ts';

const { values } = parseArgs({
  options: { width: { type: 'string', default: '192' }, pages: { type: 'string', default: 'dist/studio' } },
});
const root = mkdtempSync(join(tmpdir(), 'lookback-attention-'));
const width = Number(values.width);
const model = { kind: 'gpt', layers: 12, heads: 12, width } as const;
writeLanguageRun(root, { name: 'wide', model, context: 512, steps: [0, 10, 20, 30, 40] });
const text = knownText.repeat(8).slice(0, 512);
const studio = await serveStudio({ root, pages: values.pages, token: 'token', session: 'session' });
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(studio.address);
  await page.goto(`http://127.0.0.1:${studio.port}/#/model/wide`);
  await page.locator('canvas[data-drawn]').waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);

  /** Milliseconds from `act` in the page to the next picture that stands, and to its being on the screen. */
  const drawn = (act: string): Promise<[number, number]> =>
    page.evaluate(
      `new Promise((done) => {
        const canvas = document.querySelector('canvas[data-drawn]');
        let start = 0;
        new MutationObserver((_, self) => {
          self.disconnect();
          const stands = performance.now() - start;
          requestAnimationFrame(() => requestAnimationFrame(() => done([stands, performance.now() - start])));
        }).observe(canvas, { attributeFilter: ['data-drawn'] });
        start = performance.now();
        ${act}
      })`,
    );
  const slide = (to: number) =>
    `const slider = document.querySelector('input[aria-label="Moment of training"]');
     slider.value = ${to}; slider.dispatchEvent(new Event('input', { bubbles: true }));`;
  const rest = () => page.waitForTimeout(2500);
  const report = (name: string, times: [number, number][]) => {
    const of = (i: 0 | 1) =>
      times
        .map((time) => time[i])
        .sort((a, b) => a - b)
        [times.length >> 1].toFixed(0);
    console.log(
      `${name.padEnd(8)} ${of(0).padStart(6)} ms drawn  ${of(1).padStart(6)} ms on the screen  (median of ${times.length})`,
    );
  };

  console.log(`144 heads × 512², GPT of width ${width}`);
  const typed = `const area = document.querySelector('textarea'); area.value = ${JSON.stringify(text)};
     area.dispatchEvent(new Event('input', { bubbles: true }));`;
  report('typed', [await drawn(typed)]);
  await rest();
  const moved: [number, number][] = [];
  for (const to of [3, 2, 1, 0]) {
    moved.push(await drawn(slide(to)));
    await rest();
  }
  report('moved', moved);
  const back: [number, number][] = [];
  for (const to of [1, 2, 3, 2, 1]) {
    back.push(await drawn(slide(to)));
    await page.waitForTimeout(600);
  }
  report('back', back);
  const themes: [number, number][] = [];
  for (let i = 0; i < 6; i++) {
    themes.push(await drawn(`document.querySelector('button[aria-label^="Use the"]').click();`));
    await page.waitForTimeout(400);
  }
  report('theme', themes);
} finally {
  await browser.close();
  await studio.close();
  rmSync(root, { recursive: true, force: true });
}
process.exit(0);
