/** How far intervals can be trusted: measured beside nominal coverage, one line a kind of interval. */
import { dashPatterns, type FigureOptions, figure, Plot, palette } from './figure.ts';

export interface CalibrationLine {
  readonly name: string;
  /** A point a level; null where it could not be told. */
  readonly measured: readonly (number | null)[];
}

export interface CalibrationFigure extends Pick<FigureOptions, 'title' | 'subtitle' | 'theme' | 'width' | 'height'> {
  /** Nominal coverage, ascending, from 0 to 1. */
  readonly levels: readonly number[];
  readonly lines: readonly CalibrationLine[];
}

/** The figure as the text of an SVG file. Above the diagonal intervals are too wide, below it too narrow. */
export function calibrationFigure({ levels, lines, width = 440, height = 400, ...options }: CalibrationFigure) {
  const shown = lines.filter(({ measured }) => measured.some((one) => one !== null));
  const points = shown.flatMap(({ name, measured }) =>
    measured.flatMap((y, i) => (y === null ? [] : [{ name, x: levels[i], y }])),
  );
  const from = Math.min(levels[0], ...points.map(({ y }) => y)) - 0.05;
  return figure({
    ...options,
    width,
    height,
    marginLeft: 56,
    marginRight: 16,
    marginBottom: 40,
    x: { label: 'coverage asked for', domain: [from, 1], tickFormat: '.0%' },
    y: { label: 'coverage measured', domain: [from, 1], tickFormat: '.0%', grid: true },
    marks: [
      Plot.line(
        [
          { x: from, y: from },
          { x: 1, y: 1 },
        ],
        { x: 'x', y: 'y', stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '4 4' },
      ),
      ...shown.flatMap(({ name }, i) => {
        const own = points.filter((point) => point.name === name);
        const stroke = palette[i % palette.length];
        return [
          Plot.line(own, { x: 'x', y: 'y', stroke, strokeWidth: 1.8, strokeDasharray: dashPatterns[i % 4] }),
          Plot.dot(own, { x: 'x', y: 'y', fill: stroke, r: 3 }),
          Plot.text([name], {
            frameAnchor: 'bottom-right',
            fill: stroke,
            dx: -8,
            dy: -8 - 16 * (shown.length - 1 - i),
            textAnchor: 'end',
          }),
        ];
      }),
    ],
  });
}
