/** `lookback forecast RUN`: what a trained forecaster expects after the end of the data. */
import type { Command } from 'commander';
import { init } from '../../backends/init.ts';
import { LookbackError } from '../../errors.ts';
import { loadForecaster } from '../../tasks/export.node.ts';
import { forecastAfter } from '../../tasks/forecast.ts';
import { readSeries } from '../../tasks/run.node.ts';
import { openRun } from '../../track/node.ts';
import { formatNumber } from '../terminal/format.ts';
import { plot } from '../terminal/plot.ts';
import { table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface ForecastOptions {
  runs: string;
  data?: string;
  json?: boolean;
}

export function register(program: Command, terminal: Terminal): void {
  program
    .command('forecast')
    .argument('<run>', 'name of a forecast run, or path of its folder')
    .description("forecast the steps after the end of the run's data")
    .option('--data <file>', 'forecast after the end of this CSV instead (same column, same spacing)')
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  lookback forecast cerulean-plasma-69 --json')
    .action((name: string, options: ForecastOptions) => forecast(name, options, terminal));
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
    return { name: seriesName, forecast: [...forecastAfter(model, values, chain)] };
  });
  if (json) {
    terminal.write(`${JSON.stringify({ run: run.name, horizon: recipe.window.horizon, forecasts })}\n`);
    return;
  }
  series.forEach(({ name: seriesName, values, times }, which) => {
    const { forecast: ahead } = forecasts[which];
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
    const rows = ahead.map((value, step) => [`+${step + 1}`, formatNumber(value, 5)]);
    terminal.write(table({ columns: ['step', 'forecast'], rows, colour: terminal.colour }));
  });
}
