/** All forecasting models by name. */
import { LookbackError, nearest } from '../errors.ts';
import { classicalModels, formulas, regressionModel } from './classicalModels.ts';
import { hybridModel } from './hybrid.ts';
import type { ForecastModel } from './model.ts';
import { neuralModel, neuralModels } from './neuralModels.ts';
import { ridgeModels } from './ridgeModels.ts';

export const forecastModels: readonly ForecastModel[] = [
  ...formulas,
  ...classicalModels,
  regressionModel,
  ...ridgeModels,
  ...neuralModels,
  hybridModel,
];

/** @throws BAD_ARGUMENT for a name that is not there, with the nearest. */
export function modelNamed(name: string): ForecastModel {
  const model = forecastModels.find((candidate) => candidate.name === name) ?? neuralModel(String(name));
  if (model) return model;
  const known = ['auto', ...forecastModels.map((candidate) => candidate.name)];
  const suggestion = nearest(String(name), known);
  throw new LookbackError('BAD_ARGUMENT', {
    where: 'models',
    expected: `some of ${known.join(', ')}; a network also with a head, as lstm:quantile`,
    got: JSON.stringify(String(name).slice(0, 40)),
    next: suggestion && `Did you mean ${suggestion}?`,
  });
}

/** Models by name, formulas always among them; `auto` stands for the classical ones, and regression where it has covariates. */
export function chooseModels(names: readonly string[], { ahead }: { ahead: boolean }): ForecastModel[] {
  const chosen = new Set<ForecastModel>(formulas);
  for (const name of names) {
    if (name !== 'auto') chosen.add(modelNamed(name));
    else for (const model of ahead ? [...classicalModels, regressionModel] : classicalModels) chosen.add(model);
  }
  return [...chosen];
}
