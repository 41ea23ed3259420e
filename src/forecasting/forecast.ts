/**
 * `forecast(rows, { target, horizon })`: reads rows as series, judges models from several origins beside formulas that
 * need no training, and forecasts with the best. Nothing is chosen on what is scored: a model chooses its form from the
 * history before each origin alone. The choice among models is by the backtest, and the leaderboard shows all of it.
 */
import { init } from '../backends/init.ts';
import { LookbackError, nearest } from '../errors.ts';
import { type BacktestOptions, type BacktestResult, backtest, type Fold, type ModelScores } from './backtest.ts';
import { classicalModels, formulas } from './classicalModels.ts';
import { type FrameOptions, type Row, readFrame, type TimedSeries } from './frame.ts';
import { frequencyName } from './frequency.ts';
import { conformalInterval, coverage } from './intervals.ts';
import type { ForecastModel } from './model.ts';
import { neuralModels } from './neuralModels.ts';

export const forecastModels: readonly ForecastModel[] = [...formulas, ...classicalModels, ...neuralModels];

export interface ForecastOptions extends FrameOptions {
  /** Steps to forecast, H. */
  horizon: number;
  /** Names of models, or `auto` for the classical ones; formulas always stand beside them. */
  models?: readonly string[];
  /** Origins of the backtest, or all of its options. */
  backtest?: number | BacktestOptions;
  /** Coverage of the intervals, between 0 and 1. */
  level?: number;
  seed?: number;
  /** Told of each model when it has been judged, or of why it could not be. */
  onModel?: (row: LeaderboardRow | FailedModel, done: number, all: number) => void;
  signal?: AbortSignal;
}

export interface LeaderboardRow extends ModelScores {
  model: string;
  description: string;
  trained: boolean;
  /** A formula that needs no fitting. */
  formula: boolean;
  /** What was chosen at the last origin. */
  detail: string;
  /** Share of the backtest's truths inside the interval at `level`; null where it cannot be told. */
  coverage: number | null;
  /** Seconds to fit and forecast from all origins. */
  seconds: number;
}

export interface FailedModel {
  model: string;
  /** Why it is not on the leaderboard. */
  problem: string;
}

export interface SeriesForecast {
  name: string;
  times: string[];
  mean: number[];
  lower: number[];
  upper: number[];
}

export interface ForecastResult {
  /** Best first, by MASE (by RMSE where a history repeats so that MASE is undefined). */
  leaderboard: LeaderboardRow[];
  failed: FailedModel[];
  /** The name of the model that made `forecast`. */
  best: string;
  /** What a reader should know: who won, and by how much over the best formula. */
  verdict: string;
  horizon: number;
  level: number;
  frequency: string;
  period: number;
  /** What was noticed in the data. */
  notes: string[];
  forecast: SeriesForecast[];
  /** The series as read. */
  series: TimedSeries[];
  /** The best model's forecasts from the origins of the backtest. */
  folds: Fold[];
}

/**
 * @throws DATA_INVALID for rows that make no series or too short ones; BAD_ARGUMENT for unknown models or columns.
 */
export async function forecast(rows: readonly Row[], options: ForecastOptions): Promise<ForecastResult> {
  const { horizon, models = ['auto'], level = 0.9, seed = 1, onModel, signal } = options;
  requireWhole('horizon', horizon, 1, 100_000);
  if (!(level > 0 && level < 1)) throw wrong('level', 'a number between 0 and 1, such as 0.9', level);
  const plan: BacktestOptions =
    typeof options.backtest === 'object' ? options.backtest : { folds: options.backtest ?? 3 };
  requireWhole('backtest', plan.folds, 1, 1000);
  if (plan.stride !== undefined) requireWhole('backtest.stride', plan.stride, 1, 1e9);
  const chosen = chooseModels(models);
  const frame = readFrame(rows, options);
  const series = frame.series.map(({ values }) => values);
  const period = Math.min(...frame.series.map((one) => one.period));
  const context = { horizon, period, seed };
  const fitted = fittingFolds(series, horizon, plan, period, frame.notes);
  if (chosen.some(({ trained }) => trained)) await init();

  const judged: { row: LeaderboardRow; model: ForecastModel; result: BacktestResult }[] = [];
  const failed: FailedModel[] = [];
  let done = 0;
  for (const model of chosen) {
    signal?.throwIfAborted();
    // Lets a page or a progress line breathe between models.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const begin = performance.now();
    try {
      const result = await backtest(model, series, context, fitted.plan);
      if (!result.folds.every(({ mean }) => mean.every(Number.isFinite))) {
        throw new LookbackError('NON_FINITE', { where: model.name, problem: 'its forecasts are not finite' });
      }
      const row: LeaderboardRow = {
        model: model.name,
        description: model.description,
        trained: model.trained,
        formula: formulas.includes(model),
        detail: result.detail,
        ...result.scores,
        coverage: coverage(result.folds, level) ?? null,
        seconds: (performance.now() - begin) / 1000,
      };
      judged.push({ row, model, result });
      onModel?.(row, ++done, chosen.length);
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      failed.push({ model: model.name, problem: error.message });
      onModel?.(failed[failed.length - 1], ++done, chosen.length);
    }
  }
  if (judged.length === 0) throw new LookbackError('DATA_INVALID', { where: 'forecast', problem: failed[0].problem });
  const byMase = judged.every(({ row }) => Number.isFinite(row.mase));
  judged.sort((a, b) => (byMase ? a.row.mase - b.row.mase : a.row.rmse - b.row.rmse));

  const [winner] = judged;
  const { forecast: ahead } = await winner.model.fit(series, context);
  const forecasts = frame.series.map((one, which) => {
    const point = ahead(which);
    const folds = winner.result.folds.filter((fold) => fold.series === which);
    const { lower, upper } = conformalInterval(folds, point, level);
    return {
      name: one.name,
      times: frame.future(which, horizon),
      mean: [...point.mean],
      lower: [...lower],
      upper: [...upper],
    };
  });
  return {
    leaderboard: judged.map(({ row }) => row),
    failed,
    best: winner.row.model,
    verdict: verdict(judged.map(({ row }) => row)),
    horizon,
    level,
    frequency: frequencyName(frame.frequency),
    period,
    notes: fitted.notes,
    forecast: forecasts,
    series: [...frame.series],
    folds: [...winner.result.folds],
  };
}

/** Fewer origins where the series are too short for those asked for. */
function fittingFolds(
  series: readonly Float64Array[],
  horizon: number,
  plan: BacktestOptions,
  period: number,
  before: readonly string[],
): { plan: BacktestOptions; notes: string[] } {
  const shortest = Math.min(...series.map(({ length }) => length));
  const least = Math.max(2, period + 1, Math.min(2 * period, 24));
  const room = Math.floor((shortest - horizon - least) / (plan.stride ?? horizon)) + 1;
  if (room < 1) {
    throw new LookbackError('DATA_INVALID', {
      where: 'forecast',
      expected: `at least ${least + horizon} values for a horizon of ${horizon} and a season of ${period}`,
      got: `${shortest}`,
      next: 'Ask for a shorter horizon or give a longer history',
    });
  }
  if (room >= plan.folds) return { plan, notes: [...before] };
  return { plan: { ...plan, folds: room }, notes: [...before, `the history allows ${room} of ${plan.folds} origins`] };
}

function chooseModels(names: readonly string[]): ForecastModel[] {
  const chosen = new Set<ForecastModel>(formulas);
  for (const name of names) {
    if (name === 'auto') {
      for (const model of classicalModels) chosen.add(model);
      continue;
    }
    const model = forecastModels.find((candidate) => candidate.name === name);
    if (!model) {
      const known = ['auto', ...forecastModels.map((candidate) => candidate.name)];
      const suggestion = nearest(name, known);
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'models',
        expected: `some of ${known.join(', ')}`,
        got: JSON.stringify(name.slice(0, 40)),
        next: suggestion && `Did you mean ${suggestion}?`,
      });
    }
    chosen.add(model);
  }
  return [...chosen];
}

/** Who won, and whether it was worth more than a formula. */
function verdict(rows: readonly LeaderboardRow[]): string {
  const [winner] = rows;
  const formula = rows.find((row) => row.formula);
  const name = (row: LeaderboardRow) => row.model.replaceAll('-', ' ');
  if (!formula) return `${name(winner)} wins.`;
  if (winner === formula) {
    const second = rows.find((row) => !row.formula);
    return `${name(winner)} wins: a formula, ${winner.description}${second ? `; no model does better (${name(second)} comes nearest)` : ''}.`;
  }
  const gain = 100 * (1 - winner.rmse / formula.rmse);
  const by =
    gain > 0
      ? `its RMSE is ${gain.toFixed(0)} % below that of the best formula, ${name(formula)}`
      : `but the RMSE of ${name(formula)}, a formula, is lower`;
  return `${name(winner)} wins; ${by}.`;
}

function requireWhole(where: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw wrong(where, `a whole number from ${least} to ${most}`, value);
}

const wrong = (where: string, expected: string, got: unknown) =>
  new LookbackError('BAD_ARGUMENT', { where, expected, got: String(got) });
