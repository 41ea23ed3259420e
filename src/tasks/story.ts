/** What a page needs to draw a forecast while it is learned: the first series' history and test part, and the scores. */
import type { ForecastTask, Score } from './forecast.ts';

export interface ForecastStory {
  name: string;
  period: number | null;
  history: number[];
  truth: number[];
  /** Labels of history and truth together. */
  times: readonly string[] | null;
  scores: (Omit<Score, 'forecast'> & { forecast: number[] })[];
}

/** The story of a task with these scores; undefined without a test part. */
export function tellStory({ recipe, prepared }: ForecastTask, scores: readonly Score[]): ForecastStory | undefined {
  if (recipe.split.test === 0) return undefined;
  const { series, testStart } = prepared[0];
  return {
    name: series.name,
    period: series.period ?? null,
    history: [...series.values.subarray(0, testStart)],
    truth: [...series.values.subarray(testStart)],
    times: series.times ?? null,
    scores: scores.map((score) => ({ ...score, forecast: [...score.forecast] })),
  };
}
