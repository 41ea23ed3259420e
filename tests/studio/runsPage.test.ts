/** The page of all runs in a browser: looked through, drawn, followed while they grow and while the server is away. */
import { describe, expect, it } from 'vitest';
import { executablePath, forgive } from './browser.ts';
import { RunsStudio } from './runsStudio.ts';
import { writeRun } from './support.ts';

describe.skipIf(!executablePath)('the runs (install Debian’s chromium, or set CHROMIUM, if this is skipped)', () => {
  const at = new RunsStudio();

  it('lists the runs: searched, filtered, grouped, sorted, more of them on demand', async () => {
    const showing = at.page.getByText('showing 10 of 15');
    await showing.waitFor();
    expect(await at.rows()).toBe(10);
    await at.page.getByRole('button', { name: 'Show more' }).click();
    expect(await at.rows()).toBe(15);
    await at.page.getByLabel('Search runs').fill('run-1');
    expect(await at.rows()).toBe(4);
    await at.page.getByRole('button', { name: 'MAPE %' }).click();
    expect(await at.page.locator('tr[data-run] a').allInnerTexts()).toEqual(['run-1', 'run-10', 'run-11', 'run-12']);
    await at.page.getByRole('button', { name: 'MAPE %' }).click();
    expect(await at.page.locator('tr[data-run] a').first().innerText()).toBe('run-12');
    await at.page.getByLabel('Group by').selectOption('train.seed');
    expect(await at.page.locator('tr.group th').allInnerTexts()).toEqual([
      'train.seed = 0 1',
      'train.seed = 1 2',
      'train.seed = 2 1',
    ]);
    await at.page.getByLabel('Add a column').selectOption('model.hidden');
    await at.page.getByRole('button', { name: 'model.hidden', exact: true }).waitFor();
    await at.page.getByLabel('Search runs').fill('no such run');
    await at.page.getByText('No run fits.').waitFor();
    await at.page.getByRole('button', { name: 'Clear the filters' }).click();
    await at.page.getByLabel('Task', { exact: true }).selectOption('language');
    expect(await at.rows()).toBe(1);
  });

  it('filters by recipe keys, and draws groups as one curve each', async () => {
    await at.page.getByText('showing 10 of 15').waitFor();
    await at.page.getByLabel('Add a filter').selectOption('train.seed');
    await at.page.getByLabel('Value of train.seed').fill('0');
    await expect.poll(() => at.rows()).toBe(4);
    await at.page.getByLabel('Comparison').selectOption('>');
    await expect.poll(() => at.rows()).toBe(10);
    await at.page.getByLabel('Group by').selectOption('train.seed');
    await at.page.getByRole('button', { name: 'Clear', exact: true }).click();
    await at.page.getByRole('checkbox', { name: 'Show the curves of all runs in the table' }).check();
    const groups = at.page.getByRole('list', { name: 'Groups' });
    await expect.poll(() => groups.innerText()).toMatch(/train.seed = 1.*mean of 6.*train.seed = 2.*mean of 4/s);
    expect(await at.lastStep('loss')).toBe(20);
    const heads = at.page.getByRole('region', { name: 'Data of loss', exact: true }).locator('th');
    expect(await heads.allInnerTexts()).toEqual(['step', 'train.seed = 1', 'train.seed = 2']);
    await at.page.getByRole('button', { name: 'Remove the filter on train.seed' }).click();
    await at.page.getByText('of 15').waitFor();
  });

  it('draws the curves of the runs selected, by keyboard too', async () => {
    await at.page.getByText('showing 10 of 15').waitFor();
    await at.page.getByRole('button', { name: 'Clear', exact: true }).click();
    await at.page.getByText('Select runs in the table').waitFor();
    const first = at.page.locator('tr[data-run]').first();
    await first.focus();
    await at.page.keyboard.press('ArrowDown');
    await at.page.keyboard.press('Space');
    expect(await at.page.locator('tr[data-run]').nth(1).getAttribute('aria-selected')).toBe('true');
    await at.page.locator('.chart canvas').first().waitFor();
    expect(await at.lastStep('loss')).toBeGreaterThan(1);
    await at.page.getByRole('button', { name: 'tokens' }).click();
    await at.page.getByLabel('Smoothing').fill('0.9');
    await at.page.getByLabel('log y').check();
    const plot = await at.page.locator('.chart .u-over').first().boundingBox();
    if (!plot) throw new Error('no plot');
    await at.page.mouse.move(plot.x + plot.width * 0.2, plot.y + 40);
    await at.page.mouse.down();
    await at.page.mouse.move(plot.x + plot.width * 0.6, plot.y + 40, { steps: 4 });
    await at.page.mouse.up();
    await at.page.getByRole('button', { name: 'Reset zoom' }).waitFor();
    expect(await at.page.locator('.readout').count()).toBeGreaterThan(1);
    await at.page.locator('.chart .u-over').first().dblclick();
    await at.page.getByRole('button', { name: 'Reset zoom' }).waitFor({ state: 'detached' });
    await at.page.locator('tr[data-run]').nth(1).focus();
    await at.page.keyboard.press('Enter');
    await at.page.getByRole('link', { name: '← Runs' }).waitFor();
  });

  it('shows a run that appears, and its curve as it grows', async () => {
    await at.page.getByText('showing 10 of 15').waitFor();
    const run = writeRun(at.root, 'newcomer', { steps: 5 });
    try {
      await at.row('newcomer').waitFor();
      await at.open('newcomer');
      expect(await at.lastStep('loss')).toBe(5);
      for (let step = 6; step <= 17; step++) run.log(step, { loss: 4 / step, learningRate: 1e-3 });
      run.flush();
      await expect.poll(() => at.lastStep('loss'), { timeout: 10_000 }).toBe(17);
      await at.page.getByRole('progressbar').waitFor();
      run.finish('stopped');
      await at.page.locator('.title').getByText('stopped').waitFor();
    } finally {
      run.close();
    }
  });

  it('says when the server is away, and goes on by itself when it is back', async () => {
    await at.page.getByText('showing 10 of').waitFor();
    const { port } = at.studio;
    await at.studio.close();
    await at.page.getByText('The server is away.').waitFor();
    expect(await at.rows()).toBe(10);
    writeRun(at.root, 'meanwhile').finish('finished');
    await at.serve(port);
    await at.page.getByText('The server is away.').waitFor({ state: 'detached' });
    await at.row('meanwhile').waitFor();
    await at.page.getByText('live', { exact: true }).waitFor();
    forgive(at.complaints, /net::ERR_/);
  });
});
