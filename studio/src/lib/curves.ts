/** From the server's columns to curves on an axis, live rows added at their end, a closer look laid into the whole. */
import type { CurveColumns } from '../../../src/server/curves.ts';
import type { LiveRow, RecipeValue } from '../../../src/server/wire.ts';
import { type Curve, lowerBound, type Numbers } from './smooth.ts';

export type XAxis = 'step' | 'time' | 'tokens';

/** A curve with its name and looks, ready for a panel. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly dash: readonly number[];
  readonly curve: Curve;
}

export interface Floor {
  readonly name: string;
  readonly value: number;
}

export const noColumns: CurveColumns = {
  steps: new Float64Array(),
  times: new Float64Array(),
  last: new Float32Array(),
  min: new Float32Array(),
  max: new Float32Array(),
  mean: new Float32Array(),
};

/** What one optimizer step reads: tokens of a language run, values of a forecast's windows; undefined where not known. */
export function tokensPerStep(recipe: Readonly<Record<string, RecipeValue>>): number | undefined {
  const batch = recipe['train.batch'];
  const length = recipe.context ?? recipe['window.lookback'];
  const accumulate = recipe['train.accumulate'] ?? 1;
  if (typeof batch !== 'number' || typeof length !== 'number' || typeof accumulate !== 'number') return undefined;
  return batch * length * accumulate;
}

/** Where a run's axes begin: its start in seconds since 1970, and the tokens of a step where they are known. */
export interface Place {
  started: number;
  tokens: number | undefined;
}

/** A metric on the chosen axis: steps, seconds since the run's start, or tokens read. */
export function onAxis({ steps, times, last, min, max, mean }: CurveColumns, axis: XAxis, place: Place): Curve {
  if (axis === 'tokens' && place.tokens === undefined) return { x: [], y: [], min: [], max: [] };
  const x = axis === 'step' ? steps : axis === 'time' ? ascending(times, place.started) : scaled(steps, place);
  return { x, y: last, min, max, mean };
}

const scaled = (steps: Float64Array, { tokens = 1 }: Place): Float64Array => steps.map((step) => step * tokens);

/** Clocks may be set back; a curve may not. */
function ascending(times: Float64Array, started: number): Float64Array {
  const since = times.map((time) => time - started);
  for (let i = 1; i < since.length; i++) if (since[i] < since[i - 1]) since[i] = since[i - 1];
  return since;
}

/** The steps of a curve in a stretch of the axis, one point more on each side. */
export function stepsIn(
  columns: CurveColumns,
  [from, to]: readonly [number, number],
  axis: XAxis,
  place: Place,
): [number, number] {
  const { x } = onAxis(columns, axis, place);
  const begin = Math.max(0, lowerBound(x, from) - 1);
  const end = Math.min(columns.steps.length - 1, lowerBound(x, to) + 1);
  return [columns.steps[begin] ?? 0, columns.steps[end] ?? 0];
}

/** The whole curve, with the finer points of a stretch instead of its own there. */
export function withDetail(whole: CurveColumns, detail: CurveColumns): CurveColumns {
  const { length } = detail.steps;
  if (length === 0) return whole;
  const begin = lowerBound(whole.steps, detail.steps[0]);
  let end = lowerBound(whole.steps, detail.steps[length - 1]);
  while (end < whole.steps.length && whole.steps[end] === detail.steps[length - 1]) end++;
  return joined(whole, (column) => [column(whole).subarray(0, begin), column(detail), column(whole).subarray(end)]);
}

/** The curve with new rows of its metric; rows at steps it already has replace what it had from there on. */
export function appendRows(curve: CurveColumns, metric: string, rows: readonly LiveRow[], limit: number): CurveColumns {
  const added = rows.filter(({ values }) => metric in values);
  if (added.length === 0) return curve;
  let keep = curve.steps.length;
  while (keep > 0 && curve.steps[keep - 1] >= added[0].step) keep--;
  const values = Float32Array.from(added, ({ values }) => values[metric] ?? Number.NaN);
  const news: CurveColumns = {
    steps: Float64Array.from(added, ({ step }) => step),
    times: Float64Array.from(added, ({ time }) => time),
    last: values,
    min: values,
    max: values,
    mean: values,
  };
  const grown = joined(curve, (column) => [column(curve).subarray(0, keep), column(news)]);
  return grown.steps.length > limit ? halve(grown) : grown;
}

type Column = Float64Array | Float32Array;

/** Columns put together from pieces; where all values are one column, they stay one. */
function joined(like: CurveColumns, pieces: (column: (of: CurveColumns) => Column) => Column[]): CurveColumns {
  const join = (key: keyof CurveColumns) => {
    const parts = pieces((of) => of[key]);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const whole = like[key] instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  return {
    steps: join('steps') as Float64Array,
    times: join('times') as Float64Array,
    last: join('last') as Float32Array,
    min: join('min') as Float32Array,
    max: join('max') as Float32Array,
    mean: join('mean') as Float32Array,
  };
}

/** Pairs of points as one each: the later one's step, time and value, the least, greatest and mean of both. */
function halve({ steps, times, last, min, max, mean }: CurveColumns): CurveColumns {
  const length = Math.ceil(steps.length / 2);
  const pair = (i: number) => [2 * i, Math.min(2 * i + 1, steps.length - 1)] as const;
  const each = (of: (i: number, j: number) => number) => Float32Array.from({ length }, (_, i) => of(...pair(i)));
  const or = (a: number, b: number, both: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : both);
  return {
    steps: Float64Array.from({ length }, (_, i) => steps[pair(i)[1]]),
    times: Float64Array.from({ length }, (_, i) => times[pair(i)[1]]),
    last: each((i, j) => (Number.isNaN(last[j]) ? last[i] : last[j])),
    min: each((i, j) => or(min[i], min[j], Math.min(min[i], min[j]))),
    max: each((i, j) => or(max[i], max[j], Math.max(max[i], max[j]))),
    mean: each((i, j) => or(mean[i], mean[j], (mean[i] + mean[j]) / 2)),
  };
}

const preferred = ['validationLoss', 'loss', 'trainLoss', 'validationMape', 'gradientNorm', 'learningRate'];

/** Metrics in the order people look at them: losses first, then the preferred ones, the rest by name. */
export function orderMetrics(names: Iterable<string>): string[] {
  const rank = (name: string) => {
    const index = preferred.indexOf(name);
    return index < 0 ? preferred.length : index;
  };
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, undefined, { numeric: true }));
}

/** Metrics that a run's summary tells of, before its list of metrics has come: panels need not wait for that. */
export const likelyMetrics = (summary: Readonly<Record<string, unknown>>): string[] =>
  preferred.filter((name) => typeof summary[name] === 'number');

/** Whether floors (nats per token) belong into a metric's panel. */
export const isLoss = (metric: string): boolean => /loss$/i.test(metric);

/** About `count` rows for the table behind a chart: x and the value of each curve there. */
export function tableRows(lines: readonly Line[], count: number): { x: number; values: (number | undefined)[] }[] {
  const all = [...new Set(lines.flatMap(({ curve }) => [...curve.x]))].sort((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(all.length / count));
  const picked = all.filter((_, i) => i % stride === 0 || i === all.length - 1);
  return picked.map((x) => ({ x, values: lines.map(({ curve }) => latest(curve.x, curve.y, x)) }));
}

/** The value at the last x not beyond. */
function latest(x: Numbers, y: Numbers, at: number): number | undefined {
  const after = lowerBound(x, at);
  return y[x[after] === at ? after : after - 1];
}
