/**
 * STL: splitting a series into season, trend and remainder by local regression (Cleveland, Cleveland, McRae, Terpenning
 * 1990, "STL: A Seasonal-Trend Decomposition Procedure Based on Loess"). The season may change over time; with `robust`
 * outliers lose their say.
 */
import { LookbackError } from '../../errors.ts';
import { type Ets, fitEts, forecastEts } from './ets.ts';

export interface StlOptions {
  period: number;
  /** Values of one season's subseries that a smoothing looks at, odd; `periodic` for a season that never changes. */
  seasonWindow?: number | 'periodic';
  robust?: boolean;
}

export interface Stl {
  seasonal: Float64Array;
  trend: Float64Array;
  remainder: Float64Array;
}

/** @throws DATA_INVALID for two periods or fewer. */
export function stl(values: Float64Array, { period, seasonWindow = 11, robust = false }: StlOptions): Stl {
  const n = values.length;
  if (period < 2 || n <= 2 * period) {
    throw new LookbackError('DATA_INVALID', {
      where: 'STL',
      expected: 'a period of at least 2 and more than two periods of values',
      got: `period ${period}, ${n} values`,
      next: 'Give a longer history or a model without a season',
    });
  }
  const periodic = seasonWindow === 'periodic';
  const seasonSpan = periodic ? 10 * n + 1 : odd(seasonWindow);
  const trendSpan = odd(Math.ceil((1.5 * period) / (1 - 1.5 / seasonSpan)));
  const lowSpan = odd(period);
  const jump = (span: number) => Math.ceil(span / 10);
  const settings: Settings = {
    period,
    season: { span: seasonSpan, degree: 0, jump: jump(seasonSpan) },
    trend: { span: trendSpan, degree: 1, jump: jump(trendSpan) },
    low: { span: lowSpan, degree: 1, jump: jump(lowSpan) },
  };
  const seasonal = new Float64Array(n);
  const trend = new Float64Array(n);
  let weights: Float64Array | undefined;
  for (let outer = 0; outer < (robust ? 16 : 1); outer++) {
    for (let inner = 0; inner < (robust ? 1 : 2); inner++) innerLoop(values, settings, weights, seasonal, trend);
    if (robust) weights = bisquare(values.map((value, t) => Math.abs(value - seasonal[t] - trend[t])));
  }
  if (periodic) {
    for (let phase = 0; phase < period; phase++) {
      let sum = 0;
      let count = 0;
      for (let t = phase; t < n; t += period, count++) sum += seasonal[t];
      for (let t = phase; t < n; t += period) seasonal[t] = sum / count;
    }
  }
  return { seasonal, trend, remainder: values.map((value, t) => value - seasonal[t] - trend[t]) };
}

interface Smoothing {
  span: number;
  degree: 0 | 1;
  /** Fitted at every such value, the rest by straight lines between. */
  jump: number;
}

interface Settings {
  period: number;
  season: Smoothing;
  trend: Smoothing;
  low: Smoothing;
}

const odd = (span: number) => Math.max(3, span % 2 === 0 ? span + 1 : Math.round(span));

function innerLoop(
  values: Float64Array,
  { period, season, trend: trendOf, low }: Settings,
  weights: Float64Array | undefined,
  seasonal: Float64Array,
  trend: Float64Array,
): void {
  const n = values.length;
  // 1, 2: each month's subseries smoothed, one value longer at both ends.
  const cycle = new Float64Array(n + 2 * period);
  for (let phase = 0; phase < period; phase++) {
    const count = Math.floor((n - 1 - phase) / period) + 1;
    const part = new Float64Array(count);
    const partWeights = weights && new Float64Array(count);
    for (let i = 0; i < count; i++) {
      part[i] = values[phase + i * period] - trend[phase + i * period];
      if (partWeights && weights) partWeights[i] = weights[phase + i * period];
    }
    const smoothed = loess(part, season, partWeights);
    const reach = Math.min(season.span, count);
    const before = loessAt(part, season, 0, reach - 1, -1, partWeights) ?? smoothed[0];
    const after = loessAt(part, season, count - reach, count - 1, count, partWeights) ?? smoothed[count - 1];
    cycle[phase] = before;
    for (let i = 0; i < count; i++) cycle[phase + (i + 1) * period] = smoothed[i];
    cycle[phase + (count + 1) * period] = after;
  }
  // 3: what is left of slow movement in it.
  const slow = loess(movingAverage(movingAverage(movingAverage(cycle, period), period), 3), low, undefined);
  // 4 to 6: the season, and the trend of the rest.
  for (let t = 0; t < n; t++) seasonal[t] = cycle[period + t] - slow[t];
  trend.set(
    loess(
      values.map((value, t) => value - seasonal[t]),
      trendOf,
      weights,
    ),
  );
}

function movingAverage(values: Float64Array, span: number): Float64Array {
  const out = new Float64Array(values.length - span + 1);
  let sum = 0;
  for (let i = 0; i < span; i++) sum += values[i];
  out[0] = sum / span;
  for (let i = 1; i < out.length; i++) {
    sum += values[i + span - 1] - values[i - 1];
    out[i] = sum / span;
  }
  return out;
}

/** Local regression with tricube weights over the `span` nearest values. */
function loess(values: Float64Array, smoothing: Smoothing, weights: Float64Array | undefined): Float64Array {
  const n = values.length;
  const { span, jump } = smoothing;
  const out = new Float64Array(n);
  if (n < 2) return values.slice();
  const step = Math.min(jump, n - 1);
  const half = (span + 1) >> 1;
  const fit = (t: number) => {
    const left = span >= n ? 0 : Math.min(Math.max(t - half + 1, 0), n - span);
    const right = span >= n ? n - 1 : left + span - 1;
    return loessAt(values, smoothing, left, right, t, weights) ?? values[t];
  };
  let last = 0;
  for (let t = 0; t < n; t += step) {
    out[t] = fit(t);
    interpolate(out, last, t);
    last = t;
  }
  if (last !== n - 1) {
    out[n - 1] = fit(n - 1);
    interpolate(out, last, n - 1);
  }
  return out;
}

function interpolate(values: Float64Array, from: number, to: number): void {
  const slope = (values[to] - values[from]) / (to - from);
  for (let t = from + 1; t < to; t++) values[t] = values[from] + slope * (t - from);
}

/** The regression at `x` over the values from `left` to `right`; undefined where all weights vanish. */
function loessAt(
  values: Float64Array,
  { span, degree }: Smoothing,
  left: number,
  right: number,
  x: number,
  weights: Float64Array | undefined,
): number | undefined {
  const n = values.length;
  let reach = Math.max(x - left, right - x);
  if (span > n) reach += (span - n) >> 1;
  const w = new Float64Array(right - left + 1);
  let sum = 0;
  for (let t = left; t <= right; t++) {
    const distance = Math.abs(t - x);
    if (distance > 0.999 * reach) continue;
    const ratio = distance / reach;
    const cube = 1 - ratio * ratio * ratio;
    w[t - left] = (distance <= 0.001 * reach ? 1 : cube * cube * cube) * (weights ? weights[t] : 1);
    sum += w[t - left];
  }
  if (sum <= 0) return undefined;
  for (let i = 0; i < w.length; i++) w[i] /= sum;
  if (degree === 1 && reach > 0) {
    let centre = 0;
    for (let t = left; t <= right; t++) centre += w[t - left] * t;
    let spread = 0;
    for (let t = left; t <= right; t++) spread += w[t - left] * (t - centre) * (t - centre);
    // A slope of values that lie together means nothing.
    if (Math.sqrt(spread) > 0.001 * (n - 1)) {
      const slope = (x - centre) / spread;
      for (let t = left; t <= right; t++) w[t - left] *= 1 + slope * (t - centre);
    }
  }
  let fitted = 0;
  for (let t = left; t <= right; t++) fitted += w[t - left] * values[t];
  return fitted;
}

/** Weights that leave out what lies more than six median deviations off. */
function bisquare(deviations: Float64Array): Float64Array {
  const sorted = deviations.slice().sort();
  const n = sorted.length;
  const limit = 3 * (sorted[n >> 1] + sorted[n - 1 - (n >> 1)]);
  return deviations.map((deviation) => {
    if (deviation > 0.999 * limit) return 0;
    if (deviation <= 0.001 * limit) return 1;
    const ratio = deviation / limit;
    return (1 - ratio * ratio) * (1 - ratio * ratio);
  });
}

export interface StlEts {
  name: string;
  decomposition: Stl;
  smoothing: Ets;
}

/** STL, then exponential smoothing of what is left when the season is taken out; the last season repeats. */
export function fitStlEts(values: Float64Array, options: StlOptions): StlEts {
  const decomposition = stl(values, options);
  const adjusted = values.map((value, t) => value - decomposition.seasonal[t]);
  const smoothing = fitEts(adjusted, { season: 'N' });
  return { name: `STL + ${smoothing.name}`, decomposition, smoothing };
}

export function forecastStlEts({ decomposition, smoothing }: StlEts, horizon: number, period: number): Float64Array {
  const { seasonal } = decomposition;
  return forecastEts(smoothing, horizon).map(
    (level, step) => level + seasonal[seasonal.length - period + (step % period)],
  );
}
