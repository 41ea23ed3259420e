/** Changing the element type, always explicitly. */
import { addressOf, type DType } from '../../backends/backend.ts';
import { dtypeCode } from '../../backends/cpu/codes.ts';
import { apply1, define } from '../operation.ts';
import { requireKnown, type Tensor } from '../tensor.ts';

/** What one element becomes. */
function convert(value: number, dtype: DType): number {
  if (dtype === 'u8') return value === 0 ? 0 : 1;
  if (dtype === 'f32') return value;
  if (Number.isNaN(value)) return 0;
  return Math.max(-2147483648, Math.min(2147483647, Math.trunc(value)));
}

const toOperation = define<DType>({
  name: 'to',
  family: 'creation',
  summary:
    'another element type: f32 to i32 cuts the fraction off and saturates, NaN gives 0; to u8 gives 1 where not 0',
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
    { inputs: [[0, 2]], attributes: 'i32' },
  ],
});

/**
 * The tensor with another element type; the tensor itself when it has that type already. f32 to i32 cuts the
 * fraction off and saturates, NaN gives 0; anything to u8 gives 1 where it is not 0. No gradient passes.
 */
export function to(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply1(toOperation, [x], dtype);
}
