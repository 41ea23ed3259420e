/** Text: tokenizers and n-gram language models. */

export { Llama2cTokenizer } from './llama2cTokenizer.ts';
export { crossEntropy, crossEntropyByOrder, NgramModel, type NgramOptions, sample, trainNgram } from './ngram.ts';
export { countNgrams, type NgramCounts, type NgramLevel } from './ngramCounts.ts';
export { bestFloor, type FloorSmoothing, type NgramFloor, type NgramFloors } from './ngramFloor.ts';
export { fitNgrams, type NgramSmoothing, type NgramWeights, ngramSmoothings } from './ngramSmoothing.ts';
export { CharacterTokenizer, type CharacterTokenizerJson, type Tokenizer } from './tokenizer.ts';
