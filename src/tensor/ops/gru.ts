/**
 * The gated recurrent unit over whole sequences (Cho et al. 2014), in PyTorch's form, where the reset gate acts on the
 * recurrent product, its bias included:
 *
 *   r z = sigmoid(Wx x_t + bx + Wh h_{t-1} + bh),  n = tanh(Wx_n x_t + bx_n + r (Wh_n h_{t-1} + bh_n))
 *   h_t = (1 - z) n + z h_{t-1}
 */
import { addressOf } from '../../backends/backend.ts';
import { apply, define } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { add, multiply, subtract } from './binary.ts';
import { concat } from './join.ts';
import { address } from './kernel.ts';
import { type Lengths, lengthsTensor } from './padded.ts';
import {
  alive,
  checkRecurrent,
  detached,
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
  stackSteps,
  unroll,
} from './recurrent.ts';
import { sigmoid, tanh } from './unary.ts';
import { slice, split } from './views.ts';

const gruOperation = define<RecurrentAttributes>({
  name: 'gru',
  family: 'recurrent',
  summary: 'the GRU over x [B, T, I]: states [B, T, H]; to look at: gates r z n [B, T, 3H], Wh_n h + bh_n [B, T, H]',
  infer: (inputs, attributes) => {
    const [b, t, , h] = checkRecurrent('gru', 3, inputs, attributes);
    return [
      [b, t, h],
      [b, t, 3 * h],
      [b, t, h],
    ].map((shape) => ({ shape, dtype: 'f32' as const }));
  },
  cpu: (kernels, inputs, [y, gates, products], attributes) => {
    if (y.size === 0) return 0;
    const o = operands(inputs, attributes);
    const [yAt, gatesAt, productsAt] = [y, gates, products].map(addressOf);
    const [b, t, i, h] = recurrentExtents(o);
    const ends = address(o.lengths);
    const mask = (at: number, width: number) => (ends === 0 ? 0 : kernels.maskRows(at, at, ends, b, t, width));
    return (
      kernels.gru(yAt, gatesAt, productsAt, ...forwardAddresses(o), b, t, i, h) ||
      mask(yAt, h) ||
      mask(gatesAt, 3 * h) ||
      mask(productsAt, h)
    );
  },
  decompose: (inputs, attributes) => {
    const o = operands(inputs, attributes);
    const [b, t, , h] = recurrentExtents(o);
    const gates: Tensor[] = [];
    const products: Tensor[] = [];
    const y = unroll(o, attributes.onStateGradient, (x, recurrent, before, live) => {
      const [xr, xz, xn] = split(x, 3, -1);
      const [hr, hz, hn] = split(recurrent, 3, -1);
      const reset = sigmoid(add(xr, hr));
      const update = sigmoid(add(xz, hz));
      const candidate = tanh(add(xn, multiply(reset, hn)));
      gates.push(alive(live, concat([reset, update, candidate], -1), 0));
      products.push(alive(live, hn, 0));
      return add(multiply(subtract(1, update), candidate), multiply(update, before));
    });
    return [y, stackSteps(gates, [b, t, 3 * h]), stackSteps(products, [b, t, h])];
  },
  // with dh the gradient that reaches h_t: dn = dh (1 - z), dz = dh (h_{t-1} - n), through tanh to a: dr = da hn,
  // d(hn) = da r; through the sigmoids; then dh_{t-1} = dh z + (recurrent parts) Wh
  gradient: ([incoming], context) => {
    const o = operands(context.inputs, context.attributes);
    const dy = gradientBeforeEnd(incoming, o.lengths);
    if (!dy) return [];
    const [y, gates, products] = context.outputs.map(addressOf);
    const [x, wx, wh, h0] = [o.x, o.wx, o.wh, o.h0].map(address);
    return recurrentGradients('gru: gradient', context, (kernels, { dx, dwx, dwh, dbx, dbh, dh0, dStates }) =>
      kernels.gruGradient(
        dx,
        dwx,
        dwh,
        dbx,
        dbh,
        dh0,
        dStates,
        addressOf(dy),
        y,
        gates,
        products,
        x,
        wx,
        wh,
        h0,
        ...recurrentExtents(o),
        0,
      ),
    );
  },
  samples: () => recurrentSamples(3, 1),
});

export interface GruOptions {
  /** h_0 [B, H]; zeros without. */
  initial?: Tensor;
  /** Steps of each row that are real; all without. */
  lengths?: Lengths;
  onStateGradient?: OnStateGradient;
}

export interface GruResult {
  /** h_t for all t, [B, T, H]. */
  output: Tensor;
  /** h_T, [B, H]; with lengths, at each row's end. */
  last: Tensor;
  /** r z n after their nonlinearities, [B, T, 3H]. For looking: no gradient passes. */
  gates: Tensor;
  /** n alone, the proposed new state, [B, T, H]. For looking: no gradient passes. */
  candidate: Tensor;
}

/**
 * The GRU over x [B, T, I], with weights of 3H rows in the order r z n, as PyTorch's. With lengths, outputs and gates past a
 * row's end are 0; what x holds there does not matter and gets no gradient.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT or INDEX_OUT_OF_RANGE for lengths that do not fit.
 */
export function gru(
  x: Tensor,
  weights: RecurrentWeights,
  { initial, lengths: given, onStateGradient }: GruOptions = {},
): GruResult {
  const lengths = given && lengthsTensor('gru', given, x);
  const start = initial ? [initial] : [];
  const { inputs, attributes } = recurrentInputs(x, weights, start, { lengths, onStateGradient });
  const [output, allGates] = apply(gruOperation, inputs, attributes);
  const gates = detached(allGates);
  const h = output.shape[2];
  return { output, last: lastState(output, initial, lengths), gates, candidate: slice(gates, -1, 2 * h, 3 * h) };
}
