/** Generation from language models: token ids in, token ids out. */
export { type Beam, type BeamSearchOptions, beamSearch } from './beamSearch.ts';
export { type GenerateOptions, generate } from './engine.ts';
export { greedy, type Sampler, type SamplerOptions, sampler } from './samplers.ts';
