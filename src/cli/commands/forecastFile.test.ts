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

  it('reads decimal commas, days written first, and asks where it cannot know', async () => {
    const path = join(folder, 'umsatz.csv');
    const months = airlineCsv()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const write = (number: (text: string) => string) =>
      writeFileSync(
        path,
        `Monat;Umsatz\n${months.map(([m, y]) => `1.${m.slice(5)}.${m.slice(0, 4)};${number(y)}`).join('\n')}\n`,
      );
    const words = [path, '--horizon', '3', '--models', 'naive', '--json'];
    const first = async (...more: string[]) => {
      const { forecast, frequency } = JSON.parse((await run(...words, ...more)).out);
      return [frequency, forecast[0].times[0], Math.round(forecast[0].mean[0] * 100) / 100];
    };
    write((text) => `1.${text},50`);
    expect(await first()).toEqual(['month', '1961-01-01', 1452.58]);
    write((text) => `1.${text}`);
    expect((await run(...words)).errors).toMatch(/DECIMALS_UNCLEAR.*1\.112 can be 1\.112 or 1112.*--decimal/);
    expect([(await first('--decimal', ','))[2], (await first('--decimal', '.'))[2]]).toEqual([1452.08, 1.45]);
    expect((await run(...words, '--decimal', 'x')).status).toBe(2);
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
    writeFileSync(join(folder, 'notes'), '# Not a table\n');
    expect((await run(join(folder, 'notes'), '--target', 'y', '--horizon', '2')).errors).toMatch(
      /notes.*DATA_INVALID/s,
    );
    expect((await bad('a\u0000b')).errors).toMatch(/not text/);
    expect((await bad('date,y\n2024-01-01,1\n2024-01-01,2\n')).errors).toMatch(/1 time stands twice/);
    expect((await bad('date,y\n2024-01-01,1\n2024-01-02,two\n', '--target', 'y')).errors).toMatch(/row 2, column y/);
    expect((await bad('[1, 2', '--target', 'y')).errors).toMatch(/not JSON/);
    expect((await run(file, '--horizon', '2', '--models', 'lstn')).status).toBe(2);
    expect((await bad('date,y\n2024-01-01,1\n2024-01-02,2,3\n')).errors).toMatch(/line 3: it has 3 cells/);
    expect((await bad('date,y\n2024-01-01,1\n2024-01-02,1e300\n')).errors).toMatch(/1e300" is too large/);
    const lost = await run(file, '--horizon', '2', '--plot', join(folder, 'none', 'fan.svg'));
    expect(lost.errors).toMatch(/none.fan\.svg: its folder is not there.*FILE_NOT_FOUND/);
  });
});
