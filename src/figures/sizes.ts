/** Figures of sizing: the text that language models were trained on, by year. */
import { type FigureOptions, figure, Plot, palette } from './figure.ts';

export interface TrainedOn {
  readonly year: number;
  readonly model: string;
  readonly count: number;
  readonly unit: string;
  readonly atLeast?: boolean;
}

/** A row for each model, by year; tokens (words as open circles) along a logarithmic axis. */
export function tokensByYear(
  data: readonly TrainedOn[],
  options: Pick<FigureOptions, 'theme' | 'width'> = {},
): Promise<string> {
  const rows = data.map((each) => ({ ...each, row: `${each.year}  ${each.model}` }));
  const short = (count: number) =>
    count >= 1e12 ? `${Number((count / 1e12).toPrecision(3))} T` : `${Number((count / 1e9).toPrecision(3))} B`;
  return figure({
    ...options,
    title: 'Training text by year',
    subtitle: 'tokens, in billions (B) and trillions (T); an open circle counts words',
    height: 40 + 22 * rows.length,
    marginLeft: 130,
    marginRight: 60,
    x: {
      label: null,
      type: 'log',
      grid: true,
      domain: [1e9, 1e14],
      ticks: [1e9, 1e10, 1e11, 1e12, 1e13, 1e14],
      tickFormat: short,
    },
    y: { label: null, domain: rows.map(({ row }) => row), tickSize: 0 },
    marks: [
      Plot.ruleY(rows, { x1: 1e9, x2: 'count', y: 'row', stroke: palette[0], strokeOpacity: 0.5, strokeWidth: 2 }),
      Plot.dot(rows, {
        x: 'count',
        y: 'row',
        r: 4.5,
        stroke: palette[0],
        strokeWidth: 1.5,
        fill: (each: TrainedOn) => (each.unit === 'words' ? 'var(--plot-background)' : palette[0]),
      }),
      Plot.text(rows, {
        x: 'count',
        y: 'row',
        text: (each: TrainedOn) => `${each.atLeast ? '> ' : ''}${short(each.count)}`,
        dx: 10,
        textAnchor: 'start',
        fontSize: 11,
      }),
    ],
  });
}
