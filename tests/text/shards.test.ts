/** Shards as processes meet them: a preparation that is killed again and again, and a corpus larger than memory. */
import { existsSync, ftruncateSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openShards, prepareShards } from '../../src/data/node.ts';
import type { ShardIndex } from '../../src/data/shardReader.node.ts';
import { Random } from '../../src/random.ts';
import { ByteTokenizer, trainBytePairs } from '../../src/text/index.ts';
import { ended, spawnLookback, spawnTypeScript, temporaryRoot } from '../runs/support.ts';

const root = temporaryRoot();

const contents = (path: string) =>
  Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('base64')]));

describe('lookback data prepare', () => {
  // 12,000 documents of 30 to 1,500 characters: 100 parts, so that a preparation takes long enough to be killed in.
  const random = new Random(5, 'documents');
  const words = ['whale', 'ship', 'naïve ', 'sea', '海', 'of', 'the', '\n', 'Queequeg', '😉'];
  const texts = Array.from({ length: 12_000 }, () =>
    Array.from({ length: 6 + random.integer(300) }, () => words[random.integer(words.length)]).join(' '),
  );
  const file = join(root, 'documents.jsonl');
  writeFileSync(file, texts.map((text) => JSON.stringify({ text })).join('\n'));
  const tokenizer = join(root, 'tokenizer.json');
  const sample = texts.slice(0, 200);
  writeFileSync(tokenizer, JSON.stringify(trainBytePairs(sample, { vocabulary: 300 }).toJSON()));
  const whole = join(root, 'whole');

  it.each([1, 2])(
    'killed at four moments gives, byte for byte, what it gives undisturbed (threads: %i)',
    {
      timeout: 120_000,
    },
    async (threads) => {
      const settings = ['--tokenizer', tokenizer, '--validation', '0.1', '--part-tokens', '40000'];
      const prepare = (out: string, count: number) =>
        spawnLookback('data', 'prepare', file, '--out', out, '--threads', String(count), ...settings);
      if (!existsSync(whole)) expect(await ended(prepare(whole, 1))).toMatchObject({ status: 0 });
      const out = join(root, `killed-${threads}`);
      const parts = (): number => {
        const path = join(out, 'index.json');
        return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ShardIndex).parts.length : 0;
      };
      const reached: number[] = [];
      for (let kill = 0; kill < 4; kill++) {
        const child = prepare(out, threads);
        const end = ended(child);
        // The first at any moment since its birth, the others some parts later, often in the middle of writing one.
        if (kill === 0) await wait(random.uniform() * 1500);
        else {
          const goal = (reached.at(-1) ?? 0) + 1 + random.integer(16);
          while (parts() < goal && child.exitCode === null) await wait(2);
          await wait(random.uniform() * 15);
        }
        child.kill('SIGKILL');
        expect((await end).signal, 'the corpus must be long enough for four kills').toBe('SIGKILL');
        // What is there is whole: the index names only parts that are, and nothing opens as if it were complete.
        if (parts() > 0) expect(() => openShards(out)).toThrow(/not ended/);
        reached.push(parts());
      }
      expect(reached).toEqual([...reached].sort((a, b) => a - b));
      expect(new Set(reached).size).toBeGreaterThan(2);
      expect(await ended(prepare(out, threads))).toMatchObject({ status: 0 });
      expect(contents(out)).toEqual(contents(whole));
    },
  );
});

// Sparse files: they are as long as they say, and take no room.
it.skipIf(process.platform === 'win32')('trains on a corpus larger than memory', { timeout: 60_000 }, async () => {
  const folder = join(root, 'large');
  const text = join(root, 'small.txt');
  writeFileSync(text, 'a whale and a ship\n'.repeat(200));
  const options = { separator: '\n', validation: 0.5, threads: 1 };
  const index = await prepareShards([text], folder, new ByteTokenizer(), { ...options, validation: 0 });
  const [part] = index.parts;
  const tokens = 2 ** 31;
  const copies = Math.ceil((1.25 * totalmem()) / (2 * tokens));
  const names = Array.from({ length: copies }, (_, i) => `train-${String(i).padStart(5, '0')}`);
  for (const name of names) {
    ftruncateSync(openSync(join(folder, `${name}.bin`), 'w'), 2 * tokens);
    writeFileSync(join(folder, `${name}.documents`), Uint32Array.of(0, tokens));
  }
  const held = { ...part, name: 'validation-00000', split: 'validation', tokens: 100_000, documents: 1 };
  writeFileSync(join(folder, 'validation-00000.bin'), new Uint16Array(100_000));
  writeFileSync(join(folder, 'validation-00000.documents'), Uint32Array.of(0, 100_000));
  const parts = [...names.map((name) => ({ ...part, name, tokens, documents: 1 })), held];
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ ...index, parts }));
  expect(openShards(folder).train.length).toBeGreaterThan(2 ** 32);
  const recipe = join(root, 'large.json');
  writeFileSync(
    recipe,
    JSON.stringify({
      task: 'language',
      data: { source: folder },
      context: 32,
      model: { kind: 'gpt', layers: 1, heads: 2, width: 16 },
      train: { steps: 20, batch: 8, evaluateEvery: 10, learningRate: 1e-2, snapshots: false },
      sample: { length: 0 },
    }),
  );
  const {
    status: code,
    out,
    error,
  } = await ended(spawnTypeScript('../text/trainOnShards.ts', [recipe, join(root, 'runs')]));
  expect(error).toBe('');
  expect(code).toBe(0);
  const { status, validationLoss, counted, before, most } = JSON.parse(out);
  expect(status).toBe('finished');
  expect(validationLoss).toBeLessThan(5);
  expect(counted).toBe(8_000_000);
  expect(most - before, `MiB more than at the start, of a corpus of ${(copies * 4).toFixed(0)} GiB`).toBeLessThan(1200);
});
