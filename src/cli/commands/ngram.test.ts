import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';
import { trainBytePairs } from '../../text/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lookback-ngram-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const sentences = Array.from({ length: 120 }, (_, i) => `the whale ${i % 7} swims by ship ${(i * i) % 11}, naïve 😉`);
const text = sentences.join('\n');
const file = put('text.txt', text);
const names = put('names.txt', 'emma\nolivia\nava\nmia\nemma\n');

async function ngram(...words: string[]) {
  const { error: err, ...rest } = await lookback(['ngram', ...words]);
  return { ...rest, err };
}

describe('lookback ngram', () => {
  it('counts characters, words and the tokens of any tokenizer, comparable in bits per byte', async () => {
    // The text has pairs for 291 tokens and no more.
    const made = put('tokenizer.json', JSON.stringify(trainBytePairs([text], { vocabulary: 300 }).toJSON()));
    const results = await Promise.all(
      [[], ['--unit', 'words'], ['--tokenizer', 'byte'], ['--tokenizer', made]].map(async (words) => {
        const { status, out } = await ngram(file, '--order', '3', '--json', ...words);
        expect(status).toBe(0);
        return JSON.parse(out);
      }),
    );
    const [characters, words, bytes, tokens] = results;
    expect(characters).toMatchObject({ unit: 'characters', smoothing: 'kneser-ney' });
    expect(words.unit).toBe('words');
    expect(bytes).toMatchObject({ tokenizer: 'byte', vocabularySize: 256 });
    expect(tokens).toMatchObject({ tokenizer: made, vocabularySize: 291 });
    expect(bytes.trainTokens + bytes.heldOutTokens).toBe(Buffer.byteLength(text));
    expect(tokens.trainTokens + tokens.heldOutTokens).toBeLessThan(bytes.trainTokens / 2);
    for (const { orders } of results) {
      expect(orders.map(({ order }: { order: number }) => order)).toEqual([1, 2, 3]);
      // The text repeats itself: three of anything tell more than one, and all of them little.
      expect(orders[2].bitsPerByte).toBeLessThan(orders[0].bitsPerByte);
      expect(orders[2].bitsPerByte).toBeLessThan(2);
    }
    expect(bytes.orders[0].bitsPerByte).toBeCloseTo(bytes.orders[0].heldOut / Math.LN2, 10);
  });

  it('prints a table, why counting ends, a sample and a heat map', async () => {
    const svg = join(folder, 'pairs.svg');
    const { status, out } = await ngram(names, '--lines', '--order', '2', '--held-out', '0', '--heatmap', svg);
    expect(status).toBe(0);
    expect(out).toMatch(/order +seen +once +possible/);
    expect(out).toContain('50,000² = 2.50e+9');
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[\s\S]*P\(second \| first\)/);
    const drawn = await ngram(file, '--order', '4', '--sample', '40', '--prompt', 'the wh', '--seed', '3');
    expect(drawn.out).toMatch(/\nthe wh/);
    expect(await ngram(file, '--order', '4', '--sample', '40', '--prompt', 'the wh', '--seed', '3')).toEqual(drawn);
  });

  it('shows on a terminal what it is at, and to machines and files nothing', async () => {
    const told = async (live: boolean, ...words: string[]) =>
      (await lookback(['ngram', file, '--order', '3', ...words], { live })).error;
    const lines = (await told(true)).split('\r\x1b[2K');
    expect(lines[1]).toMatch(/^[\d,]+ characters read, making tokens$/);
    expect(lines[2]).toMatch(/^counting, order 1 of 3 {2}0 of [\d,]+ n-grams$/);
    expect(lines.findIndex((line) => line.startsWith('scoring training text  0 of '))).toBeGreaterThan(2);
    expect(lines.findIndex((line) => line.startsWith('scoring held-out text  0 of '))).toBeGreaterThan(3);
    expect(lines.at(-1)).toBe('');
    expect(lines.join('')).not.toContain('\n');
    expect(await told(true, '--json')).toBe('');
    expect(await told(false)).toBe('');
    // A mistake is told on a line of its own.
    const short = await lookback(['ngram', put('one.txt', 'a')], { live: true });
    expect(short.error.split('\r\x1b[2K').at(-1)).toMatch(/^error: /);
  });

  it('stores counts with their tokenizer and draws from them again', async () => {
    for (const [name, words] of [
      ['characters', []],
      ['words', ['--unit', 'words']],
      ['tokens', ['--tokenizer', join(folder, 'tokenizer.json')]],
      ['lines', ['--lines', '--tokenizer', 'byte']],
    ] as const) {
      const stored = join(folder, `${name}.ngram`);
      const settings = ['--sample', '30', '--seed', '5'];
      const { out } = await ngram(file, '--order', '3', '--save', stored, '--json', ...settings, ...words);
      const again = await ngram(stored, '--json', ...settings);
      expect(JSON.parse(again.out).sample).toBe(JSON.parse(out).sample);
    }
  });

  it('refuses what is wrong, by name and with the next step', async () => {
    const told = async (status: number, message: RegExp, ...words: string[]) => {
      const result = await ngram(...words);
      expect(result.err).toMatch(message);
      expect(result.status).toBe(status);
      expect(result.out).toBe('');
    };
    await told(1, /there is no such file/, join(folder, 'none.txt'));
    await told(1, /the file is empty/, put('empty.txt', ''));
    await told(1, /zero bytes/, put('zeros.txt', 'abc\0def'.repeat(9)));
    await told(
      1,
      /not UTF-8/,
      put(
        'binary.txt',
        Uint8Array.from({ length: 99 }, (_, i) => 200 + (i % 50)),
      ),
    );
    await told(1, /enough text/, put('short.txt', 'a'));
    await told(1, /Did you mean gpt2\?/, file, '--tokenizer', 'gpt22');
    await told(1, /not JSON/, file, '--tokenizer', put('bad.json', '{"mod'));
    await told(2, /1 to 9/, file, '--order', '10');
    await told(2, /--order 2 or more/, file, '--order', '1', '--heatmap', join(folder, 'no.svg'));
    await told(2, /cannot be used with/, file, '--unit', 'words', '--tokenizer', 'byte');
    await told(2, /--smoothing/, file, '--smoothing', 'none');
    await told(1, /the file ends early/, put('cut.ngram', readFileSync(join(folder, 'words.ngram')).subarray(0, 300)));
    expect(existsSync(join(folder, 'no.svg'))).toBe(false);
  });
});
