/**
 * Built-in shapes, from the `config.json` beside each model's published weights. Only widths and counts are stored;
 * every total is computed.
 */
import { LookbackError, nearest } from '../errors.ts';
import { gpt2, type LlamaParts, llama } from './families.ts';
import type { Shape } from './shape.ts';

type Row = readonly [width: number, layers: number, heads: number, kvHeads: number, mlpWidth: number];

function rows(
  parts: Omit<LlamaParts, 'width' | 'layers' | 'heads' | 'mlpWidth'>,
  [width, layers, heads, kvHeads, mlpWidth]: Row,
): Shape {
  return llama({ ...parts, width, layers, heads, kvHeads, mlpWidth });
}

const gpt2Model = (name: string, width: number, layers: number, heads: number) =>
  gpt2({ name, vocabulary: 50257, context: 1024, width, layers, heads });
const llama2 = (name: string, row: Row) => rows({ name, vocabulary: 32000, context: 4096 }, row);
const llama3 = (name: string, context: number, tied: boolean, row: Row) =>
  rows({ name, vocabulary: 128256, context, tied }, row);
const qwen25 = (name: string, vocabulary: number, tied: boolean, row: Row) =>
  rows({ name, vocabulary, context: 32768, tied, inputBias: true }, row);
const qwen3 = (name: string, tied: boolean, row: Row, experts?: Shape['experts']) =>
  rows({ name, vocabulary: 151936, context: 40960, tied, headWidth: 128, queryKeyNorm: true, experts }, row);
const qwen3Experts = (width: number): Shape['experts'] => ({
  routed: 128,
  active: 8,
  shared: 0,
  width,
  denseLayers: 0,
  routerBias: false,
});

/** DeepSeek-V3 (arXiv 2412.19437, section 4.2); R1 is trained on from it and has its shape (arXiv 2501.12948). */
const deepseek = (name: string): Shape => ({
  name,
  vocabulary: 129280,
  width: 7168,
  layers: 61,
  context: 163840,
  attention: {
    kind: 'latent',
    heads: 128,
    queryRank: 1536,
    kvRank: 512,
    plainWidth: 128,
    rotaryWidth: 64,
    valueWidth: 128,
    bias: false,
  },
  mlp: { width: 18432, gated: true, bias: false },
  experts: { routed: 256, active: 8, shared: 1, width: 2048, denseLayers: 3, routerBias: true },
  tied: false,
  learnedPositions: 0,
  normBias: false,
  note: 'Ships in FP8, so its files take about half of what bf16 would; its multi-token prediction layer is not counted.',
});

/** In the order `lookback size` lists them. */
export const models: readonly Shape[] = [
  gpt2Model('GPT-2', 768, 12, 12),
  gpt2Model('GPT-2-medium', 1024, 24, 16),
  gpt2Model('GPT-2-large', 1280, 36, 20),
  gpt2Model('GPT-2-XL', 1600, 48, 25),
  llama2('Llama-2-7B', [4096, 32, 32, 32, 11008]),
  llama2('Llama-2-13B', [5120, 40, 40, 40, 13824]),
  llama2('Llama-2-70B', [8192, 80, 64, 8, 28672]),
  llama3('Llama-3-8B', 8192, false, [4096, 32, 32, 8, 14336]),
  llama3('Llama-3-70B', 8192, false, [8192, 80, 64, 8, 28672]),
  llama3('Llama-3.1-8B', 131072, false, [4096, 32, 32, 8, 14336]),
  llama3('Llama-3.1-70B', 131072, false, [8192, 80, 64, 8, 28672]),
  llama3('Llama-3.1-405B', 131072, false, [16384, 126, 128, 8, 53248]),
  llama3('Llama-3.2-1B', 131072, true, [2048, 16, 32, 8, 8192]),
  llama3('Llama-3.2-3B', 131072, true, [3072, 28, 24, 8, 8192]),
  qwen25('Qwen2.5-0.5B', 151936, true, [896, 24, 14, 2, 4864]),
  qwen25('Qwen2.5-1.5B', 151936, true, [1536, 28, 12, 2, 8960]),
  qwen25('Qwen2.5-3B', 151936, true, [2048, 36, 16, 2, 11008]),
  qwen25('Qwen2.5-7B', 152064, false, [3584, 28, 28, 4, 18944]),
  qwen25('Qwen2.5-14B', 152064, false, [5120, 48, 40, 8, 13824]),
  qwen25('Qwen2.5-32B', 152064, false, [5120, 64, 40, 8, 27648]),
  qwen25('Qwen2.5-72B', 152064, false, [8192, 80, 64, 8, 29568]),
  qwen3('Qwen3-0.6B', true, [1024, 28, 16, 8, 3072]),
  qwen3('Qwen3-1.7B', true, [2048, 28, 16, 8, 6144]),
  qwen3('Qwen3-4B', true, [2560, 36, 32, 8, 9728]),
  qwen3('Qwen3-8B', false, [4096, 36, 32, 8, 12288]),
  qwen3('Qwen3-14B', false, [5120, 40, 40, 8, 17408]),
  qwen3('Qwen3-32B', false, [5120, 64, 64, 8, 25600]),
  qwen3('Qwen3-30B-A3B', false, [2048, 48, 32, 4, 6144], qwen3Experts(768)),
  qwen3('Qwen3-235B-A22B', false, [4096, 94, 64, 4, 12288], qwen3Experts(1536)),
  deepseek('DeepSeek-V3'),
  deepseek('DeepSeek-R1'),
];

/** Finds a built-in shape by name, in any case, with or without its maker (`meta-llama/…`) and ending (`-Instruct`). */
export function findModel(text: string): Shape | undefined {
  const wanted = simple(text);
  return models.find(({ name }) => simple(name) === wanted);
}

/** @throws LookbackError USAGE naming the nearest built-in model */
export function requireModel(text: string, where = 'model'): Shape {
  const found = findModel(text);
  if (found) return found;
  const near = nearest(
    simple(text),
    models.map(({ name }) => simple(name)),
  );
  const name = models.find((model) => simple(model.name) === near)?.name;
  throw new LookbackError('USAGE', {
    where,
    problem: `no built-in model is called ${text}`,
    next: name
      ? `Did you mean ${name}?`
      : 'Give a config.json or a count of parameters, or see the built-in ones: lookback size',
  });
}

function simple(text: string): string {
  return text
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/^meta-/, '')
    .replace(/(-(instruct|chat|base|hf|fp8))+$/, '')
    .replace(/[^a-z0-9.]/g, '');
}
