/** Models, and readers of models that others have trained. */
export { type CharRnnFiles, readCharRnn } from './charRnn.ts';
export type { Decoder, Generative } from './decoder.ts';
export {
  Forecaster,
  type ForecasterConfig,
  type ForecasterForwardOptions,
  type ForecasterKind,
  forecasterDefaults,
  forecasterKinds,
} from './forecaster.ts';
export { ForecastHead, type ForecastLoss, forecastLosses, usualLevels } from './forecastHead.ts';
export { GPT, type GPTConfig, type GPTForwardOptions, gptDefaults } from './gpt.ts';
export { readLlama2c } from './llama2c.ts';
export { RecurrentLanguageModel, type RecurrentLanguageModelConfig } from './recurrentLanguageModel.ts';
export { type WindowScaling, windowScalings } from './windowScaling.ts';
