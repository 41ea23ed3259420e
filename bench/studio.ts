/**
 * The studio in headless Chromium: `npx tsx bench/studio.ts [pages] [program words …]`. 50 runs × 100,000 points: from the
 * click that selects all of them to their curves on the screen, and frames a second while panning and zooming; the
 * JavaScript of the Runs page; what the server takes with 1,000 runs, idle.
 *
 * `pages` is the built studio (dist/studio), the words a command line of Lookback (node bin/lookback.mjs): build both
 * first. No graphics processor draws here, so a reader's own browser is faster.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Page } from 'playwright-core';
import { serveStudio } from '../src/server/serve.node.ts';
import { metricLine } from '../src/track/index.ts';
import { createRun } from '../src/track/node.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const [pages = path('../dist/studio'), ...words] = process.argv.slice(2);
const command = words.length > 0 ? words : [process.execPath, path('../bin/lookback.mjs')];
const [runs, points] = [50, 100_000];
const say = (name: string, value: string) => console.log(`${name.padEnd(58)} ${value}`);
const folders: string[] = [];
const folder = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'lookback-bench-')));
  return folders[folders.length - 1];
};

/** Runs of one metric with noise, as `lookback train` would leave them. */
function writeRuns(root: string, count: number, steps: number): void {
  for (let i = 0; i < count; i++) {
    const recipe = { task: 'language', model: { kind: 'gpt' }, context: 64, train: { steps, batch: 12, seed: i } };
    const run = createRun({ root, name: `run-${i}`, recipe, seed: i, backend: 'bench', versions: {} });
    const lines: string[] = [];
    for (let step = 1; step <= steps; step++) {
      const loss = 1 + (3 + i / 25) / Math.sqrt(1 + step / 300) + ((step * 7919 + i * 104_729) % 997) / 4000;
      lines.push(metricLine({ step, time: 1_700_000_000 + step / 7, values: { loss } }));
    }
    writeFileSync(run.path('metrics.jsonl'), `${lines.join('\n')}\n`);
    run.finish('finished', { loss: 1 });
  }
}

/** Runs in the page before its own scripts: how many lines each frame drew, and when. A text, for tsx marks functions. */
const watchFrames = `
  const stroke = CanvasRenderingContext2D.prototype.stroke;
  let drawn = 0;
  CanvasRenderingContext2D.prototype.stroke = function (...rest) {
    drawn++;
    return stroke.apply(this, rest);
  };
  window.frames_ = [];
  requestAnimationFrame(function tick(at) {
    window.frames_.push({ at, drawn });
    drawn = 0;
    requestAnimationFrame(tick);
  });
`;

/** What {@link watchFrames} keeps. */
interface Watched {
  frames_: { at: number; drawn: number }[];
}

/** Milliseconds from the click on the box that selects all to the frame after the one that drew them all. */
async function firstDraw(page: Page): Promise<number> {
  return page.evaluate(async (count) => {
    const { frames_: frames } = window as unknown as Watched;
    const box = document.querySelector<HTMLInputElement>('thead input[type=checkbox]');
    const begin = performance.now();
    box?.click();
    for (;;) {
      await new Promise(requestAnimationFrame);
      const frame = frames.findLast(({ at, drawn }) => at >= begin && drawn >= count);
      if (frame) return performance.now() - begin;
      if (performance.now() - begin > 20_000) return Number.NaN;
    }
  }, runs);
}

/** Frames a second that drew every line while a pointer pans, or the wheel zooms, in each frame. */
async function framesWhile(page: Page, what: 'pan' | 'zoom'): Promise<{ perSecond: number; worst: number }> {
  return page.evaluate(
    async ([what, count]) => {
      const { frames_: frames } = window as unknown as Watched;
      const over = document.querySelector<HTMLElement>('.chart .u-over');
      const { left, top, width } = over?.getBoundingClientRect() ?? { left: 0, top: 0, width: 1 };
      const centre = { clientX: left + width / 2, clientY: top + 40, bubbles: true };
      if (what === 'pan') over?.dispatchEvent(new PointerEvent('pointerdown', { ...centre, shiftKey: true }));
      const begin = performance.now();
      while (performance.now() - begin < 3000) {
        const phase = Math.sin((performance.now() - begin) / 300);
        if (what === 'pan') {
          window.dispatchEvent(
            new PointerEvent('pointermove', { ...centre, clientX: left + width * (0.5 + 0.3 * phase) }),
          );
        } else {
          const deltaY = 40 * Math.sign(Math.sin((performance.now() - begin) / 400));
          over?.dispatchEvent(new WheelEvent('wheel', { ...centre, deltaY, ctrlKey: true, cancelable: true }));
        }
        await new Promise(requestAnimationFrame);
      }
      window.dispatchEvent(new PointerEvent('pointerup'));
      const shown = frames.filter(({ at, drawn }) => at >= begin && drawn >= count);
      const gaps = shown.slice(1).map(({ at }, i) => at - shown[i].at);
      return {
        perSecond: (shown.length - 1) / ((shown[shown.length - 1].at - shown[0].at) / 1000),
        worst: Math.max(...gaps),
      };
    },
    [what, runs] as const,
  );
}

/** Bytes of scripts the page asks for, gzipped. */
async function scriptBytes(page: Page): Promise<number> {
  const names = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .flatMap(({ name }) => (name.includes('/assets/') ? new URL(name).pathname : [])),
  );
  return names
    .filter((name) => name.endsWith('.js'))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(pages, name))).length, 0);
}

/** Resident memory of a server over a folder of runs, megabytes: after its start, and after a list was asked for. */
async function idleMemory(root: string): Promise<{ started: number; asked: number }> {
  const child: ChildProcess = spawn(command[0], [...command.slice(1), 'studio', '--runs', root, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise<string>((found, lost) => {
    let said = '';
    child.stdout?.on('data', (part) => {
      said += String(part);
      const [match] = /http:\S+token=\w+/.exec(said) ?? [];
      if (match) found(match);
    });
    child.once('exit', () => lost(new Error(`the server ended: ${said}`)));
  });
  const resident = () => {
    const [, kilobytes = 'NaN'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1000;
  };
  const wait = (seconds: number) => new Promise((done) => setTimeout(done, 1000 * seconds));
  await wait(1);
  const started = resident();
  const entered = await fetch(address, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const list = await fetch(new URL('/api/runs', address), { headers: { cookie } });
  if (((await list.json()) as { runs: unknown[] }).runs.length < 1000) throw new Error('runs are missing');
  await wait(10);
  const asked = resident();
  child.kill('SIGINT');
  await new Promise((done) => child.once('exit', done));
  return { started, asked };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const root = folder();
  writeRuns(root, runs, points);
  const open = async (studio: { address: string }) => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript({ content: watchFrames });
    await page.goto(studio.address);
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForTimeout(1500);
    return page;
  };
  for (const state of ['cold', 'warm'] as const) {
    const studio = await serveStudio({ root, pages, session: 'bench' });
    const page = await open(studio);
    const what = state === 'cold' ? 'nothing read yet: metrics parsed' : 'a new server: caches read from disk';
    say(`first draw of ${runs} × ${points} points, ${what}`, `${Math.round(await firstDraw(page))} ms`);
    if (state === 'warm')
      say('JavaScript of the Runs page, gzipped', `${Math.round((await scriptBytes(page)) / 1000)} KB`);
    await page.context().close();
    if (state === 'warm') {
      const again = await open(studio);
      say('  the same server again', `${Math.round(await firstDraw(again))} ms`);
      for (const what of ['zoom', 'pan'] as const) {
        if (what === 'pan') {
          await again.locator('.chart .plot').first().focus();
          for (let i = 0; i < 4; i++) await again.keyboard.press('+');
          await again.waitForTimeout(1500);
        }
        const { perSecond, worst } = await framesWhile(again, what);
        say(`  ${what}`, `${perSecond.toFixed(0)} frames/s, longest ${Math.round(worst)} ms`);
      }
      await again.context().close();
    }
    await studio.close();
  }
  const many = folder();
  writeRuns(many, 1000, 200);
  const { started, asked } = await idleMemory(many);
  say('server with 1,000 runs, idle: started, asked for the list', `${started.toFixed(0)}, ${asked.toFixed(0)} MB`);
} finally {
  await browser.close();
  for (const each of folders) rmSync(each, { recursive: true, force: true });
}
