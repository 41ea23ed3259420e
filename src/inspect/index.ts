/** Looking into trained models: expectations, attention, gates and cells, gradients through time. Runs in a browser too. */
export { type AttentionPictures, attentionPattern, attentionPictures, weightOfByte } from './attentionPatterns.ts';
export { type GradientThroughTime, type GradientTrace, gradientThroughTime } from './gradientThroughTime.ts';
export {
  type Candidate,
  type Prediction,
  predictions,
  ranked,
  type SamplingStep,
  samplingStep,
} from './predictions.ts';
export { type RecurrentActivity, recurrentActivity, recurrentQuantities } from './recurrentActivity.ts';
export {
  type Anatomy,
  anatomyOf,
  type ForecastSubject,
  type LanguageSubject,
  mostSteps,
  readText,
  type Subject,
} from './subject.ts';
