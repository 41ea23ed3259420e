/**
 * From series, what is known beside them and a recipe to the windows that a network is trained on.
 *
 * Everything that is fitted (transforms of each series, means and deviations of covariates) sees the training part alone.
 * Missing values (NaN) are carried forward from the last known one before a window is cut, which looks at nothing later;
 * a further feature of the window is 1 where that was done, and such a value as a target counts nothing in the loss.
 */
import { LookbackError } from '../errors.ts';
import { type Series, TransformChain, type WindowMove } from '../series/index.ts';
import type { Batch } from '../train/index.ts';
import type { ForecastRecipe } from './recipe.ts';

/** What is known beside one series of n values: past [n], future [n or n + H] a column, fixed a number a column. */
export interface Beside {
  readonly past: readonly Float64Array[];
  readonly future: readonly Float64Array[];
  readonly fixed: readonly number[];
}

/** Mean and deviation of each column by role, over the training parts of all series. */
export interface BesideScale {
  past: ColumnScale[];
  future: ColumnScale[];
  fixed: ColumnScale[];
}
export interface ColumnScale {
  mean: number;
  std: number;
}

/** What was fitted before, to go on with instead of fitting anew. */
export interface Fitted {
  /** One a series; series beyond them get their own. */
  readonly chains: readonly TransformChain[];
  readonly scale: BesideScale;
  /** Whether windows carry the feature of missing values. */
  readonly masked: boolean;
}

export interface Prepared {
  readonly series: Series;
  readonly chain: TransformChain;
  /** Transformed values; element i belongs to time i + chain.lost. */
  readonly values: Float64Array;
  readonly trainEnd: number;
  readonly testStart: number;
  /** By time, 1 where the value is missing. */
  readonly missing: Uint8Array | undefined;
  /** Standardized. */
  readonly beside: Beside;
}

/** Numbers at a step of the window and of the horizon, and of a series. */
export interface InputShape {
  features: number;
  known: number;
  fixed: number;
  series: number;
}

/** Look-back windows [B, L, F] and the values that follow them [B, H, 1]. */
export interface WindowBatch extends Batch {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly rows: number;
  /** 1 where a target was observed, [B, H, 1]; absent where all were. */
  readonly counted?: Float32Array;
  /** What is known of the horizon, [B, H, K]. */
  readonly known?: Float32Array;
  /** [B, S] */
  readonly fixed?: Float32Array;
  /** [B] */
  readonly series?: Int32Array;
}

/** Where a window's first target lies: time `origin` of a series. */
export interface Origin {
  readonly series: number;
  readonly origin: number;
}

/** No covariates. */
export const nothingBeside: Beside = { past: [], future: [], fixed: [] };

/** The series without gaps, and where they were. @throws DATA_INVALID for a series of nothing else. */
export function carryForward(values: Float64Array, name = 'history'): { values: Float64Array; missing?: Uint8Array } {
  const first = values.findIndex((value) => !Number.isNaN(value));
  if (values.length > 0 && first < 0) {
    throw new LookbackError('DATA_INVALID', { where: name, expected: 'some values', got: 'missing ones alone' });
  }
  if (!values.some(Number.isNaN)) return { values };
  let last = values[first];
  const filled = values.map((value) => {
    last = Number.isNaN(value) ? last : value;
    return last;
  });
  return { values: filled, missing: Uint8Array.from(values, (value) => Number(Number.isNaN(value))) };
}

/** Each column standardized; what is missing in it becomes 0, its mean. */
export function scaleBeside({ past, future, fixed }: Beside, scale: BesideScale): Beside {
  const one = (value: number, { mean, std }: ColumnScale) => (Number.isFinite(value) ? (value - mean) / std : 0);
  return {
    past: past.map((column, i) => column.map((value) => one(value, scale.past[i]))),
    future: future.map((column, i) => column.map((value) => one(value, scale.future[i]))),
    fixed: fixed.map((value, i) => one(value, scale.fixed[i])),
  };
}

/** One prepared series each. @throws LookbackError DATA_INVALID for a series too short for the windows and the split. */
export function prepareSeries(
  series: readonly Series[],
  recipe: ForecastRecipe,
  { beside, fitted }: { beside?: readonly Beside[]; fitted?: Fitted } = {},
): { prepared: Prepared[]; scale: BesideScale; masked: boolean } {
  const { split } = recipe;
  const trainEnds = series.map(({ values }) => values.length - split.test - split.validation);
  const given = series.map((one, i) => checkBeside(beside?.[i] ?? nothingBeside, one, beside?.[0] ?? nothingBeside));
  const scale = fitted?.scale ?? fitScale(given, trainEnds);
  const carried = series.map(({ values, name }) => carryForward(values, `series ${name}`));
  const own = series.every((_, i) => fitted?.chains[i]) ? [] : fitChains(series, carried, trainEnds, recipe);
  const prepared = series.map((one, i) => {
    const { values, missing } = carried[i];
    const trainEnd = trainEnds[i];
    const chain = fitted?.chains[i] ?? own[i];
    const testStart = values.length - split.test;
    const scaled = scaleBeside(given[i], scale);
    return { series: one, chain, values: chain.apply(values), trainEnd, testStart, missing, beside: scaled };
  });
  return { prepared, scale, masked: fitted?.masked ?? prepared.some(({ missing }) => missing !== undefined) };
}

/** How wide the inputs of a network are. */
export function inputShape(prepared: readonly Prepared[], masked: boolean): InputShape {
  const { past, future, fixed } = prepared[0].beside;
  const features = 1 + past.length + future.length + Number(masked);
  return { features, known: future.length, fixed: fixed.length, series: prepared.length };
}

/** The windows of prepared series whose targets lie inside a range of each. */
export class WindowSet {
  readonly origins: readonly Origin[];

  /** @throws LookbackError DATA_INVALID where no window fits, or none has an observed target. */
  constructor(
    private readonly prepared: readonly Prepared[],
    private readonly recipe: ForecastRecipe,
    private readonly masked: boolean,
    /** Times from and up to which the targets lie, a series; `earlierInputs` lets the inputs lie before. */
    ranges: readonly { from: number; to: number; earlierInputs?: boolean }[],
  ) {
    const { lookback, horizon } = recipe.window;
    const origins: Origin[] = [];
    prepared.forEach(({ chain, missing }, series) => {
      const { from, to, earlierInputs = false } = ranges[series];
      const first = earlierInputs ? Math.max(from, lookback + chain.lost) : from + lookback;
      for (let origin = first; origin + horizon <= to; origin++) {
        if (!missing?.subarray(origin, origin + horizon).every(Boolean)) origins.push({ series, origin });
      }
    });
    if (origins.length === 0) {
      throw new LookbackError('DATA_INVALID', {
        where: 'windows',
        expected: `at least one range of ${lookback + horizon} values (lookback ${lookback} and horizon ${horizon})`,
        got: 'only shorter ones, or missing values alone',
        next: 'Shorten the lookback or the horizon, or give a longer series',
      });
    }
    this.origins = origins;
  }

  get count(): number {
    return this.origins.length;
  }

  /** The windows `rows`, with their targets. */
  pick(rows: Int32Array): WindowBatch {
    const { horizon } = this.recipe.window;
    const origins = Array.from(rows, (row) => this.origins[row]);
    const { batch, moves } = cutInputs(this.prepared, origins, this.recipe, this.masked);
    const targets = new Float32Array(rows.length * horizon);
    const anyMissing = this.prepared.some(({ missing }) => missing);
    const counted = anyMissing ? new Float32Array(targets.length).fill(1) : undefined;
    origins.forEach(({ series, origin }, row) => {
      const { values, chain, missing } = this.prepared[series];
      for (let h = 0; h < horizon; h++) {
        targets[row * horizon + h] = (values[origin - chain.lost + h] - moves[row].shift) / moves[row].scale;
        if (counted && missing?.[origin + h]) counted[row * horizon + h] = 0;
      }
    });
    return { ...batch, targets, counted, count: targets.length };
  }
}

/**
 * What a network sees at each origin, whose targets need not exist: features in the order target, past, future, missing.
 * Also what `centre` or `normalize` moved each window by.
 */
export function cutInputs(
  prepared: readonly Prepared[],
  origins: readonly Origin[],
  { window }: Pick<ForecastRecipe, 'window'>,
  masked: boolean,
): { batch: Omit<WindowBatch, 'targets'>; moves: WindowMove[] } {
  const { lookback: L, horizon: H } = window;
  const { features: F, known: K, fixed: S } = inputShape(prepared, masked);
  const inputs = new Float32Array(origins.length * L * F);
  const known = K > 0 ? new Float32Array(origins.length * H * K) : undefined;
  const fixed = S > 0 ? new Float32Array(origins.length * S) : undefined;
  const moves = origins.map(({ series, origin }, row) => {
    const { values, chain, beside, missing } = prepared[series];
    const at = origin - chain.lost;
    const move = chain.windowMove(values.subarray(0, at));
    const columns = [...beside.past, ...beside.future];
    for (let t = 0; t < L; t++) {
      const to = (row * L + t) * F;
      inputs[to] = (values[at - L + t] - move.shift) / move.scale;
      for (let c = 0; c < columns.length; c++) inputs[to + 1 + c] = columns[c][origin - L + t];
      if (masked) inputs[to + F - 1] = missing?.[origin - L + t] ?? 0;
    }
    for (let h = 0; known && h < H; h++) {
      for (let k = 0; k < K; k++) known[(row * H + h) * K + k] = beside.future[k][origin + h];
    }
    fixed?.set(beside.fixed, row * S);
    return move;
  });
  const series = Int32Array.from(origins, ({ series: which }) => which);
  return { batch: { inputs, rows: origins.length, known, fixed, series, count: origins.length * H }, moves };
}

/** Transforms of every series, fitted to the training parts together, for some may be of global scope. */
function fitChains(
  series: readonly Series[],
  carried: readonly { values: Float64Array }[],
  trainEnds: readonly number[],
  { window, transform }: ForecastRecipe,
): TransformChain[] {
  const trains = series.map(({ name, period }, i) => {
    const lost = transform.reduce(
      (sum, one) => sum + (one === 'difference' ? 1 : one === 'seasonalDifference' ? (period ?? 0) : 0),
      0,
    );
    const needed = lost + window.lookback + window.horizon;
    if (trainEnds[i] < needed) {
      throw new LookbackError('DATA_INVALID', {
        where: `series ${name}`,
        expected: `at least ${needed} values before the held-out parts (lookback ${window.lookback}, horizon ${window.horizon}, ${lost} lost to differences)`,
        got: `${Math.max(trainEnds[i], 0)} of ${carried[i].values.length}`,
        next: 'Shorten window.lookback or window.horizon, or hold out less',
      });
    }
    return carried[i].values.subarray(0, trainEnds[i]);
  });
  const options = series.map(({ period }) => ({ period, lookback: window.lookback }));
  return TransformChain.fitTogether(transform, trains, options);
}

/** As many columns as the first series has, as long as the series. */
function checkBeside(beside: Beside, { values, name }: Series, like: Beside): Beside {
  for (const role of ['past', 'future', 'fixed'] as const) {
    const count = beside[role].length;
    if (count !== like[role].length) {
      const expected = `${like[role].length} ${role} covariates, as the first series has`;
      throw new LookbackError('SHAPE_MISMATCH', { where: `series ${name}`, expected, got: String(count) });
    }
  }
  const short = [...beside.past, ...beside.future].find(({ length }) => length < values.length);
  if (short) {
    const expected = `covariates of at least ${values.length} values`;
    throw new LookbackError('SHAPE_MISMATCH', { where: `series ${name}`, expected, got: String(short.length) });
  }
  return beside;
}

function fitScale(beside: readonly Beside[], trainEnds: readonly number[]): BesideScale {
  const columns = (role: 'past' | 'future') =>
    beside[0][role].map((_, c) => columnScale(beside.flatMap((one, i) => [...one[role][c].subarray(0, trainEnds[i])])));
  return {
    past: columns('past'),
    future: columns('future'),
    fixed: beside[0].fixed.map((_, c) => columnScale(beside.map(({ fixed }) => fixed[c]))),
  };
}

/** Population mean and deviation of what is finite; a constant column keeps its unit. */
function columnScale(values: readonly number[]): ColumnScale {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { mean: 0, std: 1 };
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const std = Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / finite.length);
  return { mean, std: std > 1e-12 * Math.abs(mean) ? std : 1 };
}
