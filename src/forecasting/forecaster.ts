/**
 * A fitted forecaster that stays: it forecasts without the target's column, takes in new observations without refitting,
 * is refitted or trained on, saved as bytes and read again, in Node and in a page alike.
 */
import { init } from '../backends/init.ts';
import { LookbackError } from '../errors.ts';
import type { Fold } from './backtest.ts';
import { modelNamed } from './catalog.ts';
import type { TableInput } from './cells.ts';
import { compete, type ForecastOptions, holidaysOf, withCovariates } from './competition.ts';
import { type ForecastResult, report, type SeriesForecast, seriesForecast } from './forecast.ts';
import type { Frame } from './frame.ts';
import { frequencyName } from './frequency.ts';
import type { HolidayCalendar } from './holidays.ts';
import type { IntervalKind } from './intervals.ts';
import type { LeaderboardRow } from './leaderboard.ts';
import type { FitContext, FittedModel, ForecastModel } from './model.ts';
import { onObserved } from './observed.ts';
import { extendFrame } from './readFrame.ts';
import { readSaved, writeSaved } from './savedForecaster.ts';

export interface PredictOptions {
  /** Steps ahead, at most those it was fitted for, which is the default. */
  horizon?: number;
  /** Coverage of the intervals. */
  level?: number;
}

/** Everything that a saved forecaster keeps. */
export interface ForecasterParts {
  readonly model: ForecastModel;
  readonly fitted: FittedModel;
  readonly frame: Frame;
  readonly holidays: HolidayCalendar | undefined;
  readonly context: FitContext;
  /** Of the model, from the origins of the backtest: what intervals are made of. */
  readonly folds: readonly Fold[];
  readonly leaderboard: readonly LeaderboardRow[];
  readonly level: number;
  readonly interval: IntervalKind;
}

/**
 * Judges models as `forecast` does and keeps the best, or the one named in `keep`, fitted to all rows. Where columns known ahead do not reach past the last value, `predict` is given them.
 * @throws what `forecast` throws
 */
export async function fitForecaster(
  rows: TableInput,
  { keep, ...options }: ForecastOptions & { keep?: string },
): Promise<FittedForecaster> {
  const competition = await compete(rows, options, { keep, pad: true });
  const { row, result } = competition.chosen;
  const model = modelNamed(row.model);
  const leaderboard = competition.judgement.judged.map((one) => one.row);
  const forecaster = new FittedForecaster({ ...competition, model, folds: result.folds, leaderboard });
  forecaster.report = () => report(competition);
  return forecaster;
}

export class FittedForecaster {
  /** The whole report of the competition, as `forecast` gives it; a forecaster that was read from bytes has none. */
  report: (() => ForecastResult) | undefined;
  #parts: ForecasterParts;

  /** @internal `fitForecaster` and `load` make one */
  constructor(parts: ForecasterParts) {
    this.#parts = parts;
  }

  get model(): string {
    return this.#parts.model.name;
  }

  /** What was chosen in it, e.g. `ETS(M,Ad,M)`. */
  get detail(): string {
    return this.#parts.fitted.detail;
  }

  get horizon(): number {
    return this.#parts.context.horizon;
  }

  get level(): number {
    return this.#parts.level;
  }

  get frequency(): string {
    return frequencyName(this.#parts.frame.frequency);
  }

  /** The series as known now. */
  get frame(): Frame {
    return this.#parts.frame;
  }

  /** How the models did when it was fitted, best first. */
  get leaderboard(): readonly LeaderboardRow[] {
    return this.#parts.leaderboard;
  }

  /**
   * Forecasts after the last values known.
   * @param rows what is known ahead, for as many steps: times, series names and the columns of `future`; no target needed
   * @throws DATA_INVALID where columns known ahead are lacking for a step; BAD_ARGUMENT for a horizon beyond the fitted one
   */
  predict(rows?: TableInput, { horizon = this.horizon, level = this.level }: PredictOptions = {}): SeriesForecast[] {
    if (!Number.isInteger(horizon) || horizon < 1 || horizon > this.horizon) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'predict, horizon',
        expected: `a whole number from 1 to ${this.horizon}, for which it was fitted`,
        got: String(horizon),
        next: 'Fit with a longer horizon',
      });
    }
    if (!(level > 0 && level < 1)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: 'predict, level',
        expected: 'a number between 0 and 1',
        got: String(level),
      });
    }
    const { frame: known, holidays, interval, folds } = this.#parts;
    const frame = rows === undefined ? known : extendFrame(known, rows, { ahead: true, where: 'rows ahead', holidays });
    const fitted = this.#ahead(frame, horizon);
    return frame.series.map((_, which) => {
      const { mean, deviation, quantiles } = fitted.forecast(which);
      const point = {
        mean: mean.subarray(0, horizon),
        ...(deviation && { deviation: deviation.subarray(0, horizon) }),
        ...(quantiles && {
          quantiles: { levels: quantiles.levels, values: quantiles.values.map((one) => one.subarray(0, horizon)) },
        }),
      };
      return seriesForecast({ frame, interval }, folds, which, point, level);
    });
  }

  /**
   * Takes in what came after the last values; parameters stay as they are.
   * @param known what becomes of rows whose values are known already: `refuse` (default) or `skip`
   * @returns how many values were new
   * @throws DATA_INVALID for rows of other series or of times already known; UNSUPPORTED for a model that must be refitted
   */
  update(rows: TableInput, { known = 'refuse' }: { known?: 'refuse' | 'skip' } = {}): number {
    const { frame: before, holidays, context, fitted } = this.#parts;
    const frame = extendFrame(before, rows, { known, holidays });
    const count = ({ series }: Frame) => series.reduce((sum, { values }) => sum + values.length, 0);
    const taken = count(frame) - count(before);
    const extended =
      taken === 0
        ? fitted
        : extendOf(this.model, fitted)(frame.observed, withCovariates(frame, context, { pad: true }));
    this.#parts = { ...this.#parts, frame, fitted: extended };
    return taken;
  }

  /** Fits the same model anew to all that is known now. */
  async refit(): Promise<void> {
    const { frame, context } = this.#parts;
    const fitted = await this.#seeing(frame).fit(frame.observed, withCovariates(frame, context, { pad: true }));
    this.#parts = { ...this.#parts, fitted };
  }

  /**
   * Trains a network on, with all that is known now.
   * @throws UNSUPPORTED for a model that is fitted in closed form or by a search: `refit` is what it needs
   */
  async resume(): Promise<void> {
    const { frame, context, fitted } = this.#parts;
    const { resume } = this.#seeing(frame);
    const { state } = fitted;
    if (!resume || !state) throw unsupported(this.model, 'cannot be trained on', 'Use refit');
    this.#parts = {
      ...this.#parts,
      fitted: await resume(state(), frame.observed, withCovariates(frame, context, { pad: true })),
    };
  }

  /** The forecaster as bytes: a safetensors file with its settings in the header. */
  save(): Uint8Array {
    return writeSaved(this.#parts);
  }

  /** @throws FILE_INVALID for bytes that are no saved forecaster; PACKAGE_MISSING for holidays without their package */
  static async load(bytes: Uint8Array, where = 'saved forecaster'): Promise<FittedForecaster> {
    const saved = readSaved(bytes, where);
    const model = modelNamed(saved.model);
    if (model.trained) await init();
    const holidays = await holidaysOf({ calendar: saved.frameParts.calendar });
    const frame = saved.frame(holidays);
    const seeing = onObserved(model, frame);
    const context = withCovariates(frame, saved.context, { pad: true });
    const { restore } = seeing;
    const fitted =
      saved.state && restore
        ? await restore(saved.state, frame.observed, context)
        : await seeing.fit(frame.observed, context);
    return new FittedForecaster({ ...saved, model, fitted, frame, holidays });
  }

  #seeing(frame: Frame): ForecastModel {
    return onObserved(this.#parts.model, frame);
  }

  /** Fitted to what `frame` holds, with what it knows of the next `horizon` steps. */
  #ahead(frame: Frame, horizon: number): FittedModel {
    const { fitted, context } = this.#parts;
    if (frame.names.future.length === 0) return fitted;
    // A shorter horizon needs no more than itself known ahead; the rest is carried on and not shown.
    const near = { ...context, horizon };
    const { covariates } = withCovariates(frame, near);
    const full = horizon === context.horizon ? covariates : withCovariates(frame, context, { pad: true }).covariates;
    return extendOf(this.model, fitted)(frame.observed, { ...context, covariates: full });
  }
}

function extendOf(model: string, { extend }: FittedModel): NonNullable<FittedModel['extend']> {
  if (extend) return extend;
  throw unsupported(model, 'cannot go on with new observations', 'Fit it anew with all rows');
}

const unsupported = (model: string, problem: string, next: string) =>
  new LookbackError('UNSUPPORTED', { where: model, problem: `${model} ${problem}`, next });
