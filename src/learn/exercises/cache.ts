/** Exercise 6: bytes of the KV cache a token. `src/sizing` is the answer. */
import { cacheBytesPerToken, requireModel, type Shape } from '../../sizing/index.ts';
import type { Case, Exercise } from '../exercise.ts';

type Sizes = { readonly layers: number; readonly heads: number; readonly kvHeads: number; readonly headWidth: number };

const starter = `/**
 * Bytes that one token takes in the KV cache.
 *
 * Every layer keeps a key and a value of headWidth numbers for each of its kvHeads;
 * heads counts the queries, which are not kept. bf16 takes 2 bytes a number.
 */
export interface Config { layers: number; heads: number; kvHeads: number; headWidth: number }

export function cacheBytesPerToken({ layers, heads, kvHeads, headWidth }: Config): number {
  // Your turn.
  return 0;
}
`;

const base = requireModel('Llama-3.1-8B');

function bytes({ layers, heads, kvHeads, headWidth }: Sizes): number {
  const attention = { kind: 'grouped', heads, kvHeads, headWidth, inputBias: false, outputBias: false } as const;
  const shape: Shape = { ...base, layers, attention: { ...attention, queryKeyNorm: false } };
  return cacheBytesPerToken(shape, 'bf16');
}

/** A published model's own numbers. */
function of(name: string): Case {
  const { layers, attention } = requireModel(name);
  const { heads, kvHeads, headWidth } = attention as Extract<Shape['attention'], { kind: 'grouped' }>;
  return { about: name, inputs: [{ layers, heads, kvHeads, headWidth }] };
}

export const cache: Exercise = {
  number: 6,
  name: 'kv-cache',
  title: 'Bytes of the KV cache',
  chapter: 'size',
  task: 'Say how many bytes the cache grows by with each token, in bf16.',
  hint: 'Layers × two (a key and a value) × kvHeads × headWidth × bytes a number. Llama-3.1-8B comes out at 131,072.',
  function: 'cacheBytesPerToken',
  starter,
  tolerance: 0,
  cases: () => [
    of('Llama-3.1-8B'),
    of('GPT-2'),
    of('Qwen2.5-7B'),
    {
      about: 'one head of keys and values (multi-query)',
      inputs: [{ layers: 3, heads: 8, kvHeads: 1, headWidth: 16 }],
    },
  ],
  expected: bytes,
  mistakes: [
    { message: 'It is still zero: write the line below “Your turn”.', gives: () => 0 },
    {
      message: 'Half of it is missing: a key and a value are kept, or bf16 has two bytes a number.',
      gives: (sizes: Sizes) => bytes(sizes) / 2,
    },
    {
      message: 'Keys and values are kept for each of kvHeads; heads counts the queries.',
      gives: (sizes: Sizes) => bytes({ ...sizes, kvHeads: sizes.heads }),
    },
    {
      message: 'This is one layer’s share: every layer keeps its own keys and values.',
      gives: (sizes: Sizes) => bytes({ ...sizes, layers: 1 }),
    },
    {
      message: 'These are numbers, not bytes: bf16 takes 2 bytes each, beside the 2 for key and value.',
      gives: (sizes: Sizes) => bytes(sizes) / 4,
    },
  ],
};
