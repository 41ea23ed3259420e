/** `lookback forecast FILE.csv`: any table, no recipe: a leaderboard from several origins and a fan chart. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readTable } from '../../data/node.ts';
import { LookbackError } from '../../errors.ts';
import { fanFigure } from '../../figures/fan.ts';
import { type ForecastResult, forecast } from '../../forecasting/index.ts';
import { formatNumber } from '../terminal/format.ts';
import { plot } from '../terminal/plot.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

export interface ForecastFileOptions {
  target?: string;
  time?: string;
  id?: string;
  horizon?: number;
  models?: string;
  backtest?: number;
  stride?: number;
  level?: number;
  frequency?: string;
  period?: number;
  missing?: 'refuse' | 'interpolate' | 'carry';
  seed?: number;
  plot?: string;
  csv?: boolean;
  json?: boolean;
}

/** Names that end like files of tables. */
export const isTable = (name: string): boolean => /\.(csv|tsv|txt|json|jsonl|ndjson|parquet)$/i.test(name);

export async function forecastFile(file: string, options: ForecastFileOptions, terminal: Terminal): Promise<void> {
  const { horizon, models = 'auto', backtest: folds = 3, stride, plot: svg, csv, json } = options;
  if (horizon === undefined) {
    throw new LookbackError('USAGE', {
      where: '--horizon',
      expected: 'how many steps to forecast',
      got: 'nothing',
      next: 'Add --horizon 12',
    });
  }
  const rows = await readTable(file);
  const quiet = json || csv;
  const result = await forecast(rows, {
    ...options,
    target: options.target?.split(',').map((name) => name.trim()),
    horizon,
    models: models.split(',').map((name) => name.trim()),
    backtest: { folds, stride },
    onModel: (row, done, all) => {
      if (quiet) return;
      const said =
        'problem' in row ? `left out: ${row.problem}` : `MASE ${row.mase.toFixed(3)} in ${row.seconds.toFixed(1)} s`;
      terminal.writeError(`${done}/${all} ${row.model}: ${said}\n`);
    },
  }).catch(asUsage);
  if (svg) writeFileSync(svg, await fan(result));
  if (json) terminal.write(`${JSON.stringify(forMachines(result))}\n`);
  else if (csv) terminal.write(asCsv(result));
  else print(result, file, svg, terminal);
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

function asCsv({ forecast: series }: ForecastResult): string {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = series.flatMap(({ name, times, mean, lower, upper }) =>
    times.map((time, step) => [quoted(name), quoted(time), mean[step], lower[step], upper[step]].join(',')),
  );
  return `${['series,time,forecast,lower,upper', ...lines].join('\n')}\n`;
}

function fan({ series, forecast: ahead, best, level, horizon }: ForecastResult): Promise<string> {
  const [{ values, times, name }] = series;
  const [{ times: future, mean, lower, upper }] = ahead;
  const subtitle = `the next ${horizon} by ${best.replaceAll('-', ' ')}, with an interval that covered ${Math.round(100 * level)} % of what was tried`;
  return fanFigure({ title: name, subtitle, history: values, times, future, mean, lower, upper });
}

function print(result: ForecastResult, file: string, svg: string | undefined, terminal: Terminal): void {
  const {
    leaderboard,
    failed,
    series,
    forecast: ahead,
    frequency,
    period,
    notes,
    verdict,
    level,
    best,
    folds,
  } = result;
  const ink = colours(terminal.colour);
  const count = series.length === 1 ? `${series[0].values.length} values` : `${series.length} series`;
  const origins = new Set(folds.map(({ origin }) => origin)).size;
  terminal.write(`\n${basename(file)}: ${count}, one a ${frequency}, season of ${period}\n`);
  for (const note of notes) terminal.write(`${ink.dim(`note: ${note}`)}\n`);
  const rows = leaderboard.map((row) => [
    row.model,
    `${row.mape.toFixed(2)} %`,
    formatNumber(row.rmse),
    row.mase.toFixed(3),
    row.coverage === null ? '' : `${Math.round(100 * row.coverage)} %`,
    row.detail || row.description,
  ]);
  const columns = ['model', 'MAPE', 'RMSE', 'MASE', `in ${Math.round(100 * level)} %`, ''];
  terminal.write(`\n${table({ columns, rows, highlight: 0, colour: terminal.colour })}`);
  for (const { model, problem } of failed) terminal.write(ink.dim(`left out: ${model}: ${problem}\n`));
  terminal.write(
    `Means over ${origins} origin${origins === 1 ? '' : 's'}${series.length > 1 ? ` of ${series.length} series` : ''}; every model is fitted anew at each.\n`,
  );

  const [{ name, values, times }] = series;
  const [{ times: future, mean, lower, upper }] = ahead;
  const from = Math.max(0, values.length - 4 * mean.length);
  const last = values.length - 1;
  const x = Array.from({ length: mean.length + 1 }, (_, i) => last + i);
  const curve = (label: string, ends: readonly number[]) => ({ name: label, values: [values[last], ...ends], x });
  const curves = [
    {
      name: 'history',
      values: [...values.subarray(from)],
      x: Array.from({ length: values.length - from }, (_, i) => from + i),
    },
    curve('lower', lower),
    curve('upper', upper),
    curve(`${best} forecast`, mean),
  ];
  const xLabel = (at: number) => times[Math.round(at)] ?? future[Math.round(at) - values.length] ?? '';
  const title = `${name}: the next ${mean.length}, ${Math.round(100 * level)} % interval`;
  terminal.write(`\n${plot(curves, { title, width: terminal.width, colour: terminal.colour, xLabel })}\n`);
  terminal.write(`${ink.bold(verdict.charAt(0).toUpperCase() + verdict.slice(1))}\n`);
  if (series.length > 1) terminal.write('The plot shows the first series; --csv prints all forecasts.\n');
  if (svg) terminal.write(`${ink.dim(`figure: ${svg}`)}\n`);
}
