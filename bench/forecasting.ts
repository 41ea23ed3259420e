/**
 * Forecasts beside published figures: `npx tsx bench/forecasting.ts [airline] [weekly] [models]`.
 *
 * airline: mean MAPE over rolling origins six months apart, horizon 12 from 13 and 24 from 9 origins, as in
 * tests/classical/make_fixtures.R. weekly: the 359 series of M4 Weekly (LOOKBACK_DATA), horizon 13, MASE by the one-step
 * naive error, the competition's definition, which takes weeks not to be seasonal: `theta, no season` is its benchmark.
 * `weeklyScores` is also what tests/classical/weekly.test.ts pins.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init } from '../src/backends/init.ts';
import { table } from '../src/cli/terminal/table.ts';
import { backtest, forecastModels } from '../src/forecasting/index.ts';
import { airlinePassengers, mase, smape } from '../src/series/index.ts';

const wanted = process.argv.slice(2);
if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await init();
  if (wanted.length === 0 || wanted.includes('airline')) await airline();
  if (wanted.length === 0 || wanted.includes('weekly')) await weekly();
}

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

export interface WeeklySeries {
  readonly histories: readonly Float64Array[];
  /** The 13 weeks after each. */
  readonly truths: readonly Float64Array[];
}

/** M4 Weekly; undefined where LOOKBACK_DATA has not its series/Weekly-train.csv. */
export function readWeekly(): WeeklySeries | undefined {
  const folder = join(process.env.LOOKBACK_DATA ?? '../shared/data', 'series');
  if (!existsSync(join(folder, 'Weekly-train.csv'))) return undefined;
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
  return { histories: read('Weekly-train.csv'), truths: read('Weekly-test.csv') };
}

/** Means over the series; `name` is a model's, with `, no season` after it one that is told of no season. */
export async function weeklyScores(name: string, { histories, truths }: WeeklySeries) {
  const [plain, rest] = name.split(', ');
  const named = (wantedName: string) => forecastModels.find((one) => one.name === wantedName);
  const sums = { smape: 0, mase: 0 };
  for (const [i, history] of histories.entries()) {
    const period = rest !== 'no season' && history.length > 2 * 52 ? 52 : 1;
    const model = named(period === 1 && plain === 'stl-ets' ? 'ets' : plain);
    if (!model) throw new TypeError(`there is no model ${plain}`);
    const fitted = await model.fit([history], { horizon: 13, period, seed: 1 });
    const { mean } = fitted.forecast(0);
    sums.smape += smape(truths[i], mean) / histories.length;
    sums.mase += mase(truths[i], mean, history, 1) / histories.length;
  }
  return sums;
}

async function weekly(): Promise<void> {
  const series = readWeekly();
  if (!series) {
    console.log('weekly: series/Weekly-train.csv and Weekly-test.csv of M4 are not in LOOKBACK_DATA');
    return;
  }
  const usual = ['naive', 'theta, no season', 'theta', 'ets', 'arima', 'stl-ets', 'combined'];
  const named = wanted.filter((name) => name !== 'airline' && name !== 'weekly');
  const rows: string[][] = [];
  for (const name of named.length > 0 ? named : usual) {
    const begin = performance.now();
    const scores = await weeklyScores(name, series);
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    rows.push([name, scores.smape.toFixed(3), scores.mase.toFixed(3), seconds]);
  }
  console.log(`\nM4 Weekly, ${series.histories.length} series, horizon 13, season of 52 unless said otherwise`);
  console.log(table({ columns: ['model', 'sMAPE', 'MASE', 'seconds'], rows }));
}
