/** What the forecast view computes from the server's history: errors while training went on, and axis labels. */
import type { ForecastScore } from '../../../src/server/wire.ts';

/** Mean absolute percentage error over the values both have, in percent; undefined where there is none. */
export function mapeOf(truth: readonly (number | null)[], forecast: readonly (number | null)[]): number | undefined {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < truth.length; i++) {
    const actual = truth[i];
    const predicted = forecast[i];
    if (actual === null || actual === 0 || predicted === null || predicted === undefined) continue;
    sum += Math.abs((predicted - actual) / actual);
    count++;
  }
  return count === 0 ? undefined : (100 * sum) / count;
}

/** The name of the score with the least MAPE; undefined where none is known. */
export function winner(scores: readonly ForecastScore[]): string | undefined {
  let best: ForecastScore | undefined;
  for (const score of scores) if (score.mape !== null && (best?.mape == null || score.mape < best.mape)) best = score;
  return best?.name;
}

/** Seasonal naive's name among the scores, the one to beat: shown from the beginning. */
export function defaultBaseline(scores: readonly ForecastScore[]): string | undefined {
  const baselines = scores.filter(({ trained }) => !trained);
  return (baselines.find(({ name }) => /seasonal/i.test(name)) ?? baselines[0])?.name;
}

/** A column of history and test part together: `null` where a series says nothing. */
export function column(
  history: readonly (number | null)[],
  truth: readonly (number | null)[],
  values: readonly (number | null)[],
  part: 'history' | 'test',
): (number | null)[] {
  if (part === 'history') return [...values, ...truth.map(() => null)];
  // Lines of the test part begin at the last known value.
  return [...history.slice(0, -1).map(() => null), ...history.slice(-1), ...values];
}
