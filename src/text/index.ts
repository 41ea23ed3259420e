/** Text: tokenizers and n-gram language models. */

export { BytePairTokenizer, type EncodeOptions, type MergeStep } from './bpe/bytePairTokenizer.ts';
export { ByteTokenizer } from './byteTokenizer.ts';
export { readGguf } from './formats/gguf.ts';
export { parseTokenizerJson, readTokenizerJson } from './formats/huggingface.ts';
export { PipelineTokenizer } from './formats/pipelineTokenizer.ts';
export { readSentencePiece } from './formats/sentencePiece.ts';
export { readTiktoken, readTiktokenJson, tiktokenSpecial } from './formats/tiktoken.ts';
export { toTokenizerJson } from './formats/writeHuggingface.ts';
export { tokenizerFromJSON } from './fromJson.ts';
export { Llama2cTokenizer } from './llama2cTokenizer.ts';
export { crossEntropy, crossEntropyByOrder, NgramModel, type NgramOptions, sample, trainNgram } from './ngram.ts';
export { countNgrams, type NgramCounts, type NgramLevel } from './ngramCounts.ts';
export { isNgramFile, readNgrams, writeNgrams } from './ngramFile.ts';
export { bestFloor, type FloorSmoothing, type NgramFloor, type NgramFloors } from './ngramFloor.ts';
export {
  type BigramTable,
  bigrams,
  type NgramOrderRow,
  type NgramProgress,
  type NgramReport,
  type NgramText,
  type NgramUnit,
  possibleNgrams,
  reportNgrams,
  splitText,
} from './ngramReport.ts';
export { fitNgrams, type NgramSmoothing, type NgramWeights, ngramSmoothings } from './ngramSmoothing.ts';
export { type PatternName, patterns } from './pretokenize/scanners.ts';
export type { SpecialHandling } from './special.ts';
export { StreamingDecoder } from './streamingDecoder.ts';
export { encodePlain } from './textWork.ts';
export { CharacterTokenizer, type CharacterTokenizerJson, type Tokenizer } from './tokenizer.ts';
export { type TrainOptions, trainBytePairs } from './training/trainBytePairs.ts';
export { decodeUtf8, encodeUtf8 } from './utf8.ts';
export { WordTokenizer } from './wordTokenizer.ts';
