/**
 * Every demonstration runs, prints what it shows, and shows what it claims.
 *
 * Bounds leave room for another rounding (the trained examples differ in the last bits between backends that cannot fuse),
 * none for another conclusion.
 */
import { describe, expect, it } from 'vitest';
import type { ForecastResult } from '../src/index.ts';
import * as additivePath from './additive-path.ts';
import * as attentionPermutation from './attention-permutation.ts';
import type { Print } from './entry.ts';
import * as forecastPassengers from './forecast-passengers.ts';
import * as forecastPrices from './forecast-prices.ts';
import * as forecastSensors from './forecast-sensors.ts';
import * as forecastWeather from './forecast-weather.ts';
import { given } from './forecasts.ts';
import * as orderMatters from './order-matters.ts';
import * as recallDistance from './recall-distance.ts';
import * as receptiveField from './receptive-field.ts';
import * as sgdAdam from './sgd-adam.ts';
import * as unrolledCell from './unrolled-cell.ts';
import * as vanishingGradients from './vanishing-gradients.ts';

/** What `main` returns, once it has printed at least a heading and a line. */
function run<Result>({ main }: { main: (print: Print) => Result }): Result {
  const lines: string[] = [];
  const result = main((line) => lines.push(line));
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join('\n')).not.toMatch(/NaN|undefined|Infinity/);
  return result;
}

describe('examples', () => {
  it('unrolled-cell: the fused layer is the cell, step after step', () => {
    const differences = Object.values(run(unrolledCell));
    expect(differences).toHaveLength(5);
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });

  it('vanishing-gradients: by spectral radius in the RNN, not in LSTM and GRU', () => {
    const norms = run(vanishingGradients);
    [5, 10, 20, 50, 100].forEach((k, i) => {
      for (const radius of [0.8, 1, 1.2]) {
        const ratio = norms[`RNN, radius ${radius}`][i] / radius ** (k - 1);
        expect(ratio).toBeCloseTo(1, 2);
      }
    });
    for (const name of ['LSTM, b = 4.6', 'GRU, b = 4.6']) {
      expect(Math.min(...norms[name])).toBeGreaterThan(0.3);
      expect(Math.max(...norms[name])).toBeLessThan(1.1);
    }
    expect(norms['LSTM, b = 1'][4]).toBeLessThan(1e-4);
  });

  it('additive-path: without it the LSTM forgets', () => {
    const { lstm, cut, chance } = run(additivePath);
    expect(lstm).toBeGreaterThan(0.9);
    expect(cut).toBeLessThan(chance + 0.15);
  });

  it('order-matters: to the LSTM, not to the mean over time', () => {
    const result = run(orderMatters);
    for (const question of ['more A than B', 'X before Y']) {
      expect(result[`${question}: MLP`].change).toBeLessThan(1e-4);
      expect(result[`${question}: LSTM`].change).toBeGreaterThan(0.1);
    }
    expect(result['more A than B: MLP'].right).toBeGreaterThan(0.95);
    expect(result['more A than B: MLP'].shuffled).toBeGreaterThan(0.95);
    expect(result['X before Y: MLP'].right).toBeLessThan(0.6);
    expect(result['X before Y: LSTM'].right).toBeGreaterThan(0.95);
    expect(result['X before Y: LSTM'].shuffled).toBeLessThan(0.65);
  });

  it('receptive-field: the CNN sees exactly its field, the LSTM everything', () => {
    const { field, cnn, lstm } = run(receptiveField);
    expect(field).toBe(15);
    expect(cnn).toEqual(cnn.map((_, t) => t >= cnn.length - field));
    expect(lstm.filter(Boolean).length).toBeGreaterThan(2 * field);
  });

  it('recall-distance: recall falls with distance', () => {
    const { rnn, lstm, openLstm } = run(recallDistance);
    for (const recalled of [rnn, lstm, openLstm]) {
      expect(Math.min(recalled[0], recalled[1])).toBeGreaterThan(0.95);
      expect(recalled[4]).toBeLessThan(0.6);
    }
    expect(openLstm[3]).toBeGreaterThan(lstm[3] + 0.3);
  });

  it('attention-permutation: without positions it commutes with every permutation', () => {
    const { none, ...ordered } = run(attentionPermutation);
    expect(none).toBeLessThan(1e-6);
    for (const difference of Object.values(ordered)) expect(difference).toBeGreaterThan(1e-2);
  });

  it('sgd-adam: Adam is ahead of the best SGD at every mark', () => {
    const losses = run(sgdAdam);
    const best = (kind: string, mark: number) =>
      Math.min(...Object.keys(losses).flatMap((name) => (name.startsWith(kind) ? [losses[name][mark]] : [])));
    for (const mark of [0, 1, 2]) expect(best('Adam', mark)).toBeLessThan(best('SGD', mark) - 0.1);
    expect(best('SGD', 2)).toBeLessThan(2);
  });

  /** The same for examples that forecast, which take their time. */
  async function forecasts<Result>({ main }: { main: (print: Print) => Promise<Result> }): Promise<Result> {
    const lines: string[] = [];
    const result = await main((line) => lines.push(line));
    expect(lines.join('\n')).toMatch(/wins/);
    expect(lines.join('\n')).not.toMatch(/NaN|undefined|Infinity/);
    return result;
  }
  const row = ({ leaderboard }: ForecastResult, name: string) => {
    const found = leaderboard.find(({ model }) => model === name);
    if (!found) throw new Error(name);
    return found;
  };

  it('forecast-passengers: models halve the seasonal naive error, a formula stays near', async () => {
    const result = await forecasts(forecastPassengers);
    expect(row(result, 'stl-ets').mase).toBeLessThan(0.6 * row(result, 'seasonal-naive').mase);
    const growth = row(result, 'seasonal-naive-with-growth').mase;
    expect(growth).toBeLessThan(1.3 * result.leaderboard[0].mase);
    expect(result.comparison?.p).toBeGreaterThan(0.05);
  });

  it('forecast-weather: a tenth better than repeating today, one day and seven days ahead', async () => {
    const { day, week } = await forecasts(forecastWeather);
    const gain = (result: ForecastResult) => 1 - result.leaderboard[0].rmse / row(result, 'naive').rmse;
    for (const result of [day, week]) {
      expect(gain(result)).toBeGreaterThan(0.05);
      expect(gain(result)).toBeLessThan(0.15);
    }
    expect(row(week, 'naive').mase).toBeGreaterThan(row(day, 'naive').mase);
    expect(day.oneStep?.verdict).toBeDefined();
  });

  it('forecast-prices: nothing is shown to beat the last value, and the report says random walk', async () => {
    const results = Object.entries(await forecasts(forecastPrices));
    expect(results.length).toBe(6);
    for (const [, result] of results) expect(row(result, 'naive').rmse).toBeLessThan(1.1 * result.leaderboard[0].rmse);
    const walks = results.filter(([, { verdict }]) => verdict.includes('random walk')).map(([symbol]) => symbol);
    expect(walks).toEqual(results.map(([symbol]) => symbol));
  });

  it('forecast-sensors: the season is most of it, and a formula that grows with the trend is not shown to be worse', async () => {
    const { dioxide, taxi } = await forecasts(forecastSensors);
    expect(dioxide.notes[0]).toMatch(/CO2: 5 missing values interpolated: 1958-06-01, 1958-10-01, 1964-02-01/);
    expect(row(dioxide, 'seasonal-naive-with-growth').mase).toBeLessThan(0.4 * row(dioxide, 'naive').mase);
    expect(dioxide.comparison?.p).toBeGreaterThan(0.05);
    // The rest needs LOOKBACK_DATA.
    expect(taxi === undefined).toBe(given(forecastSensors.files.taxi) === undefined);
    if (!taxi) return;
    expect(taxi.period).toBe(48);
    expect(row(taxi, 'seasonal-naive').mase).toBeLessThan(0.6 * row(taxi, 'naive').mase);
  });
});
