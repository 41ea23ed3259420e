/**
 * Drawing curves into a uPlot chart: uPlot gives axes, cursor and zoom; lines are drawn here, each with its own x, so
 * that curves logged at different steps need no common grid. Knows nothing of runs.
 */
import type uPlot from 'uplot';
import type { Floor, Line } from './curves.ts';
import { type Curve, clip, decimate, type Numbers } from './smooth.ts';

export interface PanelColours {
  panel: string;
  text: string;
  grid: string;
  floor: string;
}

export interface DrawnLine extends Line {
  /** The curve before smoothing, drawn faintly behind; undefined where there is no smoothing. */
  readonly raw?: Line['curve'];
}

/** Least and greatest of what a panel shows, floors included; undefined when it shows nothing. */
export function extentX(lines: readonly DrawnLine[]): [number, number] | undefined {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const { curve } of lines) {
    if (curve.x.length === 0) continue;
    least = Math.min(least, curve.x[0]);
    greatest = Math.max(greatest, curve.x[curve.x.length - 1]);
  }
  if (least > greatest) return undefined;
  return least === greatest ? [least - 0.5, greatest + 0.5] : [least, greatest];
}

/** The y range of what is between `from` and `to`, with some air; `log` leaves out what is not positive. */
export function extentY(
  lines: readonly DrawnLine[],
  floors: readonly Floor[],
  [from, to]: readonly [number, number],
  log: boolean,
): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  const take = (value: number) => {
    if (!Number.isFinite(value) || (log && value <= 0)) return;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  };
  for (const { curve, raw } of lines) {
    const { min, max } = clip(raw ?? curve, from, to);
    for (let i = 0; i < min.length; i++) {
      take(min[i]);
      take(max[i]);
    }
  }
  for (const { value } of floors) take(value);
  if (least > greatest) return log ? [0.1, 1] : [0, 1];
  if (log) return least === greatest ? [least / 2, greatest * 2] : [least * 0.92, greatest * 1.08];
  const air = (greatest - least) * 0.05 || Math.abs(greatest) * 0.05 || 0.5;
  // Room for the word under the lowest floor.
  const below = floors.some(({ value }) => value === least) ? 3 * air : air;
  return [least - below, greatest + air];
}

/** Canvas positions of values on one of the chart's scales: what `valToPos` gives, without its look-ups for each. */
function mapping(chart: uPlot, key: 'x' | 'y'): (value: number) => number {
  const { min = 0, max = 1, distr } = chart.scales[key];
  const { left, top, width, height } = chart.bbox;
  const of = distr === 3 ? Math.log : (value: number) => value;
  const [from, to] = [of(min ?? 0), of(max ?? 1)];
  const scale = 1 / (to - from || 1);
  return key === 'x'
    ? (value) => left + (of(value) - from) * scale * width
    : (value) => top + height - (of(value) - from) * scale * height;
}

/** More curves than this cover one another, and bands and dashes cost more than they show while the axis moves. */
const manyLines = 12;

/**
 * Floors, bands and lines, clipped to the plotting area. One point per two device pixels is enough for a line.
 *
 * @param moving another frame follows at once: of many curves the bands and dashes may wait
 */
export function drawLines(
  chart: uPlot,
  lines: readonly DrawnLine[],
  floors: readonly Floor[],
  colours: PanelColours,
  emphasis: string | undefined,
  moving = false,
): void {
  const { ctx } = chart;
  const { left, top, width, height } = chart.bbox;
  const ratio = window.devicePixelRatio || 1;
  const from = chart.scales.x.min ?? 0;
  const to = chart.scales.x.max ?? 1;
  const px = mapping(chart, 'x');
  const py = mapping(chart, 'y');
  // Many curves over one another show no more than a point for every four pixels of each.
  const buckets = Math.max(100, width / (lines.length > manyLines ? 4 : 2));
  const place = (curve: Curve): Curve => {
    const { x, y, min, max } = decimate(clip(curve, from, to), buckets);
    const of = (values: Numbers, map: (value: number) => number) => {
      const places = new Float64Array(values.length);
      for (let i = 0; i < places.length; i++) places[i] = map(values[i]);
      return places;
    };
    const low = of(min, py);
    return { x: of(x, px), y: of(y, py), min: low, max: max === min ? low : of(max, py) };
  };
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  drawFloors(chart, floors, colours, ratio);
  ctx.setLineDash([]);
  // Round joins cost many times what they show once there are many points.
  ctx.lineJoin = lines.length > manyLines ? 'bevel' : 'round';
  for (const { name, colour, dash, curve, raw } of lines) {
    const faded = emphasis !== undefined && emphasis !== name;
    const shown = place(curve);
    const behind = raw ? place(raw) : shown;
    if (!moving || lines.length <= manyLines) {
      ctx.fillStyle = colour;
      ctx.globalAlpha = faded ? 0.04 : 0.16;
      band(ctx, behind);
    }
    ctx.strokeStyle = colour;
    if (raw) {
      ctx.globalAlpha = faded ? 0.06 : 0.28;
      ctx.lineWidth = ratio;
      ctx.setLineDash([]);
      line(ctx, behind, ratio);
    }
    ctx.globalAlpha = faded ? 0.2 : 1;
    ctx.lineWidth = (name === emphasis ? 2.2 : 1.4) * ratio;
    ctx.setLineDash(moving && lines.length > manyLines ? [] : dash.map((length) => length * ratio));
    line(ctx, shown, ratio);
  }
  ctx.restore();
}

function drawFloors(chart: uPlot, floors: readonly Floor[], colours: PanelColours, ratio: number): void {
  const { ctx } = chart;
  const { left, width, top, height } = chart.bbox;
  const { floor: colour } = colours;
  ctx.font = `${10.5 * ratio}px system-ui, sans-serif`;
  ctx.fillStyle = colour;
  const labels: number[] = [];
  for (const { name, value } of [...floors].sort((a, b) => b.value - a.value)) {
    const y = chart.valToPos(value, 'y', true);
    if (!Number.isFinite(y)) continue;
    ctx.strokeStyle = colour;
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    // Labels of floors close together would cover each other: the later one goes below its line, or is left out.
    const above = y - 4 * ratio;
    const below = y + 12 * ratio;
    const inside = (at: number) => at > top + 9 * ratio && at < top + height - 4 * ratio;
    const free = (at: number) => inside(at) && labels.every((taken) => Math.abs(taken - at) > 11 * ratio);
    const at = free(above) ? above : free(below) ? below : undefined;
    if (at === undefined) continue;
    labels.push(at);
    // Losses fall from the upper left to the lower right: the other two corners are free for words.
    const low = y > top + height / 2;
    ctx.textAlign = low ? 'left' : 'right';
    const x = low ? left + 5 * ratio : left + width - 5 * ratio;
    ctx.setLineDash([]);
    ctx.lineWidth = 3 * ratio;
    ctx.strokeStyle = colours.panel;
    ctx.strokeText(name, x, at);
    ctx.fillText(name, x, at);
  }
}

/** The area between least and greatest, where there is any. */
function band(ctx: CanvasRenderingContext2D, { x, min, max }: Curve): void {
  if (min === max) return;
  ctx.beginPath();
  let begin = 0;
  for (let i = 0; i <= x.length; i++) {
    if (i < x.length && Number.isFinite(min[i]) && Number.isFinite(max[i])) continue;
    for (let j = begin; j < i; j++) ctx.lineTo(x[j], max[j]);
    for (let j = i - 1; j >= begin; j--) ctx.lineTo(x[j], min[j]);
    if (i > begin) ctx.closePath();
    begin = i + 1;
    if (begin < x.length) ctx.moveTo(x[begin], max[begin]);
  }
  ctx.fill();
}

/** A line with gaps where y is not finite; a point with nothing on either side is a dot. */
function line(ctx: CanvasRenderingContext2D, { x, y }: Curve, ratio: number): void {
  const finite = (i: number) => Number.isFinite(y[i]);
  ctx.beginPath();
  for (let i = 0; i < x.length; i++) {
    if (!finite(i)) continue;
    if (finite(i - 1)) ctx.lineTo(x[i], y[i]);
    else if (finite(i + 1)) ctx.moveTo(x[i], y[i]);
    else {
      ctx.moveTo(x[i] + 2 * ratio, y[i]);
      ctx.arc(x[i], y[i], 2 * ratio, 0, 2 * Math.PI);
    }
  }
  ctx.stroke();
}
