/**
 * From rows to the model that won: what `forecast` reports and `fitForecaster` keeps. Nothing is chosen on what is scored:
 * a model chooses its form from the history before each origin alone.
 */
import { init } from '../backends/init.ts';
import { LookbackError } from '../errors.ts';
import { type BacktestOptions, type CovariatesAt, type Fold, origins } from './backtest.ts';
import { chooseModels, modelNamed } from './catalog.ts';
import type { TableInput } from './cells.ts';
import type { Frame } from './frame.ts';
import { type HolidayCalendar, loadHolidays } from './holidays.ts';
import { type IntervalKind, intervalKinds } from './intervals.ts';
import {
  type FailedModel,
  type ForecastProgress,
  type JudgedModel,
  type Judgement,
  judgeModels,
  type LeaderboardRow,
} from './leaderboard.ts';
import type { FitContext, FitProgress, FittedModel, ForecastModel } from './model.ts';
import { onObserved } from './observed.ts';
import { readFrame } from './readFrame.ts';
import type { FrameOptions } from './schema.ts';

export interface ForecastOptions extends FrameOptions {
  /** Steps to forecast, H. */
  horizon: number;
  /** Names of models, or `auto` for the classical ones; formulas always stand beside them. */
  models?: readonly string[];
  /** Origins of the backtest, or all of its options. */
  backtest?: number | BacktestOptions;
  /** Coverage of the intervals, between 0 and 1. */
  level?: number;
  /** How intervals are made; default the model's quantiles, conformalized, where it has some, else split conformal. */
  interval?: IntervalKind;
  seed?: number;
  /** Values that networks and ridge maps look back on; default two seasons or the horizon, as far as the history allows. */
  lookback?: number;
  /** Told of each model when it has been judged, or of why it could not be. */
  onModel?: (row: LeaderboardRow | FailedModel, done: number, all: number) => void;
  /** Told while models are fitted: which, at which origin, and the steps of gradient descent of a network. */
  onProgress?: (progress: ForecastProgress) => void;
  signal?: AbortSignal;
}

export interface Competition {
  readonly frame: Frame;
  /** What a name in `calendar.holidays` stands for. */
  readonly holidays: HolidayCalendar | undefined;
  readonly judgement: Judgement;
  /** The winner, or the model that was to be kept. */
  readonly chosen: JudgedModel;
  /** The same, ready for what was observed, and it fitted to all that is there. */
  readonly model: ForecastModel;
  readonly fitted: FittedModel;
  /** Without covariates, which differ from call to call. */
  readonly context: FitContext;
  readonly level: number;
  readonly interval: IntervalKind;
  readonly notes: string[];
}

/**
 * @param keep the model to fit, whoever wins
 * @param pad fit although covariates known ahead do not reach the end of the horizon yet
 * @throws DATA_INVALID for rows that make no series or too short ones; BAD_ARGUMENT for unknown models or columns
 */
export async function compete(
  rows: TableInput,
  options: ForecastOptions,
  { keep, pad = false }: { keep?: string; pad?: boolean } = {},
): Promise<Competition> {
  const { horizon, models = ['auto'], level = 0.9, interval = 'quantile', seed = 1, onModel, onProgress } = options;
  const { lookback, signal } = options;
  requireWhole('horizon', horizon, 1, 100_000);
  if (!(level > 0 && level < 1)) throw wrong('level', 'a number between 0 and 1, such as 0.9', level);
  if (!intervalKinds.includes(interval)) throw wrong('interval', `one of ${intervalKinds.join(', ')}`, interval);
  const asked: BacktestOptions =
    typeof options.backtest === 'object' ? options.backtest : { folds: options.backtest ?? 3 };
  requireWhole('backtest', asked.folds, 1, 1000);
  if (lookback !== undefined) requireWhole('lookback', lookback, 1, 100_000);
  if (asked.stride !== undefined) requireWhole('backtest.stride', asked.stride, 1, 1e9);
  const names = keep === undefined ? models : [...models, keep];
  chooseModels(names, { ahead: false });
  const holidays = await holidaysOf(options);
  const frame = readFrame(rows, options, 'rows', holidays);
  const candidates = chooseModels(names, { ahead: frame.names.future.length > 0 });
  const series = frame.series.map(({ values }) => values);
  const period = Math.min(...frame.series.map((one) => one.period));
  const context: FitContext = { horizon, period, seed, signal, ...(lookback !== undefined && { lookback }) };
  const { plan, notes } = fittingFolds(series, asked, context, frame.notes);
  if (frame.hasCovariates) requireCovariates(frame, plan, horizon, pad);
  if (candidates.some(({ trained }) => trained)) await init();

  const seeing = candidates.map((model) => onObserved(model, frame));
  const judgement = await judgeModels(seeing, frame.observed, context, plan, {
    level,
    interval,
    covariatesAt: covariatesIn(frame, horizon + (plan.gap ?? 0)),
    onModel,
    onProgress,
  });
  const chosen = keep === undefined ? judgement.judged[0] : judgement.judged.find(({ row }) => row.model === keep);
  if (!chosen) {
    const problem = judgement.failed.find(({ model }) => model === keep)?.problem ?? `${keep} was not judged`;
    throw new LookbackError('DATA_INVALID', { where: 'keep', problem });
  }
  const model = onObserved(modelNamed(chosen.row.model), frame);
  const told =
    onProgress &&
    ((progress: FitProgress) =>
      onProgress({ ...progress, model: model.name, origin: null, origins: chosen.result.folds.length }));
  const fitted = await model.fit(frame.observed, {
    ...withCovariates(frame, context, { pad }),
    onProgress: told,
  });
  notes.push(...unscored(chosen.result.folds));
  return { frame, holidays, judgement, chosen, model, fitted, context, level, interval, notes };
}

/** What a backtest is told of covariates; nothing where there are none. */
export const covariatesIn = (frame: Frame, horizon: number): CovariatesAt | undefined =>
  frame.hasCovariates ? (which, origin) => frame.covariatesAt(which, origin, horizon) : undefined;

/** How many values of the backtest were filled and so say nothing of a forecast. */
function unscored(folds: readonly Fold[]): string[] {
  const all = folds.reduce((sum, { truth }) => sum + truth.length, 0);
  const left = folds.reduce((sum, { truth }) => sum + truth.filter(Number.isNaN).length, 0);
  return left === 0 ? [] : [`${left} of the ${all} values forecast in the backtest were missing and are not scored`];
}

/** The context at the end of all series. */
export function withCovariates(frame: Frame, context: FitContext, options: { pad?: boolean } = {}): FitContext {
  if (!frame.hasCovariates) return context;
  const covariates = frame.series.map(({ values }, which) =>
    frame.covariatesAt(which, values.length, context.horizon, options),
  );
  return { ...context, covariates };
}

export async function holidaysOf({ calendar }: Pick<FrameOptions, 'calendar'>): Promise<HolidayCalendar | undefined> {
  const wanted = typeof calendar === 'object' ? calendar.holidays : undefined;
  return typeof wanted === 'string' ? loadHolidays(wanted) : undefined;
}

/** What is lacking beside the series is said before any model is judged. */
function requireCovariates(frame: Frame, plan: BacktestOptions, horizon: number, pad: boolean): void {
  frame.series.forEach(({ values }, which) => {
    for (const origin of origins(values.length, horizon, plan)) {
      frame.covariatesAt(which, origin - (plan.gap ?? 0), horizon + (plan.gap ?? 0));
    }
    frame.covariatesAt(which, values.length, horizon, { pad });
  });
}

/** Fewer origins where the series are too short for those asked for. */
function fittingFolds(
  series: readonly Float64Array[],
  plan: BacktestOptions,
  { horizon, period }: FitContext,
  before: readonly string[],
): { plan: BacktestOptions; notes: string[] } {
  const shortest = Math.min(...series.map(({ length }) => length));
  const least = Math.max(2, period + 1, Math.min(2 * period, 24));
  const room = Math.floor((shortest - horizon - (plan.gap ?? 0) - least) / (plan.stride ?? horizon)) + 1;
  if (room < 1) {
    throw new LookbackError('DATA_INVALID', {
      where: 'forecast',
      expected: `at least ${least + horizon + (plan.gap ?? 0)} values for a horizon of ${horizon} and a season of ${period}`,
      got: `${shortest}`,
      next: 'Ask for a shorter horizon or give a longer history',
    });
  }
  if (room >= plan.folds) return { plan, notes: [...before] };
  return { plan: { ...plan, folds: room }, notes: [...before, `the history allows ${room} of ${plan.folds} origins`] };
}

function requireWhole(where: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrong(where, `a whole number from ${least} to ${most}`, value);
}

const wrong = (where: string, expected: string, got: unknown) =>
  new LookbackError('BAD_ARGUMENT', { where, expected, got: String(got) });
