/**
 * Reads the `config.json` beside a model in Hugging Face's format: gpt2, llama, mistral, qwen2, qwen3, qwen3_moe and
 * deepseek_v3. Every missing or wrong field is named at once. Fields their library fills in by itself have its defaults
 * here; fields that decide the size have none.
 */
import { LookbackError, nearest } from '../errors.ts';
import { gpt2, llama } from './families.ts';
import type { Shape } from './shape.ts';

const readers = {
  gpt2: readGpt2,
  llama: (fields, name) => readLlama(fields, name, { everyBias: fields.flag('attention_bias', false) }),
  mistral: (fields, name) => readLlama(fields, name, { slides: fields.has('sliding_window') }),
  qwen2: (fields, name) =>
    readLlama(fields, name, { inputBias: true, slides: fields.flag('use_sliding_window', false) }),
  qwen3: readQwen3,
  qwen3_moe: readQwen3,
  deepseek_v3: readDeepseek,
} as const satisfies Record<string, (fields: Fields, name: string) => Shape>;

/**
 * The shape a parsed `config.json` describes.
 *
 * @param where names the source in messages, e.g. a path
 * @throws LookbackError FILE_INVALID naming every field that is missing or wrong, or the model types that are read
 */
export function shapeFromConfig(config: unknown, where = 'config.json'): Shape {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new LookbackError('FILE_INVALID', { where, expected: 'a JSON object' });
  }
  const fields = new Fields(config as Record<string, unknown>);
  const type = fields.text('model_type');
  const known = Object.keys(readers) as (keyof typeof readers)[];
  const kind = known.find((name) => name === type);
  if (!kind) {
    const near = type === undefined ? undefined : nearest(type, known);
    throw new LookbackError('FILE_INVALID', {
      where: `${where}: model_type`,
      expected: known.join(', '),
      got: type ?? 'nothing',
      next: near ? `Did you mean ${near}?` : 'Give the count of parameters instead, e.g. lookback size 7e9',
    });
  }
  const shape = readers[kind](fields, fields.text('_name_or_path') || kind);
  if (fields.problems.length > 0) {
    throw new LookbackError('FILE_INVALID', { where, problem: fields.problems.join('; ') });
  }
  return shape;
}

function readGpt2(fields: Fields, name: string): Shape {
  const width = fields.whole('n_embd');
  const heads = fields.whole('n_head');
  fields.divides('n_embd', width, 'n_head', heads);
  return gpt2({
    name,
    vocabulary: fields.whole('vocab_size'),
    context: fields.whole('n_positions'),
    width,
    layers: fields.whole('n_layer'),
    heads,
    mlpWidth: fields.whole('n_inner', 4 * width),
    tied: fields.flag('tie_word_embeddings', true),
  });
}

function readLlama(
  fields: Fields,
  name: string,
  {
    everyBias = false,
    inputBias = false,
    slides = false,
  }: { everyBias?: boolean; inputBias?: boolean; slides?: boolean },
): Shape {
  const parts = llamaParts(fields, name);
  if (!fields.has('head_dim')) {
    fields.divides('hidden_size', parts.width, 'num_attention_heads', parts.heads);
  }
  return llama({
    ...parts,
    headWidth: fields.whole('head_dim', parts.width / parts.heads),
    inputBias: everyBias || inputBias,
    outputBias: everyBias,
    mlpBias: fields.flag('mlp_bias', false),
    sliding: slidingLayers(fields, parts.layers, slides),
  });
}

function readQwen3(fields: Fields, name: string): Shape {
  const parts = llamaParts(fields, name);
  const bias = fields.flag('attention_bias', false);
  return llama({
    ...parts,
    headWidth: fields.whole('head_dim', 128),
    inputBias: bias,
    outputBias: bias,
    queryKeyNorm: true,
    experts: fields.has('num_experts') ? qwen3Experts(fields, parts.layers) : undefined,
    sliding: slidingLayers(fields, parts.layers, fields.flag('use_sliding_window', false)),
  });
}

function qwen3Experts(fields: Fields, layers: number): Shape['experts'] {
  // Every `decoder_sparse_step`-th layer has experts unless it is listed as one that has none.
  const step = fields.whole('decoder_sparse_step', 1);
  const plain = fields.list('mlp_only_layers');
  const sparse = Array.from({ length: layers }, (_, i) => i).filter((i) => (i + 1) % step === 0 && !plain.includes(i));
  return {
    routed: fields.whole('num_experts'),
    active: fields.whole('num_experts_per_tok'),
    shared: 0,
    width: fields.whole('moe_intermediate_size'),
    denseLayers: layers - sparse.length,
    routerBias: false,
  };
}

function readDeepseek(fields: Fields, name: string): Shape {
  const layers = fields.whole('num_hidden_layers');
  const everyLayer = fields.whole('moe_layer_freq', 1);
  if (everyLayer !== 1) fields.problems.push(`moe_layer_freq: expected 1, got ${everyLayer}`);
  return {
    name,
    vocabulary: fields.whole('vocab_size'),
    width: fields.whole('hidden_size'),
    layers,
    context: fields.whole('max_position_embeddings'),
    attention: {
      kind: 'latent',
      heads: fields.whole('num_attention_heads'),
      queryRank: fields.isNull('q_lora_rank') ? null : fields.whole('q_lora_rank'),
      kvRank: fields.whole('kv_lora_rank'),
      plainWidth: fields.whole('qk_nope_head_dim'),
      rotaryWidth: fields.whole('qk_rope_head_dim'),
      valueWidth: fields.whole('v_head_dim'),
      bias: fields.flag('attention_bias', false),
    },
    mlp: { width: fields.whole('intermediate_size'), gated: true, bias: false },
    experts: {
      routed: fields.whole('n_routed_experts'),
      active: fields.whole('num_experts_per_tok'),
      shared: fields.whole('n_shared_experts', 0, 0),
      width: fields.whole('moe_intermediate_size'),
      denseLayers: Math.min(layers, fields.whole('first_k_dense_replace', undefined, 0)),
      routerBias: true,
    },
    tied: fields.flag('tie_word_embeddings', false),
    learnedPositions: 0,
    normBias: false,
  };
}

function llamaParts(fields: Fields, name: string) {
  const heads = fields.whole('num_attention_heads');
  const kvHeads = fields.whole('num_key_value_heads', heads);
  fields.divides('num_attention_heads', heads, 'num_key_value_heads', kvHeads);
  return {
    name,
    vocabulary: fields.whole('vocab_size'),
    context: fields.whole('max_position_embeddings'),
    width: fields.whole('hidden_size'),
    layers: fields.whole('num_hidden_layers'),
    heads,
    kvHeads,
    mlpWidth: fields.whole('intermediate_size'),
    tied: fields.flag('tie_word_embeddings', false),
  };
}

/** Sliding layers: those `layer_types` names, else those from `max_window_layers` on, else all. */
function slidingLayers(fields: Fields, layers: number, slides: boolean): Shape['sliding'] {
  const types = fields.list('layer_types');
  const named = types.filter((type) => type === 'sliding_attention').length;
  const count = types.length > 0 ? named : slides ? layers - fields.whole('max_window_layers', 0, 0) : 0;
  return count > 0 ? { layers: count, window: fields.whole('sliding_window') } : undefined;
}

/** Fields of a configuration; what is wrong gathers in `problems`, and reading goes on with 1. */
class Fields {
  readonly problems: string[] = [];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  isNull(key: string): boolean {
    return this.#values[key] === null;
  }

  text(key: string): string | undefined {
    const value = this.#values[key];
    return typeof value === 'string' ? value : undefined;
  }

  list(key: string): unknown[] {
    const value = this.#values[key];
    return Array.isArray(value) ? value : [];
  }

  /** `fallback` serves only where the field is absent or null. */
  whole(key: string, fallback?: number, least = 1): number {
    const value = this.#values[key] ?? fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    if (value === undefined) this.#blame(key, 'is missing');
    // A fallback worked out from a field that is itself wrong says nothing new.
    else if (this.has(key)) this.#blame(key, `expected a whole number ≥ ${least}, got ${JSON.stringify(value)}`);
    return 1;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#values[key] ?? fallback;
    if (typeof value === 'boolean') return value;
    this.#blame(key, `expected true or false, got ${JSON.stringify(value)}`);
    return fallback;
  }

  divides(key: string, value: number, by: string, divisor: number): void {
    if (this.problems.length === 0 && value % divisor !== 0) {
      this.problems.push(`${key}: expected a multiple of ${by} (${divisor}), got ${value}`);
    }
  }

  #blame(key: string, what: string): void {
    this.problems.push(`${key}${what.startsWith('is') ? ' ' : ': '}${what}`);
  }
}
