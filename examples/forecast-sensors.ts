/**
 * Sensors: where the clock is the season, the season is most of it.
 *
 * Carbon dioxide on Mauna Loa by the month, with the five months in which the instrument gave nothing; and from
 * LOOKBACK_DATA passengers of New York's taxis every half hour (a day is 48 of them) and Melbourne's daily minimum
 * temperatures. The ridge regression looks back two seasons. Lecture: know the period before the network.
 */
import { readTable } from '../src/data/node.ts';
import { type ForecastResult, forecast } from '../src/index.ts';
import { type Print, runAlone } from './entry.ts';
import { given, show, vega } from './forecasts.ts';

export const files = { taxi: 'taxi_new_york_passengers.csv', minimum: 'daily-min-temperatures.csv' };

/** What could be read: carbon dioxide alone without LOOKBACK_DATA. */
export async function main(
  print: Print = console.log,
): Promise<{ dioxide: ForecastResult } & Partial<Record<keyof typeof files, ForecastResult>>> {
  const missing = 'interpolate';
  const dioxide = await forecast(await vega('co2-concentration.csv'), {
    target: 'CO2',
    horizon: 24,
    models: ['theta', 'stl-ets', 'ridge-nlinear'],
    backtest: { folds: 12, stride: 12, window: 360 },
    missing,
  });
  show(print, 'carbon dioxide, 24 ahead', dioxide);
  const results: Awaited<ReturnType<typeof main>> = { dioxide };
  for (const [name, horizon, window] of [
    ['taxi', 48, 48 * 60],
    ['minimum', 7, 730],
  ] as const) {
    const path = given(files[name]);
    if (!path) {
      print(`${files[name]}: not in LOOKBACK_DATA`);
      continue;
    }
    const rows = await readTable(path);
    const backtest = { folds: 12, stride: 2 * horizon, window };
    const result = await forecast(rows, { horizon, models: ['theta', 'ridge-nlinear'], backtest, missing });
    show(print, `${name}, ${horizon} ahead`, result);
    results[name] = result;
  }
  return results;
}

runAlone(import.meta.url, main);
