/** What `lookback forecast` prints of a kept model, and of anomalies. */
import { basename } from 'node:path';
import type { AnomalyResult, ForecastResult } from '../forecasting/index.ts';
import { fanPlot } from './forecastReport.ts';
import { formatNumber } from './terminal/format.ts';
import { plot } from './terminal/plot.ts';
import { table } from './terminal/table.ts';
import { colours, type Terminal } from './terminal/terminal.ts';
import { wrapped } from './terminal/wrapped.ts';

interface Kept extends Pick<ForecastResult, 'series' | 'forecast' | 'level' | 'best' | 'frequency'> {
  detail: string;
  notes: readonly string[];
}

/** `taken`: how many values of the file were new. */
export function printKept(
  result: Kept,
  { file, model, svg, save, taken }: { file: string; model: string; svg?: string; save?: string; taken: number },
  terminal: Terminal,
): void {
  const { series, forecast, level, best, detail, notes } = result;
  const ink = colours(terminal.colour);
  terminal.write(
    `\n${basename(model)}: ${best}${detail ? `, ${detail}` : ''}; ${taken} new value${taken === 1 ? '' : 's'} from ${basename(file)}\n`,
  );
  for (const note of notes) terminal.write(`${ink.dim(wrapped(`note: ${note}`, terminal))}\n`);
  const [{ times, mean, lower, upper }] = forecast;
  const rows = times.map((time, step) => [
    time,
    formatNumber(mean[step]),
    formatNumber(lower[step]),
    formatNumber(upper[step]),
  ]);
  const share = `${Math.round(100 * level)} %`;
  terminal.write(`\n${table({ columns: ['time', 'forecast', `${share} from`, 'to'], rows, colour: terminal.colour })}`);
  terminal.write(`\n${fanPlot(result, terminal)}\n`);
  if (series.length > 1) terminal.write('Table and plot show the first series; --csv prints all forecasts.\n');
  if (svg) terminal.write(`${ink.dim(`figure: ${svg}`)}\n`);
  if (save) terminal.write(`${ink.dim(`kept: ${save}`)}\n`);
}

/** Most anomalies that are listed. */
const most = 40;

export function printAnomalies(
  result: AnomalyResult,
  { file, svg }: { file: string; svg?: string },
  terminal: Terminal,
): void {
  const { anomalies, judged, model, detail, quantile, notes, series } = result;
  const ink = colours(terminal.colour);
  terminal.write(
    `\n${basename(file)}: ${anomalies.length} of ${judged.length} values were not expected by ${model}${detail ? `, ${detail}` : ''}\n`,
  );
  for (const note of notes) terminal.write(`${ink.dim(wrapped(`note: ${note}`, terminal))}\n`);
  const rows = anomalies
    .slice(0, most)
    .map((one) => [
      one.series,
      one.time,
      formatNumber(one.value),
      formatNumber(one.expected),
      formatNumber(one.threshold ?? 0),
    ]);
  if (rows.length > 0) {
    terminal.write(
      `\n${table({ columns: ['series', 'time', 'value', 'expected', 'allowed error'], rows, colour: terminal.colour })}`,
    );
  }
  if (anomalies.length > most) terminal.write(`… and ${anomalies.length - most} more; --csv prints all.\n`);
  const [{ name, values, times }] = series;
  const shown = anomalies.filter((one) => one.series === name);
  const places = new Set(shown.map(({ at }) => at));
  // Gaps between them, so that no line joins them.
  const marks = { name: 'not expected', values: Array.from(values, (value, at) => (places.has(at) ? value : null)) };
  const xLabel = (at: number) => times[Math.round(at)] ?? '';
  const curves = [{ name, values: [...values] }, ...(shown.length > 0 ? [marks] : [])];
  terminal.write(`\n${plot(curves, { title: name, width: terminal.width, colour: terminal.colour, xLabel })}\n`);
  const early = judged.filter(({ threshold }) => threshold === null).length;
  const meant = `A value is marked where its error exceeds the ${quantile} quantile of the errors before it: about ${Number((100 * (1 - quantile)).toFixed(3))} % of quiet values are.${early > 0 ? ` The first ${early} only set the measure.` : ''}`;
  terminal.write(`${wrapped(meant, terminal)}\n`);
  if (svg) terminal.write(`${ink.dim(`figure: ${svg}`)}\n`);
}
