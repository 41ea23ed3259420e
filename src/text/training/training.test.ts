import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import type { PairRules } from '../bpe/rules.ts';
import { parseTokenizerJson } from '../formats/huggingface.ts';
import { toTokenizerJson } from '../formats/writeHuggingface.ts';
import { toByteLevel } from '../pretokenize/byteLevel.ts';
import { trainBytePairs } from './trainBytePairs.ts';
import { trainFiles, trainStreams } from './trainFiles.node.ts';

/** Merges as GPT-2's merges.txt writes them. */
function mergesOf(tokenizer: ReturnType<typeof trainBytePairs>): string[] {
  const { pairs, tokens } = tokenizer.rules as PairRules;
  const name = (id: number) => toByteLevel(tokenizer.bytesOf(id));
  return Array.from(tokens, (_, i) => `${name(pairs[2 * i])} ${name(pairs[2 * i + 1])}`);
}

/** The definition: count all pairs anew for each merge. */
function naive(text: string, merges: number): string[] {
  let words = (text.match(/ ?[a-z]+|\n/g) ?? []).map((word) =>
    [...word].map((letter) => toByteLevel(Buffer.from(letter))),
  );
  const learned: string[] = [];
  while (learned.length < merges) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    // Ġ, a space, is the lowest byte here but the highest character.
    const order = (pair: string) => pair.split(' ').map((part) => part.replaceAll('Ġ', '!'));
    const best = [...counts].sort(
      (a, b) =>
        b[1] - a[1] ||
        (order(b[0])[0] === order(a[0])[0]
          ? order(b[0])[1] > order(a[0])[1]
            ? 1
            : -1
          : order(b[0])[0] > order(a[0])[0]
            ? 1
            : -1),
    )[0];
    if (!best) break;
    learned.push(best[0]);
    const [left, right] = best[0].split(' ');
    words = words.map((word) => {
      const out: string[] = [];
      for (let i = 0; i < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) {
          out.push(left + right);
          i++;
        } else out.push(word[i]);
      }
      return out;
    });
  }
  return learned;
}

function randomText(length: number, seed: number): string {
  const random = new Random(seed, 'training');
  return Array.from({ length }, () => 'aab bcdd\n'[random.integer(9)])
    .join('')
    .replace(/[ \n]+/g, (run) => run[0])
    .trim();
}

const reference = join(process.env.LOOKBACK_DATA ?? '../shared/data', 'text/cs336');

describe('training byte-level BPE', () => {
  it('learns what counting all pairs anew would', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const text = randomText(800, seed);
      expect(mergesOf(trainBytePairs([text], { vocabulary: 256 + 60 }))).toEqual(naive(text, 60));
    }
  });

  it.skipIf(!existsSync(reference))('learns the reference merges of cs336 (LOOKBACK_DATA)', async () => {
    const { tokenizer } = await trainFiles([join(reference, 'corpus.en')], {
      vocabulary: 500,
      special: ['<|endoftext|>'],
      threads: 1,
    });
    const expected = readFileSync(join(reference, 'train-bpe-reference-merges.txt'), 'utf8').trimEnd().split('\n');
    expect(mergesOf(tokenizer)).toEqual(expected);
  });

  it('is the same for any number of threads and size of part', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lookback-bpe-'));
    try {
      const path = join(folder, 'corpus.txt');
      const lines = Array.from({ length: 400 }, (_, i) => `${randomText(60, i)}. x  y\r\n\n /z <|end|>`);
      writeFileSync(path, lines.join(''));
      const settings = { vocabulary: 330, special: ['<|end|>'], pattern: 'o200k' } as const;
      const whole = trainBytePairs([lines.join('')], settings);
      for (const [threads, partBytes] of [
        [1, 1 << 20],
        [1, 500],
        [3, 2000],
      ]) {
        const { tokenizer, bytes } = await trainFiles([path], { ...settings, threads, partBytes });
        expect(mergesOf(tokenizer)).toEqual(mergesOf(whole));
        expect(bytes).toBe(lines.join('').length);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('keeps within a bound of words, and says so', async () => {
    const stream = async function* () {
      for (let i = 0; i < 200; i++) yield Buffer.from(`common word${i} common rare${i * 7} `);
    };
    const { distinctWords, dropped, tokenizer } = await trainStreams([stream()], {
      vocabulary: 300,
      threads: 1,
      partBytes: 200,
      mostWords: 50,
    });
    expect(dropped).toBeGreaterThan(0);
    expect(distinctWords).toBeLessThan(100);
    expect(tokenizer.encode(' common').length).toBe(1);
  });

  it('is saved so that Hugging Face loads it, and gives the same ids', () => {
    const text = `It's 1234 words, don't they'll; naïve 안녕 😉 ${randomText(2000, 9)}`;
    for (const pattern of ['gpt2', 'o200k', 'cl100k', 'qwen'] as const) {
      const tokenizer = trainBytePairs([text], { vocabulary: 350, special: ['<|end|>'], pattern });
      const json = JSON.parse(JSON.stringify(toTokenizerJson(tokenizer)));
      const theirs = new HuggingFaceTokenizer(json, {});
      const given = `${text} and  more\n\n <|end|>`;
      const ids = [...tokenizer.encode(given, { special: 'encode' })];
      expect(theirs.encode(given).ids).toEqual(ids);
      expect([...parseTokenizerJson(JSON.stringify(json)).encode(given, { special: 'encode' })]).toEqual(ids);
    }
  });

  it('refuses a vocabulary below its bytes and special tokens, an empty corpus, a missing file', async () => {
    expect(() => trainBytePairs(['abc'], { vocabulary: 256, special: ['<|end|>'] })).toThrow(/at least 257/);
    expect(() => trainBytePairs([''], { vocabulary: 300 })).toThrow(/an empty one/);
    expect(() => trainBytePairs(['a'], { vocabulary: 300, special: ['x', 'x'] })).toThrow(/distinct texts/);
    await expect(trainFiles(['no/such/file'], { vocabulary: 300, threads: 1 })).rejects.toThrow(/cannot be opened/);
    expect(trainBytePairs(['a'], { vocabulary: 300 }).vocabularySize).toBe(256);
  });
});
