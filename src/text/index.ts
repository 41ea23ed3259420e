/** Text: tokenizers and n-gram language models. */

export { Llama2cTokenizer } from './llama2cTokenizer.ts';
export { crossEntropy, crossEntropyByOrder, NgramModel, type NgramOptions, sample, trainNgram } from './ngram.ts';
export { countNgrams, type NgramCounts, type NgramLevel } from './ngramCounts.ts';
export { isNgramFile, readNgrams, writeNgrams } from './ngramFile.ts';
export { bestFloor, type FloorSmoothing, type NgramFloor, type NgramFloors } from './ngramFloor.ts';
export {
  type BigramTable,
  bigrams,
  type NgramOrderRow,
  type NgramReport,
  type NgramText,
  type NgramUnit,
  possibleNgrams,
  reportNgrams,
  splitText,
} from './ngramReport.ts';
export { fitNgrams, type NgramSmoothing, type NgramWeights, ngramSmoothings } from './ngramSmoothing.ts';
export { CharacterTokenizer, type CharacterTokenizerJson, type Tokenizer } from './tokenizer.ts';
export { WordTokenizer } from './wordTokenizer.ts';
