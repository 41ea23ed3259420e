import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNgrams, reportNgrams, splitText, trainNgram, WordTokenizer, writeNgrams } from './index.ts';

const bytesOf = (chunks: Iterable<Uint8Array>) => new Uint8Array(Buffer.concat([...chunks]));
const ids = [0, 1, 0, 1, 0, 2, 3, 0, 1, 3];
const model = trainNgram(ids, { order: 3, vocabularySize: 4, smoothing: 'add-k', k: 0.5, boundary: 3 });
const stored = bytesOf(writeNgrams(model, { tokenizer: 'abc' }));

describe('a stored n-gram model', () => {
  it('comes back as it was', () => {
    const { model: read, about } = readNgrams(stored);
    expect(about).toEqual({ tokenizer: 'abc' });
    expect(read.weights.counts).toEqual(model.weights.counts);
    for (const context of [[], [0], [0, 1], [3], [2, 3]]) {
      expect(read.distribution(context)).toEqual(model.distribution(context));
    }
  });

  it('is refused cut off or damaged, or still gives probabilities', () => {
    for (let end = 0; end < stored.length; end += 3) {
      expect(() => readNgrams(stored.slice(0, end))).toThrow(expect.objectContaining({ code: 'FILE_INVALID' }));
    }
    fc.assert(
      fc.property(fc.nat(stored.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = stored.slice();
        bytes[at] ^= change;
        try {
          const { model: read } = readNgrams(bytes);
          expect(read.distribution([0]).length).toBe(read.vocabularySize);
        } catch (error) {
          expect((error as Error).name).toBe('LookbackError');
        }
      }),
      { seed: 1, numRuns: 400 },
    );
  });
});

describe('reportNgrams', () => {
  it('holds out the end, or the last lines, and counts what is possible', () => {
    const split = splitText('ab\nba\nab\nab\nbb', { lines: true, heldOut: 0.2 });
    expect([split.vocabularySize, split.boundary, split.from]).toEqual([3, 2, 1]);
    expect([...split.heldOut]).toEqual([2, 1, 1, 2]);
    const { rows } = reportNgrams(split, { order: 2, smoothing: 'witten-bell' });
    expect(rows.map(({ possible }) => possible)).toEqual([3, 9]);
    expect(rows[1].train).toBeLessThan(rows[0].train);
    expect(rows[1].perplexity).toBeCloseTo(Math.exp(rows[1].heldOut ?? 0), 9);
    expect(reportNgrams(splitText('abab', { heldOut: 0 }), { order: 1 }).rows[0].heldOut).toBeUndefined();
    for (const text of ['', 'x'])
      expect(() => splitText(text)).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
  });

  it('counts words as well', () => {
    const words = WordTokenizer.fromText('To be, or not to be.');
    expect(words.decode(words.encode('not to be.'))).toBe('not to be .');
    expect(() => words.encode('whale')).toThrow(/whale/);
    expect(WordTokenizer.fromJSON(JSON.parse(JSON.stringify(words))).words).toEqual(words.words);
    expect(() => WordTokenizer.fromText(' ')).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
  });
});
