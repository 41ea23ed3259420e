/** Any tokenizer from what its `toJSON` gave: `type` names who reads it. */
import { LookbackError } from '../errors.ts';
import { BytePairTokenizer } from './bpe/bytePairTokenizer.ts';
import { ByteTokenizer } from './byteTokenizer.ts';
import { readTokenizerJson } from './formats/huggingface.ts';
import { sentencePieceTokenizer } from './formats/sentencePiece.ts';
import { Llama2cTokenizer } from './llama2cTokenizer.ts';
import { CharacterTokenizer, type Tokenizer } from './tokenizer.ts';

/** @throws FILE_INVALID for a type that is not known, or contents that are not of it */
export function tokenizerFromJSON(json: unknown, where = 'tokenizer'): Tokenizer {
  const stored = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  switch (stored.type) {
    case 'character':
      return CharacterTokenizer.fromJSON(json);
    case 'byte':
      return new ByteTokenizer();
    case 'bytePair':
      return BytePairTokenizer.fromJSON(json);
    case 'huggingface':
      return readTokenizerJson(json, where);
    case 'sentencepiece':
      return sentencePieceTokenizer(json, where);
    case 'llama2c': {
      const { pieces, scores } = stored;
      if (Array.isArray(pieces) && Array.isArray(scores) && pieces.length === scores.length) {
        return new Llama2cTokenizer(pieces as string[], scores as number[]);
      }
      break;
    }
  }
  // Hugging Face's own files have no type, but a model.
  if (stored.type === undefined && stored.model !== undefined) return readTokenizerJson(json, where);
  throw new LookbackError('FILE_INVALID', {
    where,
    expected: 'a tokenizer of type character, byte, bytePair, huggingface, sentencepiece or llama2c',
    got: `type ${JSON.stringify(stored.type)}`,
  });
}
