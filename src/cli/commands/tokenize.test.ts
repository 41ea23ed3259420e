import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';
import { readTokenizerFile } from '../../data/node.ts';
import { LanguageTask } from '../../tasks/language.ts';
import type { LanguageRecipe } from '../../tasks/recipe.ts';
import { parseRecipe } from '../../tasks/recipe.ts';
import { BytePairTokenizer, ByteTokenizer, trainBytePairs } from '../../text/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lookback-tokenize-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'text.txt');
writeFileSync(file, 'the cat sat on the mat, the cat sat\n'.repeat(30));

async function run(...words: string[]) {
  const { error: err, ...rest } = await lookback(words);
  return { ...rest, err };
}

describe('lookback tokenize and data', () => {
  const made = join(folder, 'tokenizer.json');

  it('trains, shows and prints ids', async () => {
    const trained = await run('tokenize', file, '--train', '--vocab', '280', '--out', made, '--threads', '1');
    expect(trained.status).toBe(0);
    expect(trained.out).toContain('first merges: ');
    expect(existsSync(made)).toBe(true);
    const shown = await run('tokenize', file, '--tokenizer', made, '--tokenizer', 'byte', '--tokens', '8');
    expect(shown.out).toMatch(/1080 characters, 1080 bytes/);
    expect(shown.out).toMatch(/byte +256 +1080 +1\.00/);
    const ids = JSON.parse((await run('tokenize', file, '--tokenizer', made, '--json')).out);
    expect(ids.length).toBeLessThan(500);
    const both = JSON.parse((await run('tokenize', file, '--tokenizer', made, '--tokenizer', 'byte', '--json')).out);
    expect(both[made]).toEqual(ids);
  });

  it('shows on a terminal how far training is, and to machines nothing', async () => {
    const pairs = join(folder, 'pairs.txt');
    writeFileSync(pairs, Array.from({ length: 400 }, (_, i) => `word${i * 7919}`).join(' '));
    const words = ['tokenize', pairs, '--train', '--vocab', '460', '--threads', '1'];
    const lines = (await lookback(words, { live: true })).error.split('\r\x1b[2K');
    expect(lines[1]).toMatch(/^reading {2}([\d,]+) of \1 bytes/);
    expect(lines.find((line) => line.startsWith('merging'))).toBe('merging  100 of 204 merges');
    expect(lines.at(-1)).toBe('');
    expect((await lookback([...words, '--json'], { live: true })).error).toBe('');
  });

  it('keeps the bytes of what is no text, and shows what would steer a terminal as signs', async () => {
    const path = join(folder, 'odd.txt');
    writeFileSync(path, Buffer.from('61ff1b5b33316d07090d3c7c656e647c3efe', 'hex'));
    const special = join(folder, 'special.json');
    await run(
      'tokenize',
      file,
      '--train',
      '--vocab',
      '280',
      '--special-token',
      '<|end|>',
      '--out',
      special,
      '--threads',
      '1',
    );
    const ids = async (...words: string[]) => JSON.parse((await run('tokenize', path, '--json', ...words)).out);
    expect(await ids('--tokenizer', 'byte')).toEqual([...readFileSync(path)]);
    const tokenizer = readTokenizerFile(special);
    if (!(tokenizer instanceof BytePairTokenizer)) throw new Error('not byte-level');
    expect(await ids('--tokenizer', special, '--special', 'text')).toEqual([
      ...tokenizer.encodeBytes(readFileSync(path)),
    ]);
    const encoded = await ids('--tokenizer', special, '--special', 'encode');
    expect(Buffer.from(tokenizer.decodeBytes(encoded))).toEqual(readFileSync(path));
    expect(encoded).toContain(0);
    const refused = await run('tokenize', path, '--tokenizer', special);
    expect(refused.err).toMatch(/odd\.txt: expected plain text, got the special token <\|end\|>/);
    const { out } = await run('tokenize', path, '--tokenizer', 'byte');
    expect(out).toContain('a|<ff>|␛|[|3|1|m|␇|⇥|␍|<|||e|n|d|||>|<fe>');
  });

  it('trains on one long word in little time and space, and says so shortly', async () => {
    const path = join(folder, 'long.txt');
    writeFileSync(path, 'a'.repeat(1 << 20));
    const { out } = await run('tokenize', path, '--train', '--vocab', '270', '--threads', '1');
    expect(out).toContain('270 tokens from 1048576 bytes, 1 distinct word, in');
    expect(out).toContain('"aaaaaaaaaaaaaaaaaaaaaaaa"… (16384 bytes)');
    expect(out.length).toBeLessThan(2000);
  });

  it('counts the characters, bytes and tokens of any text, several tokenizers at once', async () => {
    const texts = [
      '',
      'a',
      'naïve façade 😉 안녕하세요',
      '👩‍👩‍👧 e\u0301\r\n\t\u00a0',
      '\ufeffthe cat\n'.repeat(25),
      'x'.repeat(747),
    ];
    for (const text of texts) {
      const path = join(folder, 'counted.txt');
      writeFileSync(path, text);
      const { out } = await run('tokenize', path, '--tokenizer', made, '--tokenizer', 'byte');
      const bytes = Buffer.byteLength(text);
      expect(out).toMatch(new RegExp(`\n${[...text].length} characters?, ${bytes} bytes?\n`));
      for (const [name, tokenizer] of [
        [made, readTokenizerFile(made)],
        ['byte', new ByteTokenizer()],
      ] as const) {
        const tokens = tokenizer.encode(text).length;
        const row = out.split('\n').find((line) => line.startsWith(`${name} `));
        const shares = tokens === 0 ? [] : [[...text].length / tokens, bytes / tokens].map((share) => share.toFixed(2));
        expect(row?.split(/ +/).slice(1).filter(Boolean)).toEqual([
          `${tokenizer.vocabularySize}`,
          `${tokens}`,
          ...shares,
        ]);
      }
    }
  });

  it('refuses what is wrong with the next step', async () => {
    expect(await run('tokenize', file, '--tokenizer', 'gpt-2')).toMatchObject({ status: 1 });
    expect((await run('tokenize', file, '--tokenizer', 'gpt22')).err).toContain('Did you mean gpt2?');
    expect(await run('tokenize', file, '--tokenizer', 'byte', '--special', 'maybe')).toMatchObject({ status: 2 });
    expect(await run('tokenize', file, '--train', '--pattern', 'gpt9')).toMatchObject({ status: 2 });
    expect((await run('tokenize', file, '--train', '--vocab', '100')).err).toContain('at least 256');
  });

  it('prepares shards', async () => {
    // The text has pairs for 268 tokens and no more.
    const out = join(folder, 'shards');
    const words = [
      'data',
      'prepare',
      file,
      '--tokenizer',
      made,
      '--separator',
      '\n',
      '--out',
      out,
      '--threads',
      '1',
      '--json',
    ];
    const { status, out: json } = await run(...words, '--validation', '0.5');
    expect(status).toBe(0);
    expect(JSON.parse(json)).toMatchObject({ dtype: 'u16', vocabularySize: 268 });
    const again = ['data', 'prepare', file, '--tokenizer', 'byte', '--threads', '1', '--out'];
    const { error } = await lookback([...again, join(folder, 'bytes')], { live: true });
    expect(error).toBe('\r\x1b[2Kencoding, 1 document  1,080 tokens\r\x1b[2K');
    const other = await lookback([...again, out], { live: true });
    expect(other.error).toMatch(/^error: .*another tokenizer/);
  });

  it('lets a language task train on any tokenizer, with bits per byte', () => {
    const recipe = parseRecipe({
      task: 'language',
      data: { source: file },
      context: 8,
      model: { kind: 'gpt', layers: 1, heads: 1, width: 8 },
      train: { steps: 2, batch: 2, evaluation: { batches: 1 } },
    }) as LanguageRecipe;
    const text = readFileSync(file, 'utf8');
    const bytes = new LanguageTask(recipe, text, new ByteTokenizer());
    expect(bytes.bytesPerToken).toBe(1);
    expect(bytes.bitsPerByte(Math.LN2)).toBeCloseTo(1, 12);
    const pairs = new LanguageTask(recipe, text, trainBytePairs([text], { vocabulary: 280 }));
    expect(pairs.bytesPerToken).toBeGreaterThan(2);
    expect(pairs.evaluate().metrics.bitsPerByte).toBeCloseTo(
      pairs.evaluate().score / Math.LN2 / pairs.bytesPerToken,
      6,
    );
  });
});
