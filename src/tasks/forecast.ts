/**
 * The forecast task: from a recipe and one or several series to something the training loop can train, and
 * back from its outputs to forecasts on the original scale, judged beside formulas that need no training.
 *
 * Transforms are fitted on the training part of each series alone. With a validation part the best checkpoint
 * is chosen there; the test part is looked at once, at the end.
 */

import { type SamplerState, ShuffledSampler } from '../data/index.ts';
import { LookbackError } from '../errors.ts';
import { Forecaster } from '../models/index.ts';
import type { ForwardOptions } from '../nn/index.ts';
import { Random } from '../random.ts';
import { baselines, mape, mase, rmse, type Series } from '../series/index.ts';
import { inference, scope, type Tensor, tensor } from '../tensor/index.ts';
import type { Evaluation, Trainable } from '../train/index.ts';
import { type Ahead, besideOf, forecastAfter, forecastAll } from './forecastAhead.ts';
import {
  type Beside,
  type BesideScale,
  type Fitted,
  type InputShape,
  inputShape,
  type Prepared,
  prepareSeries,
  type WindowBatch,
  WindowSet,
} from './forecastWindows.ts';
import type { ForecastRecipe } from './recipe.ts';

export { forecastAfter, type WindowBatch };

/** One line of the table at the end. Errors on the original scale; MAPE in percent. */
export interface Score {
  name: string;
  description: string;
  trained: boolean;
  mape: number;
  rmse: number;
  mase: number;
  /** The forecast of the first series' test part. */
  forecast: Float64Array;
}

/** The model a recipe describes, freshly initialised from its seed; for windows of one feature unless `shape` says more. */
export function buildForecaster(
  { model, window, train, data, loss, levels, scaling, seriesEmbedding = 0 }: ForecastRecipe,
  shape: InputShape = { features: 1, known: 0, fixed: 0, series: data.sources?.length ?? 1 },
): Forecaster {
  const embedding = seriesEmbedding > 0 ? { series: shape.series, seriesWidth: seriesEmbedding } : { series: 0 };
  const head = { ...(loss ? { loss } : {}), ...(levels ? { levels } : {}), ...(scaling ? { scaling } : {}) };
  const { features, known, fixed } = shape;
  return new Forecaster(
    { ...model, ...window, ...head, period: data.period ?? 1, features, known, fixed, ...embedding },
    { random: new Random(train.seed, 'parameters') },
  );
}

export class ForecastTask implements Trainable<WindowBatch> {
  readonly unit = 'values';
  readonly model: Forecaster;
  readonly prepared: readonly Prepared[];
  /** Of covariates. */
  readonly scale: BesideScale;
  /** Whether windows carry the feature of missing values. */
  readonly masked: boolean;
  private readonly windows: WindowSet;
  private readonly validationWindows: WindowSet | undefined;
  private readonly sampler: ShuffledSampler;

  /**
   * @param inputs what is known beside each series, and what was fitted before
   * @throws LookbackError DATA_INVALID when a series is too short for the windows and the split.
   */
  constructor(
    readonly recipe: ForecastRecipe,
    series: readonly Series[],
    private readonly inputs: { beside?: readonly Beside[]; fitted?: Fitted } = {},
  ) {
    const { split, train } = recipe;
    const { prepared, scale, masked } = prepareSeries(series, recipe, inputs);
    this.prepared = prepared;
    this.scale = scale;
    this.masked = masked;
    const ranges = prepared.map(({ chain, trainEnd }) => ({ from: chain.lost, to: trainEnd }));
    this.windows = new WindowSet(prepared, recipe, masked, ranges);
    if (split.validation > 0) {
      const held = prepared.map(({ trainEnd, testStart }) => ({ from: trainEnd, to: testStart, earlierInputs: true }));
      this.validationWindows = new WindowSet(prepared, recipe, masked, held);
    }
    const { count } = this.windows;
    this.sampler = new ShuffledSampler({ count, batch: Math.min(train.batch, count), seed: train.seed });
    this.model = buildForecaster(recipe, inputShape(prepared, masked));
  }

  next(): WindowBatch {
    return this.windows.pick(this.sampler.next());
  }

  loss(batch: WindowBatch, options: ForwardOptions): Tensor {
    const { lookback, horizon } = this.recipe.window;
    const { inputs, targets, counted, rows } = batch;
    const x = tensor(inputs, { shape: [rows, lookback, this.model.config.features] });
    const y = tensor(targets, { shape: [rows, horizon, 1] });
    const observed = counted && tensor(counted, { shape: [rows, horizon, 1] });
    return this.model.loss(x, y, { ...options, ...besideOf(batch, this.model), counted: observed });
  }

  /** The loss on the transformed scale and MAPE on the original one; on validation windows where there are any. */
  evaluate(): Evaluation {
    const trainLoss = this.lossOver(this.windows);
    if (!this.validationWindows) return { score: trainLoss, metrics: { trainLoss } };
    const validationLoss = this.lossOver(this.validationWindows);
    const { origins } = this.validationWindows;
    const { horizon } = this.recipe.window;
    const forecasts = this.aheadFrom(origins);
    const errors = origins.map(({ series, origin }, i) =>
      mape(this.prepared[series].series.values.subarray(origin, origin + horizon), forecasts[i].mean),
    );
    const validationMape = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    return { score: validationLoss, metrics: { validationLoss, trainLoss, validationMape } };
  }

  /** The next H values after `origin`, from what came before it; on the original scale. */
  forecastFrom(which: number, origin = this.prepared[which].series.values.length): Float64Array {
    return this.aheadFrom([{ series: which, origin }])[0].mean;
  }

  /** What is expected after each origin, from what came before it; on the original scale. */
  aheadFrom(origins: readonly { series: number; origin: number }[]): Ahead[] {
    const histories = origins.map(({ series, origin }) => {
      const { chain, series: one } = this.prepared[series];
      return { values: one.values.subarray(0, origin), chain, beside: this.inputs.beside?.[series], series };
    });
    return forecastAll(this.model, histories, this);
  }

  /**
   * The test part of every series, forecast by the model and by each formula, directly from its first origin
   * (and again every H values where the test part is longer than the horizon). Best first, by MASE; by RMSE where a
   * training part repeats so that MASE is undefined.
   */
  scores(): Score[] {
    if (this.recipe.split.test === 0) return [];
    const description = `trained on ${this.windows.count} windows`;
    const byModel = this.score(this.recipe.model.kind, description, true, (which, origin) =>
      this.forecastFrom(which, origin),
    );
    return ranked([byModel, ...this.formulaScores()]);
  }

  /** As `scores`, of the formulas alone, which need no training. */
  formulaScores(): Score[] {
    const { split, window } = this.recipe;
    if (split.test === 0) return [];
    const rows: Score[] = [];
    for (const { name, description, forecast } of baselines) {
      try {
        rows.push(
          this.score(name, description, false, (which, origin) => {
            const { series } = this.prepared[which];
            return forecast(series.values.subarray(0, origin), window.horizon, series.period ?? 1);
          }),
        );
      } catch (error) {
        // A formula that cannot take these values (growth of a series with zeros) is left out of the table.
        if (!(error instanceof LookbackError && error.code === 'DATA_INVALID')) throw error;
      }
    }
    return ranked(rows);
  }

  /** The test part of one series, forecast from its first origin and again every H values; by the model as it is now. */
  testForecast(
    which: number,
    forecastAt = (series: number, origin: number) => this.forecastFrom(series, origin),
  ): Float64Array {
    const { series, testStart } = this.prepared[which];
    const { horizon } = this.recipe.window;
    const forecast = new Float64Array(series.values.length - testStart);
    for (let from = 0; from < forecast.length; from += horizon) {
      forecast.set(forecastAt(which, testStart + from).subarray(0, forecast.length - from), from);
    }
    return forecast;
  }

  cursor(): SamplerState {
    return this.sampler.state;
  }

  moveTo(cursor: unknown): void {
    this.sampler.restore(cursor as SamplerState);
  }

  private score(
    name: string,
    description: string,
    trained: boolean,
    forecastAt: (which: number, origin: number) => Float64Array,
  ): Score {
    const sums = { mape: 0, rmse: 0, mase: 0 };
    let first: Float64Array | undefined;
    this.prepared.forEach(({ series, testStart }, which) => {
      const truth = series.values.subarray(testStart);
      const forecast = this.testForecast(which, forecastAt);
      first ??= forecast;
      sums.mape += mape(truth, forecast);
      sums.rmse += rmse(truth, forecast);
      sums.mase += mase(truth, forecast, series.values.subarray(0, testStart), series.period ?? 1);
    });
    const n = this.prepared.length;
    const forecast = first ?? new Float64Array(0);
    return { name, description, trained, forecast, mape: sums.mape / n, rmse: sums.rmse / n, mase: sums.mase / n };
  }

  private lossOver(windows: WindowSet): number {
    const all = Int32Array.from({ length: windows.count }, (_, i) => i);
    const size = 256;
    let sum = 0;
    for (let from = 0; from < all.length; from += size) {
      const batch = windows.pick(all.subarray(from, from + size));
      sum += scope(() => inference(() => this.loss(batch, {})).item()) * batch.rows;
    }
    return sum / all.length;
  }
}

function ranked(scores: Score[]): Score[] {
  const byMase = scores.every(({ mase: scaled }) => Number.isFinite(scaled));
  return scores.sort((a, b) => (byMase ? a.mase - b.mase : a.rmse - b.rmse));
}
