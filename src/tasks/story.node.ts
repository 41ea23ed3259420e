/**
 * What a page needs to draw a forecast run while it goes on:
 *
 *   forecast.json      the first series' history and test part, and the scores: of the formulas from the start, of the
 *                      model too once it has been judged
 *   forecasts.jsonl    one line an evaluation, {"step", "forecast"}: the model's forecast of the test part as it forms.
 *                      Only drawn; nothing is chosen on it. After a resume a step may stand twice, the later one counts.
 */
import { appendFileSync } from 'node:fs';
import { type Run, writeFileAtomic } from '../track/node.ts';
import type { ForecastTask, Score } from './forecast.ts';
import { tellStory } from './story.ts';

/** Writes `forecast.json`; nothing for a run without a test part. */
export function writeStory(run: Run, task: ForecastTask, scores: readonly Score[]): void {
  const story = tellStory(task, scores);
  if (story) writeFileAtomic(run.path('forecast.json'), `${JSON.stringify(story)}\n`);
}

/** Adds the forecast as it is now. */
export function tellForecast(run: Run, task: ForecastTask, step: number): void {
  if (task.recipe.split.test === 0) return;
  const forecast = [...task.testForecast(0)];
  appendFileSync(run.path('forecasts.jsonl'), `${JSON.stringify({ step, forecast })}\n`);
}
