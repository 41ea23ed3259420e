/**
 * From a CSV text to the series a recipe asks for: which columns, called what, of which period. Runs in a browser too,
 * so that a page reads a file as the command line does; where the text comes from is `resolve.node.ts`'s business.
 */
import type { Series } from '../series/series.ts';
import { parseSeries } from './csv.node.ts';
import { dataSets } from './registry.ts';

export interface SeriesTextOptions {
  column?: string | readonly string[];
  time?: string;
  period?: number;
}

/**
 * One series for each column; a single one carries the name of the set or file, several those of their columns.
 *
 * @param source a registered set, whose columns and period are the defaults, or a file's name
 * @throws DATA_INVALID naming the line or column that cannot be used
 */
export function readSeriesText(
  text: string,
  source: string,
  { column, time, period }: SeriesTextOptions = {},
): Series[] {
  const found = dataSets.find(({ name }) => name === source);
  const set = found?.kind === 'series' ? found : undefined;
  const asked = typeof column === 'string' ? [column] : column;
  const { columns, values, times } = parseSeries(
    text,
    { columns: asked ?? set?.columns, time: time ?? set?.time },
    source,
  );
  return columns.map((name, k) => ({
    name: columns.length === 1 ? (set?.name ?? baseName(source)) : name,
    values: values[k],
    start: times?.[0],
    period: period ?? set?.period,
    times,
  }));
}

/** `folder/sales.csv` as `sales`. */
export function baseName(path: string): string {
  const file = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const dot = file.lastIndexOf('.');
  return dot > 0 ? file.slice(0, dot) : file;
}
