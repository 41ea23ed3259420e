import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBackend } from '../backends/init.ts';
import {
  almostOrthogonal,
  buildCorpus,
  parseAnalogies,
  parseSimilarities,
  principalComponents,
  readVectors,
  scoreAnalogies,
  scoreSimilarities,
  sentencesOf,
  spearman,
  trainWord2Vec,
  WordVectors,
  writeBinary,
  writeText,
} from './index.ts';
import { aliasTable } from './word2vec.ts';

const backends = { native: createBackend({ threads: 1 }), wasm: createBackend({ backend: 'wasm', threads: 1 }) };

/** Words of one topic keep together: every sentence is drawn from one of two. */
const topics = [
  ['cat', 'dog', 'fur', 'paw', 'tail'],
  ['sun', 'moon', 'star', 'sky', 'orbit'],
];
const text = Array.from({ length: 400 }, (_, i) =>
  [0, 1, 2, 3].map((j) => topics[i % 2][(i * 7 + j * (1 + (i % 4))) % 5]).join(' '),
).join('. ');
const corpus = buildCorpus(sentencesOf(text), { minCount: 1 });

const joinBytes = (chunks: Iterable<Uint8Array | string>) =>
  new Uint8Array(Buffer.concat([...chunks].map((chunk) => Buffer.from(chunk as string))));
const small = new WordVectors(['king', 'queen', 'Äpfel'], Float32Array.of(1, 0.1, 0.7, -0.25, 1e-8, 3.4e20), 2);
const invalid = expect.objectContaining({ code: 'FILE_INVALID' });

describe('corpus', () => {
  it('cuts sentences and words, and ranks by frequency', () => {
    expect([...sentencesOf('The cat’s paw. A dog!\n\nOne\n\nTwo words')]).toEqual([
      ['the', 'cat’s', 'paw'],
      ['a', 'dog'],
      ['two', 'words'],
    ]);
    const { words, counts, tokens, starts, rawWords } = buildCorpus([['b', 'a', 'a'], ['c'], ['a', 'b']], {
      minCount: 2,
    });
    expect({ words, counts: [...counts], rawWords }).toEqual({ words: ['a', 'b'], counts: [3, 2], rawWords: 6 });
    expect([[...tokens], [...starts]]).toEqual([
      [1, 0, 0, 0, 1],
      [0, 3, 5],
    ]);
  });

  it('refuses a corpus that has nothing to learn', () => {
    for (const sentences of [[], [['one', 'one', 'one', 'one', 'one', 'one']], [['a', 'b']]]) {
      expect(() => buildCorpus(sentences)).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }));
    }
  });
});

describe('word2vec', () => {
  for (const model of ['skip-gram', 'cbow'] as const) {
    it(`${model}: words of one topic end near each other, the loss falls, the same bits each time`, async () => {
      const train = async (name: keyof typeof backends) =>
        trainWord2Vec(corpus, {
          model,
          dimensions: 20,
          epochs: 40,
          rate: 0.1,
          subsample: 0,
          deterministic: true,
          backend: await backends[name],
        });
      const { vectors, losses } = await train('native');
      expect(losses[39]).toBeLessThan(losses[0] * 0.9);
      const mean = (others: string[]) =>
        others.reduce((sum, word) => sum + vectors.similarity('cat', word), 0) / others.length;
      expect(mean(topics[0].slice(1))).toBeGreaterThan(mean(topics[1]));
      const again = await train('native');
      expect(again.vectors.data).toEqual(vectors.data);
      const wasm = await backends.wasm;
      if (wasm.name === 'wasm-relaxed' && 'fused' in wasm && wasm.fused) {
        expect((await train('wasm')).vectors.data).toEqual(vectors.data);
      }
    });
  }

  it('learns with several threads too', async () => {
    const backend = await createBackend({ threads: 2 });
    const { vectors } = await trainWord2Vec(corpus, { dimensions: 20, epochs: 12, rate: 0.1, subsample: 0, backend });
    expect(topics[1]).toContain(vectors.near('sun', 1)[0].word);
  });

  it('refuses options out of range and the reference backend, and stops on a signal', async () => {
    const backend = await backends.native;
    for (const bad of [{ dimensions: 0 }, { window: 0 }, { negative: 64 }, { epochs: 0.5 }, { rate: Number.NaN }]) {
      await expect(trainWord2Vec(corpus, { ...bad, backend })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
    const reference = await createBackend({ backend: 'reference' });
    await expect(trainWord2Vec(corpus, { backend: reference })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(trainWord2Vec(corpus, { backend, signal })).rejects.toThrow('enough');
  });

  it('draws negatives in proportion to count^power', () => {
    const counts = [100, 10, 10, 1];
    const { acceptance, alias } = aliasTable(counts, 0.75);
    const share = new Float64Array(4);
    for (let i = 0; i < 4; i++) {
      const accepted = (acceptance[i] >>> 0) / 2 ** 32;
      share[i] += accepted / 4;
      share[alias[i]] += (1 - accepted) / 4;
    }
    const total = counts.reduce((sum, count) => sum + count ** 0.75, 0);
    for (const [i, count] of counts.entries()) expect(share[i]).toBeCloseTo(count ** 0.75 / total, 6);
  });
});

describe('files', () => {
  it('come back bit for bit, in text and binary', () => {
    for (const bytes of [joinBytes(writeText(small)), joinBytes(writeBinary(small))]) {
      const read = readVectors(bytes);
      expect([read.words, read.data, read.dimensions]).toEqual([small.words, small.data, 2]);
      expect(readVectors(bytes, { limit: 2 }).words).toEqual(['king', 'queen']);
    }
    expect(readVectors(new TextEncoder().encode('a 1 2\nb 3 4\n')).words).toEqual(['a', 'b']);
    const wink = { dimensions: 1, words: ['a'], vectors: { a: [2, 9, 0] } };
    expect([...readVectors(new TextEncoder().encode(JSON.stringify(wink))).data]).toEqual([2]);
  });

  it('are refused wherever they are cut off, and whatever they hold', () => {
    const written = joinBytes(writeText(small));
    const binary = joinBytes(writeBinary(small));
    // Within the last number of a text a cut cannot be seen.
    for (const [bytes, last] of [
      [written, written.lastIndexOf(32)],
      [binary, binary.length - 2],
    ] as const) {
      for (let end = 0; end <= last; end++) {
        expect(() => readVectors(bytes.slice(0, end)), `cut at ${end}`).toThrow(
          expect.objectContaining({ name: 'LookbackError' }),
        );
      }
    }
    const text = (content: string) => () => readVectors(new TextEncoder().encode(content));
    expect(text('2 3\na 1 2 3\nb 1 2\n')).toThrow(/line 3/);
    expect(text('1 2\na x 1\n')).toThrow(invalid);
    expect(text('999999999 300\n')).toThrow(invalid);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (noise, headed) => {
        const bytes = headed ? joinBytes(['2 2\n', noise]) : noise;
        try {
          expect(readVectors(bytes).words.length).toBeGreaterThan(0);
        } catch (error) {
          expect((error as Error).name).toBe('LookbackError');
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('questions', () => {
  const vectors = new WordVectors(
    ['man', 'woman', 'king', 'queen', 'tree'],
    Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, -1, -1, 0),
    3,
  );

  it('king − man + woman is queen', () => {
    expect(vectors.analogy(['king', 'woman'], ['man'], 1)[0].word).toBe('queen');
    expect(vectors.near('King', 1)[0].word).toBe('queen');
    expect(vectors.similarity('man', 'king')).toBeCloseTo(Math.SQRT1_2, 6);
    expect(() => vectors.near('quen')).toThrow(/Did you mean 'queen'/);
    expect(() => vectors.nearestTo([1])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
    expect(() => new WordVectors(['a'], Float32Array.of(Number.NaN), 1)).toThrow(/'a'/);
  });

  it('scores both tests, unknown words not asked, the same with and without kernels', async () => {
    const sections = parseAnalogies(
      ': family\nman woman king queen\nking queen man woman\nman woman king tree\nman woman x y\n',
    );
    for (const backend of [await backends.native, await createBackend({ backend: 'reference' })]) {
      expect(scoreAnalogies(vectors, sections, { backend })).toEqual([
        { name: 'family', asked: 3, total: 4, right: 2 },
      ]);
    }
    expect(() => parseAnalogies('one two three\n')).toThrow(/line 1/);
    const pairs = parseSimilarities('man\tking\t7\nman\ttree\t1\nking\tqueen\t8\nx\ty\t3\n');
    expect(scoreSimilarities(vectors, pairs)).toMatchObject({ asked: 3, total: 4, correlation: 1 });
    expect(spearman([1, 2, 2, 3], [1, 2, 2, 3])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  });
});

describe('geometry', () => {
  it('finds the axes of greatest variance', () => {
    const rows = [3, 0, 0, -3, 0, 0, 0, 1, 0, 0, -1, 0];
    const { points, explained } = principalComponents(rows, 3);
    expect(explained[0]).toBeCloseTo(0.9, 9);
    expect(explained[1]).toBeCloseTo(0.1, 9);
    expect(Math.abs(points[0])).toBeCloseTo(3, 6);
    expect([...principalComponents([1, 2, 1, 2], 2).points]).toEqual([0, 0, 0, 0]);
  });

  it('fits more almost orthogonal directions than dimensions, once there are enough dimensions', () => {
    const few = almostOrthogonal(2, { tolerance: 0.3 });
    const many = almostOrthogonal(64, { tolerance: 0.3, patience: 50 });
    expect(few.found).toBe(2);
    expect(many.found).toBeGreaterThan(100);
    expect(almostOrthogonal(64, { limit: 10 })).toEqual({ dimensions: 64, found: 10, atLimit: true });
  });
});
