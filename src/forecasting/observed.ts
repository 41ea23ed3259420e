/**
 * Missing values in front of models. Networks see them as NaN where they are masked; the others are given histories filled
 * from what came before the origin alone, so that a gap at the end of a history is not filled with what followed it.
 */
import type { Frame } from './frame.ts';
import { fillGaps } from './gaps.ts';
import type { FittedModel, ForecastModel } from './model.ts';

/** `model` on histories with NaN where nothing was seen. */
export function onObserved(model: ForecastModel, { parts, observed }: Frame): ForecastModel {
  const { missing } = parts.schema;
  if (missing === 'refuse' || (missing === 'mask' && model.trained && !model.name.startsWith('ridge'))) return model;
  if (missing !== 'interpolate' && !observed.some((values) => values.some(Number.isNaN))) return model;
  const filled = (histories: readonly Float64Array[]) =>
    histories.map((history) => fillGaps(history, missing === 'interpolate' ? 'interpolate' : 'carry'));
  const extended = (fitted: FittedModel): FittedModel => {
    const { extend } = fitted;
    return extend
      ? { ...fitted, extend: (histories, context) => extended(extend(filled(histories), context)) }
      : fitted;
  };
  const { fit, restore, resume } = model;
  return {
    ...model,
    fit: async (histories, context) => extended(await fit(filled(histories), context)),
    ...(restore && {
      restore: async (state, histories, context) => extended(await restore(state, filled(histories), context)),
    }),
    ...(resume && {
      resume: async (state, histories, context) => extended(await resume(state, filled(histories), context)),
    }),
  };
}
