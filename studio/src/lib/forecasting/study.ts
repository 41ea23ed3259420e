/** One model of a competition closely: its forecast, every origin's, whether its intervals hold, and what it looked at. */
import { modelNamed } from '../../../../src/forecasting/catalog.ts';
import { type Competition, withCovariates } from '../../../../src/forecasting/competition.ts';
import { seriesForecast } from '../../../../src/forecasting/forecast.ts';
import { calibration } from '../../../../src/forecasting/index.ts';
import { onObserved } from '../../../../src/forecasting/observed.ts';
import type { Study } from './protocol.ts';

/** Drawn beside the level that was asked for. */
const fanLevels = [0.5, 0.8, 0.95];

/**
 * The winner's fit is there already; any other is fitted to all that is known, as the winner was.
 *
 * @throws BAD_ARGUMENT for a model that was not judged
 */
export async function studyOf(competition: Competition, name: string): Promise<Study> {
  const { frame, judgement, model: winner, context, level } = competition;
  const model = modelNamed(name);
  const judged = judgement.judged.find(({ row }) => row.model === name) ?? judgement.judged[0];
  const fitted =
    winner.name === name
      ? competition.fitted
      : await onObserved(model, frame).fit(frame.observed, withCovariates(frame, context));
  const { folds } = judged.result;
  const attended = fitted.alignments;
  const at = (share: number) =>
    frame.series.map((_, which) => seriesForecast(competition, folds, which, fitted.forecast(which), share));
  const levels = [...new Set([...fanLevels, level])].sort((a, b) => a - b);
  return {
    model: name,
    folds,
    forecast: at(level),
    fan: levels.map((share) => ({ level: share, forecast: at(share) })),
    calibration: calibration(folds),
    alignments: attended && frame.series.map((_, which) => attended(which)),
  };
}
