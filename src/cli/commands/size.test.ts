import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookback } from '../../../tests/commandLine.ts';
import { createRun } from '../../track/node.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lookback-size-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const size = (...words: string[]) => lookback(['size', ...words], { width: 80 });

const gpt = { kind: 'gpt', layers: 2, heads: 2, width: 8 };

describe('lookback size', () => {
  it('lists the built-in models', async () => {
    const { status, out } = await size();
    expect(status).toBe(0);
    expect(out).toMatch(/DeepSeek-R1 +671,026,419,200 +37,552,297,472 +MLA +70,272\n/);
    expect(JSON.parse((await size('--json')).out)[0]).toMatchObject({ name: 'GPT-2', parameters: 124_439_808 });
  });

  it('shows the working of one model', async () => {
    const { out } = await size('deepseek-r1', '--context', '32768', '--tokens', '14.8T', '--gpus', '2048');
    for (const line of [
      '671,026,419,200 × 2 B = 1,342.05 GB = 1,249.9 GiB',
      '61 × (512 + 64) × 32,768 × 2 B = 2.30 GB = 2.1 GiB',
      '(1,342.05 + 2.30 + 1.58) GB = 1,345.93 GB = 1,253.5 GiB; ÷ (80 GB × 0.9) = 18.69 → 19',
      '19 × $2.50 = $47.50 an hour',
      '6 × 37,552,297,472 × 1.48e13 = 3.33e24 FLOP',
      'days on 2,048 GPUs',
      'Ships in FP8',
    ])
      expect(out).toContain(line);
  });

  it('takes a count, with no cache', async () => {
    const { out } = await size('7e9', '--precision', 'int4', '--gpu', 'RTX 4090', '--price', '1');
    expect(out).toContain('int4 ←  7,000,000,000 × 0.5 B = 3.50 GB');
    expect(out).toContain('(your price)');
    expect(out).not.toContain('KV cache');
    expect(JSON.parse((await size('7B', '--json')).out)).toMatchObject({ parameters: 7e9, cache: null });
  });

  it('takes a config.json, or the folder it lies in', async () => {
    const config = { model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257 };
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify(config));
    for (const word of [path, folder]) {
      expect(JSON.parse((await size(word, '--json')).out)).toMatchObject({
        parameters: 124_439_808,
        cachePerToken: 36_864,
      });
    }
    writeFileSync(path, JSON.stringify({ ...config, n_layer: undefined }));
    expect(await size(path)).toMatchObject({
      status: 1,
      error: expect.stringMatching(/n_layer is missing.*FILE_INVALID/),
    });
  });

  it('takes a recipe with a vocabulary, and a run with its own', async () => {
    const recipe = { task: 'language', data: { source: 'moby-dick' }, context: 16, model: gpt };
    const path = join(folder, 'recipe.yaml');
    writeFileSync(path, JSON.stringify(recipe));
    expect((await size(path)).error).toContain('--vocabulary');
    const fromRecipe = JSON.parse((await size(path, '--vocabulary', '3', '--json')).out);

    const run = createRun({
      root: folder,
      recipe,
      seed: 1,
      backend: 'native',
      versions: { lookback: '0' },
      name: 'tiny',
    });
    mkdirSync(run.path('model'), { recursive: true });
    const { CharacterTokenizer } = await import('../../text/index.ts');
    writeFileSync(run.path('model', 'tokenizer.json'), JSON.stringify(CharacterTokenizer.fromText('abc')));
    run.finish('finished');
    const fromRun = JSON.parse((await size('tiny', '--runs', folder, '--json')).out);
    expect(fromRun.shape.vocabulary).toBe(3);
    expect(fromRun.parameters).toBe(fromRecipe.parameters);
  });

  it('prints the facts of the lecture', async () => {
    const { out } = await size('--facts');
    expect(out).toContain('1,342 GB + 280 GB = 1,622 GB');
    expect(out).toContain('835 MW for 30 days');
    expect(JSON.parse((await size('--facts', '--json')).out).trainingData[0].count).toBe(3.3e9);
  });

  it('refuses what it does not know, naming the next step', async () => {
    expect(await size('lama-3.1-8b')).toMatchObject({
      status: 2,
      error: expect.stringContaining('Did you mean Llama-3.1-8B?'),
    });
    expect(await size('no/config.json')).toMatchObject({ status: 1, error: expect.stringContaining('FILE_NOT_FOUND') });
    expect(await size('gpt2', '--gpu', 'h10')).toMatchObject({ status: 2, error: expect.stringContaining('h100') });
    expect(await size('gpt2', '--tokens', 'lots')).toMatchObject({ status: 2, error: expect.stringContaining('15T') });
  });
});
