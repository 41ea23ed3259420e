/** What every example shares: running alone, comparing, and printing a table. Nothing of the lecture is in here. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../src/index.ts';

/** Takes one line of output. */
export type Print = (line: string) => void;

/** Runs `main` when the file at `url` (import.meta.url) is the one that was started. */
export function runAlone(url: string, main: () => unknown): void {
  if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(url)) main();
}

/** Largest |a - b|. */
export function largestDifference(a: Tensor, b: Tensor): number {
  return a.sub(b).abs().max().item();
}

/** 0.123 → 12 % */
export function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

/** Prints rows under `header`; every column is as wide as its widest cell, the first aligned left, the others right. */
export function table(print: Print, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  for (const row of [header, ...rows]) {
    print(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
  }
}
