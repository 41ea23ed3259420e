/**
 * The families of shapes, with what is the same in every member said once. Readers of configurations and the built-in
 * table both go through these.
 */
import type { Shape } from './shape.ts';

type Common = Pick<Shape, 'name' | 'vocabulary' | 'width' | 'layers' | 'context' | 'note' | 'sliding'>;

/** GPT-2 (Radford et al. 2019): biases everywhere, LayerNorm, learned positions, tied output. */
export function gpt2({
  heads,
  mlpWidth,
  tied = true,
  ...common
}: Common & { heads: number; mlpWidth?: number; tied?: boolean }): Shape {
  const { width } = common;
  return {
    ...common,
    attention: {
      kind: 'grouped',
      heads,
      kvHeads: heads,
      headWidth: width / heads,
      inputBias: true,
      outputBias: true,
      queryKeyNorm: false,
    },
    mlp: { width: mlpWidth ?? 4 * width, gated: false, bias: true },
    tied,
    learnedPositions: common.context,
    normBias: true,
  };
}

export interface LlamaParts extends Common {
  heads: number;
  kvHeads?: number;
  headWidth?: number;
  mlpWidth: number;
  tied?: boolean;
  inputBias?: boolean;
  outputBias?: boolean;
  mlpBias?: boolean;
  queryKeyNorm?: boolean;
  experts?: Shape['experts'];
}

/**
 * Llama (Touvron et al. 2023) and what descends from it: RMSNorm, SwiGLU, rotary positions. Qwen2.5 adds biases to q, k
 * and v (Yang et al. 2024); Qwen3 drops them for query-key norms and fixes D at 128 (Yang et al. 2025).
 */
export function llama({
  heads,
  kvHeads = heads,
  headWidth,
  mlpWidth,
  tied = false,
  inputBias = false,
  outputBias = false,
  mlpBias = false,
  queryKeyNorm = false,
  experts,
  ...common
}: LlamaParts): Shape {
  return {
    ...common,
    attention: {
      kind: 'grouped',
      heads,
      kvHeads,
      headWidth: headWidth ?? common.width / heads,
      inputBias,
      outputBias,
      queryKeyNorm,
    },
    mlp: { width: mlpWidth, gated: true, bias: mlpBias },
    ...(experts ? { experts } : {}),
    tied,
    learnedPositions: 0,
    normBias: false,
  };
}
