/** From the server's columns to curves on an axis, and live rows added at their end. */
import type { LiveRow, MetricCurve, RecipeValue } from '../../../src/server/wire.ts';
import type { Curve } from './smooth.ts';

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

/** What one optimizer step reads: tokens of a language run, values of a forecast's windows; undefined where not known. */
export function tokensPerStep(recipe: Readonly<Record<string, RecipeValue>>): number | undefined {
  const batch = recipe['train.batch'];
  const length = recipe.context ?? recipe['window.lookback'];
  const accumulate = recipe['train.accumulate'] ?? 1;
  if (typeof batch !== 'number' || typeof length !== 'number' || typeof accumulate !== 'number') return undefined;
  return batch * length * accumulate;
}

/** A metric on the chosen axis: steps, seconds since the first of the run's start, or tokens read. */
export function onAxis(
  metric: MetricCurve,
  axis: XAxis,
  { started, tokens }: { started: number; tokens: number | undefined },
): Curve {
  const x =
    axis === 'step'
      ? metric.step
      : axis === 'time'
        ? ascending(metric.time.map((time) => time - started))
        : tokens === undefined
          ? []
          : metric.step.map((step) => step * tokens);
  const column = (values: readonly (number | null)[]) =>
    x.length === 0 ? [] : values.map((value) => (value === null ? NaN : value));
  return { x, y: column(metric.last), min: column(metric.min), max: column(metric.max) };
}

/** Clocks may be set back; a curve may not. */
function ascending(times: number[]): number[] {
  for (let i = 1; i < times.length; i++) if (times[i] < times[i - 1]) times[i] = times[i - 1];
  return times;
}

/** The curve with new rows of its metric; rows at steps it already has replace what it had from there on. */
export function appendRows(curve: MetricCurve, metric: string, rows: readonly LiveRow[], limit: number): MetricCurve {
  const added = rows.filter(({ values }) => metric in values);
  if (added.length === 0) return curve;
  let keep = curve.step.length;
  while (keep > 0 && curve.step[keep - 1] >= added[0].step) keep--;
  const column = <T>(values: readonly T[], of: (row: LiveRow) => T) => [...values.slice(0, keep), ...added.map(of)];
  const value = ({ values }: LiveRow) => values[metric];
  const grown = {
    step: column(curve.step, ({ step }) => step),
    time: column(curve.time, ({ time }) => time),
    last: column(curve.last, value),
    min: column(curve.min, value),
    max: column(curve.max, value),
  };
  return grown.step.length > limit ? halve(grown) : grown;
}

/** Pairs of points as one each: the later one's step, time and value, the least and greatest of both. */
function halve({ step, time, last, min, max }: MetricCurve): MetricCurve {
  const half: MetricCurve = { step: [], time: [], last: [], min: [], max: [] };
  for (let i = 0; i < step.length; i += 2) {
    const j = Math.min(i + 1, step.length - 1);
    half.step.push(step[j]);
    half.time.push(time[j]);
    half.last.push(last[j] ?? last[i]);
    half.min.push(ofBoth(Math.min, min[i], min[j]));
    half.max.push(ofBoth(Math.max, max[i], max[j]));
  }
  return half;
}

const ofBoth = (pick: (a: number, b: number) => number, a: number | null, b: number | null) =>
  a === null ? b : b === null ? a : pick(a, b);

const preferred = ['validationLoss', 'loss', 'trainLoss', 'validationMape', 'gradientNorm', 'learningRate'];

/** Metrics in the order people look at them: losses first, then the preferred ones, the rest by name. */
export function orderMetrics(names: Iterable<string>): string[] {
  const rank = (name: string) => {
    const index = preferred.indexOf(name);
    return index < 0 ? preferred.length : index;
  };
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Whether floors (nats per token) belong into a metric's panel. */
export const isLoss = (metric: string): boolean => /loss$/i.test(metric);

/** About `count` rows for the table behind a chart: x and the value of each curve there. */
export function tableRows(lines: readonly Line[], count: number): { x: number; values: (number | undefined)[] }[] {
  const all = [...new Set(lines.flatMap(({ curve }) => curve.x))].sort((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(all.length / count));
  const picked = all.filter((_, i) => i % stride === 0 || i === all.length - 1);
  return picked.map((x) => ({ x, values: lines.map(({ curve }) => nearestValue(curve, x)) }));
}

function nearestValue({ x, y }: Curve, at: number): number | undefined {
  let found: number | undefined;
  for (let i = 0; i < x.length && x[i] <= at; i++) found = y[i];
  return found;
}
