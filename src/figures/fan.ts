/** A forecast as a fan: history, the forecast and its intervals, the narrow on the wide. */
import { type FigureOptions, figure, Plot, palette } from './figure.ts';

export interface FanOptions {
  title: string;
  subtitle?: string;
  /** [n] values and their labels. */
  history: ArrayLike<number>;
  times: readonly string[];
  /** Labels [H] and values [H] after the end of the history. */
  future: readonly string[];
  mean: ArrayLike<number>;
  /** Ends [H] of intervals, in any order: where they lie on each other the colour deepens. */
  intervals: readonly { lower: ArrayLike<number>; upper: ArrayLike<number> }[];
  /** What the values are, for the axis. */
  unit?: string;
  theme?: FigureOptions['theme'];
}

/** The figure as the text of an SVG file. */
export function fanFigure({
  title,
  subtitle,
  history,
  times,
  future,
  mean,
  intervals,
  unit,
  theme,
}: FanOptions): Promise<string> {
  const from = Math.max(0, history.length - Math.max(4 * mean.length, 60));
  const past = Array.from({ length: history.length - from }, (_, i) => ({ at: from + i, value: history[from + i] }));
  const ahead = Array.from(mean as ArrayLike<number>, (value, step) => ({ at: history.length + step, value }));
  const bands = intervals.map(({ lower, upper }) =>
    ahead.map(({ at }, step) => ({ at, lower: lower[step], upper: upper[step] })),
  );
  const last = past[past.length - 1];
  const label = (at: number) => times[at] ?? future[at - history.length] ?? '';
  return figure({
    title,
    subtitle,
    theme,
    marginLeft: 56,
    marginRight: 24,
    x: { label: null, ticks: 7, tickFormat: (at: number) => label(Math.round(at)) },
    y: { label: unit ?? null, grid: true },
    marks: [
      ...bands.map((band) =>
        Plot.areaY(band, {
          x: 'at',
          y1: 'lower',
          y2: 'upper',
          fill: palette[1],
          fillOpacity: bands.length > 1 ? 0.14 : 0.2,
        }),
      ),
      Plot.lineY(past, { x: 'at', y: 'value', stroke: 'currentColor', strokeWidth: 1.4 }),
      Plot.lineY([{ ...last }, ...ahead], { x: 'at', y: 'value', stroke: palette[1], strokeWidth: 1.8 }),
    ],
  });
}
