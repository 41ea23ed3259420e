/** Dropout (Srivastava et al. 2014): elements set to zero at random, the others scaled so that the mean stays. */
import { addressOf } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { philox4x32, type Random } from '../../random.ts';
import { apply1, define, type Operation, requireDType } from '../operation.ts';
import type { Tensor } from '../tensor.ts';

/** The mask is a function of these numbers and the element's index, so that nothing is stored for the gradient. */
interface DropoutAttributes {
  p: number;
  /** uint32 each. */
  key: readonly [number, number];
  counter: readonly [number, number];
}

const dropoutOperation: Operation<DropoutAttributes> = define<DropoutAttributes>({
  name: 'dropout',
  family: 'random',
  summary: 'elements set to 0 with probability p, the others times 1 / (1 - p); the mask comes from a key',
  infer: ([x]) => {
    requireDType('dropout', x, 'f32');
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  // element i is kept when word i mod 4 of the block with counter (i div 4, counter, 0) is at least p 2^32
  reference: ([x], [y], { p, key, counter }) => {
    const words = new Uint32Array(4);
    const scale = p < 1 ? 1 / (1 - p) : 0;
    for (let i = 0; i < x.data.length; i++) {
      if (i % 4 === 0) philox4x32([i / 4, counter[0], counter[1], 0], key, words);
      y.data[i] = words[i % 4] >= p * 2 ** 32 ? x.data[i] * scale : 0;
    }
  },
  cpu: (kernels, [x], [y], { p, key, counter }) =>
    x.size === 0
      ? 0
      : kernels.dropout(addressOf(y), addressOf(x), x.size, p, key[0] | 0, key[1] | 0, counter[0] | 0, counter[1] | 0),
  saves: { inputs: [], outputs: [] },
  gradient: ([dy], { attributes }) => [dy && apply1(dropoutOperation, [dy], attributes)],
  samples: () =>
    [
      { shape: [3, 5], p: 0.5 },
      { shape: [1037], p: 0.1 },
      { shape: [2, 3], p: 0 },
      { shape: [7], p: 1 },
      { shape: [0, 3], p: 0.3 },
    ].map(({ shape, p }) => ({ inputs: [shape], attributes: { p, key: [0xdeadbeef, 7], counter: [0x80000001, 1] } })),
});

/**
 * Sets each element to 0 with probability p and multiplies the others by 1 / (1 - p).
 *
 * The mask depends on the stream's key and position; each call moves the stream on by one word, so that two calls drop
 * different elements. Inside `checkpoint`, make the stream within the function (`random.split(name)`), so that the second
 * run draws the same mask.
 *
 * @throws LookbackError DTYPE_MISMATCH, BAD_ARGUMENT unless 0 ≤ p ≤ 1.
 */
export function dropout(x: Tensor, p: number, { random }: { random: Random }): Tensor {
  if (!(p >= 0 && p <= 1)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'dropout',
      expected: 'a probability from 0 to 1',
      got: String(p),
    });
  }
  if (p === 0) return x;
  const { position } = random.state();
  random.uint32();
  // The blocks of the stream's own numbers have 0 where these have 1 or more: no block serves both.
  const counter = [position >>> 0, 1 + Math.floor(position / 2 ** 32)] as const;
  return apply1(dropoutOperation, [x], { p, key: random.key, counter });
}
