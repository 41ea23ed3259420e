import { describe, expect, it } from 'vitest';
import { setBackend } from '../backends/backend.ts';
import { ReferenceBackend } from '../backends/reference/reference.ts';
import { GPT } from '../models/gpt.ts';
import { Random } from '../random.ts';
import {
  attentionName,
  attentionParameters,
  cacheBytesPerToken,
  countParameters,
  findModel,
  models,
  type RecipeGpt,
  requireModel,
  shapeFromRecipe,
} from './index.ts';

/** Elements in the published weights, and bytes of cache a token in bf16. */
const published = [
  ['GPT-2', 124_439_808, 36_864],
  ['GPT-2-XL', 1_557_611_200, 307_200],
  ['Llama-2-7B', 6_738_415_616, 524_288],
  ['Llama-2-70B', 68_976_648_192, 327_680],
  ['Llama-3.1-8B', 8_030_261_248, 131_072],
  ['Llama-3.1-70B', 70_553_706_496, 327_680],
  ['Llama-3.1-405B', 405_853_388_800, 516_096],
  ['Llama-3.2-1B', 1_235_814_400, 32_768],
  ['Qwen2.5-0.5B', 494_032_768, 12_288],
  ['Qwen2.5-7B', 7_615_616_512, 57_344],
  ['Qwen2.5-72B', 72_706_203_648, 327_680],
  ['Qwen3-0.6B', 596_049_920, 114_688],
  ['Qwen3-8B', 8_190_735_360, 147_456],
  ['Qwen3-30B-A3B', 30_532_122_624, 98_304],
  ['DeepSeek-V3', 671_026_419_200, 70_272],
  ['DeepSeek-R1', 671_026_419_200, 70_272],
] as const;

describe('built-in models', () => {
  it.each(published)('%s has %d parameters and %d bytes of cache a token', (name, parameters, cache) => {
    const shape = requireModel(name);
    expect(countParameters(shape).total).toBe(parameters);
    expect(cacheBytesPerToken(shape)).toBe(cache);
  });

  it('count parts that add up, and the active ones of a mixture of experts', () => {
    for (const shape of models) {
      const { total, active, ...parts } = countParameters(shape);
      expect(Object.values(parts).reduce((sum, part) => sum + part)).toBe(total);
      expect(active === total).toBe(shape.experts === undefined);
    }
    expect(countParameters(requireModel('DeepSeek-V3')).active).toBe(37_552_297_472);
    expect(countParameters(requireModel('Qwen3-30B-A3B')).active).toBe(3_353_032_704);
  });

  it('are found with a maker, an ending and in any case, and suggested when misspelt', () => {
    expect(findModel('meta-llama/Meta-Llama-3.1-8B-Instruct')?.name).toBe('Llama-3.1-8B');
    expect(findModel('deepseek r1')?.name).toBe('DeepSeek-R1');
    expect(findModel('gpt-5')).toBeUndefined();
    expect(() => requireModel('lama-3.1-8b')).toThrow('Did you mean Llama-3.1-8B?');
  });

  it('name their attention', () => {
    const names = ['GPT-2', 'Llama-3.1-8B', 'DeepSeek-R1'].map((name) => attentionName(requireModel(name)));
    expect(names).toEqual(['MHA', 'GQA', 'MLA']);
    const shape = requireModel('Llama-2-7B');
    if (shape.attention.kind !== 'grouped') throw new Error('Llama is grouped');
    const single = { ...shape, attention: { ...shape.attention, kvHeads: 1 }, sliding: { layers: 2, window: 128 } };
    expect(attentionName(single)).toBe('MQA + sliding');
  });
});

describe('formulas', () => {
  it('count the biases and the direct queries of latent attention', () => {
    const attention = {
      kind: 'latent',
      heads: 2,
      queryRank: null,
      kvRank: 4,
      plainWidth: 3,
      rotaryWidth: 2,
      valueWidth: 3,
      bias: false,
    } as const;
    // q 8·2·5, down 8·(4+2), norm 4, up 4·2·(3+3), out 2·3·8
    expect(attentionParameters({ width: 8, attention })).toBe(80 + 48 + 4 + 48 + 48);
    expect(attentionParameters({ width: 8, attention: { ...attention, queryRank: 3, bias: true } })).toBe(
      24 + 3 + 30 + 48 + 4 + 48 + 48 + (3 + 4 + 2 + 8),
    );
  });

  it('count a recurrent layer in place of attention', () => {
    const shape = requireModel('Llama-3.2-1B');
    const hybrid = { ...shape, recurrent: { layers: 12, parameters: 1000, state: 4096 } };
    expect(countParameters(hybrid).attention).toBe(4 * attentionParameters(shape) + 12_000);
  });

  const recipe: RecipeGpt = {
    layers: 2,
    heads: 4,
    width: 20,
    positions: 'learned',
    norm: 'layerNorm',
    mlp: 'gelu',
    bias: true,
    tieWeights: true,
  };
  it.each<[string, Partial<RecipeGpt>]>([
    ['as GPT-2', {}],
    ['without biases', { bias: false }],
    ['as Llama', { positions: 'rotary', norm: 'rmsNorm', mlp: 'swiglu', bias: false, kvHeads: 2, width: 24 }],
    ['mixed', { norm: 'rmsNorm', mlp: 'swiglu', tieWeights: false, positions: 'sinusoidal' }],
  ])('agree with a GPT this package builds, %s', (_, changes) => {
    const config = { ...recipe, ...changes };
    const { total } = countParameters(shapeFromRecipe(config, { name: 'gpt', vocabulary: 11, context: 7 }));
    setBackend(new ReferenceBackend());
    const model = new GPT({ ...config, vocabulary: 11, context: 7 }, { random: new Random(1, 'sizing') });
    let built = 0;
    for (const { data } of model.stateDict().values()) built += data.length;
    expect(total).toBe(built);
  });
});
