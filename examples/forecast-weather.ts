/**
 * Weather: a linear map of the last days is a tenth better than repeating today, and no more.
 *
 * Seattle's daily maximum temperature, 2012 to 2015, from 40 origins nine days apart, one day and seven days ahead. A
 * season of a year would need more years than there are. Lecture: how much there is to gain, and how far ahead.
 */
import { type ForecastResult, forecast } from '../src/index.ts';
import { type Print, runAlone } from './entry.ts';
import { show, vega } from './forecasts.ts';

export async function main(print: Print = console.log): Promise<Record<'day' | 'week', ForecastResult>> {
  const rows = await vega('seattle-weather.csv');
  const ahead = async (horizon: number) => {
    const backtest = { folds: 40, stride: 9, window: 730 };
    const options = { target: 'temp_max', horizon, models: ['theta', 'ridge-linear', 'ridge-nlinear'], backtest };
    const result = await forecast(rows, options);
    show(print, `maximum temperature, ${horizon} ahead`, result);
    if (result.oneStep) print(`${result.oneStep.verdict}\n`);
    return result;
  };
  return { day: await ahead(1), week: await ahead(7) };
}

runAlone(import.meta.url, main);
