/** The recipe of a network for any histories: written down once, nothing in it is chosen on what is scored. */
import type { ForecasterKind, ForecastLoss } from '../models/index.ts';
import { type ForecastRecipe, resolveRecipe } from '../tasks/recipe.ts';
import type { FitContext } from './model.ts';

/** Longest window that is looked back on, values. */
const longest = 512;

/**
 * Windows as long as asked, else of two seasons (without a season of the horizon, at least 8), as far as half of the shortest history allows.
 * Logarithms where all values are positive; differences by the season where there are four of them, else by one.
 *
 * A head with a distribution must not add up what it forecasts, so there windows are moved by their last season, or their
 * last value, instead of differences being taken.
 */
export function neuralRecipe(
  kind: ForecasterKind,
  histories: readonly Float64Array[],
  { horizon, period, seed, lookback: asked }: FitContext,
  loss: ForecastLoss = 'mse',
): ForecastRecipe {
  const shortest = Math.min(...histories.map(({ length }) => length));
  const positive = histories.every((history) => history.every((value) => !(value <= 0)));
  const seasonal = period > 1 && period <= shortest / 4;
  const distribution = loss === 'quantile' || loss === 'gaussian' || loss === 'studentT';
  const wanted = seasonal ? 2 * period : Math.max(8, horizon);
  const room = Math.floor((shortest - horizon - (seasonal && !distribution ? period : 1)) / 2);
  // One that is asked for and does not fit is refused by the task, with numbers.
  const lookback = asked ?? Math.max(1, Math.min(wanted, room, longest));
  const windows = histories.reduce((sum, { length }) => sum + Math.max(0, length - lookback - horizon), 0);
  // Four passes over the windows, within bounds.
  const steps = kind === 'linear' ? 400 : Math.min(Math.max(Math.ceil((4 * windows) / 32), 200), 500);
  const byDifferences = [seasonal ? 'seasonalDifference' : 'difference', 'standardize'] as const;
  const scaling = seasonal && period <= lookback ? 'season' : 'last';
  return resolveRecipe({
    task: 'forecast',
    data: { source: 'given', ...(period > 1 ? { period } : {}) },
    window: { lookback, horizon },
    split: { test: 0, validation: 0 },
    transform: [
      ...(positive ? (['log'] as const) : []),
      ...(distribution ? (['standardize'] as const) : byDifferences),
    ],
    model: networkOf(kind, lookback),
    ...(loss === 'mse' ? {} : { loss }),
    ...(distribution ? { scaling } : {}),
    train: {
      steps,
      batch: 32,
      learningRate: { peak: 3e-3, warmup: Math.floor(steps / 10), decay: 'cosine' },
      evaluateEvery: steps,
      checkpointEvery: steps,
      seed,
    },
  } as Parameters<typeof resolveRecipe>[0]) as ForecastRecipe;
}

/** A small one of its kind: histories of a few hundred values cannot feed more. */
function networkOf(kind: ForecasterKind, lookback: number): object {
  switch (kind) {
    case 'linear':
    case 'nlinear':
      return { kind };
    case 'dlinear':
      return { kind, average: Math.min(25, lookback) };
    case 'nbeats':
      return { kind, hidden: 64, layers: 2, blocks: 3 };
    case 'patchtst': {
      const stride = Math.min(8, Math.max(1, Math.floor(lookback / 8)));
      return {
        kind,
        stride,
        patch: lookback < 2 * stride ? stride : 2 * stride,
        hidden: 16,
        heads: 4,
        layers: 2,
        mlpWidth: 32,
      };
    }
    case 'tcn':
      return { kind, hidden: 16 };
    case 'rnn':
    case 'lstm':
    case 'gru':
    case 'seq2seq':
    case 'transformer':
    case 'encoder':
      return { kind, hidden: 32, layers: 1 };
    default:
      return kind satisfies never;
  }
}
