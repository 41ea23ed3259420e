/** Exercise 3: the parameters of a GPT, counted. A model of that configuration, built by the engine, is the answer. */
import { GPT, type GPTConfig } from '../../models/index.ts';
import { Random } from '../../random.ts';
import type { Exercise } from '../exercise.ts';

type Sizes = { readonly vocabulary: number; readonly context: number; readonly layers: number; readonly width: number };

const starter = `/**
 * How many parameters a GPT-2 has. C = width, M = 4C is the width of the MLP.
 *
 * Embeddings: vocabulary × C for the tokens, context × C for the positions. The head shares the tokens' (tied weights).
 * A block: LayerNorm, attention (query, key, value, output), LayerNorm, MLP (up, down). After the last block: LayerNorm.
 * A linear layer from A to B has A·B weights and B biases; a LayerNorm has C weights and C biases.
 */
export interface Config { vocabulary: number; context: number; layers: number; width: number }

export function countParameters({ vocabulary, context, layers, width: C }: Config): number {
  const linear = (from: number, to: number) => from * to + to;
  const norm = 2 * C;
  const embeddings = vocabulary * C + context * C;

  // Your turn: attention has four linear layers, the MLP two.
  const attention = 0;
  const mlp = 0;

  return embeddings + layers * (norm + attention + norm + mlp) + norm;
}
`;

function count(sizes: Sizes, changes: Partial<GPTConfig> = {}): number {
  return new GPT({ ...sizes, heads: 1, ...changes }, { random: new Random(1) }).parameterCount();
}

export const parameters: Exercise = {
  number: 3,
  name: 'count-parameters',
  title: 'Count the parameters of a GPT',
  chapter: 'transformer',
  task: 'Count what attention and the MLP of one block hold, biases included. A model built from the same numbers is asked whether you are right.',
  hint: 'Query, key, value and output are each linear(C, C). The MLP goes up from C to 4C and down again. GPT-2 small, with 12 layers of 768, comes out at 124,439,808.',
  function: 'countParameters',
  starter,
  tolerance: 0,
  cases() {
    const made = (about: string, vocabulary: number, context: number, layers: number, width: number) => ({
      about,
      inputs: [{ vocabulary, context, layers, width }],
    });
    return [
      made('one layer of 8 channels', 20, 16, 1, 8),
      made('three layers of 12 channels', 65, 32, 3, 12),
      made('no layer at all', 11, 4, 0, 6),
      made('a single channel', 2, 2, 2, 1),
    ];
  },
  expected: (sizes: Sizes) => count(sizes),
  mistakes: [
    {
      message: 'Attention and MLP still count as zero: write the two lines below “Your turn”.',
      gives: ({ vocabulary, context, layers, width }: Sizes) => (vocabulary + context + 4 * layers + 2) * width,
    },
    {
      message: 'One block lacks the biases of attention or MLP: linear(from, to) counts them.',
      gives: (sizes: Sizes) => count(sizes) - 9 * sizes.layers * sizes.width,
    },
    {
      message: 'The output projection of attention is missing: there are four linear layers, not three.',
      gives: (sizes: Sizes) => count(sizes) - sizes.layers * (sizes.width * sizes.width + sizes.width),
    },
    {
      message: 'The MLP counts one of its two linear layers only.',
      gives: (sizes: Sizes) => count(sizes) - sizes.layers * (4 * sizes.width * sizes.width + sizes.width),
    },
    {
      message: 'The MLP is as wide as the model here; its hidden layer has 4C channels.',
      gives: (sizes: Sizes) => count(sizes, { mlpWidth: sizes.width }),
    },
  ],
};
