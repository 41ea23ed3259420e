import { describe, expect, it } from 'vitest';
import { LookbackError } from '../errors.ts';
import { countParameters, requireModel, type Shape, shapeFromConfig } from './index.ts';

const llama = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
};
const qwen2 = { ...llama, model_type: 'qwen2', hidden_size: 3584, intermediate_size: 18944, vocab_size: 152064 };
const configs: [string, Record<string, unknown>][] = [
  [
    'GPT-2',
    { model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257, n_inner: null },
  ],
  ['Llama-3.1-8B', { ...llama, attention_bias: false, mlp_bias: false, tie_word_embeddings: false }],
  [
    'Qwen2.5-7B',
    {
      ...qwen2,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      max_position_embeddings: 32768,
      use_sliding_window: false,
      sliding_window: 131072,
      max_window_layers: 28,
    },
  ],
  [
    'Qwen3-0.6B',
    {
      model_type: 'qwen3',
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 151936,
      max_position_embeddings: 40960,
      tie_word_embeddings: true,
      sliding_window: null,
    },
  ],
  [
    'Qwen3-30B-A3B',
    {
      model_type: 'qwen3_moe',
      hidden_size: 2048,
      intermediate_size: 6144,
      num_hidden_layers: 48,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      head_dim: 128,
      vocab_size: 151936,
      max_position_embeddings: 40960,
      num_experts: 128,
      num_experts_per_tok: 8,
      moe_intermediate_size: 768,
      decoder_sparse_step: 1,
      mlp_only_layers: [],
    },
  ],
  [
    'DeepSeek-R1',
    {
      model_type: 'deepseek_v3',
      hidden_size: 7168,
      intermediate_size: 18432,
      moe_intermediate_size: 2048,
      num_hidden_layers: 61,
      num_attention_heads: 128,
      num_key_value_heads: 128,
      n_routed_experts: 256,
      n_shared_experts: 1,
      num_experts_per_tok: 8,
      first_k_dense_replace: 3,
      moe_layer_freq: 1,
      q_lora_rank: 1536,
      kv_lora_rank: 512,
      qk_nope_head_dim: 128,
      qk_rope_head_dim: 64,
      v_head_dim: 128,
      vocab_size: 129280,
      max_position_embeddings: 163840,
      tie_word_embeddings: false,
    },
  ],
];

/** A shape without its name and remark. */
const bare = ({ name: _, note: __, ...shape }: Shape) => shape;

function refusal(config: unknown): LookbackError {
  try {
    shapeFromConfig(config, 'config.json');
  } catch (error) {
    if (error instanceof LookbackError) return error;
    throw error;
  }
  throw new Error('the configuration was taken');
}

describe('shapeFromConfig', () => {
  it.each(configs)('reads %s as the built-in shape', (name, config) => {
    expect(bare(shapeFromConfig(config))).toEqual(bare(requireModel(name)));
  });

  it('reads biases, windows and layers without experts', () => {
    const biased = countParameters(shapeFromConfig({ ...llama, attention_bias: true, mlp_bias: true }));
    const plain = countParameters(requireModel('Llama-3.1-8B'));
    expect(biased.total - plain.total).toBe(32 * (4096 + 2 * 1024 + 4096 + 2 * 14336 + 4096));
    const window = { sliding_window: 4096 };
    expect(shapeFromConfig({ ...llama, model_type: 'mistral', ...window }).sliding).toEqual({
      layers: 32,
      window: 4096,
    });
    expect(shapeFromConfig({ ...llama, model_type: 'mistral', sliding_window: null }).sliding).toBeUndefined();
    const late = { ...llama, model_type: 'qwen2', use_sliding_window: true, max_window_layers: 20, ...window };
    expect(shapeFromConfig(late).sliding).toEqual({ layers: 12, window: 4096 });
    const types = ['sliding_attention', 'full_attention', 'sliding_attention'];
    expect(shapeFromConfig({ ...late, layer_types: types }).sliding).toEqual({ layers: 2, window: 4096 });
    const sparse = { ...configs[4][1], decoder_sparse_step: 2, mlp_only_layers: [1] };
    expect(shapeFromConfig(sparse).experts?.denseLayers).toBe(25);
  });

  it('names every missing and wrong field at once', () => {
    const { vocab_size: _, hidden_size: __, ...rest } = llama;
    const { code, message } = refusal({ ...rest, num_hidden_layers: 'many', mlp_bias: 1 });
    expect(code).toBe('FILE_INVALID');
    expect(message).toBe(
      'config.json: vocab_size is missing; hidden_size is missing; ' +
        'num_hidden_layers: expected a whole number ≥ 1, got "many"; mlp_bias: expected true or false, got 1.',
    );
  });

  it('refuses heads that do not divide, other model types, and what is no object', () => {
    expect(refusal({ ...llama, hidden_size: 4097 }).message).toContain('hidden_size: expected a multiple of');
    expect(refusal({ ...llama, num_key_value_heads: 5 }).message).toContain('num_attention_heads: expected a multiple');
    expect(refusal({ ...llama, model_type: 'lama' }).message).toContain('Did you mean llama?');
    expect(refusal({}).message).toContain('model_type: expected gpt2, llama');
    for (const config of [null, [], 7]) expect(refusal(config).message).toContain('expected a JSON object');
  });
});
