import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';
import { airlineCsv } from '../../series/airline.ts';

const folder = mkdtempSync(join(tmpdir(), 'lookback-forecast-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'airline.csv');
writeFileSync(file, airlineCsv());

async function run(...words: string[]) {
  const { error: errors, ...rest } = await lookback(['forecast', ...words]);
  return { ...rest, errors };
}

describe('lookback forecast FILE', () => {
  it('prints a leaderboard, a plot and a verdict, and writes the figure', async () => {
    const svg = join(folder, 'out.svg');
    const { status, out } = await run(file, '--horizon', '12', '--models', 'theta', '--backtest', '2', '--plot', svg);
    expect(status).toBe(0);
    expect(out).toMatch(/144 values, one a month, season of 12/);
    expect(out).toMatch(/→ /);
    expect(out).toMatch(/wins/);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[^>]*xmlns=/);
  });

  it('prints one JSON object, or CSV', async () => {
    const { out } = await run(file, '--horizon', '6', '--models', 'ets', '--backtest', '2', '--json');
    const { leaderboard, forecast } = JSON.parse(out);
    for (const row of leaderboard) for (const key of ['model', 'mape', 'rmse', 'mase']) expect(row).toHaveProperty(key);
    expect(forecast[0].mean).toHaveLength(6);
    const csv = (await run(file, '--horizon', '2', '--models', 'theta', '--csv')).out.trim().split('\n');
    expect(csv[0]).toBe('series,time,forecast,lower,upper');
    expect(csv).toHaveLength(3);
  });

  it('says what is wrong', async () => {
    const bad = async (text: string, ...words: string[]) => {
      const path = join(folder, 'bad.csv');
      writeFileSync(path, text);
      return run(path, '--horizon', '2', ...words);
    };
    expect(await run(file)).toMatchObject({ status: 2, errors: expect.stringMatching(/--horizon/) });
    expect((await run(join(folder, 'none.csv'), '--horizon', '2')).errors).toMatch(/DATA_MISSING/);
    expect((await bad('')).errors).toMatch(/DATA_INVALID/);
    expect((await bad('a\u0000b')).errors).toMatch(/not text/);
    expect((await bad('date,y\n2024-01-01,1\n2024-01-01,2\n')).errors).toMatch(/stand twice/);
    expect((await bad('date,y\n2024-01-01,1\n2024-01-02,two\n', '--target', 'y')).errors).toMatch(/row 2, column y/);
    expect((await bad('[1, 2', '--target', 'y')).errors).toMatch(/not JSON/);
    expect((await run(file, '--horizon', '2', '--models', 'lstn')).status).toBe(2);
  });
});
