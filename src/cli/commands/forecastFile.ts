/**
 * `lookback forecast FILE.csv`: any table, no recipe: a leaderboard from several origins and a fan chart; anomalies; or
 * the forecast of a model kept before.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readTable, type TableOptions } from '../../data/node.ts';
import { LookbackError } from '../../errors.ts';
import { anomalyFigure } from '../../figures/anomalies.ts';
import { fanFigure } from '../../figures/fan.ts';
import {
  anomalies,
  FittedForecaster,
  type ForecastResult,
  type FrameOptions,
  fitForecaster,
  forecast,
  type IntervalKind,
} from '../../forecasting/index.ts';
import { readBytes, writeFileAtomic } from '../../track/node.ts';
import { FitLine } from '../fitLine.ts';
import { printAnomalies, printKept } from '../forecasterReport.ts';
import { calibrationOf, printForecast } from '../forecastReport.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface ForecastFileOptions {
  target?: string;
  time?: string;
  id?: string;
  horizon?: number;
  models?: string;
  backtest?: number;
  stride?: number;
  lookback?: number;
  gap?: number;
  window?: number;
  refit?: number;
  interval?: IntervalKind;
  calibration?: string;
  level?: number;
  frequency?: string;
  period?: number;
  missing?: FrameOptions['missing'];
  duplicates?: FrameOptions['duplicates'];
  decimal?: TableOptions['decimal'];
  timeZone?: string;
  past?: string;
  future?: string;
  fixed?: string;
  asOf?: string;
  calendar?: boolean;
  fourier?: number;
  holidays?: string;
  save?: string;
  model?: string;
  anomalies?: boolean | number;
  seed?: number;
  plot?: string;
  csv?: boolean;
  json?: boolean;
}

/** Names that end like files of tables, and any file there is: runs are folders. */
export const isTable = (name: string): boolean =>
  /\.(csv|tsv|txt|json|jsonl|ndjson|parquet)$/i.test(name) || (existsSync(name) && statSync(name).isFile());

export async function forecastFile(file: string, options: ForecastFileOptions, terminal: Terminal): Promise<void> {
  if (options.model !== undefined) return goOn(file, options.model, options, terminal);
  if (options.anomalies !== undefined) return findAnomalies(file, options, terminal);
  const { horizon, models = 'auto', backtest: folds = 3, stride, plot: svg, csv, json, save, level, seed } = options;
  if (horizon === undefined) {
    throw new LookbackError('USAGE', {
      where: '--horizon',
      expected: 'how many steps to forecast',
      got: 'nothing',
      next: 'Add --horizon 12',
    });
  }
  requireFolders([svg, options.calibration, save]);
  const rows = await readTable(file, options);
  const quiet = json || csv;
  const shown = new FitLine(terminal);
  const asked: Parameters<typeof forecast>[1] = {
    ...frameOptions(options),
    horizon,
    level,
    seed,
    lookback: options.lookback,
    models: listed(models),
    backtest: {
      folds,
      stride,
      gap: options.gap,
      window: options.window ?? 'expanding',
      refit: options.refit === undefined ? true : options.refit > 0 && options.refit,
    },
    interval: options.interval,
    onProgress: quiet ? undefined : (progress) => shown.update(progress),
    onModel: (row, done, all) => {
      if (quiet) return;
      shown.clear();
      const said =
        'problem' in row ? `left out: ${row.problem}` : `MASE ${row.mase.toFixed(3)} in ${row.seconds.toFixed(1)} s`;
      terminal.writeError(`${done}/${all} ${row.model}: ${said}\n`);
    },
  };
  let result: ForecastResult;
  if (save === undefined) result = await forecast(rows, asked).catch(asUsage);
  else {
    const forecaster = await fitForecaster(rows, asked).catch(asUsage);
    writeFileAtomic(save, forecaster.save());
    if (!forecaster.report) throw new TypeError('a forecaster that was just fitted has a report');
    result = forecaster.report();
  }
  shown.clear();
  if (svg) writeFileAtomic(svg, await fan(result));
  if (options.calibration) writeFileAtomic(options.calibration, await calibrationOf(result));
  if (json) terminal.write(`${JSON.stringify(forMachines(result))}\n`);
  else if (csv) terminal.write(asCsv(result));
  else {
    printForecast(result, { file, svg }, terminal);
    if (save !== undefined) terminal.write(`kept: ${save}, go on with lookback forecast NEW_ROWS --model ${save}\n`);
  }
}

/** A kept model: new rows are taken in, what follows them is forecast. */
async function goOn(file: string, model: string, options: ForecastFileOptions, terminal: Terminal): Promise<void> {
  const { horizon, level, plot: svg, csv, json, save } = options;
  requireFolders([svg, save]);
  const forecaster = await FittedForecaster.load(readBytes(model), model);
  const taken = forecaster.update(await readTable(file, options), { known: 'skip' });
  const ahead = ((): ForecastResult['forecast'] => {
    try {
      return forecaster.predict(undefined, { horizon, level });
    } catch (error) {
      return asUsage(error);
    }
  })();
  if (save !== undefined) writeFileAtomic(save, forecaster.save());
  const { frequency, detail } = forecaster;
  const { series, notes } = forecaster.frame;
  const result = {
    series: [...series],
    forecast: ahead,
    level: level ?? forecaster.level,
    best: forecaster.model,
    horizon: horizon ?? forecaster.horizon,
  };
  if (svg) writeFileAtomic(svg, await fan(result));
  if (json) {
    const counts = series.map(({ name, values }) => ({ name, values: values.length }));
    terminal.write(
      `${JSON.stringify({ ...result, detail, frequency, notes, leaderboard: forecaster.leaderboard, series: counts, taken })}\n`,
    );
  } else if (csv) terminal.write(asCsv(result));
  else printKept({ ...result, detail, frequency, notes }, { file, model, svg, save, taken }, terminal);
}

async function findAnomalies(file: string, options: ForecastFileOptions, terminal: Terminal): Promise<void> {
  const { models, seed, plot: svg, csv, json } = options;
  requireFolders([svg]);
  const result = await anomalies(await readTable(file, options), {
    ...frameOptions(options),
    seed,
    quantile: typeof options.anomalies === 'number' ? options.anomalies : undefined,
    models: models === undefined || models === 'auto' ? undefined : listed(models),
  }).catch(asUsage);
  const { series, judged, anomalies: found, ...rest } = result;
  if (svg) {
    const [{ name, values, times }] = series;
    const marked = found.filter((one) => one.series === name);
    const subtitle = `values that ${rest.model} did not expect, beyond the ${rest.quantile} quantile of the errors before them`;
    writeFileAtomic(
      svg,
      await anomalyFigure({
        title: name,
        subtitle,
        values,
        times,
        marked,
        judged: judged.filter((one) => one.series === name),
      }),
    );
  }
  if (json) {
    const counts = series.map(({ name, values }) => ({ name, values: values.length }));
    terminal.write(`${JSON.stringify({ ...rest, judged: judged.length, series: counts, anomalies: found })}\n`);
  } else if (csv) {
    const lines = found.map((one) =>
      [quoted(one.series), quoted(one.time), one.value, one.expected, one.threshold].join(','),
    );
    terminal.write(`${['series,time,value,expected,threshold', ...lines].join('\n')}\n`);
  } else printAnomalies(result, { file, svg }, terminal);
}

/** What cannot be written is said before anything is computed for it. */
function requireFolders(paths: readonly (string | undefined)[]): void {
  const lost = paths.find((path) => path !== undefined && !existsSync(dirname(resolve(path))));
  if (lost === undefined) return;
  throw new LookbackError('FILE_NOT_FOUND', {
    where: lost,
    problem: 'its folder is not there',
    next: 'Make the folder',
  });
}

const listed = (names: string) => names.split(',').map((name) => name.trim());

/** What the options say of the table. */
function frameOptions({
  target,
  past,
  future,
  fixed,
  calendar,
  fourier,
  holidays,
  ...options
}: ForecastFileOptions): FrameOptions {
  const { time, id, frequency, period, missing, duplicates, timeZone, asOf } = options;
  const features = {
    ...(fourier !== undefined && { fourier }),
    ...(holidays !== undefined && { holidays: /\d{4}/.test(holidays) ? listed(holidays) : holidays }),
  };
  const own = fourier !== undefined || holidays !== undefined;
  return {
    target: target === undefined || target === '*' ? target : listed(target),
    past: past === undefined ? undefined : listed(past),
    future: future === undefined ? undefined : listed(future),
    fixed: fixed === undefined ? undefined : listed(fixed),
    calendar: calendar
      ? own
        ? { ...features, hour: true, weekday: true, month: true }
        : true
      : own
        ? features
        : undefined,
    time,
    id,
    frequency,
    period,
    missing,
    duplicates,
    timeZone,
    asOf,
  };
}

/** A column or a model that is not there is wrong use of the command line. */
function asUsage(error: unknown): never {
  if (!(error instanceof LookbackError && error.code === 'BAD_ARGUMENT')) throw error;
  throw new LookbackError('USAGE', {
    where: 'lookback forecast',
    problem: error.message.replace(/\.$/, ''),
    cause: error,
  });
}

/** What `--json` prints: the leaderboard and the forecast, without the data itself. */
function forMachines({ series, folds, ...rest }: ForecastResult): object {
  return {
    ...rest,
    series: series.map(({ name, values }) => ({ name, values: values.length })),
    origins: [...new Set(folds.map(({ origin }) => origin))],
  };
}

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function asCsv({ forecast: series }: Pick<ForecastResult, 'forecast'>): string {
  const lines = series.flatMap(({ name, times, mean, lower, upper }) =>
    times.map((time, step) => [quoted(name), quoted(time), mean[step], lower[step], upper[step]].join(',')),
  );
  return `${['series,time,forecast,lower,upper', ...lines].join('\n')}\n`;
}

function fan({
  series,
  forecast: ahead,
  best,
  level,
  horizon,
}: Pick<ForecastResult, 'series' | 'forecast' | 'best' | 'level' | 'horizon'>): Promise<string> {
  const [{ values, times, name }] = series;
  const [{ times: future, mean, lower, upper }] = ahead;
  const subtitle = `the next ${horizon} by ${best}, with an interval made to hold ${Math.round(100 * level)} % of the truths`;
  return fanFigure({ title: name, subtitle, history: values, times, future, mean, intervals: [{ lower, upper }] });
}
