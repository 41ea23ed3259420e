/** A series with the values that were not expected, and what was. */
import { type FigureOptions, figure, Plot, palette } from './figure.ts';

export interface AnomalyFigureOptions {
  title: string;
  subtitle?: string;
  /** [n] values and their labels. */
  values: ArrayLike<number>;
  times: readonly string[];
  /** One-step expectations, where there were any. */
  judged: readonly { at: number; expected: number }[];
  marked: readonly { at: number; value: number }[];
  theme?: FigureOptions['theme'];
}

/** The figure as the text of an SVG file. */
export function anomalyFigure({
  title,
  subtitle,
  values,
  times,
  judged,
  marked,
  theme,
}: AnomalyFigureOptions): Promise<string> {
  const line = Array.from(values as ArrayLike<number>, (value, at) => ({ at, value }));
  return figure({
    title,
    subtitle,
    theme,
    marginLeft: 56,
    marginRight: 24,
    x: { label: null, ticks: 7, tickFormat: (at: number) => times[Math.round(at)] ?? '' },
    y: { label: null, grid: true },
    marks: [
      Plot.lineY([...judged], { x: 'at', y: 'expected', stroke: palette[0], strokeOpacity: 0.5, strokeWidth: 1 }),
      Plot.lineY(line, { x: 'at', y: 'value', stroke: 'currentColor', strokeWidth: 1.2 }),
      Plot.dot([...marked], { x: 'at', y: 'value', r: 4, stroke: palette[1], strokeWidth: 2 }),
    ],
  });
}
