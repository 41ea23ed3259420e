/** Changing the element type, always explicitly. */
import { addressOf, type DType } from '../../backends/backend.ts';
import { dtypeCode } from '../../backends/cpu/codes.ts';
import { apply1, define } from '../operation.ts';
import { requireKnown, type Tensor } from '../tensor.ts';

/** What one element becomes. */
function convert(value: number, dtype: DType): number {
  if (dtype === 'u8') return value === 0 ? 0 : 1;
  if (dtype === 'f32' || dtype === 'bf16') return value;
  if (Number.isNaN(value)) return 0;
  return Math.max(-2147483648, Math.min(2147483647, Math.trunc(value)));
}

const toOperation = define<DType>({
  name: 'to',
  family: 'creation',
  summary:
    'another element type: f32 to i32 cuts the fraction off and saturates, NaN gives 0; to u8 gives 1 where not 0; to bf16 rounds to nearest even',
  infer: ([x], dtype) => {
    requireKnown('to', dtype);
    return [{ shape: x.shape, dtype }];
  },
  reference: ([x], [y], dtype) => {
    for (let i = 0; i < x.data.length; i++) y.data[i] = convert(x.data[i], dtype);
  },
  cpu: (kernels, [x], [y]) =>
    y.size === 0 ? 0 : kernels.convert(addressOf(y), dtypeCode[y.dtype], addressOf(x), dtypeCode[x.dtype], y.size),
  samples: () => [
    { inputs: [{ shape: [5], values: [-2.7, 2.7, 0, 3e9, -3e9] }], attributes: 'i32' },
    { inputs: [{ shape: [2, 2], values: [-0.5, 0, 1, 256] }], attributes: 'u8' },
    { inputs: [{ shape: [3, 7], dtype: 'i32', range: [-9, 9] }], attributes: 'f32' },
    { inputs: [{ shape: [3, 7], dtype: 'i32', range: [-1, 2] }], attributes: 'u8' },
    { inputs: [{ shape: [3, 7], dtype: 'u8', range: [0, 2] }], attributes: 'f32' },
    { inputs: [{ shape: [3, 7], dtype: 'u8', range: [0, 2] }], attributes: 'i32' },
    { inputs: [{ shape: [4], dtype: 'bf16', values: [-2.75, 0, 3e9, Number.NaN] }], attributes: 'i32' },
    { inputs: [{ shape: [3, 7], dtype: 'i32', range: [-999, 999] }], attributes: 'bf16' },
    { inputs: [{ shape: [3, 7], dtype: 'u8', range: [0, 2] }], attributes: 'bf16' },
    { inputs: [{ shape: [4], dtype: 'bf16', values: [-2.75, 0, 3e9, 1e-40] }], attributes: 'u8' },
    { inputs: [[0, 2]], attributes: 'i32' },
  ],
});

/** Between f32 and bf16: rounding in one direction, exact in the other. The gradient, f32 always, passes as it is. */
const storeOperation = define<'f32' | 'bf16'>({
  name: 'store',
  family: 'creation',
  summary: 'f32 rounded to bf16 (to nearest, ties to even), or bf16 widened to f32; the gradient passes unchanged',
  infer: ([x], dtype) => [{ shape: x.shape, dtype }],
  reference: ([x], [y]) => y.data.set(x.data),
  cpu: (kernels, [x], [y]) =>
    y.size === 0 ? 0 : kernels.convert(addressOf(y), dtypeCode[y.dtype], addressOf(x), dtypeCode[x.dtype], y.size),
  saves: { inputs: [], outputs: [] },
  // taken as the identity: rounding has slope 0 almost everywhere, which would stop all learning
  gradient: ([dy]) => [dy],
  samples: () => {
    const odd = [1.00390625, 1.01171875, -1.00390625, 3.39e38, 1e-40, -0, Infinity, -Infinity, Number.NaN];
    return [
      { inputs: [{ shape: [9], values: odd, constant: true }], attributes: 'bf16' },
      { inputs: [{ shape: [3, 17], constant: true }], attributes: 'bf16' },
      { inputs: [{ shape: [9], dtype: 'bf16', values: odd }], attributes: 'f32' },
      { inputs: [{ shape: [4, 5], dtype: 'bf16', range: [-1, 1] }], attributes: 'f32' },
      { inputs: [{ shape: [0, 2], constant: true }], attributes: 'bf16' },
    ];
  },
});

/** x as f32: itself, or bf16 widened. */
export function widened(x: Tensor): Tensor {
  return x.dtype === 'bf16' ? to(x, 'f32') : x;
}

/**
 * The tensor with another element type; the tensor itself when it has that type already. f32 to i32 cuts the
 * fraction off and saturates, NaN gives 0; anything to u8 gives 1 where it is not 0; bf16 is rounded to nearest, ties to
 * even, by way of f32. A gradient passes between f32 and bf16 only, as if nothing had been rounded.
 */
export function to(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const stored = (x.dtype === 'f32' && dtype === 'bf16') || (x.dtype === 'bf16' && dtype === 'f32');
  return stored ? apply1(storeOperation, [x], dtype) : apply1(toOperation, [x], dtype);
}
