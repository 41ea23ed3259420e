/**
 * Judging many models on the same origins: who forecasts best, by how much, whether that is more than luck, and how far
 * the intervals can be trusted. The formulas `naive` and `seasonal-naive` are to be among the models. It reads no data.
 * Values that were not observed are scored nowhere.
 */
import { LookbackError } from '../errors.ts';
import { crpsOfGaussian, crpsOfQuantiles, pinball, seasonalErrorScale } from '../series/index.ts';
import {
  type BacktestOptions,
  type BacktestResult,
  backtest,
  type CovariatesAt,
  type Fold,
  type ModelScores,
  observedSteps,
  type StepErrors,
} from './backtest.ts';
import { formulas } from './classicalModels.ts';
import { type Comparison, compareModels } from './comparison.ts';
import { fillGaps } from './gaps.ts';
import { type Calibration, calibration, type IntervalKind, quantilesOf } from './intervals.ts';
import type { FitContext, FitProgress, ForecastModel } from './model.ts';
import { randomWalkVerdict } from './randomWalk.ts';
import { SharedFits } from './sharedFits.ts';

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
  /**
   * Continuous ranked probability score, in the unit of the series: of the model's own quantiles, else of conformal ones
   * made from the other origins; with a single origin of its Gaussian, or null.
   */
  crps: number | null;
  /** Mean pinball loss at each of the levels by which `crps` was measured; empty where it was not by quantiles. */
  pinball: { level: number; loss: number }[];
  /** Errors by the step ahead. */
  steps: StepErrors;
  /** Seconds to fit and forecast from all origins. */
  seconds: number;
}

export interface FailedModel {
  model: string;
  /** Why it is not on the leaderboard. */
  problem: string;
}

export interface JudgedModel {
  readonly row: LeaderboardRow;
  readonly model: ForecastModel;
  readonly result: BacktestResult;
}

export interface Judgement {
  /** Best first, by MASE (by RMSE where a history repeats so that MASE is undefined). */
  readonly judged: readonly [JudgedModel, ...JudgedModel[]];
  readonly failed: readonly FailedModel[];
  /** The best model against the best formula; null where there is no other model. */
  readonly comparison: Comparison | null;
  /** Of the winner: nominal and measured coverage. */
  readonly calibration: readonly Calibration[];
  /** Who won, and by how much; whether that is more than luck; whether the series can be told from a random walk. */
  readonly verdict: string;
}

export interface JudgeOptions {
  /** Coverage of the intervals on the leaderboard. */
  readonly level: number;
  /** How those are made. */
  readonly interval?: IntervalKind;
  readonly covariatesAt?: CovariatesAt;
  /** Told of each model when it has been judged, or of why it could not be. */
  readonly onModel?: (row: LeaderboardRow | FailedModel, done: number, all: number) => void;
  /** Told while models are fitted. */
  readonly onProgress?: (progress: ForecastProgress) => void;
}

export interface ForecastProgress extends FitProgress {
  readonly model: string;
}

/**
 * @param series [n] each, NaN where a value is missing; models are to take such histories
 * @throws DATA_INVALID where no model could be judged, with the first reason; whatever `context.signal` was aborted with
 */
export async function judgeModels(
  models: readonly ForecastModel[],
  series: readonly Float64Array[],
  context: FitContext,
  plan: BacktestOptions,
  { level, interval = 'quantile', covariatesAt, onModel, onProgress }: JudgeOptions,
): Promise<Judgement> {
  const judged: JudgedModel[] = [];
  const failed: FailedModel[] = [];
  const shared = new SharedFits();
  for (const model of models) {
    context.signal?.throwIfAborted();
    // Lets a page or a progress line breathe between models.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const begin = performance.now();
    const tell = (row: LeaderboardRow | FailedModel) => onModel?.(row, judged.length + failed.length, models.length);
    try {
      const told = onProgress && ((progress: FitProgress) => onProgress({ model: model.name, ...progress }));
      const result = await backtest(model, series, { ...context, shared, onProgress: told }, plan, covariatesAt);
      if (!result.folds.every(({ mean }) => mean.every(Number.isFinite))) {
        throw new LookbackError('NON_FINITE', { where: model.name, problem: 'its forecasts are not finite' });
      }
      const row: LeaderboardRow = {
        model: model.name,
        description: model.description,
        trained: model.trained,
        formula: formulas.some(({ name }) => name === model.name),
        detail: result.detail,
        ...result.scores,
        coverage: measuredCoverage(result.folds, level, interval),
        ...distributionScores(result.folds),
        steps: result.steps,
        seconds: (performance.now() - begin) / 1000,
      };
      judged.push({ row, model, result });
      tell(row);
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      const row = { model: model.name, problem: error.message };
      failed.push(row);
      tell(row);
    }
  }
  const byMase = judged.every(({ row }) => Number.isFinite(row.mase));
  judged.sort((a, b) => (byMase ? a.row.mase - b.row.mase : a.row.rmse - b.row.rmse));
  const [winner, ...others] = judged;
  if (!winner) {
    const problem = failed[0]?.problem ?? 'there are no models';
    throw new LookbackError('DATA_INVALID', { where: 'forecast', problem });
  }
  const { horizon, period } = context;
  const { stride = horizon, gap = 0 } = plan;
  const scales = series.map((values) => seasonalErrorScale(values.subarray(0, values.length - horizon), period));
  const model = judged.find(({ row }) => !row.formula);
  const formula = judged.find(({ row }) => row.formula);
  const named = ({ row, result }: JudgedModel) => ({ name: row.model, folds: result.folds });
  const overlap = Math.ceil((gap + horizon) / stride);
  const compare = (a: JudgedModel, b: JudgedModel) => compareModels(named(a), named(b), scales, overlap);
  const comparison = model && formula ? compare(model, formula) : null;
  const sentences = [whoWon([winner, ...others].map(({ row }) => row))];
  if (comparison) sentences.push(comparison.words);
  const walk = walkSentence(judged, series, compare);
  if (walk) sentences.push(walk);
  return {
    judged: [winner, ...others],
    failed,
    comparison,
    calibration: calibration(winner.result.folds),
    verdict: sentences.join(' '),
  };
}

/** Of intervals of a kind, as a forecast would get them. */
function measuredCoverage(folds: readonly Fold[], level: number, interval: IntervalKind): number | null {
  const [measured] = calibration(folds, [level]);
  return interval === 'quantile' ? (measured.quantile ?? measured.split) : measured[interval];
}

/** CRPS and pinball losses over folds, by quantiles where every fold has some, else by Gaussians. */
function distributionScores(folds: readonly Fold[]): Pick<LeaderboardRow, 'crps' | 'pinball'> {
  const seen = folds.map((fold) => observedSteps({ ...fold, quantiles: quantilesOf(folds, fold) }));
  const scored = seen.filter(({ truth }) => truth.length > 0);
  let crps = 0;
  const losses = new Map<number, number>();
  for (const { truth, mean, deviation, quantiles: made } of scored) {
    if (made) {
      crps += crpsOfQuantiles(truth, made.levels, made.values) / scored.length;
      made.levels.forEach((level, k) => {
        losses.set(level, (losses.get(level) ?? 0) + pinball(truth, made.values[k], level) / scored.length);
      });
    } else if (deviation?.every((value) => value >= 0)) crps += crpsOfGaussian(truth, mean, deviation) / scored.length;
    else return { crps: null, pinball: [] };
  }
  const all = scored.every(({ quantiles }) => quantiles !== undefined);
  return { crps, pinball: all ? [...losses].map(([level, loss]) => ({ level, loss })) : [] };
}

/** Who won, and whether it was worth more than a formula. */
function whoWon(rows: readonly LeaderboardRow[]): string {
  const [winner] = rows;
  const formula = rows.find((row) => row.formula);
  if (!formula) return `${winner.model} wins.`;
  if (winner === formula) {
    const second = rows.find((row) => !row.formula);
    return `${winner.model} wins: a formula, ${winner.description}${second ? `; no model does better (${second.model} comes nearest)` : ''}.`;
  }
  const gain = 100 * (1 - winner.rmse / formula.rmse);
  const by =
    gain > 0
      ? `its RMSE is ${gain < 0.5 ? 'less than 1' : gain.toFixed(0)} % below that of the best formula, ${formula.model}`
      : `but the RMSE of ${formula.model}, a formula, is lower`;
  return `${winner.model} wins; ${by}.`;
}

/**
 * That prices and their like are best forecast by their last value, said only where nothing was found better than naive and
 * the steps cannot be told from a random walk's.
 */
function walkSentence(
  judged: readonly JudgedModel[],
  series: readonly Float64Array[],
  compare: (a: JudgedModel, b: JudgedModel) => Comparison,
): string | undefined {
  const naive = judged.find(({ row }) => row.model === 'naive');
  if (!naive || series.length > 1) return undefined;
  if (judged[0] !== naive) {
    const { p } = compare(judged[0], naive);
    if (p === null || p < 0.05) return undefined;
  }
  // The last value carried on: a random walk that is seen now and then is one still.
  const walk = randomWalkVerdict(fillGaps(series[0], 'carry'));
  if (!walk || walk.p < 0.05) return undefined;
  const best = judged[0] === naive ? 'Nothing beats the last value' : 'Nothing is shown to beat the last value';
  return `${best}, and ${walk.words}: treat it as a random walk, whose best forecast is its last value.`;
}
