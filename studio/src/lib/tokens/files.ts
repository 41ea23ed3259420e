/** Tokenizers in files that the reader opens, as `lookback tokenize --tokenizer PATH` reads them. Pure. */
import {
  Llama2cTokenizer,
  type PatternName,
  parseTokenizerJson,
  readGguf,
  readSentencePiece,
  readTiktoken,
  readTiktokenJson,
  type Tokenizer,
  tokenizerFromJSON,
} from '../../../../src/text/index.ts';

/** The tokenizer in a file, known by its ending. @throws LookbackError FILE_INVALID */
export function readFile(name: string, bytes: Uint8Array): Tokenizer {
  const ending = /\.[^.]*$/.exec(name.toLowerCase())?.[0] ?? '';
  if (ending === '.gguf') return readGguf(bytes, name);
  if (ending === '.model' && bytes[0] !== 0x7b) return readSentencePiece(bytes, name);
  if (ending === '.bin') return Llama2cTokenizer.read(bytes, name);
  const text = new TextDecoder().decode(bytes);
  if (ending === '.tiktoken') return readTiktoken(text, { pattern: guessPattern(name), where: name });
  const json: unknown = ending === '.json' || text.startsWith('{') ? safely(text) : undefined;
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  if ('bpe_ranks' in fields) return readTiktokenJson(json, name);
  return json === undefined ? parseTokenizerJson(text, name) : tokenizerFromJSON(json, name);
}

function safely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const guessPattern = (name: string): PatternName =>
  /o200k/i.test(name) ? 'o200k' : /gpt2|r50k|p50k/i.test(name) ? 'gpt2' : 'cl100k';
