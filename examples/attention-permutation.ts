/**
 * Attention without positions does not know order: permute its input and its output is permuted alike.
 *
 * |f(x permuted) - f(x) permuted|, the largest over all elements: rounding without positions, far from it as soon as
 * the input carries sinusoidal positions, queries and keys are rotated, or a causal mask says which step is earlier.
 * Lecture: attention is a set operation; positional encodings.
 */
import * as lookback from '../src/index.ts';
import { MultiHeadAttention, Random, scope, type Tensor } from '../src/index.ts';
import { largestDifference, type Print, runAlone, table } from './entry.ts';

const [T, C, heads] = [12, 16, 4];

/** Largest |f(x permuted) - f(x) permuted| for x [1, T, C]. */
function disorder(f: (x: Tensor) => Tensor): number {
  return scope(() => {
    const random = new Random(2);
    const x = lookback.normal([1, T, C], { random });
    const order = lookback.permutation(T, { random }).reshape([1, T, 1]).expand([1, T, C]);
    const permuted = (tensor: Tensor) => lookback.gather(tensor, order, 1);
    return largestDifference(f(permuted(x)), permuted(f(x)));
  });
}

export function main(print: Print = console.log): Record<'none' | 'sinusoidal' | 'rotary' | 'causal', number> {
  const options = { heads, random: new Random(1) };
  const plain = new MultiHeadAttention(C, options);
  const turned = new MultiHeadAttention(C, { ...options, rotary: new lookback.Rotary(C / heads) });
  const masked = new MultiHeadAttention(C, { ...options, causal: true });
  const positions = new lookback.SinusoidalPositions(C);
  const result = {
    none: disorder((x) => plain.forward(x)),
    sinusoidal: disorder((x) => plain.forward(positions.forward(x))),
    rotary: disorder((x) => turned.forward(x)),
    causal: disorder((x) => masked.forward(x)),
  };
  const rows = Object.entries(result).map(([name, value]) => [name, value.toExponential(1)]);
  table(print, ['positions', 'largest difference after a permutation'], rows);
  return result;
}

runAlone(import.meta.url, main);
