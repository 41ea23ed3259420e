/** The published figures of M4 Weekly: naive and the Theta benchmark, which takes weeks not to be seasonal. */
import { expect, it } from 'vitest';
import { readWeekly, weeklyScores } from '../../bench/forecasting.ts';

const series = readWeekly();

it.skipIf(!series)(
  'naive and Theta score on M4 Weekly as published (needs series/ in LOOKBACK_DATA)',
  async () => {
    if (!series) return;
    expect(series.histories).toHaveLength(359);
    const rounded = async (name: string) => {
      const { smape, mase } = await weeklyScores(name, series);
      return [smape.toFixed(3), mase.toFixed(3)];
    };
    expect(await rounded('naive')).toEqual(['9.161', '2.777']);
    expect(await rounded('theta, no season')).toEqual(['9.089', '2.639']);
  },
  60_000,
);
