/** A table of numbers as coloured cells: first token down, second token across. */
import { figure, Plot } from './figure.ts';

export interface HeatmapOptions {
  title: string;
  subtitle?: string;
  /** Names of the rows and of the columns, in order; distinct. */
  rows: readonly string[];
  columns: readonly string[];
  /** Shape [rows, columns]. */
  values: ArrayLike<number>;
  /** What a cell says when pointed at. */
  describe?: (row: number, column: number) => string;
}

/** The heat map as the text of an SVG file; the larger a value, the darker its cell. Zero stays empty. */
export function heatmap({ title, subtitle, rows, columns, values, describe }: HeatmapOptions): Promise<string> {
  const cells = rows.flatMap((row, i) =>
    columns.flatMap((column, j) => {
      const value = values[i * columns.length + j];
      return value > 0 ? [{ row, column, value, say: describe?.(i, j) ?? `${row} ${column}: ${value}` }] : [];
    }),
  );
  const size = 15;
  return figure({
    title,
    subtitle,
    width: Math.max(360, columns.length * size + 90),
    height: rows.length * size + 60,
    marginTop: 40,
    marginLeft: 44,
    marginBottom: 10,
    padding: 0.04,
    x: { domain: [...columns], axis: 'top', label: null, tickSize: 0 },
    y: { domain: [...rows], label: null, tickSize: 0 },
    color: { type: 'sqrt', scheme: 'YlGnBu' },
    marks: [Plot.cell(cells, { x: 'column', y: 'row', fill: 'value', title: 'say' })],
  });
}
