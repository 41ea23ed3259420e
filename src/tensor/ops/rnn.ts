/** The plain recurrent network (Elman 1990) over whole sequences: h_t = tanh(Wx x_t + bx + Wh h_{t-1} + bh), or relu. */
import { addressOf } from '../../backends/backend.ts';
import { apply1, define } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './binary.ts';
import { address } from './kernel.ts';
import { type Lengths, lengthsTensor } from './padded.ts';
import {
  checkRecurrent,
  forwardAddresses,
  gradientBeforeEnd,
  lastState,
  type OnStateGradient,
  operands,
  type RecurrentAttributes,
  type RecurrentWeights,
  recurrentExtents,
  recurrentGradients,
  recurrentInputs,
  recurrentSamples,
  unroll,
} from './recurrent.ts';
import { relu, tanh } from './unary.ts';

interface RnnAttributes extends RecurrentAttributes {
  relu: boolean;
}

const rnnOperation = define<RnnAttributes>({
  name: 'rnn',
  family: 'recurrent',
  summary: 'h_t = tanh(Wx x_t + bx + Wh h_{t-1} + bh), or relu, for all t: x [B, T, I] gives [B, T, H]',
  infer: (inputs, attributes) => {
    const [b, t, , h] = checkRecurrent('rnn', 1, inputs, attributes);
    return [{ shape: [b, t, h], dtype: 'f32' }];
  },
  cpu: (kernels, inputs, [y], attributes) => {
    const o = operands(inputs, attributes);
    if (y.size === 0) return 0;
    const [b, t, i, h] = recurrentExtents(o);
    const [to, ends] = [addressOf(y), address(o.lengths)];
    return (
      kernels.rnn(to, ...forwardAddresses(o), b, t, i, h, attributes.relu ? 1 : 0) ||
      (ends === 0 ? 0 : kernels.maskRows(to, to, ends, b, t, h))
    );
  },
  decompose: (inputs, attributes) => {
    const activation = attributes.relu ? relu : tanh;
    return [unroll(operands(inputs, attributes), attributes.onStateGradient, (x, h) => activation(add(x, h)))];
  },
  // with dh the gradient that reaches h_t: dz = dh (1 - h²), dh_{t-1} += dz Wh, dWx = Σ dzᵀ x, dWh = Σ dzᵀ h_{t-1}
  gradient: ([incoming], context) => {
    const o = operands(context.inputs, context.attributes);
    const dy = gradientBeforeEnd(incoming, o.lengths);
    if (!dy) return [];
    const [y, x, wx, wh, h0] = [context.outputs[0], o.x, o.wx, o.wh, o.h0].map(address);
    const { relu } = context.attributes;
    return recurrentGradients('rnn: gradient', context, (kernels, { dx, dwx, dwh, dbx, dbh, dh0, dStates }) =>
      kernels.rnnGradient(
        dx,
        dwx,
        dwh,
        dbx,
        dbh,
        dh0,
        dStates,
        addressOf(dy),
        y,
        x,
        wx,
        wh,
        h0,
        ...recurrentExtents(o),
        relu ? 1 : 0,
        0,
      ),
    );
  },
  samples: () =>
    recurrentSamples(1, 1).map(({ inputs, attributes }, i) => ({
      inputs,
      attributes: { ...attributes, relu: i % 2 === 1 },
    })),
});

export type { OnStateGradient, RecurrentWeights };

export interface RnnOptions {
  /** h_0 [B, H]; zeros without. */
  initial?: Tensor;
  /** Steps of each row that are real; all without. */
  lengths?: Lengths;
  nonlinearity?: 'tanh' | 'relu';
  onStateGradient?: OnStateGradient;
}

/**
 * h_t = nonlinearity(Wx x_t + bx + Wh h_{t-1} + bh) over x [B, T, I]: all states [B, T, H] and the last one [B, H]. With
 * lengths, states past a row's end are 0 and its last one is that at the end; what x holds past it does not matter and
 * gets no gradient.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT or INDEX_OUT_OF_RANGE for lengths that do not fit.
 */
export function rnn(
  x: Tensor,
  weights: RecurrentWeights,
  { initial, lengths: given, nonlinearity = 'tanh', onStateGradient }: RnnOptions = {},
): { output: Tensor; last: Tensor } {
  const lengths = given && lengthsTensor('rnn', given, x);
  const start = initial ? [initial] : [];
  const { inputs, attributes } = recurrentInputs(x, weights, start, { lengths, onStateGradient });
  const output = apply1(rnnOperation, inputs, { ...attributes, relu: nonlinearity === 'relu' });
  return { output, last: lastState(output, initial, lengths) };
}
