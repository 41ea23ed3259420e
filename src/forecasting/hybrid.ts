/**
 * The mean of exponential smoothing, of STL with exponential smoothing, and of an LSTM over two seeds: three views that err
 * differently. The parts were chosen on seven other monthly series (docs/log.md), where a network alone loses to both
 * classical parts and makes the mean no better; it is here as the combination with a network that does best.
 */
import { LookbackError } from '../errors.ts';
import { classicalModels } from './classicalModels.ts';
import { fillGaps } from './gaps.ts';
import type { FitContext, FittedModel, ForecastModel } from './model.ts';
import { neuralModel } from './neuralModels.ts';

/** Names of the parts, and how many seeds of each are averaged. */
const parts = [
  ['ets', 1],
  ['stl-ets', 1],
  ['lstm', 2],
] as const;

const partNamed = (name: string) => classicalModels.find((model) => model.name === name) ?? neuralModel(name);

/** Each part weighs the same; one that cannot be fitted is left out. */
async function fit(histories: readonly Float64Array[], context: FitContext): Promise<FittedModel> {
  const members: { fitted: FittedModel; weight: number }[] = [];
  const named: string[] = [];
  let failure: unknown;
  for (const [name, seeds] of parts) {
    try {
      const fitted: FittedModel[] = [];
      for (let i = 0; i < seeds; i++) {
        context.signal?.throwIfAborted();
        const model = partNamed(name);
        // Networks may be shown gaps (`missing: mask`), the others not.
        const seen = model?.trained ? histories : histories.map((history) => fillGaps(history, 'carry'));
        const one = await model?.fit(seen, { ...context, seed: context.seed + i });
        if (one) fitted.push(one);
      }
      members.push(...fitted.map((one) => ({ fitted: one, weight: 1 / seeds })));
      named.push(name);
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      failure = error;
    }
  }
  if (named.length === 0) throw failure;
  const means = histories.map((_, which) => {
    const sum = new Float64Array(context.horizon);
    for (const { fitted, weight } of members) {
      const { mean } = fitted.forecast(which);
      for (let h = 0; h < sum.length; h++) sum[h] += (weight * mean[h]) / named.length;
    }
    return sum;
  });
  return { forecast: (which) => ({ mean: means[which] }), detail: `mean of ${named.join(', ')}` };
}

export const hybridModel: ForecastModel = {
  name: 'hybrid',
  description: 'the mean of ets, stl-ets and an lstm over two seeds',
  trained: true,
  fit,
};
