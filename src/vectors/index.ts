/** Word vectors: training them, files of them, nearest words and analogies, tests, drawing. */

export { buildCorpus, type CorpusOptions, sentencesOf, type VectorCorpus } from './corpus.ts';
export {
  type AnalogyScore,
  type AnalogySection,
  parseAnalogies,
  parseSimilarities,
  type SimilarityPair,
  scoreAnalogies,
  scoreSimilarities,
  spearman,
} from './evaluate.ts';
export {
  type ReadVectorsOptions,
  readVectors,
  type VectorFormat,
  vectorFormat,
  writeBinary,
  writeText,
} from './formats.ts';
export { type AlmostOrthogonal, almostOrthogonal, type Projection, principalComponents } from './geometry.ts';
export { parallelism, type Relation, relations, relationsIn } from './relations.ts';
export { trainWord2Vec, type Word2VecOptions, type Word2VecProgress, type Word2VecResult } from './word2vec.ts';
export { type Neighbour, WordVectors } from './wordVectors.ts';
