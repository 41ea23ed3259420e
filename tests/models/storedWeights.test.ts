/** Language models whose matrices are stored in bf16: the same text as with the rounded numbers in f32, in half the memory. */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Backend, setBackend } from '../../src/backends/backend.ts';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { generate } from '../../src/generate/engine.ts';
import { type Generative, GPT, RecurrentLanguageModel, readLlama2c } from '../../src/models/index.ts';
import type { Module } from '../../src/nn/index.ts';
import { Random } from '../../src/random.ts';
import * as L from '../../src/tensor/index.ts';
import { Llama2cTokenizer } from '../../src/text/llama2cTokenizer.ts';
import { loadSafetensors, writeSafetensors } from '../../src/track/index.ts';
import { availableBackends } from '../backends.ts';

const folder = `${process.env.LOOKBACK_DATA ?? '../shared/data'}/models/stories260K`;
const present = existsSync(`${folder}/stories260K.bin`);
if (!present) console.info(`skipped: ${folder}/stories260K.bin is not there (set LOOKBACK_DATA)`);

const backends = (await availableBackends()).filter(({ backend }) => backend instanceof CpuBackend);

async function written(model: Generative, prompt: number[], length: number): Promise<number[]> {
  const ids: number[] = [];
  for await (const id of generate(model, prompt, { length })) ids.push(id);
  return ids;
}

const sizes = { vocabulary: 50, context: 40, layers: 2, heads: 4, width: 64 };
const models: Record<string, () => Module & Generative> = {
  gpt: () => new GPT(sizes, { random: new Random(3) }),
  llama: () =>
    new GPT(
      { ...sizes, positions: 'rotary', norm: 'rmsNorm', mlp: 'swiglu', kvHeads: 2, bias: false, tieWeights: false },
      { random: new Random(3) },
    ),
  lstm: () =>
    new RecurrentLanguageModel({ kind: 'lstm', vocabulary: 50, layers: 2, width: 64 }, { random: new Random(3) }),
};

describe.each(backends)('weights in bf16 on $name', ({ backend }) => {
  let usual: Backend | undefined;
  beforeEach(() => {
    usual = setBackend(backend);
  });
  afterEach(() => {
    setBackend(usual);
  });

  for (const [name, make] of Object.entries(models)) {
    it(`${name}: half the memory, the text of the rounded numbers`, async () => {
      const held = new L.Scope();
      const before = backend.memory().inUse;
      const model = held.run(make).eval();
      const matrices = model.parameters().filter(({ rank }) => rank >= 2);
      const bytes = matrices.reduce((sum, { size }) => sum + 4 * size, 0);
      const full = backend.memory().inUse - before;
      model.storeWeights('bf16');
      // but for what the pool rounds each block to
      expect((full - (backend.memory().inUse - before)) / bytes).toBeCloseTo(0.5, 2);
      const half = await written(model, [1, 2, 3], 30);

      const entries = [...model.stateDict()].map(
        ([key, { shape, data, dtype }]) =>
          [
            key,
            { dtype: dtype === 'bf16' ? ('BF16' as const) : ('F32' as const), shape, data: data as Float32Array },
          ] as const,
      );
      const other = held.run(make).eval();
      other.loadStateDict(loadSafetensors(writeSafetensors(new Map(entries))));
      expect(await written(other, [1, 2, 3], 30)).toEqual(half);
      for (const parameter of [...model.parameters(), ...other.parameters()]) parameter.dispose();
      held.close();
    });
  }

  it.skipIf(!present)('stories260K tells a story from bf16 that begins as the published one', async () => {
    const tokenizer = Llama2cTokenizer.read(readFileSync(`${folder}/tok512.bin`));
    const published = /-t 0\.0\n([\s\S]*?)\n```/.exec(readFileSync(`${folder}/stories260K.md`, 'utf8'))?.[1] ?? '';
    const model = readLlama2c(readFileSync(`${folder}/stories260K.bin`));
    model.storeWeights('bf16');
    const ids = await written(model, [tokenizer.beginning], 60);
    const text = tokenizer.decode([tokenizer.beginning, ...ids]);
    let same = 0;
    while (text[same] === published[same] && same < text.length) same++;
    expect(text.length).toBeGreaterThan(100);
    // 8 bits of precision change the likeliest token sooner or later, not at once
    expect(same, text).toBeGreaterThan(40);
  });
});
