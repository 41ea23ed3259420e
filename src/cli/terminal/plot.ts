/**
 * A line plot of several named series as text: braille dots where colours tell the series apart, one letter-sized mark
 * a series where they cannot. Gaps (null or non-finite values) stay gaps.
 */
import { type Colours, colours } from './terminal.ts';
import { tickLabel, ticks } from './ticks.ts';

export interface PlotSeries {
  name: string;
  /** Heights; null leaves a gap. */
  values: readonly (number | null)[];
  /** Positions, ascending; default 0, 1, 2, … */
  x?: readonly number[];
}

export interface PlotOptions {
  title?: string;
  /** Columns in all, axis included. */
  width?: number;
  /** Rows of the plotting area. */
  height?: number;
  colour?: boolean;
  /** Names a position on the horizontal axis. */
  xLabel?: (x: number) => string;
}

const palette = ['gray', 'cyan', 'magenta', 'yellow', 'green', 'red'] as const satisfies (keyof Colours)[];
const marks = ['·', '*', 'o', '+', 'x', '#'];

/** The plot as lines, each ended by a line break; later series are drawn over earlier ones. */
export function plot(
  series: readonly PlotSeries[],
  { title, width = 80, height = 16, colour = false, xLabel }: PlotOptions = {},
): string {
  const ink = colours(colour);
  const curves = series.map(({ values, x }) =>
    values.map((y, i) => ({ x: x?.[i] ?? i, y: y ?? Number.NaN })).filter((point) => Number.isFinite(point.x)),
  );
  const shown = curves.flat().filter(({ y }) => Number.isFinite(y));
  if (shown.length === 0) return `${title ? `${title}\n` : ''}(nothing to plot)\n`;
  const [left, right] = extent(shown.map(({ x }) => x));
  const [low, high] = widened(extent(shown.map(({ y }) => y)));

  const yTicks = ticks(low, high, Math.max(2, Math.floor(height / 3)));
  const labels = new Map<number, string>();
  for (const y of yTicks.values) {
    labels.set(Math.round(((high - y) / (high - low)) * (height - 1)), tickLabel(y, yTicks.step));
  }
  const margin = Math.max(...[...labels.values()].map((label) => label.length));
  const columns = Math.max(8, width - margin - 2);

  const canvas = new Canvas(columns, height, colour ? 2 : 1, colour ? 4 : 1);
  curves.forEach((points, owner) => {
    for (let i = 0; i < points.length; i++) {
      const place = ({ x, y }: { x: number; y: number }) => ({
        across: right > left ? ((x - left) / (right - left)) * (canvas.across - 1) : (canvas.across - 1) / 2,
        down: ((high - y) / (high - low)) * (canvas.down - 1),
      });
      if (!Number.isFinite(points[i].y)) continue;
      const from = i > 0 && Number.isFinite(points[i - 1].y) ? points[i - 1] : points[i];
      canvas.line(place(from), place(points[i]), owner);
    }
  });

  const lines = title ? [ink.bold(title)] : [];
  const paint = (owner: number, text: string) => ink[palette[owner % palette.length]](text);
  for (let row = 0; row < height; row++) {
    const label = labels.get(row);
    lines.push(
      `${ink.dim((label ?? '').padStart(margin) + (label ? ' ┤' : ' │'))}${canvas.row(row, colour, paint)}`.trimEnd(),
    );
  }
  lines.push(...axis(left, right, columns, xLabel).map((text) => ink.dim(' '.repeat(margin + 1) + text)));
  const legend = series.map(({ name }, i) => paint(i, `${colour ? '━━' : marks[i % marks.length]} ${name}`));
  lines.push(' '.repeat(margin + 2) + legend.join('   '));
  return lines.map((line) => `${line}\n`).join('');
}

/** Dots in character cells; a cell belongs to the series that drew in it last. */
class Canvas {
  readonly across: number;
  readonly down: number;
  readonly #dots: Uint8Array;
  readonly #owners: Int16Array;

  constructor(
    readonly columns: number,
    rows: number,
    readonly dotsAcross: number,
    readonly dotsDown: number,
  ) {
    this.across = columns * dotsAcross;
    this.down = rows * dotsDown;
    this.#dots = new Uint8Array(columns * rows);
    this.#owners = new Int16Array(columns * rows).fill(-1);
  }

  line(from: { across: number; down: number }, to: { across: number; down: number }, owner: number): void {
    const length = Math.ceil(Math.max(Math.abs(to.across - from.across), Math.abs(to.down - from.down)));
    for (let i = 0; i <= length; i++) {
      const part = length === 0 ? 0 : i / length;
      const x = Math.round(from.across + (to.across - from.across) * part);
      const y = Math.round(from.down + (to.down - from.down) * part);
      const cell = Math.floor(y / this.dotsDown) * this.columns + Math.floor(x / this.dotsAcross);
      this.#dots[cell] |= brailleDot(x % this.dotsAcross, y % this.dotsDown);
      this.#owners[cell] = owner;
    }
  }

  row(row: number, braille: boolean, paint: (owner: number, text: string) => string): string {
    let text = '';
    let cell = row * this.columns;
    const end = cell + this.columns;
    while (cell < end) {
      const owner = this.#owners[cell];
      let stretch = '';
      for (; cell < end && this.#owners[cell] === owner; cell++) {
        if (owner < 0) stretch += ' ';
        else stretch += braille ? String.fromCharCode(0x2800 + this.#dots[cell]) : marks[owner % marks.length];
      }
      text += owner < 0 ? stretch : paint(owner, stretch);
    }
    return text;
  }
}

/** Unicode numbers the dots of a braille cell down the left column (1 2 3, then 7), then the right (4 5 6, then 8). */
function brailleDot(column: number, row: number): number {
  return row === 3 ? 64 << column : 1 << (row + 3 * column);
}

function axis(left: number, right: number, columns: number, xLabel: PlotOptions['xLabel']): string[] {
  const { values, step } = ticks(left, right, Math.max(2, Math.floor(columns / 12)));
  const rule = Array.from({ length: columns }, () => '─');
  let names = '';
  for (const x of values) {
    const at = right > left ? Math.round(((x - left) / (right - left)) * (columns - 1)) : Math.floor(columns / 2);
    const name = xLabel ? xLabel(x) : tickLabel(x, step);
    const start = Math.max(0, Math.min(columns - name.length, at - Math.floor(name.length / 2)));
    rule[at] = '┬';
    if (names === '' || start > names.length) names = names.padEnd(start) + name;
  }
  return [`└${rule.join('')}`, ` ${names}`];
}

function extent(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [values[0], values[0]]);
}

/** A flat curve gets room above and below. */
function widened([low, high]: [number, number]): [number, number] {
  if (high > low) return [low, high];
  const room = Math.abs(low) / 10 || 1;
  return [low - room, high + room];
}
