/**
 * Forecasts beside published figures: `npx tsx bench/forecasting.ts [airline] [weekly] [models]`.
 *
 * airline: mean MAPE over rolling origins six months apart, horizon 12 from 13 and 24 from 9 origins, twice: the last
 * origin as late as it can be, as in tests/classical/make_fixtures.R, and the first after 48 months, where R's airline
 * model gives 4.58 and 5.96 and its STL + ETS on logarithms 4.53 and 5.60; both, and their mean, stand in the table.
 * weekly: the 359 series of M4 Weekly (LOOKBACK_DATA), horizon 13, MASE by the one-step naive error, the competition's
 * definition, which takes weeks not to be seasonal: `theta, no season` is its benchmark.
 * `weeklyScores` is also what tests/classical/weekly.test.ts pins.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init } from '../src/backends/init.ts';
import { table } from '../src/cli/terminal/table.ts';
import { backtest, type ForecastModel, forecastModels } from '../src/forecasting/index.ts';
import * as math from '../src/math.ts';
import { arimaName, fitArima, forecastArima } from '../src/series/classical/index.ts';
import { airlinePassengers, mase, smape } from '../src/series/index.ts';

/** Box and Jenkins' model of these months: ARIMA(0,1,1)(0,1,1) of their logarithms. */
const airlineModel: ForecastModel = {
  name: 'airline-model',
  description: 'ARIMA(0,1,1)(0,1,1) of the logarithm',
  trained: false,
  fit: (histories, { horizon, period }) => {
    const order = { p: 0, d: 1, q: 1, P: 0, D: 1, Q: 1, period, constant: false };
    const fits = histories.map((history) => fitArima(Float64Array.from(history, math.log), order));
    const forecast = (which: number) => ({
      mean: Float64Array.from(forecastArima(fits[which], horizon).forecast, math.exp),
    });
    return { forecast, detail: arimaName(order) };
  },
};

/** The mean of the two that the others are judged by. */
const rivals: ForecastModel = {
  name: 'airline-model + stl-ets',
  description: 'the mean of both',
  trained: false,
  fit: async (histories, context) => {
    const stlEts = forecastModels.find(({ name }) => name === 'stl-ets');
    const parts = await Promise.all([airlineModel, stlEts].map((model) => model?.fit(histories, context)));
    const [one, other] = parts;
    if (!one || !other) throw new TypeError('there is no model stl-ets');
    const forecast = (which: number) => {
      const second = other.forecast(which).mean;
      return { mean: one.forecast(which).mean.map((value, h) => (value + second[h]) / 2) };
    };
    return { forecast, detail: 'equal weights' };
  },
};

const wanted = process.argv.slice(2);
if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await init();
  if (wanted.length === 0 || wanted.includes('airline')) await airline();
  if (wanted.length === 0 || wanted.includes('weekly')) await weekly();
}

async function airline(): Promise<void> {
  const { values } = airlinePassengers();
  const named = wanted.filter((name) => name !== 'airline' && name !== 'weekly');
  // Regression is on covariates, of which there are none.
  const models = [...forecastModels, airlineModel, rivals].filter(({ name }) =>
    named.length === 0 ? name !== 'regression' : named.includes(name),
  );
  for (const [horizon, folds, end] of [
    [12, 13, 144],
    [24, 9, 144],
    [12, 13, 132],
    [24, 9, 120],
  ] as const) {
    const rows: string[][] = [];
    const known = values.subarray(0, end);
    for (const model of models) {
      const { scores } = await backtest(model, [known], { horizon, period: 12, seed: 1 }, { folds, stride: 6 });
      rows.push([model.name, scores.mape.toFixed(2), scores.rmse.toFixed(1), scores.mase.toFixed(3)]);
    }
    rows.sort((a, b) => Number(a[1]) - Number(b[1]));
    const last = end - horizon;
    console.log(`\nairline months, horizon ${horizon}, ${folds} origins: months ${last - 6 * (folds - 1)} to ${last}`);
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
