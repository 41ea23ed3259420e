/**
 * What a trained forecaster expects after a history, on the original scale: a number for each step, and where its head
 * forecasts a distribution the quantiles and the deviation too.
 *
 * Quantiles go back through transforms one by one, which is exact for those that act on each step alone (log, scales,
 * differences whose earlier value is known). A recipe that would have to add up forecasts is refused with such a head.
 */
import type { Forecaster } from '../models/index.ts';
import type { Tap } from '../nn/index.ts';
import type { TransformChain } from '../series/index.ts';
import { inference, scope, tensor } from '../tensor/index.ts';
import {
  type Beside,
  type BesideScale,
  carryForward,
  cutInputs,
  nothingBeside,
  type Prepared,
  scaleBeside,
  type WindowBatch,
} from './forecastWindows.ts';

/** All [H], on the original scale. */
export interface Ahead {
  mean: Float64Array;
  deviation?: Float64Array;
  quantiles?: { levels: readonly number[]; values: Float64Array[] };
}

/** A history [n] up to the origin, missing values NaN, the transforms fitted for it, and what is known beside it. */
export interface History {
  readonly values: Float64Array;
  readonly chain: TransformChain;
  /** Future columns reach to n + H. */
  readonly beside?: Beside;
  /** Which learned vector is its own. */
  readonly series?: number;
}

/** Windows in one forward pass. */
const batchSize = 256;

/** The batch as the network's options. */
export function besideOf({ known, fixed, series, rows }: Omit<WindowBatch, 'targets'>, model: Forecaster) {
  const { horizon, known: K, fixed: S, series: count } = model.config;
  return {
    known: known && K > 0 ? tensor(known, { shape: [rows, horizon, K] }) : undefined,
    fixed: fixed && S > 0 ? tensor(fixed, { shape: [rows, S] }) : undefined,
    series: series && count > 0 ? tensor(series) : undefined,
  };
}

/**
 * The H steps after each history.
 *
 * @throws LookbackError DATA_INVALID for a history too short for the window, or a value that a transform does not take
 */
export function forecastAll(
  model: Forecaster,
  histories: readonly History[],
  { scale, masked = false, tap }: { scale?: BesideScale; masked?: boolean; tap?: Tap } = {},
): Ahead[] {
  const { lookback, horizon, features } = model.config;
  const out: Ahead[] = [];
  for (let from = 0; from < histories.length; from += batchSize) {
    const part = histories.slice(from, from + batchSize);
    const prepared = part.map((history) => prepareHistory(history, lookback, scale));
    const origins = part.map(({ values }, series) => ({ series, origin: values.length }));
    const { batch } = cutInputs(prepared, origins, { window: { lookback, horizon } }, masked);
    const series = Int32Array.from(part, (history) => history.series ?? 0);
    const numbers = scope(() =>
      inference(() => {
        const inputs = tensor(batch.inputs, { shape: [batch.rows, lookback, features] });
        return model.forward(inputs, { ...besideOf({ ...batch, series }, model), tap }).dataSync();
      }),
    );
    const row = numbers.length / part.length;
    part.forEach((history, i) => {
      out.push(toOriginal(model, numbers.slice(i * row, (i + 1) * row), prepared[i].series.values, history.chain));
    });
  }
  return out;
}

/**
 * The next H values after `history` [n], both on the original scale, by a trained model of one feature and the transforms
 * fitted with it.
 *
 * @throws LookbackError as `forecastAll`
 */
export function forecastAfter(model: Forecaster, history: Float64Array, chain: TransformChain): Float64Array {
  return forecastAll(model, [{ values: history, chain }])[0].mean;
}

function prepareHistory(
  { values: given, chain, beside = nothingBeside }: History,
  lookback: number,
  scale?: BesideScale,
): Prepared {
  const { values, missing } = carryForward(given);
  // Says what is wrong with a history that is too short.
  chain.input(values, lookback);
  return {
    series: { name: 'history', values },
    chain,
    values: chain.apply(values),
    trainEnd: values.length,
    testStart: values.length,
    missing,
    beside: scale ? scaleBeside(beside, scale) : beside,
  };
}

/** `numbers` [H · P] after `history`, on the scale of the network's windows, back on the history's own. */
export function toOriginal(
  model: Forecaster,
  numbers: ArrayLike<number>,
  history: Float64Array,
  chain: TransformChain,
): Ahead {
  const { horizon } = model.config;
  const { output } = model;
  const P = output.outputs;
  const steps = Array.from({ length: horizon }, (_, h) => Array.from({ length: P }, (_, p) => numbers[h * P + p]));
  const back = (values: readonly number[]) => chain.invertForecast(values, history);
  const mean = back(steps.map((step) => output.point(step)));
  if (!output.distribution) return { mean };
  const each = steps.map((step) => output.quantiles(step) ?? []);
  const values = output.levels.map((_, q) => back(each.map((quantiles) => quantiles[q])));
  const quantiles = { levels: output.levels, values };
  if (output.loss === 'quantile') return { mean, quantiles };
  // Half the distance between the images of one deviation more and less: exact for scales, near it for logarithms.
  const moved = (sign: number) => back(steps.map((step) => output.point(step) + sign * (output.deviation(step) ?? 0)));
  const [above, below] = [moved(1), moved(-1)];
  return { mean, quantiles, deviation: above.map((value, h) => (value - below[h]) / 2) };
}
