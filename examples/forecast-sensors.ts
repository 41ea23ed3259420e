/**
 * Sensors: where the clock is the season, the season is most of it.
 *
 * Passengers of New York's taxis every half hour (a day is 48 of them) and Melbourne's daily minimum temperatures, both
 * from LOOKBACK_DATA. The ridge regression looks back two days of taxis. Lecture: know the period before the network.
 */
import { readTable } from '../src/data/node.ts';
import { type ForecastResult, forecast } from '../src/index.ts';
import { type Print, runAlone } from './entry.ts';
import { given, show } from './forecasts.ts';

export const files = { taxi: 'taxi_new_york_passengers.csv', minimum: 'daily-min-temperatures.csv' };

/** What could be read; nothing without LOOKBACK_DATA. */
export async function main(print: Print = console.log): Promise<Partial<Record<keyof typeof files, ForecastResult>>> {
  const results: Partial<Record<keyof typeof files, ForecastResult>> = {};
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
    const missing = 'interpolate';
    const result = await forecast(rows, { horizon, models: ['theta', 'ridge-nlinear'], backtest, missing });
    show(print, `${name}, ${horizon} ahead`, result);
    results[name] = result;
  }
  return results;
}

runAlone(import.meta.url, main);
