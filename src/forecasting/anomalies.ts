/**
 * What a model did not expect: one step at a time from values before it, and how far off that was. A value is an anomaly
 * where its error is larger than a quantile of the errors before it, so the share of false alarms is known: about
 * 1 - quantile where nothing happens. The model is fitted to the first part and never sees the rest before its time.
 */
import { init } from '../backends/init.ts';
import { LookbackError } from '../errors.ts';
import { chooseModels, modelNamed } from './catalog.ts';
import type { TableInput } from './cells.ts';
import { covariatesIn, type ForecastOptions, holidaysOf } from './competition.ts';
import type { TimedSeries } from './frame.ts';
import { judgeModels } from './leaderboard.ts';
import type { FittedModel } from './model.ts';
import { onObserved } from './observed.ts';
import { readFrame } from './readFrame.ts';
import type { FrameOptions } from './schema.ts';

export interface AnomalyOptions extends FrameOptions, Pick<ForecastOptions, 'seed' | 'signal'> {
  /** Of the errors before a value, which quantile its own must exceed; default 0.99. */
  quantile?: number;
  /** Names of models to choose from, by their one-step errors in the first part. */
  models?: readonly string[];
  /** Share of the values that the model is fitted to; default half. */
  fitted?: number;
  /** Errors that must be known before anything is called an anomaly; default 20. */
  least?: number;
}

/** One value that was looked at. */
export interface Judged {
  readonly series: string;
  readonly time: string;
  /** Index in its series. */
  readonly at: number;
  readonly value: number;
  readonly expected: number;
  /** The error that would just not have been one; null while too few errors are known. */
  readonly threshold: number | null;
  readonly anomaly: boolean;
}

export interface AnomalyResult {
  readonly model: string;
  readonly detail: string;
  readonly quantile: number;
  /** Those of `judged` that are. */
  readonly anomalies: readonly Judged[];
  /** Every value after the fitted part that was there. */
  readonly judged: readonly Judged[];
  readonly notes: readonly string[];
  readonly series: readonly TimedSeries[];
}

/** Quick models that know a season, however long. */
const usual = ['ets', 'theta', 'stl-ets'];

/**
 * @throws DATA_INVALID for rows that make no series or too short ones; UNSUPPORTED where the best model cannot go on
 * without refitting
 */
export async function anomalies(rows: TableInput, options: AnomalyOptions = {}): Promise<AnomalyResult> {
  const { quantile = 0.99, models = usual, fitted: share = 0.5, least = 20, seed = 1, signal, ...columns } = options;
  inside('quantile', quantile);
  inside('fitted', share);
  if (!Number.isInteger(least) || least < 1) throw wrong('least', 'a whole number of at least 1', least);
  const frame = readFrame(rows, columns, 'rows', await holidaysOf(columns));
  const longest = Math.max(...frame.series.map(({ values }) => values.length));
  const starts = frame.series.map(({ values }) => Math.floor(values.length * share));
  const usualPeriod = Math.min(...frame.series.map(({ period }) => period));
  const period = Math.min(...starts) > 2 * usualPeriod ? usualPeriod : 1;
  if (Math.min(...starts) < period + 4) {
    throw new LookbackError('DATA_INVALID', {
      where: 'anomalies',
      expected: `at least ${Math.ceil((period + 4) / share)} values`,
      got: `${Math.min(...frame.series.map(({ values }) => values.length))}`,
      next: 'Give a longer history',
    });
  }
  const candidates = chooseModels(models, { ahead: frame.names.future.length > 0 });
  if (candidates.some(({ trained }) => trained)) await init();
  const context = { horizon: 1, period, seed, signal };
  const early = frame.observed.map((values, which) => values.slice(0, starts[which]));
  const folds = Math.min(8, Math.min(...starts) - Math.max(2, period + 1));
  const plan = { folds: Math.max(1, folds), refit: false };
  const seeing = candidates.map((model) => onObserved(model, frame));
  const covariatesAt = covariatesIn(frame, 1);
  const { judged: ranked } = await judgeModels(seeing, early, context, plan, { level: 0.9, covariatesAt });
  const best = ranked[0];
  const chosen = onObserved(modelNamed(best.row.model), frame);
  const known = (end: (which: number) => number) => frame.observed.map((values, which) => values.slice(0, end(which)));
  const beside = (end: (which: number) => number) =>
    frame.hasCovariates
      ? { ...context, covariates: frame.series.map((_, which) => frame.covariatesAt(which, end(which), 1)) }
      : context;
  let model: FittedModel = await chosen.fit(
    known((which) => starts[which]),
    beside((which) => starts[which]),
  );
  const { detail } = model;
  const judged: Judged[] = [];
  const errors: number[][] = frame.series.map(() => []);
  for (let step = 0; step < longest; step++) {
    signal?.throwIfAborted();
    const end = (which: number) => Math.min(starts[which] + step, frame.series[which].values.length - 1);
    if (step > 0) {
      if (!model.extend)
        throw new LookbackError('UNSUPPORTED', {
          where: 'anomalies',
          problem: `${best.row.model} must be refitted at each step`,
          next: 'Choose another model',
        });
      model = model.extend(known(end), beside(end));
    }
    let open = false;
    for (const [which, { name, times, values }] of frame.series.entries()) {
      const at = starts[which] + step;
      if (at >= values.length) continue;
      open = true;
      const value = frame.observed[which][at];
      const [expected] = model.forecast(which).mean;
      if (Number.isNaN(value)) continue;
      const error = Math.abs(value - expected);
      const threshold = errors[which].length < least ? null : quantileOf(errors[which], quantile);
      judged.push({
        series: name,
        time: times[at],
        at,
        value,
        expected,
        threshold,
        anomaly: threshold !== null && error > threshold,
      });
      insert(errors[which], error);
    }
    if (!open) break;
  }
  judged.sort((a, b) => (a.series < b.series ? -1 : a.series > b.series ? 1 : a.at - b.at));
  return {
    model: best.row.model,
    detail,
    quantile,
    anomalies: judged.filter(({ anomaly }) => anomaly),
    judged,
    notes: frame.notes,
    series: frame.series,
  };
}

/** The one of rank ceil((n + 1) level) of n ascending values, the largest where n is too small for it. */
const quantileOf = (sorted: readonly number[], level: number): number =>
  sorted[Math.min(Math.max(1, Math.ceil((sorted.length + 1) * level)), sorted.length) - 1];

function insert(sorted: number[], value: number): void {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, value);
}

function inside(where: string, value: number): void {
  if (!(value > 0 && value < 1)) throw wrong(where, 'a number between 0 and 1', value);
}

const wrong = (where: string, expected: string, got: unknown) =>
  new LookbackError('BAD_ARGUMENT', { where, expected, got: String(got) });
