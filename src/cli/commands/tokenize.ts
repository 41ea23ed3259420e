/** `lookback tokenize [FILE|-] --tokenizer …`: a text as coloured tokens with ids and counts; or trains a tokenizer on it. */
import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { loadTokenizer, tokenizerNames } from '../../data/tokenizers.node.ts';
import { LookbackError } from '../../errors.ts';
import { BytePairTokenizer } from '../../text/bpe/bytePairTokenizer.ts';
import { ByteTokenizer } from '../../text/byteTokenizer.ts';
import { PipelineTokenizer } from '../../text/formats/pipelineTokenizer.ts';
import { toTokenizerJson } from '../../text/formats/writeHuggingface.ts';
import { type PatternName, patterns } from '../../text/pretokenize/scanners.ts';
import { type SpecialHandling, SpecialTokens } from '../../text/special.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { trainFiles, trainStreams } from '../../text/training/trainFiles.node.ts';
import { decodeUtf8 } from '../../text/utf8.ts';
import { writeFileAtomic } from '../../track/files.node.ts';
import { whole } from '../numbers.ts';
import { PhaseLine } from '../phaseLine.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface TokenizeOptions {
  tokenizer?: string[];
  special: string;
  tokens: number;
  train?: boolean;
  vocab: number;
  pattern: string;
  specialToken?: string[];
  threads?: number;
  out?: string;
  json?: boolean;
}

const examples = `
Examples:
  lookback tokenize speech.txt --tokenizer cl100k
  echo "hello123!!!? (안녕하세요!) 😉" | lookback tokenize - --tokenizer gpt2 --tokenizer o200k
  lookback tokenize speech.txt --tokenizer ./tokenizer.json --json      the ids as one array
  lookback tokenize corpus.txt --train --vocab 512 --out tokenizer.json

Tokenizers: ${tokenizerNames.join(', ')}, or the path of a tokenizer.json, .tiktoken, .model, .gguf, .bin,
vocab.json (with merges.txt beside it) or vocab.txt.`;

export function register(program: Command, terminal: Terminal): void {
  const several = (value: string, previous: string[] = []) => [...previous, value];
  program
    .command('tokenize')
    .argument('[file]', 'a UTF-8 text, or - for standard input', '-')
    .description('show a text as tokens, or train a tokenizer on it')
    .option('--tokenizer <name>', 'name or path; several may be given (default: cl100k)', several)
    .option('--special <how>', 'special tokens in the text: refuse, encode or text', 'refuse')
    .option('--tokens <count>', 'tokens shown at most', whole(0), 2000)
    .option('--train', 'train byte-level BPE on the text instead')
    .option('--vocab <size>', 'tokens of the trained vocabulary', whole(1), 512)
    .option('--pattern <name>', `how words are cut in training: ${Object.keys(patterns).join(', ')}`, 'gpt2')
    .option('--special-token <text>', 'a text that is one token in training; several may be given', several)
    .option('--threads <count>', 'threads for training (default: all); the result is the same', whole(1))
    .option('--out <file>', 'where the trained tokenizer.json is written')
    .option('--json', 'print the ids as one array; with several tokenizers one object; with --train the file')
    .addHelpText('after', examples)
    .action((file: string, options: TokenizeOptions) =>
      options.train ? train(file, options, terminal) : tokenize(file, options, terminal),
    );
}

function tokenize(file: string, options: TokenizeOptions, terminal: Terminal): void {
  const names = options.tokenizer ?? ['cl100k'];
  const tokenizers = names.map((name) => loadTokenizer(name));
  const bytes = readInput(file);
  const text = decodeUtf8(bytes);
  const results = tokenizers.map((tokenizer) => encode(tokenizer, text, bytes, options.special, file));
  if (options.json) {
    const lists = results.map((ids) => Array.from(ids));
    const all = names.length === 1 ? lists[0] : Object.fromEntries(names.map((name, i) => [name, lists[i]]));
    terminal.write(`${JSON.stringify(all)}\n`);
    return;
  }
  const characters = [...text].length;
  names.forEach((name, i) => {
    if (names.length > 1) terminal.write(`${colours(terminal.colour).bold(name)}\n`);
    if (options.tokens > 0) terminal.write(shown(tokenizers[i], results[i], options.tokens, terminal));
  });
  const rows = names.map((name, i) => {
    const tokens = results[i].length;
    const per = tokens === 0 ? '' : (characters / tokens).toFixed(2);
    const bytesPer = tokens === 0 ? '' : (bytes.length / tokens).toFixed(2);
    return [name, String(tokenizers[i].vocabularySize), String(tokens), per, bytesPer];
  });
  terminal.write(`\n${counted(characters, 'character')}, ${counted(bytes.length, 'byte')}\n`);
  terminal.write(
    `${table({ columns: ['tokenizer', 'vocabulary', 'tokens', 'characters a token', 'bytes a token'], rows })}\n`,
  );
}

function encode(tokenizer: Tokenizer, text: string, bytes: Uint8Array, special: string, file: string): Int32Array {
  if (special !== 'refuse' && special !== 'encode' && special !== 'text') {
    throw new LookbackError('USAGE', { where: '--special', expected: 'refuse, encode or text', got: special });
  }
  try {
    if (tokenizer instanceof ByteTokenizer) return Int32Array.from(bytes);
    if (tokenizer instanceof BytePairTokenizer) {
      return text.includes('\uFFFD') ? encodeAnyBytes(tokenizer, bytes, special) : tokenizer.encode(text, { special });
    }
    return tokenizer instanceof PipelineTokenizer ? tokenizer.encode(text, { special }) : tokenizer.encode(text);
  } catch (cause) {
    if (!(cause instanceof LookbackError) || cause.code !== 'DATA_INVALID' || special !== 'refuse') throw cause;
    const next = 'Add --special encode for the token itself, or --special text for its letters';
    throw new LookbackError('DATA_INVALID', {
      ...cause.parts,
      where: file === '-' ? 'standard input' : file,
      next,
      cause,
    });
  }
}

/** Ids of bytes that may be no text: special tokens are looked for in the bytes, and nothing becomes U+FFFD. */
function encodeAnyBytes(tokenizer: BytePairTokenizer, bytes: Uint8Array, special: SpecialHandling): Int32Array {
  const inBytes = (text: string) => Buffer.from(text).toString('latin1');
  const { ids, plain } = tokenizer.special;
  const table = new SpecialTokens(
    [...ids].map(([text, id]) => [inBytes(text), id] as const),
    [...plain].map(inBytes),
  );
  const segments = table.segments(Buffer.from(bytes).toString('latin1'), special, 'encode');
  const parts = segments.map(({ start, end, id }) =>
    id === undefined ? tokenizer.encodeBytes(bytes.subarray(start, end)) : Int32Array.of(id),
  );
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => {
    all.set(part, at);
    return at + part.length;
  }, 0);
  return all;
}

/** Tokens side by side in changing colours, then their ids; without colour, a bar between them. */
function shown(tokenizer: Tokenizer, ids: Int32Array, most: number, terminal: Terminal): string {
  const ink = colours(terminal.colour);
  const paints = [ink.bgCyan, ink.bgYellow, ink.bgGreen, ink.bgMagenta];
  const few = ids.subarray(0, most);
  const pieces = Array.from(few, (id) => visible(pieceOf(tokenizer, id)));
  const text = terminal.colour
    ? pieces.map((piece, i) => paints[i % paints.length](ink.black(piece.replaceAll('\n', '⏎\n')))).join('')
    : pieces.map((piece) => piece.replaceAll('\n', '⏎')).join('|');
  const more = ids.length > most ? ` … and ${ids.length - most} more` : '';
  return `${text}\n${ink.dim(`${Array.from(few).join(' ')}${more}`)}\n`;
}

/** A token as text; one that is only part of a character as its bytes. */
function pieceOf(tokenizer: Tokenizer, id: number): string {
  if (tokenizer instanceof PipelineTokenizer) return tokenizer.pieceOf(id);
  const piece = tokenizer.decode([id]);
  if (!piece.includes('\uFFFD')) return piece;
  const bytes =
    tokenizer instanceof BytePairTokenizer
      ? tokenizer.bytesOf(id)
      : tokenizer instanceof ByteTokenizer
        ? Uint8Array.of(id)
        : undefined;
  return bytes ? Array.from(bytes, (byte) => `<${byte.toString(16).padStart(2, '0')}>`).join('') : piece;
}

/** Control characters as signs for them: what stands in a file shall not steer the terminal. Line breaks stay. */
function visible(piece: string): string {
  return piece.replace(/[^\P{Cc}\n]|[\u200e\u200f\u2028-\u202e\ufeff]/gu, (sign) => {
    const code = sign.charCodeAt(0);
    if (code === 9) return '⇥';
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '␡' : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function train(file: string, options: TokenizeOptions, terminal: Terminal): Promise<void> {
  if (!Object.hasOwn(patterns, options.pattern)) {
    throw new LookbackError('USAGE', {
      where: '--pattern',
      expected: Object.keys(patterns).join(', '),
      got: options.pattern,
    });
  }
  const line = new PhaseLine(terminal, options);
  const total = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false })?.size;
  const merges = options.vocab - 256 - (options.specialToken ?? []).length;
  const settings = {
    vocabulary: options.vocab,
    pattern: options.pattern as PatternName,
    special: options.specialToken,
    threads: options.threads,
    onRead: (bytes: number) => line.update({ phase: 'reading', done: bytes, total, unit: 'bytes' }),
    onProgress: (done: number) => line.update({ phase: 'merging', done, total: merges, unit: 'merges' }),
  };
  const started = performance.now();
  const training = file === '-' ? trainStreams([process.stdin], settings) : trainFiles([file], settings);
  const result = await training.finally(() => line.clear());
  if (options.out || options.json) {
    const json = JSON.stringify(toTokenizerJson(result.tokenizer), null, 1);
    if (options.out) writeFileAtomic(options.out, `${json}\n`);
    if (options.json) {
      terminal.write(`${json}\n`);
      return;
    }
  }
  const { tokenizer, bytes, distinctWords } = result;
  const seconds = (performance.now() - started) / 1000;
  terminal.write(
    `${tokenizer.vocabularySize} tokens from ${counted(bytes, 'byte')}, ${counted(distinctWords, 'distinct word')}, in ${seconds.toFixed(1)} s\n`,
  );
  if (tokenizer.vocabularySize < options.vocab) {
    terminal.write(`Fewer than the ${options.vocab} asked for: no pair of tokens is left to merge.\n`);
  }
  const first = (options.specialToken ?? []).length + 256;
  const learned = Math.min(tokenizer.vocabularySize - first, options.tokens, 40);
  const names = Array.from({ length: Math.max(0, learned) }, (_, i) => shortened(tokenizer.bytesOf(first + i)));
  terminal.write(`first merges: ${names.join(' ')}\n`);
  if (options.out) terminal.write(`written to ${options.out}\n`);
  else terminal.write('Add --out tokenizer.json to keep it.\n');
}

/** A token as a string literal, cut after some bytes: one word of ten megabytes gives tokens as long. */
function shortened(bytes: Uint8Array): string {
  return `${JSON.stringify(decodeUtf8(bytes.subarray(0, 24)))}${bytes.length > 24 ? `… (${bytes.length} bytes)` : ''}`;
}

function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (cause) {
    throw new LookbackError('FILE_NOT_FOUND', { where: file, problem: 'it cannot be read as a file', cause });
  }
}
