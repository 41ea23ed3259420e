/** Documents packed into rows: nothing leaks from one to another, and shards train to the bits of what is held in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../backends/init.ts';
import { DocumentTokens, documentMask, documentWindows } from '../data/index.ts';
import { openShards, prepareShards } from '../data/node.ts';
import { GPT } from '../models/index.ts';
import { Random } from '../random.ts';
import { inference, scope, tensor, valueAndGrad } from '../tensor/index.ts';
import { crossEntropy } from '../tensor/ops/loss.ts';
import { trainBytePairs } from '../text/index.ts';
import { train } from '../train/index.ts';
import { LanguageTask } from './language.ts';
import { buildOptimizer } from './optimizer.ts';
import { type LanguageRecipe, parseRecipe } from './recipe.ts';
import { startRun } from './run.node.ts';
import { parametersHash } from './session.ts';

const context = 12;
const folder = mkdtempSync(join(tmpdir(), 'lookback-documents-'));
afterAll(() => rmSync(folder, { recursive: true }));

function recipeOf(data: object, model: object = {}, settings: object = {}): LanguageRecipe {
  return parseRecipe({
    task: 'language',
    data: { source: join(folder, 'shards'), ...data },
    context,
    model: { kind: 'gpt', layers: 2, width: 16, ...('kind' in model ? {} : { heads: 4 }), ...model },
    train: { steps: 6, batch: 4, evaluateEvery: 3, evaluation: { batches: 2 }, snapshots: false, ...settings },
    sample: { length: 0 },
  }) as LanguageRecipe;
}

describe('a document mask', () => {
  // Three documents in a row: 4 ids, 5 ids, 3 of 6 ids.
  const offsets = [0, 4, 9, 15];
  const ids = Int32Array.from({ length: 15 }, (_, i) => (i * 7) % 20);
  const other = ids.map((id, i) => (i < 4 ? (id + 5) % 20 : id));
  const model = (positions: string, extra: object) =>
    new GPT(
      { vocabulary: 20, context, layers: 2, heads: 4, width: 16, positions: positions as 'rotary', ...extra },
      { random: new Random(1, 'parameters') },
    );
  /** The loss at each of the 12 places. */
  const losses = (gpt: GPT, tokens: Int32Array, masked: boolean, from = 0, places = offsets) => {
    const batch = documentWindows(new DocumentTokens(tokens, places), [from], Math.min(context, tokens.length));
    const shape = [1, batch.inputs.length];
    const options = masked
      ? {
          mask: tensor(documentMask(batch), { shape: [1, shape[1], shape[1]], dtype: 'u8' }),
          places: tensor(batch.positions, { shape }),
        }
      : {};
    const logits = gpt.forward(tensor(batch.inputs, { shape }), options);
    return crossEntropy(logits, tensor(batch.targets, { shape }), { reduction: 'none' });
  };
  const numbers = (...words: Parameters<typeof losses>) =>
    scope(() => inference(() => [...(losses(...words).dataSync() as Float32Array)]));

  it.each([
    ['learned', {}],
    ['sinusoidal', {}],
    ['rotary', { kvHeads: 2 }],
    ['alibi', { window: 4 }],
    ['none', { norm: 'rmsNorm', mlp: 'swiglu' }],
  ])('lets nothing of one document into the losses of another, bit for bit (%s)', (positions, extra) => {
    const gpt = model(positions, extra);
    const [a, b] = [numbers(gpt, ids, true), numbers(gpt, other, true)];
    expect(b.slice(4)).toEqual(a.slice(4));
    expect(b.slice(0, 3)).not.toEqual(a.slice(0, 3));
    // The last id of a document has no successor in it.
    expect([a[3], a[8]]).toEqual([0, 0]);
    // Without the mask they do hear of each other.
    expect(numbers(gpt, other, false).slice(4)).not.toEqual(numbers(gpt, ids, false).slice(4));
  });

  it('gives a document the losses it has alone, since its positions begin anew', () => {
    for (const positions of ['learned', 'sinusoidal', 'rotary', 'alibi']) {
      const gpt = model(positions, {});
      const packed = numbers(gpt, ids, true).slice(4, 9);
      const alone = numbers(gpt, ids.slice(4, 9), false, 0, [0, 5]);
      for (const [i, loss] of packed.entries()) expect(loss).toBeCloseTo(alone[i], 5);
    }
  });

  it('sends no gradient from one document to the ids of another', () => {
    const gpt = model('learned', { tieWeights: false });
    const { grads } = valueAndGrad(gpt, () => losses(gpt, ids, true).slice(1, 4, 9).sum());
    const rows = grads.get('embedding.weight')?.dataSync() as Float32Array;
    const touched = (id: number) => rows.subarray(id * 16, (id + 1) * 16).some((x) => x !== 0);
    expect([...ids.subarray(4, 8)].every(touched)).toBe(true);
    expect([...ids.subarray(0, 4), ...ids.subarray(9, 12)].some(touched)).toBe(false);
  });

  it('is refused where it cannot be kept', () => {
    expect(() => recipeOf({ documentMask: true }, { kind: 'lstm' })).toThrow(/data.documentMask/);
    const text = 'the quick brown fox jumps over the lazy dog\n'.repeat(20);
    expect(() => new LanguageTask(recipeOf({ documentMask: true }), text)).toThrow(/lookback data prepare/);
    expect(() => new LanguageTask(recipeOf({ packing: 'documents' }), text)).toThrow(/data.packing/);
  });
});

describe('shards in training', () => {
  const texts = Array.from({ length: 400 }, (_, i) => `number ${i} ${'and so on '.repeat(i % 6)}to ${i * i}`);
  beforeAll(async () => {
    writeFileSync(join(folder, 'a.jsonl'), texts.map((text) => JSON.stringify({ text })).join('\n'));
    const tokenizer = trainBytePairs(texts, { vocabulary: 300, special: ['<|endoftext|>'] });
    const options = { validation: 0.2, partTokens: 1500, threads: 1 };
    await prepareShards([join(folder, 'a.jsonl')], join(folder, 'shards'), tokenizer, options);
  });

  it.each([
    ['stream', undefined],
    ['stream', true],
    ['documents', undefined],
    ['documents', true],
  ])('gives the bits of a corpus in memory (%s, mask %s)', async (packing, mask) => {
    const { train: files, validation, tokenizer } = openShards(join(folder, 'shards'));
    const inMemory = (reader: typeof files) => {
      const begins = [0];
      for (let at = 0; at < reader.length; at = begins[begins.length - 1]) begins.push(reader.documentAt(at)[1]);
      return new DocumentTokens(reader.read(0, reader.length), begins);
    };
    const recipe = recipeOf({ packing, documentMask: mask });
    const { bytesPerToken } = validation;
    const streamed = new LanguageTask(recipe, { train: files, validation, bytesPerToken }, tokenizer);
    const held = new LanguageTask(
      recipe,
      { train: inMemory(files), validation: inMemory(validation), bytesPerToken },
      tokenizer,
    );
    for (let step = 0; step < 5; step++) expect(streamed.next()).toEqual(held.next());
    const hashes: string[] = [];
    for (const task of [streamed, held]) {
      const { optimizer, rate } = buildOptimizer(recipe.train, task.model);
      await train(task, optimizer, { ...recipe.train, rate });
      hashes.push(parametersHash(task.model));
      optimizer.dispose();
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(streamed.validationLoss()).toBe(held.validationLoss());
    expect(streamed.evaluate()).toEqual(held.evaluate());
    files.close();
    validation.close();
  });

  it('reads windows, not the corpus', () => {
    const { train: files, validation, tokenizer } = openShards(join(folder, 'shards'));
    const task = new LanguageTask(recipeOf({}), { train: files, validation, bytesPerToken: 3 }, tokenizer);
    for (let step = 0; step < 3; step++) task.next();
    expect(files.bytesRead).toBe(3 * 4 * (context + 1) * 2);
    expect(validation.bytesRead).toBe(0);
    files.close();
    validation.close();
  });

  it.each([
    ['gpt', { packing: 'documents', documentMask: true }],
    ['lstm', { packing: 'documents' }],
    ['gru', { packing: 'stream' }],
  ])('records floors and bits per byte for a run of tokens (%s)', async (kind, data) => {
    const {
      run,
      floors,
      task,
      validationLoss = Number.NaN,
    } = await startRun(recipeOf(data, kind === 'gpt' ? {} : { kind, layers: 1 }), {
      root: join(folder, 'runs'),
    });
    const { summary } = run.record;
    const language = task as LanguageTask;
    expect(floors.map(({ smoothing }) => smoothing).sort()).toEqual(['kneser-ney', 'witten-bell']);
    expect(summary.bitsPerByte).toBe(language.bitsPerByte(validationLoss));
    expect(summary.floorBitsPerByte).toBe(language.bitsPerByte(Math.min(...floors.map(({ nats }) => nats))));
    expect(language.bytesPerToken).toBeGreaterThan(1.5);
    // An untrained model is about as good as chance.
    expect(Math.abs(validationLoss - Math.log(language.tokenizer.vocabularySize))).toBeLessThan(0.6);
  });
});
