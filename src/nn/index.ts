/** Layers: modules with named parameters, taps, initialisation. */
export { AdditiveAttention } from './additiveAttention.ts';
export { type AttentionForwardOptions, type AttentionOptions, MultiHeadAttention } from './attention.ts';
export { KeyValueCache } from './cache.ts';
export { Conv1d, type Conv1dOptions } from './convolution.ts';
export { Dropout } from './dropout.ts';
export { Embedding } from './embedding.ts';
export { GRU } from './gru.ts';
export type { Initialize, TransformerInitialization } from './initialize.ts';
export * as initialize from './initialize.ts';
export { Linear, type LinearOptions } from './linear.ts';
export { LSTM } from './lstm.ts';
export { MLP, type MLPKind, usualMLPWidth } from './mlp.ts';
export { Module, type StateEntry } from './module.ts';
export { LayerNorm, makeNorm, type NormKind, RMSNorm } from './norm.ts';
export { LearnedPositions, type PositionKind, Rotary, SinusoidalPositions } from './positions.ts';
export {
  type LayerResult,
  Recurrent,
  type RecurrentForwardOptions,
  type RecurrentKind,
  RecurrentLayer,
  type RecurrentOptions,
  type RecurrentState,
} from './recurrent.ts';
export { RNN } from './rnn.ts';
export { type Layer, Sequential } from './sequential.ts';
export { type ForwardOptions, type Tap, tapFor, tapped, within } from './tap.ts';
export { TemporalBlock, type TemporalBlockOptions } from './temporalBlock.ts';
export { type BlockForwardOptions, TransformerBlock, type TransformerBlockOptions } from './transformerBlock.ts';
