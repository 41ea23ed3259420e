/** Aligned columns of text. Cells arrive formatted; a column of figures is aligned to the right. */
import { colours } from './terminal.ts';

export interface TableOptions {
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** Index of a row to mark with an arrow, e.g. the best one. */
  highlight?: number;
  colour?: boolean;
}

/** The table as lines, each ended by a line break. */
export function table({ columns, rows, highlight, colour = false }: TableOptions): string {
  const ink = colours(colour);
  const cells = rows.map((row) => columns.map((_, j) => String(row[j] ?? '')));
  const widths = columns.map((title, j) => Math.max(length(title), ...cells.map((row) => length(row[j]))));
  const right = columns.map((_, j) => cells.some((row) => row[j] !== '') && cells.every((row) => isFigure(row[j])));
  const gutter = highlight === undefined ? '' : '  ';
  const line = (row: readonly string[]) =>
    row
      .map((cell, j) =>
        right[j] ? ' '.repeat(widths[j] - length(cell)) + cell : cell + ' '.repeat(widths[j] - length(cell)),
      )
      .join('  ')
      .trimEnd();
  const body = cells.map((row, i) => (i === highlight ? ink.bold(ink.green(`→ ${line(row)}`)) : gutter + line(row)));
  return [gutter + ink.dim(line(columns)), ...body].map((text) => `${text}\n`).join('');
}

/** Figures with a unit, dashes and empty cells go with figures. */
function isFigure(cell: string): boolean {
  return /^[-+−~≈<>]?\s?[\d.,]+(e-?\d+)?\s?[%a-zA-Z/]{0,8}$/.test(cell) || /^(|-|—|NaN|\?|-?∞)$/.test(cell);
}

function length(text: string): number {
  return [...text].length;
}
