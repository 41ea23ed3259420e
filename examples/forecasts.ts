/** What the forecasting examples share: tables of vega-datasets or LOOKBACK_DATA as rows, and a leaderboard in short. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTable } from '../src/data/node.ts';
import type { ForecastResult } from '../src/index.ts';
import { type Print, table } from './entry.ts';

export type Rows = Awaited<ReturnType<typeof readTable>>;

/** A table of the package vega-datasets. */
export const vega = (name: string): Promise<Rows> =>
  readTable(fileURLToPath(new URL(`../node_modules/vega-datasets/data/${name}`, import.meta.url)));

/** The path of a file that LOOKBACK_DATA may hold; undefined where it does not. */
export function given(name: string): string | undefined {
  const path = join(process.env.LOOKBACK_DATA ?? '../shared/data', 'series', name);
  return existsSync(path) ? path : undefined;
}

/** The best three models and both naive ones, then the verdict. */
export function show(print: Print, title: string, { leaderboard, verdict }: ForecastResult): void {
  const shown = leaderboard.filter(({ model }, i) => i < 3 || model === 'naive' || model === 'seasonal-naive');
  const rows = shown.map(({ model, rmse, mase, coverage }) => [
    model,
    rmse.toPrecision(4),
    mase.toFixed(3),
    coverage === null ? '' : `${Math.round(100 * coverage)} %`,
  ]);
  table(print, [title, 'RMSE', 'MASE', 'in 90 %'], rows);
  print(`${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}\n`);
}
