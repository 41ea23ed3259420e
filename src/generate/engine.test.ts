import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, getBackend, setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { exp, log } from '../math.ts';
import type { Generative } from '../models/decoder.ts';
import { GPT } from '../models/gpt.ts';
import { RecurrentLanguageModel } from '../models/recurrentLanguageModel.ts';
import { Random } from '../random.ts';
import { scope, tensor } from '../tensor/index.ts';
import { beamSearch } from './beamSearch.ts';
import { generate } from './engine.ts';
import { greedy, sampler } from './samplers.ts';

let before: Backend | undefined;
beforeAll(() => {
  before = setBackend(new ReferenceBackend());
});
afterAll(() => {
  setBackend(before);
});

const gpt = () =>
  new GPT({ vocabulary: 7, context: 12, layers: 1, heads: 2, width: 8 }, { random: new Random(3) }).eval();
const lstm = () =>
  new RecurrentLanguageModel({ vocabulary: 7, kind: 'lstm', layers: 1, width: 8 }, { random: new Random(3) }).eval();

async function collect(ids: AsyncIterable<number>): Promise<number[]> {
  const all: number[] = [];
  for await (const id of ids) all.push(id);
  return all;
}

/** Logits after the last of `ids` by a whole forward pass. */
function whole(model: GPT | RecurrentLanguageModel, ids: number[]): Float32Array {
  return scope(() => {
    const data = model.forward(tensor([ids], { dtype: 'i32' })).dataSync();
    return Float32Array.from(data.slice(-7));
  });
}

describe.each([
  ['GPT', gpt],
  ['LSTM', lstm],
])('generate with a %s', (_, make) => {
  it('writes what whole forward passes would, and frees all it used', async () => {
    const model = make();
    const { storages } = getBackend().memory();
    const settings = { temperature: 1.5, topK: 5 };
    const random = new Random(9);
    const expected = [2, 5];
    for (let i = 0; i < 8; i++) expected.push(sampler(settings)(whole(model, expected), random));
    const options = { length: 8, sampler: sampler(settings), random: new Random(9) };
    expect(await collect(generate(model, [2, 5], options))).toEqual(expected.slice(2));
    const { storages: after } = getBackend().memory();
    expect(after).toBe(storages);
  });

  it('stops at a stop id, and when the reader leaves', async () => {
    const model = make();
    const all = await collect(generate(model, [2], { length: 6 }));
    const stop = all[3];
    expect(await collect(generate(model, [2], { length: 6, stop: [stop] }))).toEqual(all.slice(0, all.indexOf(stop)));
    const { storages } = getBackend().memory();
    for await (const id of generate(model, [2], { length: 6 })) if (id >= 0) break;
    expect(getBackend().memory().storages).toBe(storages);
  });

  it('refuses empty and foreign prompts, and a draw without a stream', async () => {
    const model = make();
    await expect(collect(generate(model, [], { length: 1 }))).rejects.toThrow(/at least one token/);
    await expect(collect(generate(model, [1, 7], { length: 1 }))).rejects.toThrow(/7 at index 1/);
    await expect(collect(generate(model, [1], { length: 1, sampler: sampler() }))).rejects.toThrow(/new Random/);
  });
});

describe('generate beyond the context', () => {
  it('goes on with the later half of the text', async () => {
    const model = gpt();
    const ids = [1, 2, 3];
    for await (const id of generate(model, ids.slice(), { length: 20 })) ids.push(id);
    expect(ids).toHaveLength(23);
    // 12 tokens fill the context; the 13th is judged from the last 6, and so are the following ones.
    expect(ids[13]).toBe(greedy(whole(model, ids.slice(7, 13))));
    expect(ids[15]).toBe(greedy(whole(model, ids.slice(7, 15))));
  });
});

/** A chain where the greedy start is a trap: 0 → 1 (0.6) or 2 (0.4); 1 → 3, 4 (0.5 each); 2 → 5 (1). */
const trap: Generative = {
  decoder: () => {
    const next: Record<number, Record<number, number>> = { 0: { 1: 0.6, 2: 0.4 }, 1: { 3: 0.5, 4: 0.5 }, 2: { 5: 1 } };
    return {
      vocabulary: 6,
      feed: async (rows) =>
        rows.map((row) => Float32Array.from({ length: 6 }, (_, id) => log(next[row[row.length - 1]]?.[id] ?? 1e-9))),
      reorder: () => undefined,
      dispose: () => undefined,
    };
  },
};

describe('beamSearch', () => {
  it('finds the likelier text that greedy misses', async () => {
    const [best, second] = await beamSearch(trap, [0], { width: 2, length: 2 });
    expect(best.ids).toEqual([2, 5]);
    expect(exp(best.logProbability)).toBeCloseTo(0.4, 6);
    expect(exp(second.logProbability)).toBeCloseTo(0.3, 6);
    expect((await beamSearch(trap, [0], { width: 1, length: 2 }))[0].ids[0]).toBe(1);
    const [ended] = await beamSearch(trap, [0], { width: 2, length: 5, stop: [5] });
    expect(ended.ids).toEqual([2]);
  });

  it.each([
    ['GPT', gpt],
    ['LSTM', lstm],
  ])('equals a full search where the width holds everything (%s)', async (_, make) => {
    const model = make();
    const found = await beamSearch(model, [2], { width: 49, length: 2 });
    const all: { ids: number[]; logProbability: number }[] = [];
    const logSoftmax = (logits: Float32Array) => {
      const total = log(logits.reduce((sum, v) => sum + exp(v), 0));
      return Array.from(logits, (v) => v - total);
    };
    const first = logSoftmax(whole(model, [2]));
    for (let a = 0; a < 7; a++) {
      logSoftmax(whole(model, [2, a])).forEach((p, b) => {
        all.push({ ids: [a, b], logProbability: first[a] + p });
      });
    }
    all.sort((x, y) => y.logProbability - x.logProbability);
    expect(found).toHaveLength(49);
    expect(found[0].ids).toEqual(all[0].ids);
    found.forEach(({ logProbability }, i) => {
      expect(logProbability).toBeCloseTo(all[i].logProbability, 5);
    });
  });
});
