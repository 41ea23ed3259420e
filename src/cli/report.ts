/** What a finished run is told as: table, plot, verdict, sample. Text for people; `--json` has its own object. */

import { type OneStepReport, oneStepReport } from '../forecasting/index.ts';
import { ForecastTask } from '../tasks/forecast.ts';
import { LanguageTask } from '../tasks/language.ts';
import type { RunOutcome } from '../tasks/run.node.ts';
import { printOneStep } from './forecastReport.ts';
import { formatCount, formatNumber } from './terminal/format.ts';
import { plot } from './terminal/plot.ts';
import { table } from './terminal/table.ts';
import { colours, type Terminal } from './terminal/terminal.ts';
import { distance, smoothingNames, unitOf, type Watch } from './watch.ts';

/** Prints the report of a run that has ended. */
export function report(
  outcome: RunOutcome,
  { curve, settled }: Pick<Watch, 'curve' | 'settled'>,
  terminal: Terminal,
): void {
  const { run, task, reason, state } = outcome;
  const ink = colours(terminal.colour);
  if (reason === 'stopped') {
    terminal.write(
      `\nStopped after step ${state.step}; everything is saved.\nGo on with: lookback resume ${run.folder}\n`,
    );
    return;
  }
  if (reason === 'early')
    terminal.write(`\nStopped early at step ${state.step}: the validation loss no longer fell.\n`);
  if (task instanceof ForecastTask) forecastReport(task, outcome, terminal);
  else languageReport(outcome, { curve, settled }, terminal);
  terminal.write(`\n${ink.dim(`run folder: ${run.folder}`)}\n`);
}

function forecastReport(task: ForecastTask, { scores }: RunOutcome, terminal: Terminal): void {
  if (scores.length === 0) return;
  const ink = colours(terminal.colour);
  const { series, testStart } = task.prepared[0];
  const from = Math.max(0, testStart - 3 * (series.values.length - testStart));
  const x = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
  const trained = scores.find((score) => score.trained);
  const history = [...series.values.subarray(from, testStart)];
  const truth = [...series.values.subarray(testStart - 1)];
  const title = `${series.name}: the last ${series.values.length - testStart}, forecast ${task.recipe.window.horizon === 1 ? 'one step ahead each' : 'at once from the one before'}`;
  const curves = [
    { name: 'history', values: history, x: x(from, history.length) },
    { name: 'truth', values: truth, x: x(testStart - 1, truth.length) },
  ];
  if (trained) {
    const values = [series.values[testStart - 1], ...trained.forecast];
    curves.push({ name: `${trained.name} forecast`, values, x: x(testStart - 1, values.length) });
  }
  const { times } = series;
  const xLabel = times ? (at: number) => times[Math.round(at)] ?? '' : undefined;
  terminal.write(`\n${plot(curves, { title, width: terminal.width, colour: terminal.colour, xLabel })}\n`);
  const rows = scores.map(({ name, mape, rmse, mase, description }) => [
    name,
    Number.isFinite(mase) ? mase.toFixed(3) : '',
    formatNumber(rmse),
    Number.isFinite(mape) ? `${mape.toFixed(2)} %` : '',
    description,
  ]);
  const columns = ['model', 'MASE', 'RMSE', 'MAPE', ''];
  terminal.write(table({ columns, rows, highlight: 0, colour: terminal.colour }));
  const [winner] = scores;
  if (trained && task.recipe.window.horizon === 1) {
    // Of one-step forecasts the test says who wins, not the order of the table.
    printOneStep(oneStepOfTask(task, trained.name), terminal);
  } else {
    const verdict = winner.trained
      ? `The trained ${winner.name} has the lowest MASE; nothing here tests whether that is more than luck.`
      : `${capitalized(winner.name)} wins: ${winner.description}, no training at all.`;
    terminal.write(`\n${ink.bold(verdict)}\n`);
  }
  if (task.prepared.length > 1)
    terminal.write(`Means over ${task.prepared.length} series; the plot shows the first.\n`);
}

/** A trained one-step model on the test parts, beside formulas that follow a series as closely. */
function oneStepOfTask(task: ForecastTask, name: string): OneStepReport {
  const forecasts = task.prepared.flatMap(({ testStart }, series) =>
    Array.from(task.testForecast(series), (mean, i) => ({ series, origin: testStart + i, mean })),
  );
  const values = task.prepared.map(({ series }) => series.values);
  const period = Math.min(...task.prepared.map(({ series }) => series.period ?? 1));
  return oneStepReport(name, values, forecasts, period);
}

function languageReport(
  { task, floors, validationLoss, sample }: RunOutcome,
  { curve, settled }: Pick<Watch, 'curve' | 'settled'>,
  terminal: Terminal,
) {
  const ink = colours(terminal.colour);
  const colour = terminal.colour;
  const language = task instanceof LanguageTask ? task : undefined;
  const unit = language ? unitOf(language) : 'token';
  const late = curve.filter(({ seconds }) => seconds > 0);
  const best = floors.reduce((a, b) => (a.nats <= b.nats ? a : b));
  if (late.length > 1) {
    const x = late.map(({ seconds }) => seconds);
    const curves = [
      { name: `floor: ${smoothingNames[best.smoothing]} ${best.order}-gram`, values: x.map(() => best.nats), x },
      { name: 'validation loss', values: late.map(({ loss }) => loss), x },
    ];
    const title = `nats per ${unit} over seconds of training`;
    terminal.write(`\n${plot(curves, { title, width: terminal.width, height: 12, colour })}\n`);
  }
  if (validationLoss !== undefined) {
    const both = (nats: number) => [nats.toFixed(3), language ? language.bitsPerByte(nats).toFixed(3) : ''];
    const rows: (string | number)[][] = floors.map(({ smoothing, order, nats, tokens }) => [
      `${smoothingNames[smoothing]} ${order}-gram`,
      ...both(nats),
      tokens ? `counted on ${formatCount(tokens)} tokens` : 'counted',
    ]);
    rows.push(['this model', ...both(validationLoss), 'trained']);
    rows.sort((a, b) => Number(a[1]) - Number(b[1]));
    const columns = ['whole validation split', `nats/${unit}`, 'bits per byte', ''];
    terminal.write(table({ columns, rows, highlight: 0, colour }));
    const verdict =
      validationLoss < best.nats
        ? 'The trained model is below the n-gram floor.'
        : `Counting still wins. It is ${distance(validationLoss, settled, best)}.`;
    terminal.write(`\n${ink.bold(verdict)}\n`);
  }
  if (sample?.trim()) terminal.write(`\n${ink.dim('It writes:')}\n${ink.cyan(sample.trim())}\n`);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
