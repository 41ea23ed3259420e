import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';
import { Random } from '../../random.ts';
import { readVectors } from '../../vectors/index.ts';
import { parseSum } from './embed.ts';

const folder = mkdtempSync(join(tmpdir(), 'lookback-embed-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

async function embed(...words: string[]) {
  const { error: err, ...rest } = await lookback(['embed', ...words]);
  return { ...rest, err };
}

// Sentences of animals and of tools: words of one kind stand beside each other.
const random = new Random(2, 'sentences');
const kinds = [
  ['whale', 'shark', 'seal', 'otter', 'crab'],
  ['hammer', 'saw', 'drill', 'chisel', 'plane'],
];
const text = Array.from({ length: 3000 }, (_, i) => {
  const words = kinds[i % 2];
  return `${Array.from({ length: 8 }, () => words[random.integer(5)]).join(' ')}.`;
}).join('\n');
const corpus = put('corpus.txt', text);

// In the plane: royalty up, men to the left.
const plane = put('plane.vec', '5 2\nking -1 1\nqueen 1 1\nman -1 0.1\nwoman 1 0.1\nprince -1 0.9\n');

describe('lookback embed', () => {
  const vectors = join(folder, 'made.vec');
  beforeAll(async () => {
    const settings = ['--dimensions', '16', '--epochs', '4', '--min-count', '2', '--subsample', '0', '--deterministic'];
    const { status, out } = await embed('train', corpus, '--out', vectors, ...settings);
    expect(out).toMatch(/10 words of 16 numbers/);
    expect(out).toContain('words is small');
    expect(status).toBe(0);
    const binary = await embed('train', corpus, '--out', join(folder, 'made.bin'), ...settings, '--json');
    const { event, vocabulary, losses } = JSON.parse(binary.out.trim().split('\n').at(-1) ?? '');
    expect({ event, vocabulary, epochs: losses.length }).toEqual({ event: 'done', vocabulary: 10, epochs: 4 });
  });

  it('trains the same bits into text and binary with --deterministic', () => {
    const [fromText, fromBinary] = ['made.vec', 'made.bin'].map((name) =>
      readVectors(readFileSync(join(folder, name))),
    );
    expect(fromBinary.words).toEqual(fromText.words);
    expect([...fromBinary.data]).toEqual([...fromText.data]);
  });

  it('shows on a terminal the epoch and the time left, also within the first of few epochs', async () => {
    const out = join(folder, 'live.vec');
    const long = put('long.txt', `${text}\n`.repeat(10));
    const words = ['embed', 'train', long, '--out', out, '--dimensions', '8', '--epochs', '1', '--threads', '1'];
    const { error, status } = await lookback(words, { live: true });
    expect(status).toBe(0);
    const lines = error.split('\r\x1b[2K');
    expect(lines.slice(0, 2)).toEqual(['', '1.4M characters read, cutting them into sentences']);
    expect(lines[2]).toBe('240k words in 30,000 sentences, vocabulary 10\n');
    expect(lines.at(-1)).toMatch(/^█{6,} {2}epoch 1\/1 {2}loss \S+ {2}\S+ words\/s\n$/);
    expect((await lookback([...words, '--json'], { live: true })).error).toBe('');
    const mistake = await lookback(['embed', 'train', put('few.txt', 'one two.'), '--out', out], { live: true });
    expect(mistake.error.split('\r\x1b[2K').at(-1)).toMatch(/^error: /);
  });

  it('finds the neighbours of a word', async () => {
    for (const file of ['made.vec', 'made.bin']) {
      const { out } = await embed('near', 'whale', '--vectors', join(folder, file), '--count', '4', '--json');
      const { word, neighbours } = JSON.parse(out);
      expect(word).toBe('whale');
      expect(neighbours.map((one: { word: string }) => one.word).sort()).toEqual(['crab', 'otter', 'seal', 'shark']);
    }
    expect((await embed('near', 'whale', '--vectors', vectors)).out).toMatch(/^ *word +cosine\n/);
  });

  it('adds and subtracts words', async () => {
    const { out } = await embed('analogy', 'king', '-', 'man', '+', 'woman', '--vectors', plane, '--json');
    const { plus, minus, neighbours } = JSON.parse(out);
    expect({ plus, minus }).toEqual({ plus: ['king', 'woman'], minus: ['man'] });
    expect(neighbours[0].word).toBe('queen');
    expect((await embed('analogy', 'king - man + woman', '--vectors', plane)).out).toMatch(/queen +[01]\.\d{4}/);
    expect(parseSum(['a', '+', 'b', '-', 'c'])).toEqual({ plus: ['a', 'b'], minus: ['c'] });
  });

  it('evaluates by section and against people', async () => {
    const questions = put('questions.txt', ': royals\nman king woman queen\nman king woman throne\n: empty\na b c d\n');
    const pairs = put('pairs.txt', 'king\tprince\t9\nking\tman\t5\nking\twoman\t1\nking\tthrone\t9\n');
    const words = ['evaluate', '--vectors', plane, '--analogies', questions, '--similarities', pairs];
    const { analogies, similarity } = JSON.parse((await embed(...words, '--json')).out);
    expect(analogies).toMatchObject({ asked: 1, total: 3, right: 1 });
    expect(analogies.sections.map(({ name }: { name: string }) => name)).toEqual(['royals', 'empty']);
    expect(similarity).toMatchObject({ asked: 3, total: 4 });
    expect(similarity.correlation).toBeCloseTo(1, 6);
    expect((await embed(...words)).out).toMatch(/royals +2 +1 +1 +100\.0 %/);
  });

  it('plots words, relations and room', async () => {
    const svg = join(folder, 'plot.svg');
    const words = await embed('plot', svg, '--vectors', vectors, '--words', 'whale,shark,saw', '--json');
    expect(JSON.parse(words.out).points).toHaveLength(3);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[\s\S]*whale/);
    const relations = put(
      'relations.vec',
      `6 2\n${['king', 'queen', 'man', 'woman', 'boy', 'girl'].map((w, i) => `${w} ${i % 2} ${i}\n`).join('')}`,
    );
    expect((await embed('plot', svg, '--vectors', relations)).out).toMatch(/male-female +[23]/);
    expect(readFileSync(svg, 'utf8')).toContain('queen');
  });

  it('refuses what is wrong, by name and with the next step', async () => {
    const told = async (status: number, message: RegExp, ...words: string[]) => {
      const result = await embed(...words);
      expect(result.err).toMatch(message);
      expect(result.status).toBe(status);
    };
    const out = join(folder, 'never.vec');
    await told(1, /there is no such file/, 'train', join(folder, 'none.txt'), '--out', out);
    await told(1, /the file is empty/, 'train', put('empty.txt', ' \n'), '--out', out);
    await told(1, /not UTF-8/, 'train', put('binary.txt', Uint8Array.of(0xff, 0xfe, 0, 1)), '--out', out);
    await told(1, /five times|min|words/, 'train', put('rare.txt', 'one two three four'), '--out', out);
    await told(2, /--out/, 'train', corpus);
    await told(2, /--model/, 'train', corpus, '--out', out, '--model', 'glove');
    expect(existsSync(out)).toBe(false);
    await told(1, /whael/, 'near', 'whael', '--vectors', vectors);
    await told(1, /cannot be read|no such file/, 'near', 'whale', '--vectors', join(folder, 'none.vec'));
    await told(
      1,
      /never\.bin|vectors|header|cut/,
      'near',
      'whale',
      '--vectors',
      put('never.bin', Uint8Array.of(1, 2, 3)),
    );
    await told(
      1,
      /made|cut|end|vectors/,
      'near',
      'whale',
      '--vectors',
      put('cut.vec', readFileSync(vectors, 'utf8').slice(0, 200)),
    );
    await told(2, /king - man \+ woman/, 'analogy', 'king', 'man', '--vectors', plane);
    await told(1, /throne/, 'analogy', 'king', '-', 'throne', '--vectors', plane);
    await told(
      1,
      /four words in line 2/,
      'evaluate',
      '--vectors',
      plane,
      '--analogies',
      put('bad.txt', ': a\none two\n'),
    );
    await told(2, /three words or more/, 'plot', out, '--vectors', plane, '--words', 'king');
    await told(2, /--vectors FILE, or --orthogonal/, 'plot', out);
    await told(1, /two pairs or more/, 'plot', out, '--vectors', vectors);
    expect(existsSync(out)).toBe(false);
  });
});
