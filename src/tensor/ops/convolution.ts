/**
 * Convolution over time of x [B, T, C]. (As everywhere in deep learning the filter is not flipped: y_t = Σ_j w_j x_{t+j}.)
 * Dense ones unfold x to columns for one matrix product; depthwise ones (one filter a channel) have their own kernel.
 * Other group counts are refused.
 */
import { addressOf } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { contiguous } from '../memory.ts';
import { apply1, define, type Operation, requireDType, shapeError } from '../operation.ts';
import { type Shape, show } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { add, multiply } from './binary.ts';
import { widened } from './convert.ts';
import { address, gradientTarget, runGradient } from './kernel.ts';
import { linear } from './linear.ts';
import { sum } from './reduce.ts';
import { permute, reshape, transpose } from './views.ts';

/** Output step o and tap j read the input step o stride + j dilation - left; there are zeros outside. */
interface Taps {
  /** Output steps, To. */
  steps: number;
  /** Taps of the filter, K. */
  taps: number;
  stride: number;
  dilation: number;
  /** Zeros in front. */
  left: number;
}

/** Visits [output step, tap, input step] of every pair inside the input. */
function eachTap(
  time: number,
  { steps, taps, stride, dilation, left }: Taps,
  visit: (o: number, j: number, t: number) => void,
) {
  for (let o = 0; o < steps; o++) {
    for (let j = 0; j < taps; j++) {
      const t = o * stride + j * dilation - left;
      if (t >= 0 && t < time) visit(o, j, t);
    }
  }
}

/** The last five arguments of the kernels. */
type KernelTaps = [steps: number, taps: number, stride: number, dilation: number, left: number];
const kernelTaps = (a: Taps): KernelTaps => [a.steps, a.taps, a.stride, a.dilation, a.left];

/** Adds columns [B, To, K C] back to the steps of x [B, T, C] they were read from: the gradient of `unfold`. */
const foldOperation: Operation<Taps & { time: number }> = {
  name: 'fold',
  family: 'gradient',
  summary: 'columns added back to the steps they were read from',
  infer: ([columns], { time, taps }) => [{ shape: [columns.shape[0], time, columns.shape[2] / taps], dtype: 'f32' }],
  reference: ([columns], [x], attributes) => {
    const { time, steps, taps } = attributes;
    const [batch, , channels] = x.shape;
    for (let b = 0; b < batch; b++) {
      eachTap(time, attributes, (o, j, t) => {
        for (let c = 0; c < channels; c++) {
          x.data[(b * time + t) * channels + c] += columns.data[((b * steps + o) * taps + j) * channels + c];
        }
      });
    }
  },
  cpu: (kernels, [columns], [x], attributes) => {
    const [batch, time, channels] = x.shape;
    return kernels.fold(addressOf(x), addressOf(columns), batch, time, channels, ...kernelTaps(attributes));
  },
};

const unfoldOperation = define<Taps>({
  name: 'unfold',
  family: 'convolution',
  summary: 'the inputs of each step of a convolution side by side: x [B, T, C] gives [B, To, K C], zeros outside',
  infer: ([x], { steps, taps }) => {
    requireDType('unfold', x, 'f32');
    if (x.rank !== 3) throw shapeError('unfold', 'x [B, T, C]', show(x.shape));
    return [{ shape: [x.shape[0], steps, taps * x.shape[2]], dtype: 'f32' }];
  },
  reference: ([x], [columns], attributes) => {
    const [batch, time, channels] = x.shape;
    const { steps, taps } = attributes;
    for (let b = 0; b < batch; b++) {
      eachTap(time, attributes, (o, j, t) => {
        for (let c = 0; c < channels; c++) {
          columns.data[((b * steps + o) * taps + j) * channels + c] = x.data[(b * time + t) * channels + c];
        }
      });
    }
  },
  cpu: (kernels, [x], [columns], attributes) => {
    const [batch, time, channels] = x.shape;
    return kernels.unfold(addressOf(columns), addressOf(x), batch, time, channels, ...kernelTaps(attributes));
  },
  saves: { inputs: [], outputs: [] },
  gradient: ([dy], { inputShapes: [[, time]], attributes, needs }) => {
    if (!dy || !needs[0]) return [];
    // taps of no channel leave nothing to fold
    return [apply1(foldOperation, [dy], { ...attributes, time })];
  },
  samples: () => [
    { inputs: [[2, 5, 3]], attributes: { steps: 5, taps: 3, stride: 1, dilation: 1, left: 2 } },
    { inputs: [[1, 7, 2]], attributes: { steps: 3, taps: 2, stride: 2, dilation: 3, left: 1 } },
    { inputs: [[2, 9, 17]], attributes: { steps: 9, taps: 3, stride: 1, dilation: 2, left: 2 } },
    { inputs: [[0, 4, 2]], attributes: { steps: 4, taps: 2, stride: 1, dilation: 1, left: 1 } },
  ],
});

const depthwiseOperation = define<Taps>({
  name: 'depthwiseConvolution',
  family: 'convolution',
  summary: 'one filter a channel over time: x [B, T, C], weight [C, K], bias [C] or absent, gives [B, To, C]',
  infer: (inputs, { steps, taps }) => {
    const [x, weight, bias] = inputs;
    for (const input of inputs) requireDType('depthwiseConvolution', input, 'f32');
    const channels = x.shape[2];
    const is = (tensor: Tensor, shape: Shape) => show(tensor.shape) === show(shape);
    if (x.rank !== 3 || !is(weight, [channels, taps]) || (bias && !is(bias, [channels]))) {
      const got = inputs.map(({ shape }) => show(shape)).join(', ');
      throw shapeError('depthwiseConvolution', 'x [B, T, C], weight [C, K] and bias [C]', got);
    }
    return [{ shape: [x.shape[0], steps, channels], dtype: 'f32' }];
  },
  cpu: (kernels, [x, weight, bias], [y], attributes) => {
    if (y.size === 0) return 0;
    const [to, from, w] = [y, x, weight].map(addressOf);
    const [batch, time, channels] = x.shape;
    return kernels.depthwise(to, from, w, address(bias), batch, time, channels, ...kernelTaps(attributes));
  },
  decompose: ([x, weight, bias], attributes) => {
    const [batch, , channels] = x.shape;
    const { steps, taps } = attributes;
    const columns = reshape(apply1(unfoldOperation, [x], attributes), [batch, steps, taps, channels]);
    const y = sum(multiply(columns, transpose(weight)), 2);
    return [bias ? add(y, bias) : y];
  },
  saves: { inputs: [0, 1], outputs: [] },
  // dx_t = Σ_j w_j dy_{t-j}, dw_j = Σ_t dy_t x_{t+j}, dbias = Σ dy
  gradient: ([incoming], context) => {
    if (!incoming) return [];
    const [x, weight] = context.inputs;
    const dy = contiguous(incoming);
    const { backend } = dy;
    const targets = context.needs.map((_, i) => gradientTarget(context, i, backend));
    const [dx, dWeight, dBias] = [0, 1, 2].map((i) => address(targets[i]));
    const [dyAt, xAt, weightAt] = [dy, x, weight].map(addressOf);
    const [b, t, c] = x.shape;
    const empty = x.size === 0 || dy.size === 0;
    runGradient('depthwiseConvolution: gradient', backend, { empty, targets }, (kernels) =>
      kernels.depthwiseGradient(dx, dWeight, dBias, dyAt, xAt, weightAt, b, t, c, ...kernelTaps(context.attributes)),
    );
    return targets;
  },
  samples: () => [
    { inputs: [[2, 5, 3], [3, 3], [3]], attributes: { steps: 5, taps: 3, stride: 1, dilation: 1, left: 2 } },
    {
      inputs: [
        [1, 7, 2],
        [2, 2],
      ],
      attributes: { steps: 3, taps: 2, stride: 2, dilation: 3, left: 1 },
    },
    { inputs: [[3, 9, 17], [17, 4], [17]], attributes: { steps: 9, taps: 4, stride: 1, dilation: 2, left: 3 } },
    { inputs: [[0, 4, 2], [2, 2], [2]], attributes: { steps: 4, taps: 2, stride: 1, dilation: 1, left: 1 } },
  ],
});

export interface Conv1dOptions {
  stride?: number;
  /** Steps between the taps of the filter. */
  dilation?: number;
  /**
   * `valid` adds no zeros; `causal` adds them in front, so that step t sees nothing after it; `same` on both sides (one
   * more behind where they cannot be equal), for stride 1 only; a number adds as many on each side.
   */
  padding?: 'valid' | 'causal' | 'same' | number;
  /** 1, or the number of channels: one filter for each. */
  groups?: number;
}

/**
 * Convolution over time: x [B, T, Cin], weight [Cout, Cin / groups, K] (PyTorch's order), bias [Cout], gives
 * [B, To, Cout]. The weight may be stored in bf16.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT for options outside what they take.
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, dilation = 1, padding = 'valid', groups = 1 }: Conv1dOptions = {},
): Tensor {
  const where = 'conv1d';
  const [outputs, perGroup, taps] = weight.shape;
  const channels = x.shape[2];
  if (x.rank !== 3 || weight.rank !== 3 || taps === 0 || perGroup * groups !== channels) {
    const got = `x ${show(x.shape)}, weight ${show(weight.shape)}, groups ${groups}`;
    throw shapeError(where, 'x [B, T, Cin] and weight [Cout, Cin / groups, K], K ≥ 1', got);
  }
  const attributes = plan(x.shape[1], taps, { stride, dilation, padding });
  if (groups === 1) {
    const columns = apply1(unfoldOperation, [x], attributes);
    return linear(columns, reshape(permute(weight, [0, 2, 1]), [outputs, taps * channels]), bias);
  }
  if (groups !== channels || outputs !== channels) {
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      expected: 'groups 1, or groups = Cin = Cout',
      got: `groups ${groups} for ${channels} channels in and ${outputs} out`,
    });
  }
  const filters = reshape(widened(weight), [channels, taps]);
  return apply1(depthwiseOperation, bias ? [x, filters, bias] : [x, filters], attributes);
}

/** Output steps and zeros in front. */
function plan(
  time: number,
  taps: number,
  { stride, dilation, padding }: Required<Omit<Conv1dOptions, 'groups'>>,
): Taps {
  const where = 'conv1d';
  const refuse = (expected: string, got: unknown) =>
    new LookbackError('BAD_ARGUMENT', { where, expected, got: String(got) });
  for (const [name, value] of Object.entries({ stride, dilation })) {
    if (!Number.isInteger(value) || value < 1) throw refuse(`${name} that is an integer ≥ 1`, value);
  }
  const reach = dilation * (taps - 1);
  if (reach > 2 ** 31 - 1) throw refuse('a filter that spans less than 2^31 steps', `${taps} taps ${dilation} apart`);
  const zeros = (): { left: number; total: number } => {
    switch (padding) {
      case 'valid':
        return { left: 0, total: 0 };
      case 'causal':
        return { left: reach, total: reach };
      case 'same':
        if (stride !== 1) throw refuse("stride 1 with padding 'same'", stride);
        return { left: Math.floor(reach / 2), total: reach };
      default:
        if (!Number.isInteger(padding) || padding < 0 || padding > 2 ** 31 - 1)
          throw refuse('padding valid, causal, same or an integer from 0 to 2^31 - 1', padding);
        return { left: padding, total: 2 * padding };
    }
  };
  const { left, total } = zeros();
  const span = time + total - reach;
  if (span < 1 && time > 0) {
    throw shapeError(where, `at least ${reach + 1 - total} steps for this filter`, String(time));
  }
  return { steps: span < 1 ? 0 : Math.floor((span - 1) / stride) + 1, taps, stride, dilation, left };
}
