/**
 * Passengers: a series that can be forecast, and still a formula is hard to beat.
 *
 * The airline months from eight origins, half a year apart, twelve months ahead. Classical models, a ridge regression and
 * formulas see only what came before each origin. Lecture: baselines first.
 */
import { airlinePassengers, forecast } from '../src/index.ts';
import { type Print, runAlone } from './entry.ts';
import { show } from './forecasts.ts';

export async function main(print: Print = console.log) {
  const models = ['ets', 'theta', 'stl-ets', 'ridge-nlinear'];
  const result = await forecast([...airlinePassengers().values], {
    period: 12,
    horizon: 12,
    models,
    backtest: { folds: 8, stride: 6 },
  });
  show(print, 'airline months, 12 ahead', result);
  return result;
}

runAlone(import.meta.url, main);
