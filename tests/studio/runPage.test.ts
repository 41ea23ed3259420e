/** The page of one run in a browser: its curves, facts and forecast, what is kept of it, stopped, resumed, damaged. */
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createRun, Run } from '../../src/track/node.ts';
import { executablePath, forgive } from './browser.ts';
import { hostile, RunsStudio } from './runsStudio.ts';
import { recipe, writeRun } from './support.ts';

describe.skipIf(!executablePath)('a run (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  const at = new RunsStudio();

  it('moves along and closer by keyboard, wheel and shift', async () => {
    await at.open('run-1');
    const plot = at.page.getByLabel('loss', { exact: true }).locator('.plot');
    await plot.locator('canvas').waitFor();
    const reset = at.page.getByRole('button', { name: 'Reset zoom' });
    await plot.focus();
    await at.page.keyboard.press('+');
    await reset.waitFor();
    await at.page.keyboard.press('ArrowRight');
    await at.page.keyboard.press('0');
    await reset.waitFor({ state: 'detached' });
    await plot.hover();
    await at.page.keyboard.down('Control');
    await at.page.mouse.wheel(0, -300);
    await at.page.keyboard.up('Control');
    await reset.waitFor();
    await at.page.keyboard.down('Shift');
    await at.page.mouse.down();
    await at.page.mouse.move(700, 500, { steps: 3 });
    await at.page.mouse.up();
    await at.page.keyboard.up('Shift');
    await reset.click();
    await reset.waitFor({ state: 'detached' });
  });

  it('keeps tags and notes, and puts a run away', async () => {
    await at.open('run-2');
    await at.page.getByLabel('New tag').fill('good one');
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('button', { name: 'Remove the tag good one' }).waitFor();
    await at.page.getByLabel('New tag').fill('<b>');
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('alert').filter({ hasText: 'letters, digits' }).waitFor();
    forgive(at.complaints, /status of 400/);
    await at.page.getByRole('button', { name: 'Add a note' }).click();
    await at.page.getByRole('textbox', { name: 'Notes' }).fill(hostile);
    await at.page.keyboard.press('Control+Enter');
    await at.page.locator('.notes').getByText(hostile).waitFor();
    expect(new Run(join(at.root, 'run-2')).record).toMatchObject({ tags: ['good one'], notes: hostile });
    await at.page.getByRole('button', { name: 'Archive' }).click();
    await at.page.getByRole('button', { name: 'Take out of the archive' }).waitFor();
    await at.page.getByRole('link', { name: '← Runs' }).click();
    await at.page.getByText('of 14').waitFor();
    await at.page.getByLabel('archived').check();
    await at.page.getByText('of 15').waitFor();
    new Run(join(at.root, 'run-2')).label({ tags: [], notes: '', archived: false });
    await at.page.getByLabel('archived').waitFor({ state: 'detached' });
  });

  it('goes on asking for its own run when the page is left before the answer', async () => {
    let release = () => {};
    const left = new Promise<void>((done) => {
      release = done;
    });
    await at.page.route(/api\/runs\/run-3$/, async (route) => {
      await left;
      await route.continue();
    });
    const asked = at.page.waitForRequest(/\/profile$/);
    await at.open('run-3');
    await at.page.getByText('Loading …').waitFor();
    await at.page.getByRole('link', { name: '← Runs' }).click();
    await at.page.getByText('of 15').waitFor();
    release();
    expect((await asked).url()).toContain('api/runs/run-3/profile');
  });

  it('saves charts as SVG and PNG, and a run as one page that asks for nothing', async () => {
    await at.open('forecaster');
    const saved = async (name: string) => {
      const [download] = await Promise.all([
        at.page.waitForEvent('download'),
        at.page.getByRole('button', { name }).click(),
      ]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const svg = await saved('Save loss as SVG');
    expect(svg.name).toBe('loss.svg');
    expect(svg.bytes.toString()).toMatch(/^<svg [\s\S]*<title>|^<svg [\s\S]*>loss<\/text>/);
    expect((await saved('Save loss as PNG')).bytes.subarray(1, 4).toString()).toBe('PNG');
    expect((await saved('Save Forecast of airline-passengers as SVG')).bytes.toString()).toContain('seasonal naive');
    const [report] = await Promise.all([
      at.page.waitForEvent('download'),
      at.page.getByRole('link', { name: 'Report' }).click(),
    ]);
    expect(report.suggestedFilename()).toBe('forecaster.html');
    const alone = await at.page.context().newPage();
    const asked: string[] = [];
    alone.on('request', (request) => asked.push(request.url()));
    await alone.setContent(readFileSync(await report.path(), 'utf8'));
    expect(await alone.locator('h1').innerText()).toBe('forecaster');
    expect(await alone.locator('svg.figure').count()).toBeGreaterThan(2);
    expect(asked).toEqual([]);
  });

  it('draws only the panels in view, and finds a metric by name', async () => {
    const many = createRun({
      root: at.root,
      name: 'many',
      recipe: { task: 'other' },
      seed: 1,
      backend: 'x',
      versions: {},
    });
    for (let step = 1; step <= 3; step++) {
      many.log(step, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`layer ${i}`, i + step])));
    }
    many.finish('finished');
    await at.open('many');
    await at.page.locator('.chart canvas').first().waitFor();
    expect(await at.page.locator('.chart').count()).toBe(300);
    expect(await at.page.locator('.chart canvas').count()).toBeLessThan(40);
    await at.page.getByLabel('Search metrics').fill('layer 299');
    expect(await at.lastStep('layer 299')).toBe(3);
    expect(await at.page.locator('.chart').count()).toBe(1);
    rmSync(join(at.root, 'many'), { recursive: true });
  });

  it('tells of a killed run and of damaged metrics, and shows what stands before the damage', async () => {
    writeRun(at.root, 'killed').close();
    await at.row('killed').getByText('interrupted').waitFor({ state: 'attached' });
    appendFileSync(join(at.root, 'run-3', 'metrics.jsonl'), 'no event\n{"step":21,"time":1,"loss":1}\n');
    await at.open('run-3');
    await at.page
      .getByText(/metrics.jsonl.*no event/)
      .first()
      .waitFor();
    expect(await at.lastStep('loss')).toBe(20);
    // As records are written: beside, then renamed.
    writeFileSync(join(at.root, 'killed', 'torn'), '{');
    renameSync(join(at.root, 'killed', 'torn'), join(at.root, 'killed', 'run.json'));
    await at.page.goto(`${at.address}#/`);
    // Without a start it stands at the end of the list.
    await at.page.getByLabel('Search runs').fill('killed');
    await at.row('killed').getByText('damaged').waitFor({ state: 'attached' });
    rmSync(join(at.root, 'killed'), { recursive: true });
  });

  it('stops a run it started, and goes on with it', async () => {
    await at.page.getByRole('button', { name: 'New run' }).click();
    const dialog = at.page.getByRole('dialog', { name: 'New run' });
    const long = { ...recipe, train: { ...recipe.train, steps: 100_000, evaluateEvery: 1000, snapshots: false } };
    await dialog.getByRole('textbox').fill(stringify(long));
    await dialog.getByRole('button', { name: 'Start run' }).click();
    await dialog.waitFor({ state: 'detached', timeout: 60_000 });
    await at.page.getByRole('progressbar').waitFor({ timeout: 30_000 });
    await at.page.getByRole('button', { name: 'Stop' }).click();
    await at.page.getByRole('button', { name: 'Resume' }).waitFor({ timeout: 30_000 });
    // The process ends a moment after the record says so.
    await expect.poll(() => at.studio.jobCount, { timeout: 30_000 }).toBe(0);
    await at.page.getByRole('button', { name: 'Resume' }).click();
    await at.page.getByRole('button', { name: 'Stop' }).click({ timeout: 60_000 });
    await at.page.getByRole('button', { name: 'Resume' }).waitFor({ timeout: 30_000 });
    await expect.poll(() => at.studio.jobCount, { timeout: 30_000 }).toBe(0);
    const name = decodeURIComponent(at.page.url().split('/runs/')[1]);
    // A page that still shows it would ask for a run that is no longer there.
    await at.page.goto('about:blank');
    rmSync(join(at.root, name), { recursive: true });
  });

  it('shows one run: facts, floors, samples, its recipe beside another one', async () => {
    await at.open('whale');
    await at.page.getByRole('heading', { name: 'whale' }).waitFor();
    await at.page.getByText('language · gpt').waitFor();
    expect(await at.page.getByRole('list', { name: 'Samples' }).innerText()).toContain(
      '<script>document.title = 2</script> whale',
    );
    await at.page.getByLabel('compared with').selectOption('run-1');
    await at.page.locator('pre .added').first().waitFor();
    expect(await at.page.locator('pre .removed').allInnerTexts()).toContainEqual(
      expect.stringContaining('task: forecast'),
    );
    expect(await at.page.title()).toBe('whale · Lookback');
  });

  it('shows how a forecast bends, and which method wins', async () => {
    await at.open('forecaster');
    await at.page.getByRole('heading', { name: 'Forecast of airline-passengers' }).waitFor();
    const slider = at.page.getByRole('slider', { name: /step/ });
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe('step 10');
    await slider.press('Home');
    expect(await slider.getAttribute('aria-valuetext')).toBe('step 0');
    expect(await at.page.getByRole('table', { name: 'Scores' }).locator('tr.best').innerText()).toContain(
      'seasonal naive',
    );
    await at.page.getByLabel('seasonal naive', { exact: true }).uncheck();
  });

  it('starts a run from a duplicated recipe, and says what the server refuses', async () => {
    await at.open('run-1');
    await at.page.getByRole('button', { name: 'Duplicate' }).click();
    const dialog = at.page.getByRole('dialog', { name: 'New run' });
    const text = await dialog.getByRole('textbox').inputValue();
    expect(text).toContain('hidden: 4');
    await dialog.getByRole('textbox').fill(text.replace('hidden:', 'hiden:'));
    await dialog.getByRole('button', { name: 'Start run' }).click();
    expect(await dialog.getByRole('alert').innerText()).toMatch(/hiden.*hidden/s);
    forgive(at.complaints, /status of 400/);
    await at.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});
