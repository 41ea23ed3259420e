/** The shape of a GPT this package trains, from the model a recipe describes. */
import type { Shape } from './shape.ts';

/** The keys of a recipe's `model: { kind: gpt, … }` that decide its size. */
export interface RecipeGpt {
  layers: number;
  heads: number;
  kvHeads?: number;
  width: number;
  positions: 'none' | 'sinusoidal' | 'learned' | 'rotary' | 'alibi';
  mlp: 'relu' | 'gelu' | 'swiglu';
  norm: 'layerNorm' | 'rmsNorm';
  bias: boolean;
  tieWeights: boolean;
}

/** Counts as `GPT` builds it: M is 4C, or for swiglu 8C/3 rounded up to a multiple of 8; the output has no bias. */
export function shapeFromRecipe(
  { layers, heads, kvHeads = heads, width, positions, mlp, norm, bias, tieWeights }: RecipeGpt,
  { name, vocabulary, context }: { name: string; vocabulary: number; context: number },
): Shape {
  return {
    name,
    vocabulary,
    width,
    layers,
    context,
    attention: {
      kind: 'grouped',
      heads,
      kvHeads,
      headWidth: width / heads,
      inputBias: bias,
      outputBias: bias,
      queryKeyNorm: false,
    },
    mlp: { width: mlp === 'swiglu' ? 8 * Math.ceil(width / 3) : 4 * width, gated: mlp === 'swiglu', bias },
    tied: tieWeights,
    learnedPositions: positions === 'learned' ? context : 0,
    normBias: bias && norm === 'layerNorm',
  };
}
