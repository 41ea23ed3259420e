/**
 * Cuts series into look-back windows and the values that follow them, as arrays a tensor can take over.
 *
 * Works on series that are already transformed, and never looks outside the range it is given, so that a split made
 * before it holds.
 */

import { LookbackError } from '../errors.ts';
import { windowMove } from './transforms.ts';

/** The F channels of one series, all of the same length. */
export type Channels = readonly Float64Array[];

/** From `from` up to, not including, `to`. */
export interface Range {
  from: number;
  to: number;
}

export interface WindowOptions {
  /** Number of input values, L. */
  lookback: number;
  /** Number of target values, H. */
  horizon: number;
  /** Distance from one origin to the next. */
  stride?: number;
  /** Subtract the mean of each window's inputs from its inputs and targets, channel by channel. */
  centre?: boolean;
  /** Subtract that mean and divide by the deviation of each window's inputs (1 where they are constant). */
  normalize?: boolean;
  /** One range a series; without it, the whole series. Every target lies inside it. */
  ranges?: readonly Range[];
  /** Let inputs reach back before the range, as at the start of a validation part. */
  earlierInputs?: boolean;
}

/** N windows with L inputs and H targets of F channels. */
export interface Windows {
  /** [N, L, F] */
  inputs: Float32Array;
  inputShape: [number, number, number];
  /** [N, H, F] */
  targets: Float32Array;
  targetShape: [number, number, number];
  /** What was subtracted, [N, F]; 0 where nothing was. */
  centres: Float64Array;
  /** What was divided by after that, [N, F]; 1 where nothing was. */
  scales: Float64Array;
  /** For each window its series, and the origin: the index of its first target. */
  index: { series: number; origin: number }[];
}

/**
 * @param series a list of series (a global model learns from all), each a list of F channels of equal length.
 * @throws BAD_ARGUMENT for sizes that are not whole numbers >= 1 or ranges outside a series, SHAPE_MISMATCH for channels
 * that do not match, DATA_INVALID for a value that is not finite or where no window fits.
 */
export function makeWindows(
  series: readonly Channels[],
  { lookback, horizon, stride = 1, centre = false, normalize = false, ranges, earlierInputs = false }: WindowOptions,
): Windows {
  for (const [name, size] of Object.entries({ lookback, horizon, stride })) {
    if (!Number.isInteger(size) || size < 1) refuse('BAD_ARGUMENT', `${name} to be a whole number >= 1`, String(size));
  }
  const features = checkChannels(series);
  if (ranges && ranges.length !== series.length) {
    refuse('BAD_ARGUMENT', `one range for each of ${series.length} series`, `${ranges.length}`);
  }

  const index: Windows['index'] = [];
  for (let s = 0; s < series.length; s++) {
    const length = series[s][0].length;
    const { from, to } = ranges?.[s] ?? { from: 0, to: length };
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= length)) {
      refuse('BAD_ARGUMENT', `a range inside 0 to ${length} for series ${s}`, `${from} to ${to}`);
    }
    const first = earlierInputs ? Math.max(from, lookback) : from + lookback;
    for (let origin = first; origin + horizon <= to; origin += stride) index.push({ series: s, origin });
  }
  if (index.length === 0) {
    refuse(
      'DATA_INVALID',
      `at least one range of ${lookback + horizon} values (lookback ${lookback} and horizon ${horizon})`,
      'only shorter ones',
      'Shorten the lookback or the horizon, or give a longer series',
    );
  }

  const count = index.length;
  const inputs = new Float32Array(count * lookback * features);
  const targets = new Float32Array(count * horizon * features);
  const centres = new Float64Array(count * features);
  const scales = new Float64Array(count * features).fill(1);
  const name = normalize ? 'normalize' : 'centre';
  for (let n = 0; n < count; n++) {
    const { series: s, origin } = index[n];
    for (let f = 0; f < features; f++) {
      const values = series[s][f];
      const moved = centre || normalize;
      const { shift, scale } = moved
        ? windowMove({ name, lookback }, values.subarray(0, origin))
        : { shift: 0, scale: 1 };
      centres[n * features + f] = shift;
      scales[n * features + f] = scale;
      for (let t = 0; t < lookback; t++) {
        inputs[(n * lookback + t) * features + f] = (values[origin - lookback + t] - shift) / scale;
      }
      for (let t = 0; t < horizon; t++) {
        targets[(n * horizon + t) * features + f] = (values[origin + t] - shift) / scale;
      }
    }
  }
  return {
    inputs,
    inputShape: [count, lookback, features],
    targets,
    targetShape: [count, horizon, features],
    centres,
    scales,
    index,
  };
}

/** The number of channels, the same in every series. */
function checkChannels(series: readonly Channels[]): number {
  const features = series[0]?.length ?? 0;
  if (features === 0) refuse('BAD_ARGUMENT', 'at least one series with at least one channel', 'none');
  series.forEach((channels, s) => {
    if (channels.length !== features) {
      refuse('SHAPE_MISMATCH', `${features} channels in every series`, `${channels.length} in series ${s}`);
    }
    channels.forEach((values, f) => {
      if (values.length !== channels[0].length) {
        refuse('SHAPE_MISMATCH', `${channels[0].length} values in channel ${f} of series ${s}`, `${values.length}`);
      }
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        refuse('DATA_INVALID', 'finite values', `${values[bad]} at index ${bad} of channel ${f} of series ${s}`);
      }
    });
  });
  return features;
}

function refuse(
  code: 'BAD_ARGUMENT' | 'SHAPE_MISMATCH' | 'DATA_INVALID',
  expected: string,
  got: string,
  next?: string,
): never {
  throw new LookbackError(code, { where: 'makeWindows', expected, got, next });
}
