import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { airlineCsv } from '../series/airline.ts';
import { runProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'lookback-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'airline.csv');
writeFileSync(file, airlineCsv());

async function run(...words: string[]) {
  const out: string[] = [];
  const terminal = {
    width: 100,
    colour: false,
    interactive: false,
    write: (text: string) => out.push(text),
    writeError: () => undefined,
  };
  const status = await runProgram(words, terminal as unknown as Parameters<typeof runProgram>[1]);
  return { status, out: out.join('') };
}

describe('the report of lookback forecast FILE', () => {
  it('shows formulas, errors by step, calibration and a test of the difference', async () => {
    const svg = join(folder, 'calibration.svg');
    const words = ['--horizon', '6', '--models', 'stl-ets', '--backtest', '8', '--calibration', svg];
    const { status, out } = await run('forecast', file, ...words);
    expect(status).toBe(0);
    for (const name of ['naive', 'seasonal-naive', 'stl-ets']) expect(out).toMatch(new RegExp(`^[→ ] ${name} `, 'm'));
    expect(out).toMatch(/RMSE by step +\+1 +\+2 +\+4 +\+6\n/);
    expect(out).toMatch(/one-step seasonal naive forecast of period 12/);
    expect(out).toMatch(/interval of stl-ets +split conformal +adaptive +mean width\n +50 % +\d+ %/);
    expect(out).toMatch(/stl-ets is better than .* \(Diebold-Mariano test over 8 origins, p/);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg.*coverage measured.*split conformal/s);
  });

  it('puts persistence and the seasonal ratio beside a one-step model', async () => {
    const words = ['--horizon', '1', '--models', 'ridge-linear', '--backtest', '48'];
    const { out } = await run('forecast', file, ...words);
    expect(out).toMatch(/one step ahead, 48 times +RMSE/);
    expect(out).toMatch(/persistence, y\[t-1\] +48\.04/);
    expect(out).toMatch(/y\[t-1\]·y\[t-12\]\/y\[t-13\] +15\.62/);
    const { oneStep, comparison, calibration, leaderboard } = JSON.parse(
      (await run('forecast', file, ...words, '--json')).out,
    );
    expect(oneStep.persistence.rmse).toBeCloseTo(48.04, 2);
    expect(oneStep.seasonal.rmse).toBeCloseTo(15.62, 2);
    expect(oneStep.verdict).toMatch(/beats the last value/);
    expect(comparison.p).toBeLessThan(0.05);
    expect(calibration.map(({ level }: { level: number }) => level)).toEqual([0.5, 0.8, 0.9, 0.95]);
    for (const row of leaderboard) expect(row.steps.rmse).toHaveLength(1);
    // One value an origin: the RMSE is over all of them.
    expect(leaderboard.find(({ model }: { model: string }) => model === 'naive').rmse).toBeCloseTo(48.04, 2);
  });

  it('takes gap, window, refit and interval', async () => {
    const words = ['--horizon', '3', '--models', 'ridge-nlinear', '--backtest', '6', '--json'];
    const more = ['--gap', '2', '--window', '60', '--refit', '0', '--interval', 'adaptive'];
    const [plain, changed] = [await run('forecast', file, ...words), await run('forecast', file, ...words, ...more)];
    const rmse = (out: string) => JSON.parse(out).leaderboard[0].rmse;
    expect(changed.status).toBe(0);
    expect(rmse(changed.out)).not.toBe(rmse(plain.out));
    expect((await run('forecast', file, '--horizon', '3', '--interval', 'wide')).status).toBe(2);
  });
});

describe('the report of a one-step recipe', () => {
  it.each([
    [
      'airline-one-step',
      [/persistence, y\[t-1\] +48\.04/, /y\[t-1\]·y\[t-12\]\/y\[t-13\] +15\.62/, /Lstm is worse than/],
    ],
    ['sp500-one-step', [/persistence, y\[t-1\] +63\.75/, /There is no evidence that gru is better than repeating/]],
  ])('%s says what its plot hides', async (name, wanted) => {
    const { status, out } = await run('train', `recipes/${name}.yaml`, '--runs', join(folder, 'runs'));
    expect(status).toBe(0);
    for (const words of wanted) expect(out).toMatch(words);
  });
});
