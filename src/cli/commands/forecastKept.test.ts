import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';
import { Random } from '../../random.ts';
import { airlineCsv } from '../../series/airline.ts';

const folder = mkdtempSync(join(tmpdir(), 'lookback-kept-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const put = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function run(...words: string[]) {
  const { error: errors, ...rest } = await lookback(['forecast', ...words]);
  return { ...rest, errors };
}

describe('lookback forecast, a kept model', () => {
  it('goes on with new rows, which may repeat old ones', async () => {
    const lines = airlineCsv().trim().split('\n');
    const old = put('old.csv', lines.slice(0, 121).join('\n'));
    const all = put('all.csv', lines.join('\n'));
    const kept = join(folder, 'kept.lookback');
    const { out } = await run(old, '--horizon', '6', '--models', 'theta', '--backtest', '2', '--save', kept);
    expect(out).toMatch(/kept: .*kept\.lookback/);
    const { forecast, taken, best } = JSON.parse((await run(all, '--model', kept, '--json')).out);
    expect([taken, forecast[0].times[0], forecast[0].mean.length]).toEqual([24, '1961-01', 6]);
    expect(best).toBeTruthy();
    const text = (await run(all, '--model', kept, '--horizon', '2')).out;
    expect(text).toMatch(/24 new values from all\.csv/);
    expect(text).toMatch(/1961-02/);
    expect(text).not.toMatch(/1961-03/);
    expect(await run(all, '--model', kept, '--horizon', '7')).toMatchObject({ status: 2 });
    expect((await run(all, '--model', old)).errors).toMatch(/FILE_INVALID/);
  });

  it('takes what is known ahead from rows without the target', async () => {
    const random = new Random(2, 'sales');
    const rows = Array.from({ length: 60 }, (_, t) => {
      const promotion = random.uniform() < 0.3 ? 1 : 0;
      return {
        date: new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10),
        promotion,
        units: 20 + 15 * promotion + random.normal(),
      };
    });
    const past = put('sales.json', JSON.stringify(rows.slice(0, 55)));
    const plans = put('plans.json', JSON.stringify(rows.slice(55).map(({ date, promotion }) => ({ date, promotion }))));
    const kept = join(folder, 'sales.lookback');
    const words = ['--target', 'units', '--future', 'promotion', '--models', 'regression', '--backtest', '2'];
    expect((await run(past, '--horizon', '5', ...words)).errors).toMatch(/values ahead are missing: 2024-02-25/);
    expect((await run(past, '--horizon', '5', ...words, '--save', kept)).status).toBe(0);
    const { forecast } = JSON.parse((await run(plans, '--model', kept, '--json')).out);
    for (const [step, mean] of forecast[0].mean.entries()) {
      expect(Math.abs(mean - (20 + 15 * rows[55 + step].promotion))).toBeLessThan(4);
    }
  });
});

it('lookback forecast --anomalies marks them in table, figure and JSON', async () => {
  const random = new Random(3, 'sensor');
  const values = Array.from({ length: 300 }, (_, t) => 5 + random.normal() + (t === 260 ? 12 : 0));
  const file = put('sensor.csv', `t,value\n${values.map((value, t) => `${t},${value}`).join('\n')}\n`);
  const svg = join(folder, 'marks.svg');
  const { status, out } = await run(file, '--time', 't', '--anomalies', '0.98', '--plot', svg);
  expect(status).toBe(0);
  expect(out).toMatch(/value +260 +1[5-9]/);
  expect(readFileSync(svg, 'utf8')).toMatch(/<circle/);
  const { anomalies, quantile } = JSON.parse((await run(file, '--time', 't', '--anomalies', '0.98', '--json')).out);
  expect(quantile).toBe(0.98);
  expect(anomalies.map(({ at }: { at: number }) => at)).toContain(260);
});
