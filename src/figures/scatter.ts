/** Named points in the plane, and arrows between some of them: word vectors projected to two dimensions. */
import { figure, Plot, palette } from './figure.ts';

export interface ScatterPoint {
  name: string;
  x: number;
  y: number;
  /** Points of one group share a colour. */
  group?: string;
}

export interface ScatterOptions {
  title: string;
  subtitle?: string;
  points: readonly ScatterPoint[];
  /** From one index of `points` to another. */
  arrows?: readonly { from: number; to: number }[];
  /** Words on their own, e.g. the name of a group. */
  captions?: readonly { text: string; x: number; y: number }[];
  width?: number;
  height?: number;
}

/** The plot as the text of an SVG file. Both axes have the same scale, so that directions are true. */
export function scatter({
  title,
  subtitle,
  points,
  arrows = [],
  captions = [],
  width = 720,
  height = 540,
}: ScatterOptions): Promise<string> {
  const groups = [...new Set(points.map(({ group }) => group ?? ''))];
  const colour = (group = '') => palette[groups.indexOf(group) % palette.length];
  const ends = arrows.map(({ from, to }) => ({
    x1: points[from].x,
    y1: points[from].y,
    x2: points[to].x,
    y2: points[to].y,
    colour: colour(points[from].group),
  }));
  return figure({
    title,
    subtitle,
    width,
    height,
    aspectRatio: 1,
    inset: 36,
    x: { axis: null },
    y: { axis: null },
    marks: [
      Plot.arrow(ends, {
        x1: 'x1',
        y1: 'y1',
        x2: 'x2',
        y2: 'y2',
        stroke: 'colour',
        strokeOpacity: 0.75,
        inset: 5,
        headLength: 7,
      }),
      Plot.dot(points, { x: 'x', y: 'y', r: 2.5, fill: (point: ScatterPoint) => colour(point.group) }),
      Plot.text(captions, { x: 'x', y: 'y', text: 'text', fontSize: 12, fontWeight: 650, fill: 'currentColor' }),
      Plot.text(points, { x: 'x', y: 'y', text: 'name', dy: -8, fontSize: 11, fill: 'currentColor' }),
    ],
  });
}
