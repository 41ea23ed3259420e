/** Figures of a run: the curves of a metric with its floors, and a forecast beside the truth and what needs no training. */
import { dashPatterns, type FigureOptions, figure, Plot, palette } from './figure.ts';

export interface CurveLine {
  readonly name: string;
  /** Default: the palette in turn. */
  readonly colour?: string;
  /** Default: solid, then the dash patterns once colours come again. */
  readonly dash?: string;
  /** Ascending; y, min and max of the same length, NaN where there is nothing. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly min?: ArrayLike<number>;
  readonly max?: ArrayLike<number>;
}

export interface Level {
  readonly name: string;
  readonly value: number;
}

export interface CurveFigure extends Pick<FigureOptions, 'title' | 'subtitle' | 'theme' | 'width' | 'height'> {
  readonly lines: readonly CurveLine[];
  /** Horizontal lines with a name, such as the loss of counting. */
  readonly floors?: readonly Level[];
  readonly xLabel?: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly min: number;
  readonly max: number;
}

/** Curves over steps, time or tokens. What is not finite is a gap, and on a logarithmic axis what is not positive. */
export function curvesFigure({
  lines,
  floors = [],
  xLabel = 'step',
  logX = false,
  logY = false,
  height = 300,
  ...options
}: CurveFigure): Promise<string> {
  const shown = (value: number, log: boolean) => Number.isFinite(value) && (!log || value > 0);
  const points = ({ x, y, min = y, max = y }: CurveLine): Point[] =>
    Array.from(x, (at, i) => ({
      x: at,
      y: shown(y[i], logY) ? y[i] : Number.NaN,
      min: shown(min[i], logY) ? min[i] : Number.NaN,
      max: max[i],
    })).filter((point) => shown(point.x, logX));
  const drawn = lines.map((line, i) => ({
    points: points(line),
    name: line.name,
    stroke: line.colour ?? palette[i % palette.length],
    strokeDasharray: line.dash ?? dashPatterns[Math.floor(i / palette.length) % dashPatterns.length],
  }));
  const key = { domain: drawn.map(({ name }) => name), range: drawn.map(({ stroke }) => stroke) };
  return figure({
    ...options,
    height: height + 18 * Math.ceil(drawn.length / 3),
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 40 + 18 * Math.ceil(drawn.length / 3),
    x: { label: xLabel, labelOffset: 30, type: logX ? 'log' : 'linear', tickFormat: logX ? '~s' : undefined },
    y: { label: null, grid: true, type: logY ? 'log' : 'linear', nice: true, zero: false },
    marks: [
      ...drawn.flatMap(({ points, stroke, strokeDasharray }) => [
        Plot.areaY(points, { x: 'x', y1: 'min', y2: 'max', fill: stroke, fillOpacity: 0.15 }),
        Plot.line(points, { x: 'x', y: 'y', stroke, strokeDasharray, strokeWidth: 1.5 }),
        // A point with nothing on either side is no line.
        Plot.dot(points.length === 1 ? points : [], { x: 'x', y: 'y', fill: stroke, r: 2.5 }),
      ]),
      ...floors.map(({ name, value }) =>
        Plot.ruleY([value], { stroke: 'currentColor', strokeOpacity: 0.6, strokeDasharray: '4 4', title: () => name }),
      ),
      Plot.text(floors, { frameAnchor: 'right', y: 'value', text: 'name', dy: -6, dx: -4, textAnchor: 'end' }),
      ...legend(key.domain, key.range, drawn),
    ],
  });
}

/** Names under the plot, three in a row, each with a piece of its line. */
function legend(names: readonly string[], colours: readonly string[], lines: readonly { strokeDasharray: string }[]) {
  const place = (i: number) => ({ dx: (i % 3) * 212, dy: 38 + 18 * Math.floor(i / 3) });
  return names.flatMap((name, i) => {
    const { dx, dy } = place(i);
    const shown = name.length > 28 ? `${name.slice(0, 27)}…` : name;
    const piece = { frameAnchor: 'bottom-left', stroke: colours[i], strokeWidth: 2.4 } as const;
    return [
      Plot.vectorX([0], {
        ...piece,
        dx,
        dy,
        rotate: 90,
        length: 20,
        anchor: 'start',
        shape: {
          draw: (context, length) => {
            context.moveTo(0, 0);
            context.lineTo(0, -length);
          },
        },
        strokeDasharray: lines[i].strokeDasharray,
      }),
      Plot.text([shown], {
        frameAnchor: 'bottom-left',
        dx: dx + 26,
        dy: dy + 1,
        textAnchor: 'start',
        lineAnchor: 'middle',
      }),
    ];
  });
}

export interface ForecastFigure extends Pick<FigureOptions, 'title' | 'subtitle' | 'theme' | 'width' | 'height'> {
  readonly history: readonly (number | null)[];
  readonly truth: readonly (number | null)[];
  /** Of the part held out, as long as the truth. */
  readonly forecasts: readonly {
    readonly name: string;
    readonly trained: boolean;
    readonly values: readonly (number | null)[];
    readonly colour?: string;
  }[];
  /** Of history and truth together. */
  readonly times?: readonly string[];
}

/** The end of the history, the truth held out, and what each method said of it. */
export function forecastFigure({
  history,
  truth,
  forecasts,
  times,
  height = 300,
  ...options
}: ForecastFigure): Promise<string> {
  const skipped = Math.max(0, history.length - 4 * truth.length);
  const past = history.slice(skipped);
  const joined = (values: readonly (number | null)[]) => [
    ...past.map((value, i) => (i === past.length - 1 ? value : null)),
    ...values,
  ];
  const points = (values: readonly (number | null)[]) =>
    values.map((value, i) => ({ x: skipped + i, y: value ?? Number.NaN })).filter(({ y }) => Number.isFinite(y));
  const lines = [
    { name: 'truth', stroke: 'currentColor', strokeDasharray: '', points: points([...past, ...truth]) },
    ...forecasts.map(({ name, trained, values, colour }, i) => ({
      name,
      stroke: colour ?? palette[i % palette.length],
      strokeDasharray: trained ? '' : '5 4',
      points: points(joined(values)),
    })),
  ];
  const rows = Math.ceil(lines.length / 3);
  return figure({
    ...options,
    height: height + 18 * rows,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 40 + 18 * rows,
    x: {
      label: null,
      tickFormat: (index: number) => (Number.isInteger(index) ? (times?.[index] ?? String(index)) : ''),
    },
    y: { label: null, grid: true, nice: true, zero: false },
    marks: [
      Plot.ruleX([skipped + past.length - 0.5], { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '3 4' }),
      ...lines.map(({ points, ...looks }, i) =>
        Plot.line(points, { x: 'x', y: 'y', strokeWidth: i === 1 ? 2.2 : 1.5, ...looks }),
      ),
      ...legend(
        lines.map(({ name }) => name),
        lines.map(({ stroke }) => stroke),
        lines,
      ),
    ],
  });
}
