/**
 * `npx tsx bench/tokenizers.ts [TEXT]`: byte-pair encoding beside npm gpt-tokenizer and tiktoken (wasm), one thread, in turns
 * in the same run. Cold: the cache of words is empty, so that each is merged when it is first met, as on the first text of a
 * program whose code is compiled already; warm: all words were met before. tiktoken keeps no words, so it has one figure.
 * TEXT is by default tinyshakespeare.txt in LOOKBACK_DATA.
 *
 * `npx tsx bench/tokenizers.ts --train [CORPUS] [--peers FOLDER]`: a vocabulary of 32,256 is learned from CORPUS (by default
 * 100 MB of words made from a seed) with one and with two threads, each in a process of its own, beside npm `tokenizers`
 * (Hugging Face's) in FOLDER's node_modules.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { findFile } from '../src/data/resolve.node.ts';
import { loadTokenizer } from '../src/data/tokenizers.node.ts';
import { exp, log } from '../src/math.ts';
import { Random } from '../src/random.ts';
import type { BytePairTokenizer } from '../src/text/bpe/bytePairTokenizer.ts';
import { trainFiles } from '../src/text/training/trainFiles.node.ts';

const vocabulary = 32_256;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: 'boolean', default: false },
    peers: { type: 'string' },
    threads: { type: 'string' },
    peer: { type: 'boolean', default: false },
  },
});
if (values.peer) peerTrains(positionals[0], resolve(values.peers ?? '.'));
else if (values.threads) await weTrain(positionals[0], Number(values.threads));
else if (values.train) compareTraining(positionals[0], values.peers);
else compareEncoding(positionals[0] ?? findFile('tinyshakespeare.txt'));

function compareEncoding(path: string | undefined): void {
  if (!path) throw new Error('name a text, or set LOOKBACK_DATA');
  const require = createRequire(import.meta.url);
  const { get_encoding } = require('tiktoken');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const text = readFileSync(path, 'utf8');
  const megabytes = Buffer.byteLength(text) / 1e6;
  console.log(`${megabytes.toFixed(2)} MB, Node ${process.version}, MB/s, the best of 12 turns of three calls`);
  const names = ['gpt2', 'cl100k', 'o200k'] as const;
  const files = { gpt2: 'r50k_base', cl100k: 'cl100k_base', o200k: 'o200k_base' };
  const tokenizers = names.map((name) => {
    const ours = loadTokenizer(name) as BytePairTokenizer;
    const theirs = require(`gpt-tokenizer/cjs/encoding/${files[name]}`);
    const wasm = get_encoding(name === 'gpt2' ? 'gpt2' : files[name]);
    const none = { disallowedSpecial: new Set() };
    const calls: Record<string, [before: () => void, call: () => unknown]> = {
      cold: [() => ours.clearCache(), () => ours.encode(text)],
      warm: [() => {}, () => ours.encode(text)],
      theirCold: [() => theirs.clearMergeCache(), () => theirs.encode(text, none)],
      theirWarm: [() => {}, () => theirs.encode(text, none)],
      tiktoken: [() => {}, () => wasm.encode_ordinary(text)],
    };
    return { name, calls, rate: {} as Record<string, number> };
  });
  // The first two turns compile what the others measure.
  for (let turn = -2; turn < 12; turn++) {
    for (const { calls, rate } of tokenizers) {
      for (const [key, [before, call]] of Object.entries(calls)) {
        // Three in a row and the garbage gone, so that none pays for what the one before it left.
        collect();
        for (let again = 0; again < 3; again++) {
          before();
          const start = performance.now();
          call();
          const now = megabytes / ((performance.now() - start) / 1000);
          if (turn >= 0) rate[key] = Math.max(rate[key] ?? 0, now);
        }
      }
    }
  }
  for (const { name, rate } of tokenizers) {
    const { cold, warm, theirCold, theirWarm, tiktoken } = rate;
    const shown = (value: number) => value.toFixed(1).padStart(5);
    console.log(
      `${name.padEnd(7)} warm ${shown(warm)}  cold ${shown(cold)} | gpt-tokenizer warm ${shown(theirWarm)}  cold ${shown(theirCold)} | tiktoken ${shown(tiktoken)} | ` +
        `x gpt-tokenizer ${(warm / theirWarm).toFixed(2)} warm, ${(cold / theirCold).toFixed(2)} cold; x tiktoken ${(warm / tiktoken).toFixed(1)} warm, ${(cold / tiktoken).toFixed(1)} cold`,
    );
  }
}

function compareTraining(given: string | undefined, peers: string | undefined): void {
  const corpus = given ?? join(tmpdir(), 'lookback-corpus.txt');
  if (!given) writeCorpus(corpus, 100e6);
  const child = (words: string[], env: Record<string, string> = {}) => {
    const self = fileURLToPath(import.meta.url);
    const said = execFileSync(process.execPath, ['--import', 'tsx', self, corpus, ...words], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    console.log(said.trim());
  };
  try {
    for (const threads of ['1', '2']) child(['--threads', threads]);
    if (!peers || !existsSync(join(peers, 'node_modules', 'tokenizers'))) return;
    for (const threads of ['1', '2']) child(['--peer', '--peers', peers], { RAYON_NUM_THREADS: threads });
  } finally {
    if (!given) rmSync(corpus, { force: true });
  }
}

async function weTrain(corpus: string, threads: number): Promise<void> {
  const start = performance.now();
  const { bytes, distinctWords, tokenizer } = await trainFiles([corpus], { vocabulary, threads });
  const hash = createHash('sha256').update(JSON.stringify(tokenizer.toJSON())).digest('hex').slice(0, 16);
  const facts = `${(bytes / 1e6).toFixed(0)} MB, ${distinctWords} distinct words, ${tokenizer.vocabularySize} tokens`;
  console.log(`lookback, ${threads} threads: ${facts}, ${told(start)}, result ${hash}`);
}

function peerTrains(corpus: string, folder: string): void {
  const { Tokenizer, BPE, byteLevelPreTokenizer } = createRequire(join(folder, 'package.json'))('tokenizers');
  const tokenizer = new Tokenizer(BPE.empty());
  tokenizer.setPreTokenizer(byteLevelPreTokenizer(false));
  const start = performance.now();
  // Its trainer for Node takes no settings: it stops at 30,000 tokens.
  tokenizer.train([corpus]);
  const threads = process.env.RAYON_NUM_THREADS;
  console.log(`Hugging Face tokenizers, ${threads} threads: ${tokenizer.getVocabSize()} tokens, ${told(start)}`);
}

function told(start: number): string {
  const seconds = (performance.now() - start) / 1000;
  return `${seconds.toFixed(1)} s, ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most`;
}

/** Words of one to four syllables, drawn by a law of Zipf, one in ten evenly from all 700,000; the same for the same size. */
function writeCorpus(path: string, size: number): void {
  const random = new Random(7, 'corpus');
  const onsets = [...'bcdfghjklmnprstvwz', 'th', 'ch', 'st', 'br', 'pl', ''];
  const nuclei = ['a', 'e', 'i', 'o', 'u', 'ea', 'ou'];
  const codas = ['', 'n', 'r', 's', 't', 'l'];
  const syllables = onsets.flatMap((onset) => nuclei.flatMap((nucleus) => codas.map((coda) => onset + nucleus + coda)));
  const words = new Set<string>();
  while (words.size < 700_000) {
    let word = '';
    for (let left = 1 + random.integer(4); left > 0; left--) {
      word += syllables[Math.floor(random.uniform() ** 2 * syllables.length)];
    }
    words.add(word);
  }
  const all = [...words];
  const file = openSync(path, 'w');
  let parts: string[] = [];
  for (let written = 0, count = 1; written < size; count++) {
    const frequent = Math.min(all.length - 1, Math.floor(exp(random.uniform() * log(all.length + 1)) - 1));
    const word = all[random.integer(10) === 0 ? random.integer(all.length) : frequent];
    const part = word + (count % 13 === 0 ? '.\n' : ' ');
    parts.push(part);
    written += part.length;
    if (parts.length < 100_000 && written < size) continue;
    writeSync(file, parts.join(''));
    parts = [];
  }
  closeSync(file);
}
