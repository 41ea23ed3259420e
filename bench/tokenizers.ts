/**
 * `npx tsx bench/tokenizers.ts [TEXT] [--train CORPUS]`: byte-pair encoding beside npm gpt-tokenizer and tiktoken (wasm), one
 * thread, in turns in the same run. Cold: every word is met for the first time; warm: all were met before. TEXT is by default
 * tinyshakespeare.txt in LOOKBACK_DATA. With --train, a vocabulary of 32,256 is learned from CORPUS.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { findFile } from '../src/data/resolve.node.ts';
import { loadTokenizer } from '../src/data/tokenizers.node.ts';
import type { BytePairTokenizer } from '../src/text/bpe/bytePairTokenizer.ts';
import { trainFiles } from '../src/text/training/trainFiles.node.ts';

const require = createRequire(import.meta.url);
const { get_encoding } = require('tiktoken');
const words = process.argv.slice(2);
const trainOn = words.includes('--train') ? words[words.indexOf('--train') + 1] : undefined;
const path = words[0] && words[0] !== '--train' ? words[0] : findFile('tinyshakespeare.txt');
if (!path) throw new Error('name a text, or set LOOKBACK_DATA');
const text = readFileSync(path, 'utf8');
const megabytes = Buffer.byteLength(text) / 1e6;

/** MB/s of the fastest call. */
function best(call: () => unknown, calls: number, before = () => {}): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < calls; i++) {
    before();
    const start = performance.now();
    call();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return megabytes / seconds;
}

const shown = (value: number) => value.toFixed(1).padStart(8);
console.log(`${megabytes.toFixed(2)} MB, Node ${process.version}, MB/s: best of several`);
for (const [name, file, encoding] of [
  ['gpt2', 'r50k_base', 'gpt2'],
  ['cl100k', 'cl100k_base', 'cl100k_base'],
  ['o200k', 'o200k_base', 'o200k_base'],
]) {
  const ours = loadTokenizer(name) as BytePairTokenizer;
  const theirs = require(`gpt-tokenizer/cjs/encoding/${file}`);
  const wasm = get_encoding(encoding);
  const none = { disallowedSpecial: new Set() };
  const calls = {
    ours: () => ours.encode(text),
    theirs: () => theirs.encode(text, none),
    wasm: () => wasm.encode_ordinary(text),
  };
  const cold = best(calls.ours, 8, () => ours.clearCache());
  const theirCold = best(calls.theirs, 4, () => theirs.clearMergeCache());
  const warm = best(calls.ours, 16);
  const theirWarm = best(calls.theirs, 6);
  const wasmRate = best(calls.wasm, 3);
  console.log(
    `${name.padEnd(7)} warm ${shown(warm)}  cold ${shown(cold)} | gpt-tokenizer warm ${shown(theirWarm)}  cold ${shown(theirCold)} | tiktoken ${shown(wasmRate)} | ` +
      `x gpt-tokenizer ${(warm / theirWarm).toFixed(2)} warm, ${(cold / theirCold).toFixed(2)} cold; x tiktoken ${(warm / wasmRate).toFixed(1)} warm, ${(cold / wasmRate).toFixed(1)} cold`,
  );
}

if (trainOn) {
  const start = performance.now();
  const { bytes, distinctWords, tokenizer } = await trainFiles([trainOn], { vocabulary: 32_256 });
  const seconds = (performance.now() - start) / 1000;
  const memory = process.resourceUsage().maxRSS / 1024;
  console.log(
    `training: ${tokenizer.vocabularySize} tokens from ${(bytes / 1e6).toFixed(0)} MB, ${distinctWords} distinct words: ${seconds.toFixed(1)} s, ${memory.toFixed(0)} MiB at most`,
  );
}
