/** `lookback forecast RUN|FILE`: what a trained forecaster, or the best of many, expects after the end of the data. */
import { type Command, Option } from 'commander';
import { init } from '../../backends/init.ts';
import { LookbackError } from '../../errors.ts';
import { intervalKinds } from '../../forecasting/index.ts';
import { loadForecaster } from '../../tasks/export.node.ts';
import { type Ahead, forecastAll } from '../../tasks/forecastAhead.ts';
import { readSeries } from '../../tasks/run.node.ts';
import { openRun } from '../../track/node.ts';
import { number, whole } from '../numbers.ts';
import { formatNumber } from '../terminal/format.ts';
import { plot } from '../terminal/plot.ts';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type ForecastFileOptions, forecastFile, isTable } from './forecastFile.ts';

interface ForecastOptions {
  runs: string;
  data?: string;
  json?: boolean;
}

export function register(program: Command, terminal: Terminal): void {
  program
    .command('forecast')
    .argument('<run|file>', 'a table (CSV, JSON, JSON lines, Parquet), or the name or folder of a forecast run')
    .description('forecast any table by the best of many models, or go on after the data of a run')
    .option('--target <column>', 'the column to forecast; several with commas; * for all columns of numbers')
    .option('--horizon <count>', 'steps to forecast', whole(1))
    .option(
      '--models <names>',
      'auto (the classical ones) and any of lstm, nbeats, patchtst, …; lstm:quantile, :gaussian or :studentT forecasts a distribution, :mae or :huber learns by another loss, so with every network',
      'auto',
    )
    .option('--backtest <origins>', 'origins that every model is judged from', whole(1), 3)
    .option('--stride <count>', 'steps from one origin to the next; default the horizon', whole(1))
    .option('--lookback <count>', 'values that networks and ridge maps look back on; default two seasons', whole(1))
    .option('--gap <count>', 'values that are not known yet at an origin', whole(0))
    .option('--window <count>', 'fit to that many of the last values; default all', whole(1))
    .option('--refit <origins>', 'fit anew at every so many origins, 0 at the first alone; default at each', whole(0))
    .addOption(
      new Option('--interval <kind>', 'default quantile where the model has quantiles, else split').choices([
        ...intervalKinds,
      ]),
    )
    .option('--level <share>', 'coverage of the intervals; default 0.9, or that of a kept model', number(0, 1))
    .option('--time <column>', 'the column of times; default one called date, month, …')
    .option('--id <column>', 'the column that tells several series apart')
    .option('--frequency <spacing>', 'such as month, business day, 10 minutes; default what the times say')
    .option('--period <count>', 'values a season; default the usual of the frequency', whole(1))
    .addOption(
      new Option('--missing <how>', 'what becomes of gaps').choices(['refuse', 'interpolate', 'carry', 'mask']),
    )
    .addOption(
      new Option('--duplicates <how>', 'what becomes of doubled times').choices(['refuse', 'mean', 'sum', 'last']),
    )
    .addOption(new Option('--decimal <mark>', 'the decimal mark, where the table leaves it open').choices(['.', ',']))
    .option('--time-zone <zone>', 'whose clock the times show, such as Europe/Berlin')
    .option('--past <columns>', 'columns known up to now, which models may look at')
    .option('--future <columns>', 'columns known ahead: rows after the last target carry them')
    .option('--fixed <columns>', 'columns that stay the same within a series')
    .option('--as-of <column>', 'when a row was published: before that its columns are not used')
    .option('--calendar', 'features of the clock and calendar beside the series')
    .option('--fourier <terms>', 'that many waves of the season beside the series', whole(0))
    .option(
      '--holidays <place>',
      'public holidays beside the series: of DE or US-CA (needs date-holidays), or dates with commas',
    )
    .option('--save <file>', 'keep the best model, fitted, to go on with')
    .option('--model <file>', 'go on with a kept model: take in the new rows of the table and forecast after them')
    .option('--anomalies [quantile]', 'mark values that the values before them did not let expect', number(0, 1))
    .option('--seed <number>', 'of the networks', whole(0), 1)
    .option('--plot <file>', 'write the fan chart as SVG')
    .option('--calibration <file>', 'write measured beside nominal coverage as SVG')
    .option('--csv', 'print the forecast as CSV')
    .option('--data <file>', 'of a run: forecast after the end of this CSV instead (same column, same spacing)')
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  lookback forecast sales.csv --target units --horizon 12
  lookback forecast sales.csv --target units --horizon 12 --models auto,lstm --backtest 5 --plot out.svg
  lookback forecast sales.csv --target units --horizon 12 --future price --holidays DE --save sales.lookback
  lookback forecast newer.csv --model sales.lookback
  lookback forecast sensor.csv --anomalies 0.995
  lookback forecast cerulean-plasma-69 --json`,
    )
    .action((name: string, options: ForecastOptions & ForecastFileOptions) =>
      isTable(name) ? forecastFile(name, options, terminal) : forecast(name, options, terminal),
    );
}

async function forecast(name: string, { runs, data, json }: ForecastOptions, terminal: Terminal): Promise<void> {
  await init();
  const run = openRun(name, runs);
  const { recipe, model, transforms } = loadForecaster(run);
  const source = data ? { ...recipe.data, source: data, sources: undefined } : recipe.data;
  const { series } = await readSeries({ ...recipe, data: source });
  const [only] = transforms.size === 1 ? transforms.values() : [];
  const forecasts = series.map(({ name: seriesName, values }) => {
    const chain = transforms.get(seriesName) ?? only;
    if (!chain) {
      throw new LookbackError('DATA_INVALID', {
        where: `series ${seriesName}`,
        expected: `one of ${[...transforms.keys()].join(', ')}`,
        next: 'Train a run on this series first',
      });
    }
    const which = Math.max(0, [...transforms.keys()].indexOf(seriesName));
    const [{ mean, quantiles }] = forecastAll(model, [{ values, chain, series: which }]);
    return { name: seriesName, forecast: [...mean], quantiles: quantiles && quantileColumns(quantiles) };
  });
  if (json) {
    terminal.write(`${JSON.stringify({ run: run.name, horizon: recipe.window.horizon, forecasts })}\n`);
    return;
  }
  series.forEach(({ name: seriesName, values, times }, which) => {
    const { forecast: ahead, quantiles = {} } = forecasts[which];
    const from = Math.max(0, values.length - 4 * ahead.length);
    const end = values.length - 1;
    const x = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
    const curves = [
      { name: 'history', values: [...values.subarray(from)], x: x(from, values.length - from) },
      { name: `${recipe.model.kind} forecast`, values: [values[end], ...ahead], x: x(end, ahead.length + 1) },
    ];
    const xLabel = times ? (at: number) => times[Math.round(at)] ?? '' : undefined;
    const title = `${seriesName}: the next ${ahead.length}`;
    terminal.write(`${plot(curves, { title, width: terminal.width, colour: terminal.colour, xLabel })}\n`);
    const levels = Object.keys(quantiles);
    const rows = ahead.map((value, step) => [
      `+${step + 1}`,
      formatNumber(value, 5),
      ...levels.map((level) => formatNumber(quantiles[level][step], 5)),
    ]);
    const columns = ['step', 'forecast', ...levels.map((level) => `${Number((100 * Number(level)).toFixed(4))} %`)];
    terminal.write(table({ columns, rows, colour: terminal.colour }));
  });
}

/** By level, for JSON and columns. */
function quantileColumns({ levels, values }: NonNullable<Ahead['quantiles']>): Record<string, number[]> {
  return Object.fromEntries(levels.map((level, i) => [String(level), [...values[i]]]));
}
