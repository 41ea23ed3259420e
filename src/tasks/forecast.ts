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
import {
  baselines,
  makeWindows,
  mape,
  mase,
  rmse,
  type Series,
  TransformChain,
  type Windows,
} from '../series/index.ts';
import { inference, meanSquaredError, scope, type Tensor, tensor } from '../tensor/index.ts';
import type { Batch, Evaluation, Trainable } from '../train/index.ts';
import type { ForecastRecipe } from './recipe.ts';

/** Look-back windows [B, L, 1] and the values that follow them [B, H, 1]. */
export interface WindowBatch extends Batch {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly rows: number;
}

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

interface Prepared {
  readonly series: Series;
  readonly chain: TransformChain;
  /** Transformed values; element i belongs to time i + chain.lost. */
  readonly values: Float64Array;
  readonly trainEnd: number;
  readonly testStart: number;
}

/** The model a recipe describes, freshly initialised from its seed. */
export function buildForecaster({ model, window, train }: ForecastRecipe): Forecaster {
  return new Forecaster({ ...model, ...window }, { random: new Random(train.seed, 'parameters') });
}

/**
 * The next H values after `history` [n], both on the original scale, by a trained model and the transforms fitted with it.
 *
 * @throws LookbackError DATA_INVALID for a history too short for the window, or a value that a transform does not take
 */
export function forecastAfter(model: Forecaster, history: Float64Array, chain: TransformChain): Float64Array {
  const { lookback } = model.config;
  const input = Float32Array.from(chain.input(history, lookback));
  const output = scope(() => inference(() => model.forward(tensor(input, { shape: [1, lookback, 1] }), {}).dataSync()));
  return chain.invertForecast(output, history);
}

export class ForecastTask implements Trainable<WindowBatch> {
  readonly unit = 'values';
  readonly model: Forecaster;
  readonly prepared: readonly Prepared[];
  private readonly windows: Windows;
  private readonly validationWindows: Windows | undefined;
  private readonly sampler: ShuffledSampler;

  /** @throws LookbackError DATA_INVALID when a series is too short for the windows and the split. */
  constructor(
    readonly recipe: ForecastRecipe,
    series: readonly Series[],
  ) {
    const { window, split, train } = recipe;
    this.prepared = series.map((one) => prepare(one, recipe));
    const centre = recipe.transform.includes('centre');
    const channels = this.prepared.map(({ values }) => [values]);
    const ranges = this.prepared.map(({ chain, trainEnd }) => ({ from: 0, to: trainEnd - chain.lost }));
    this.windows = makeWindows(channels, { ...window, centre, ranges });
    if (split.validation > 0) {
      const held = this.prepared.map(({ chain, trainEnd, testStart }) => ({
        from: trainEnd - chain.lost,
        to: testStart - chain.lost,
      }));
      this.validationWindows = makeWindows(channels, { ...window, centre, ranges: held, earlierInputs: true });
    }
    this.sampler = new ShuffledSampler({
      count: this.windows.inputShape[0],
      batch: Math.min(train.batch, this.windows.inputShape[0]),
      seed: train.seed,
    });
    this.model = buildForecaster(recipe);
  }

  next(): WindowBatch {
    return this.pick(this.windows, this.sampler.next());
  }

  loss({ inputs, targets, rows }: WindowBatch, options: ForwardOptions): Tensor {
    const { lookback, horizon } = this.recipe.window;
    const predicted = this.model.forward(tensor(inputs, { shape: [rows, lookback, 1] }), options);
    return meanSquaredError(predicted, tensor(targets, { shape: [rows, horizon, 1] }));
  }

  /** Squared error on the transformed scale and MAPE on the original one; on validation windows where there are any. */
  evaluate(): Evaluation {
    const trainLoss = this.lossOver(this.windows);
    if (!this.validationWindows) return { score: trainLoss, metrics: { trainLoss } };
    const validationLoss = this.lossOver(this.validationWindows);
    const errors = this.validationWindows.index.map(({ series, origin }) => {
      const { chain, series: one } = this.prepared[series];
      const at = origin + chain.lost;
      const forecast = this.forecastFrom(series, at);
      return mape(one.values.subarray(at, at + forecast.length), forecast);
    });
    const validationMape = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    return { score: validationLoss, metrics: { validationLoss, trainLoss, validationMape } };
  }

  /** The next H values after `origin`, from what came before it; on the original scale. */
  forecastFrom(which: number, origin = this.prepared[which].series.values.length): Float64Array {
    const { series, chain } = this.prepared[which];
    return forecastAfter(this.model, series.values.subarray(0, origin), chain);
  }

  /**
   * The test part of every series, forecast by the model and by each formula, directly from its first origin
   * (and again every H values where the test part is longer than the horizon). Best first.
   */
  scores(): Score[] {
    if (this.recipe.split.test === 0) return [];
    const description = `trained on ${this.windows.inputShape[0]} windows`;
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

  private lossOver(windows: Windows): number {
    const all = Int32Array.from({ length: windows.inputShape[0] }, (_, i) => i);
    const size = 256;
    let sum = 0;
    for (let from = 0; from < all.length; from += size) {
      const batch = this.pick(windows, all.subarray(from, from + size));
      sum += scope(() => inference(() => this.loss(batch, {})).item()) * batch.rows;
    }
    return sum / all.length;
  }

  private pick(windows: Windows, rows: Int32Array): WindowBatch {
    const { lookback, horizon } = this.recipe.window;
    const inputs = new Float32Array(rows.length * lookback);
    const targets = new Float32Array(rows.length * horizon);
    rows.forEach((row, i) => {
      inputs.set(windows.inputs.subarray(row * lookback, (row + 1) * lookback), i * lookback);
      targets.set(windows.targets.subarray(row * horizon, (row + 1) * horizon), i * horizon);
    });
    return { inputs, targets, rows: rows.length, count: targets.length };
  }
}

function ranked(scores: Score[]): Score[] {
  return scores.sort((a, b) => a.mape - b.mape || a.rmse - b.rmse);
}

function prepare(series: Series, { split, window, transform }: ForecastRecipe): Prepared {
  const testStart = series.values.length - split.test;
  const trainEnd = testStart - split.validation;
  const chain = new TransformChain(transform, { period: series.period, lookback: window.lookback });
  const lost = transform.reduce(
    (sum, name) => sum + (name === 'difference' ? 1 : name === 'seasonalDifference' ? (series.period ?? 0) : 0),
    0,
  );
  const needed = lost + window.lookback + window.horizon;
  if (trainEnd < needed) {
    throw new LookbackError('DATA_INVALID', {
      where: `series ${series.name}`,
      expected: `at least ${needed} values before the held-out parts (lookback ${window.lookback}, horizon ${window.horizon}, ${lost} lost to differences)`,
      got: `${Math.max(trainEnd, 0)} of ${series.values.length}`,
      next: 'Shorten window.lookback or window.horizon, or hold out less',
    });
  }
  chain.fit(series.values.subarray(0, trainEnd));
  return { series, chain, values: chain.apply(series.values), trainEnd, testStart };
}
