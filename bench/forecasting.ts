/**
 * Forecasts beside published figures: `npx tsx bench/forecasting.ts [airline] [weekly] [models]`.
 *
 * airline: mean MAPE over rolling origins six months apart, horizon 12 from 13 and 24 from 9 origins, as in
 * tests/classical/make_fixtures.R. weekly: the 359 series of M4 Weekly (LOOKBACK_DATA), horizon 13, MASE by the one-step
 * naive error, the competition's definition.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { init } from '../src/backends/init.ts';
import { table } from '../src/cli/terminal/table.ts';
import { backtest, forecastModels } from '../src/forecasting/index.ts';
import { airlinePassengers, mase, smape } from '../src/series/index.ts';

const wanted = process.argv.slice(2);
await init();
if (wanted.length === 0 || wanted.includes('airline')) await airline();
if (wanted.length === 0 || wanted.includes('weekly')) await weekly();

async function airline(): Promise<void> {
  const { values } = airlinePassengers();
  for (const [horizon, folds] of [
    [12, 13],
    [24, 9],
  ] as const) {
    const rows: string[][] = [];
    for (const model of forecastModels) {
      // Regression is on covariates, of which there are none.
      if (model.name === 'regression') continue;
      const { scores } = await backtest(model, [values], { horizon, period: 12, seed: 1 }, { folds, stride: 6 });
      rows.push([model.name, scores.mape.toFixed(2), scores.rmse.toFixed(1), scores.mase.toFixed(3)]);
    }
    rows.sort((a, b) => Number(a[1]) - Number(b[1]));
    console.log(`\nairline months, horizon ${horizon}, ${folds} origins`);
    console.log(table({ columns: ['model', 'MAPE %', 'RMSE', 'MASE'], rows }));
  }
}

async function weekly(): Promise<void> {
  const folder = join(process.env.LOOKBACK_DATA ?? '../shared/data', 'series');
  if (!existsSync(join(folder, 'Weekly-train.csv'))) {
    console.log(`weekly: Weekly-train.csv and Weekly-test.csv of M4 are not in ${folder}`);
    return;
  }
  const read = (file: string) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) =>
        line
          .split(',')
          .slice(1)
          .map((cell) => cell.replaceAll('"', ''))
          .filter((cell) => cell !== ''),
      )
      .map((cells) => Float64Array.from(cells, Number));
  const [histories, truths] = [read('Weekly-train.csv'), read('Weekly-test.csv')];
  const rows: string[][] = [];
  const usual = ['naive', 'theta', 'ets', 'arima', 'stl-ets', 'combined'];
  const named = wanted.filter((name) => name !== 'airline' && name !== 'weekly');
  for (const name of named.length > 0 ? named : usual) {
    const model = forecastModels.find((one) => one.name === name);
    if (!model) continue;
    const begin = performance.now();
    const sums = { smape: 0, mase: 0 };
    for (const [i, history] of histories.entries()) {
      const period = history.length > 2 * 52 ? 52 : 1;
      const either = period === 1 && name === 'stl-ets' ? forecastModels.find((one) => one.name === 'ets') : model;
      const fitted = await (either ?? model).fit([history], { horizon: 13, period, seed: 1 });
      const { mean } = fitted.forecast(0);
      sums.smape += smape(truths[i], mean) / histories.length;
      sums.mase += mase(truths[i], mean, history, 1) / histories.length;
    }
    rows.push([name, sums.smape.toFixed(3), sums.mase.toFixed(3), ((performance.now() - begin) / 1000).toFixed(0)]);
  }
  console.log(`\nM4 Weekly, ${histories.length} series, horizon 13`);
  console.log(table({ columns: ['model', 'sMAPE', 'MASE', 'seconds'], rows }));
}
