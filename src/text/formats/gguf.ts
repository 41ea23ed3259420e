/**
 * The vocabulary inside a GGUF file (ggml docs/gguf.md): its metadata is read, its tensors are not. Byte-level BPE (`gpt2`),
 * SentencePiece (`llama`, `t5`) and WordPiece (`bert`) vocabularies.
 */
import { LookbackError } from '../../errors.ts';
import { toBase64 } from '../base64.ts';
import { BytePairTokenizer } from '../bpe/bytePairTokenizer.ts';
import { fromByteLevel } from '../pretokenize/byteLevel.ts';
import type { PatternName } from '../pretokenize/scanners.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { refuse } from './fields.ts';
import type { PipelineTokenizer } from './pipelineTokenizer.ts';
import { sentencePieceTokenizer } from './sentencePiece.ts';
import { readBertVocabulary } from './vocabularyFiles.ts';

type Value = number | bigint | boolean | string | Value[];

/** The pattern behind each name of `tokenizer.ggml.pre` (llama.cpp src/llama-vocab.cpp). */
const pres: Record<string, PatternName> = {
  default: 'gpt2',
  'gpt-2': 'gpt2',
  'llama-bpe': 'cl100k',
  'llama-v3': 'cl100k',
  llama3: 'cl100k',
  qwen2: 'qwen',
  'gpt-4o': 'o200k',
};

/** Key and value pairs of the header. @throws FILE_INVALID when it is no GGUF of version 2 or 3, or cut short */
export function readGgufMetadata(bytes: Uint8Array, where = 'GGUF file'): Map<string, Value> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const fault = (problem: string) =>
    new LookbackError('FILE_INVALID', { where, problem, next: 'Fetch the file again' });
  const take = (length: number): number => {
    if (length > bytes.length - at) throw fault('it ends inside its metadata');
    at += length;
    return at - length;
  };
  const count = (): number => {
    const value = Number(view.getBigUint64(take(8), true));
    if (value > bytes.length) throw fault('it ends inside its metadata');
    return value;
  };
  const string = (): string => {
    const length = count();
    const from = take(length);
    return decodeUtf8(bytes.subarray(from, from + length));
  };
  const value = (type: number, depth: number): Value => {
    switch (type) {
      case 0:
        return view.getUint8(take(1));
      case 1:
        return view.getInt8(take(1));
      case 2:
        return view.getUint16(take(2), true);
      case 3:
        return view.getInt16(take(2), true);
      case 4:
        return view.getUint32(take(4), true);
      case 5:
        return view.getInt32(take(4), true);
      case 6:
        return view.getFloat32(take(4), true);
      case 7:
        return view.getUint8(take(1)) !== 0;
      case 8:
        return string();
      case 9: {
        if (depth > 2) throw fault('lists in lists in lists');
        const inner = view.getUint32(take(4), true);
        const length = count();
        const values: Value[] = [];
        for (let i = 0; i < length; i++) values.push(value(inner, depth + 1));
        return values;
      }
      case 10:
        return view.getBigUint64(take(8), true);
      case 11:
        return view.getBigInt64(take(8), true);
      case 12:
        return view.getFloat64(take(8), true);
      default:
        throw fault(`a value of unknown type ${type}`);
    }
  };
  if (bytes.length < 24 || view.getUint32(0, true) !== 0x46554747) throw fault('it does not begin as GGUF does');
  const version = view.getUint32(4, true);
  if (version !== 2 && version !== 3) throw fault(`GGUF version ${version}, where 2 and 3 are known`);
  at = 16;
  const entries = count();
  const metadata = new Map<string, Value>();
  for (let i = 0; i < entries; i++) {
    const key = string();
    metadata.set(key, value(view.getUint32(take(4), true), 0));
  }
  return metadata;
}

/** The tokenizer a GGUF file holds. @throws FILE_INVALID when it holds none, or one of a kind that is not known */
export function readGguf(bytes: Uint8Array, where = 'GGUF file'): BytePairTokenizer | PipelineTokenizer {
  const metadata = readGgufMetadata(bytes, where);
  const get = (key: string) => metadata.get(`tokenizer.ggml.${key}`);
  const strings = (key: string): string[] => {
    const found = get(key);
    if (!Array.isArray(found) || !found.every((one) => typeof one === 'string'))
      refuse(`${where}: tokenizer.ggml.${key}`, 'a list of texts', typeof found);
    return found as string[];
  };
  const numbers = (key: string, length: number, missing: number): number[] => {
    const found = get(key);
    if (found === undefined) return new Array<number>(length).fill(missing);
    if (!Array.isArray(found) || found.length !== length)
      refuse(`${where}: tokenizer.ggml.${key}`, `${length} numbers`, typeof found);
    return (found as Value[]).map(Number);
  };
  /** A list of bytes, which some writers store as signed. */
  const bytesOf = (key: string): number[] => {
    const found = get(key) ?? [];
    if (!Array.isArray(found) || !found.every((one) => typeof one === 'number'))
      refuse(`${where}: tokenizer.ggml.${key}`, 'a list of bytes', typeof found);
    return (found as number[]).map((byte) => byte & 255);
  };
  const model = get('model');
  const tokens = strings('tokens');
  const types = numbers('token_type', tokens.length, 1);
  const id = (key: string) => {
    const found = get(key);
    return typeof found === 'number' && found < tokens.length ? [found] : [];
  };
  if (model === 'gpt2') return byteLevel();
  // As llama.cpp stores them: words begin with U+2581, and what goes on with a word has no ##.
  if (model === 'bert') {
    const word = (token: string) => (token.startsWith('\u2581') ? token.slice(1) : `##${token}`);
    return readBertVocabulary(tokens.map((token, i) => (types[i] === 1 ? word(token) : token)).join('\n'), where);
  }
  if (model !== 'llama' && model !== 't5')
    return refuse(`${where}: tokenizer.ggml.model`, 'gpt2, llama, t5 or bert', String(model));
  return sentencePieceTokenizer(
    {
      type: 'sentencepiece',
      version: 1,
      kind: model === 'llama' ? 'bpe' : 'unigram',
      pieces: numbers('scores', tokens.length, 0).map((score, i) => [tokens[i], score, types[i]]),
      dummyPrefix: get('add_space_prefix') !== false,
      trimSpaces: get('remove_extra_whitespaces') === true,
      byteFallback: types.includes(6),
      charsmap: toBase64(Uint8Array.from(bytesOf('precompiled_charsmap'))),
      before: (get('add_bos_token') ?? model === 'llama') === true ? id('bos_token_id') : [],
      after: get('add_eos_token') === true ? id('eos_token_id') : [],
    },
    where,
  );

  function byteLevel(): BytePairTokenizer {
    const pre = String(get('pre') ?? 'default');
    if (!Object.hasOwn(pres, pre)) refuse(`${where}: tokenizer.ggml.pre`, Object.keys(pres).join(', '), pre);
    const ids = new Map(tokens.map((token, i) => [token, i]));
    const outside = types.map((type) => type !== 1);
    const merges = strings('merges').map((merge, i) => {
      const space = merge.indexOf(' ', 1);
      const [left, right] = [merge.slice(0, space), merge.slice(space + 1)];
      const triple = [ids.get(left), ids.get(right), ids.get(left + right)];
      if (triple.includes(undefined)) refuse(`${where}: merge ${i}`, 'tokens of the vocabulary', merge);
      return triple as number[];
    });
    return new BytePairTokenizer({
      tokens: tokens.map((token, i) => (outside[i] ? undefined : (fromByteLevel(token) ?? encodeUtf8(token)))),
      merges: {
        pairs: Int32Array.from(merges.flatMap((merge) => merge.slice(0, 2))),
        tokens: Int32Array.from(merges, ([, , joined]) => joined),
      },
      special: tokens.flatMap((token, i) => (outside[i] ? [[token, i] as const] : [])),
      plain: tokens.filter((_, i) => types[i] === 4),
      pattern: pres[pre],
      wholeWords: pre === 'llama-bpe' || pre === 'llama-v3' || pre === 'llama3',
      where,
    });
  }
}
