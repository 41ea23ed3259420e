/** What `lookback forecast FILE` prints for people: leaderboard, errors by step, calibration, fan chart, verdict. */
import { basename } from 'node:path';
import { calibrationFigure } from '../figures/calibration.ts';
import type { ForecastResult, OneStepReport } from '../forecasting/index.ts';
import { formatNumber } from './terminal/format.ts';
import { plot } from './terminal/plot.ts';
import { table } from './terminal/table.ts';
import { colours, type Terminal } from './terminal/terminal.ts';
import { cut, wrapped } from './terminal/wrapped.ts';

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const percent = (share: number | null) => (share === null ? '' : `${Math.round(100 * share)} %`);

/** `svg`: where the figure was written, if it was. */
export function printForecast(
  result: ForecastResult,
  { file, svg }: { file: string; svg?: string },
  terminal: Terminal,
): void {
  const { series, frequency, period, notes, verdict, oneStep } = result;
  const ink = colours(terminal.colour);
  const count = series.length === 1 ? `${series[0].values.length} values` : `${series.length} series`;
  terminal.write(`\n${basename(file)}: ${count}, one a ${frequency}, season of ${period}\n`);
  for (const note of notes) terminal.write(`${ink.dim(wrapped(`note: ${note}`, terminal))}\n`);
  printLeaderboard(result, terminal);
  printSteps(result, terminal);
  printCalibration(result, terminal);
  terminal.write(`\n${fanPlot(result, terminal)}\n`);
  if (oneStep) printOneStep(oneStep, terminal);
  terminal.write(`${ink.bold(wrapped(capital(verdict), terminal))}\n`);
  if (series.length > 1) terminal.write('The plot shows the first series; --csv prints all forecasts.\n');
  if (svg) terminal.write(`${ink.dim(`figure: ${svg}`)}\n`);
}

function printLeaderboard({ leaderboard, failed, level, scalePeriod, ...result }: ForecastResult, terminal: Terminal) {
  const ink = colours(terminal.colour);
  const origins = new Set(result.folds.map(({ turn }) => turn)).size;
  // A narrow terminal has room for what was chosen, not for what a model is.
  const narrow = terminal.interactive === true && terminal.width < 100;
  const numbers = leaderboard.map((row) => [
    row.model,
    Number.isFinite(row.mase) ? row.mase.toFixed(3) : '',
    formatNumber(row.rmse),
    Number.isFinite(row.mape) ? `${row.mape.toFixed(2)} %` : '',
    ...(narrow ? [] : [row.crps === null ? '' : formatNumber(row.crps)]),
    percent(row.coverage),
  ]);
  const titles = ['model', 'MASE', 'RMSE', 'MAPE', ...(narrow ? [] : ['CRPS']), `in ${percent(level)}`];
  const taken = table({ columns: titles, rows: numbers, highlight: 0 }).split('\n');
  const room = terminal.width - 2 - Math.max(...taken.map(({ length }) => length));
  const rows = leaderboard.map(({ detail, description }, i) => {
    const words = narrow ? detail : detail || description;
    return [...numbers[i], terminal.interactive ? cut(words, room) : words];
  });
  terminal.write(`\n${table({ columns: [...titles, ''], rows, highlight: 0, colour: terminal.colour })}`);
  for (const { model, problem } of failed)
    terminal.write(`${ink.dim(wrapped(`left out: ${model}: ${problem}`, terminal))}\n`);
  const many = result.series.length > 1 ? ` of ${result.series.length} series` : '';
  const naive = scalePeriod > 1 ? `seasonal naive forecast of period ${scalePeriod}` : 'naive forecast';
  const means = `Means over ${origins} origin${origins === 1 ? '' : 's'}${many}, each seen from what came before it. MASE: errors over those of the one-step ${naive} before each origin.`;
  terminal.write(`${wrapped(means, terminal)}\n`);
}

/** The steps shown: the first, the last, and what lies between on a doubling grid. */
function shownSteps(horizon: number): number[] {
  const steps = new Set([1, horizon]);
  for (let step = 2; step < horizon; step *= 2) steps.add(step);
  return [...steps].sort((a, b) => a - b);
}

/** Root mean squared errors by the step, of the best model and of both naive ones. */
function printSteps({ leaderboard, horizon }: ForecastResult, terminal: Terminal): void {
  if (horizon === 1) return;
  const shown = leaderboard.filter((row, i) => i === 0 || row.model === 'naive' || row.model === 'seasonal-naive');
  const steps = shownSteps(horizon);
  const rows = shown.map(({ model, steps: { rmse } }) => [model, ...steps.map((step) => formatNumber(rmse[step - 1]))]);
  const columns = ['RMSE by step', ...steps.map((step) => `+${step}`)];
  terminal.write(`\n${table({ columns, rows, colour: terminal.colour })}`);
}

/** Asked and measured coverage of the best model's intervals, over origins that did not make them. */
function printCalibration({ calibration, best }: ForecastResult, terminal: Terminal): void {
  if (calibration.every(({ split }) => split === null)) return;
  const own = calibration.some(({ quantile }) => quantile !== null);
  const rows = calibration.map(({ level, split, adaptive, own: raw, quantile, width }) => [
    percent(level),
    percent(split),
    percent(adaptive),
    ...(own ? [percent(raw), percent(quantile)] : []),
    width === null ? '' : formatNumber(width),
  ]);
  const columns = [
    `interval of ${best}`,
    'split conformal',
    'adaptive',
    ...(own ? ['its quantiles', 'conformalized'] : []),
    'mean width',
  ];
  terminal.write(`\n${table({ columns, rows, colour: terminal.colour })}`);
}

/** The same as a figure. */
export function calibrationOf({ calibration, best, folds }: ForecastResult): Promise<string> {
  const origins = new Set(folds.map(({ turn }) => turn)).size;
  return calibrationFigure({
    title: `Intervals of ${best}`,
    subtitle: `over ${origins} origins, each measured by intervals that the others made`,
    levels: calibration.map(({ level }) => level),
    lines: [
      { name: 'split conformal', measured: calibration.map(({ split }) => split) },
      { name: 'adaptive conformal', measured: calibration.map(({ adaptive }) => adaptive) },
      { name: 'its own quantiles', measured: calibration.map(({ own }) => own) },
      { name: 'conformalized quantiles', measured: calibration.map(({ quantile }) => quantile) },
    ],
  });
}

/** The end of the history, the forecast and its interval, of the first series. */
export function fanPlot(
  { series, forecast, level, best }: Pick<ForecastResult, 'series' | 'forecast' | 'level' | 'best'>,
  terminal: Terminal,
): string {
  const [{ name, values, times }] = series;
  const [{ times: future, mean, lower, upper }] = forecast;
  const from = Math.max(0, values.length - Math.max(4 * mean.length, 24));
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
  const title = `${name}: the next ${mean.length}, ${percent(level)} interval`;
  return plot(curves, { title, width: terminal.width, colour: terminal.colour, xLabel });
}

/** A one-step model beside the formulas that look as good. */
export function printOneStep(
  { count, model, persistence, seasonal, verdict }: OneStepReport,
  terminal: Terminal,
): void {
  const all = [model, persistence, ...(seasonal ? [seasonal] : [])].sort((a, b) => a.rmse - b.rmse);
  const rows = all.map(({ name, rmse }) => [name, formatNumber(rmse)]);
  terminal.write(`\n${table({ columns: [`one step ahead, ${count} times`, 'RMSE'], rows, colour: terminal.colour })}`);
  terminal.write(`\n${colours(terminal.colour).bold(wrapped(capital(verdict), terminal))}\n`);
}
