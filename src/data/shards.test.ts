import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { encodePlain, trainBytePairs } from '../text/index.ts';
import { readDocuments } from './documents.node.ts';
import { documentMask, packDocuments } from './packing.ts';
import { openShards } from './shardReader.node.ts';
import { isHeldOut, prepareShards } from './shards.node.ts';

const folder = mkdtempSync(join(tmpdir(), 'lookback-shards-'));
afterAll(() => rmSync(folder, { recursive: true }));

const texts = Array.from({ length: 300 }, (_, i) => `document ${i} says ${'é '.repeat(i % 7)}<|endoftext|> ${i * i}`);
const tokenizer = trainBytePairs(texts, { vocabulary: 300, special: ['<|endoftext|>'] });
const jsonl = join(folder, 'a.jsonl');
writeFileSync(jsonl, texts.map((text) => JSON.stringify({ text })).join('\n'));

const contents = (path: string) =>
  Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('base64')]));

describe('documents', () => {
  it('come out of every kind of file alike', async () => {
    const all = async (path: string, options = {}) => {
      const found: string[] = [];
      for await (const text of readDocuments(path, options)) found.push(text);
      return found;
    };
    const put = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    expect(await all(jsonl)).toEqual(texts);
    expect(await all(put('b.jsonl.gz', gzipSync(readFileSync(jsonl))))).toEqual(texts);
    expect(await all(put('c.txt', texts.join('\n--\n')), { separator: '\n--\n' })).toEqual(texts);
    expect(await all(put('d.txt.gz', gzipSync('one é')))).toEqual(['one é']);
    const table = parquetWriteBuffer({
      columnData: [{ name: 'body', data: texts, type: 'STRING' }],
      rowGroupSize: 100,
    });
    expect(await all(put('e.parquet', new Uint8Array(table)), { field: 'body' })).toEqual(texts);
    await expect(all(put('f.jsonl', '{"text":"a"}\n{"te'))).rejects.toThrow(/line 2/);
    await expect(all(put('g.jsonl', '{"body":"a"}'))).rejects.toThrow(/fields body/);
    await expect(all(put('h.txt', Uint8Array.of(0x61, 0xff)))).rejects.toThrow(/not UTF-8/);
    await expect(all(put('i.txt.gz', gzipSync('abc').subarray(0, 12)))).rejects.toThrow(/gzip/);
    await expect(all(put('j.parquet', 'no table'))).rejects.toThrow(/parquet/);
    await expect(all(join(folder, 'none.txt'))).rejects.toThrow(/no such file/);
  });
});

describe('shards', () => {
  const options = { validation: 0.2, partTokens: 1000, threads: 1 };

  it('hold every document once, split by a hash of its text', async () => {
    const out = join(folder, 'whole');
    const index = await prepareShards([jsonl], out, tokenizer, options);
    expect(index).toMatchObject({ dtype: 'u16', complete: true, documents: 300, endOfDocument: 0 });
    const { train, validation, tokenizer: again } = openShards(out);
    for (const [reader, held] of [
      [train, false],
      [validation, true],
    ] as const) {
      const expected = texts
        .filter((text) => isHeldOut(text, 0.2) === held)
        .flatMap((text) => [...encodePlain(tokenizer, text), 0]);
      expect([...reader.read(0, reader.length)]).toEqual(expected);
      expect([...reader.read(990, 1200)]).toEqual(expected.slice(990, 1200));
      const first = reader.documents(reader.parts[0]);
      expect(again.decode(reader.read(first[1], first[2] - 1))).toBe(
        texts.filter((text) => isHeldOut(text, 0.2) === held)[1],
      );
      expect(reader.bytesPerToken).toBeGreaterThan(1);
      expect(() => reader.read(0, reader.length + 1)).toThrow(/range/);
      reader.close();
    }
    expect(train.parts.length).toBeGreaterThan(2);
  });

  it('are the same after a kill at any part, and for any number of threads', async () => {
    const whole = contents(join(folder, 'whole'));
    const index = JSON.parse(readFileSync(join(folder, 'whole', 'index.json'), 'utf8'));
    const out = join(folder, 'killed');
    // What a kill leaves: some parts, an index that knows them, and half a file.
    mkdirSync(out);
    const kept = index.parts.slice(0, 4);
    for (const { name } of kept)
      for (const end of ['bin', 'documents'])
        cpSync(join(folder, 'whole', `${name}.${end}`), join(out, `${name}.${end}`));
    const documents = kept.reduce((sum: number, part: { documents: number }) => sum + part.documents, 0);
    writeFileSync(join(out, 'index.json'), JSON.stringify({ ...index, parts: kept, documents, complete: false }));
    writeFileSync(join(out, 'train-00002.bin.tmp'), 'half');
    expect(() => openShards(out)).toThrow(/not ended/);
    await prepareShards([jsonl], out, tokenizer, { ...options, threads: 2 });
    const { 'train-00002.bin.tmp': _, ...rest } = { 'train-00002.bin.tmp': '', ...contents(out) };
    expect(rest).toEqual(whole);
  });

  it('refuse to go on with other settings, and other odd input', async () => {
    await expect(
      prepareShards([jsonl], join(folder, 'whole'), tokenizer, { ...options, validation: 0.5 }),
    ).rejects.toThrow(/other/);
    writeFileSync(join(folder, 'empty.txt'), '');
    await expect(prepareShards([join(folder, 'empty.txt')], join(folder, 'none'), tokenizer, options)).rejects.toThrow(
      /at least one document/,
    );
    expect(existsSync(join(folder, 'none', 'index.json'))).toBe(false);
    const out = join(folder, 'short');
    cpSync(join(folder, 'whole'), out, { recursive: true });
    writeFileSync(join(out, 'train-00000.bin'), 'x');
    const { train } = openShards(out);
    expect(() => train.read(0, 100)).toThrow(/shorter/);
    train.close();
  });
});

describe('packing', () => {
  const ids = Int32Array.from({ length: 12 }, (_, i) => i + 1);
  const offsets = [0, 5, 6, 9, 12];

  it('streams documents through rows', () => {
    const rows = packDocuments(ids, offsets, { length: 5 });
    expect([...rows.ids]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect([...rows.documents]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 2]);
    expect(packDocuments(ids, offsets, { length: 5, padding: 0 }).rows).toBe(3);
  });

  it('fits documents into rows, and masks what is not theirs', () => {
    const rows = packDocuments(ids, offsets, { length: 4, by: 'fit', padding: 0 });
    // 1-4 | 7-9 and 6 | 10-12 and 5
    expect([...rows.ids]).toEqual([1, 2, 3, 4, 7, 8, 9, 6, 10, 11, 12, 5]);
    expect([...rows.positions]).toEqual([0, 1, 2, 3, 0, 1, 2, 0, 0, 1, 2, 0]);
    const mask = documentMask(rows);
    expect([...mask.subarray(16, 32)]).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1]);
    expect(() => packDocuments(ids, offsets, { length: 0 })).toThrow(/whole number/);
  });
});
