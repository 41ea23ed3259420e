/**
 * ETTh1 (Zhou et al. 2021) as everybody scores it, and what needs no gradient descent there: hours 0 to 8,640 to train,
 * 2,880 to choose, 2,880 to score; each channel standardized on the training part; every window of the test part, none
 * dropped. `bench/etth1.ts` prints its rows beside trained networks; alone: `npx tsx bench/etth1Ridge.ts`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table } from '../src/cli/terminal/table.ts';
import { fitRidge, ridgeForecast, ridgeKinds } from '../src/forecasting/ridge.ts';

export interface Etth1 {
  /** Seven channels of 14,400 hours, standardized on the first 8,640. */
  readonly channels: readonly Float64Array[];
  readonly names: readonly string[];
}

export const [trainEnd, testStart, end] = [8640, 11520, 14400];

/** undefined where LOOKBACK_DATA has no series/ETTh1.csv. */
export function readEtth1(): Etth1 | undefined {
  const file = join(process.env.LOOKBACK_DATA ?? '../shared/data', 'series', 'ETTh1.csv');
  if (!existsSync(file)) return undefined;
  const [header, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const cells = rows.slice(0, end).map((row) => row.split(',').slice(1).map(Number));
  const names = header.trim().split(',').slice(1);
  const channels = names.map((_, c) => {
    const values = Float64Array.from(cells, (row) => row[c]);
    const train = values.subarray(0, trainEnd);
    const mean = train.reduce((sum, value) => sum + value, 0) / trainEnd;
    const deviation = Math.sqrt(train.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / trainEnd);
    return values.map((value) => (value - mean) / deviation);
  });
  return { channels, names };
}

export interface Etth1Score {
  readonly windows: number;
  readonly mse: number;
  readonly mae: number;
}

/** Means over all windows of the test part, steps and channels of what `forecast` says from each origin. */
export function scoreEtth1(
  { channels }: Etth1,
  horizon: number,
  forecast: (channel: number, origin: number) => ArrayLike<number>,
): Etth1Score {
  let [squares, absolutes, count, windows] = [0, 0, 0, 0];
  for (let origin = testStart; origin + horizon <= end; origin++, windows++) {
    channels.forEach((values, channel) => {
      const said = forecast(channel, origin);
      for (let h = 0; h < horizon; h++, count++) {
        const error = said[h] - values[origin + h];
        squares += error * error;
        absolutes += Math.abs(error);
      }
    });
  }
  return { windows, mse: squares / count, mae: absolutes / count };
}

export interface Etth1Row extends Etth1Score {
  readonly model: string;
}

/**
 * Seasonal naive (24 hours), and every map in closed form at a look-back: plain least squares through the origin, where
 * nothing is chosen (a penalty of 1e-6 keeps DLinear's trend and rest apart), and ridge as the library fits it, with an
 * intercept and a penalty chosen inside the training part.
 */
export function ridgeRows(data: Etth1, lookback: number, horizon = 96): Etth1Row[] {
  const { channels } = data;
  const unit = { mean: 0, deviation: 1 };
  const training = channels.map((values) => values.subarray(0, trainEnd));
  const rows: Etth1Row[] = [
    {
      model: 'seasonal naive',
      ...scoreEtth1(data, horizon, (c, origin) =>
        Array.from({ length: horizon }, (_, h) => channels[c][origin - 24 + (h % 24)]),
      ),
    },
  ];
  for (const kind of ridgeKinds) {
    for (const plain of [true, false]) {
      const how = plain ? { penalties: [1e-6], intercept: false } : {};
      const fit = fitRidge(training, { kind, lookback, horizon, ...how });
      const said = (c: number, origin: number) =>
        ridgeForecast(fit, c, channels[c].subarray(origin - lookback, origin), unit);
      const model = plain ? `${kind}, least squares` : `ridge ${kind}, penalty chosen: ${fit.maps[0].penalty}`;
      rows.push({ model, ...scoreEtth1(data, horizon, said) });
    }
  }
  return rows;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const data = readEtth1();
  if (!data) console.log('series/ETTh1.csv is not in LOOKBACK_DATA');
  else {
    for (const lookback of [96, 336]) {
      const rows = ridgeRows(data, lookback);
      console.log(
        `\nETTh1, look-back ${lookback}, horizon 96, ${rows[0].windows} windows, ${data.names.length} channels`,
      );
      const cells = rows.map(({ model, mse, mae }) => [model, mse.toFixed(4), mae.toFixed(4)]);
      console.log(table({ columns: ['model', 'MSE', 'MAE'], rows: cells }));
    }
  }
}
