/**
 * The long short-term memory over whole sequences (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000):
 *
 *   i f o = sigmoid(z), g = tanh(z) with z = Wx x_t + bx + Wh h_{t-1} + bh, in the order i f g o
 *   c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)
 */
import { addressOf } from '../../backends/backend.ts';
import { contiguous } from '../memory.ts';
import { apply, define } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { add, multiply } from './binary.ts';
import { zeros } from './create.ts';
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
import { split } from './views.ts';

const lstmOperation = define<RecurrentAttributes>({
  name: 'lstm',
  family: 'recurrent',
  summary:
    'the LSTM over x [B, T, I]: states [B, T, H], last cell [B, H]; to look at: gates [B, T, 4H], cells [B, T, H]',
  differentiableOutputs: [0, 1],
  infer: (inputs, attributes) => {
    const [b, t, , h] = checkRecurrent('lstm', 4, inputs, attributes);
    return [
      [b, t, h],
      [b, h],
      [b, t, 4 * h],
      [b, t, h],
    ].map((shape) => ({ shape, dtype: 'f32' as const }));
  },
  cpu: (kernels, inputs, [y, lastCell, gates, cells], attributes) => {
    const o = operands(inputs, attributes);
    const [b, t, i, h] = recurrentExtents(o);
    if (y.size === 0) return 0;
    const [yAt, lastAt, gatesAt, cellsAt] = [y, lastCell, gates, cells].map(addressOf);
    const endAt = cellsAt + 4 * (t - 1) * h;
    const ends = address(o.lengths);
    return (
      kernels.lstm(yAt, gatesAt, cellsAt, ...forwardAddresses(o), address(o.c0), b, t, i, h) ||
      (ends === 0 ? 0 : kernels.maskRows(yAt, yAt, ends, b, t, h)) ||
      (ends === 0 ? 0 : kernels.lstmEnds(gatesAt, cellsAt, address(o.c0), ends, b, t, h)) ||
      kernels.copy(lastAt, 0, 0, h, 1, endAt, 0, 0, t * h, 1, 1, 1, b, h, 4)
    );
  },
  decompose: (inputs, attributes) => {
    const o = operands(inputs, attributes);
    const [b, t, , h] = recurrentExtents(o);
    let cell = o.c0 ?? zeros([b, h]);
    const gates: Tensor[] = [];
    const cells: Tensor[] = [];
    const y = unroll(o, attributes.onStateGradient, (x, recurrent, _before, live) => {
      const [zi, zf, zg, zo] = split(add(x, recurrent), 4, -1);
      const [input, forget, candidate, output] = [sigmoid(zi), sigmoid(zf), tanh(zg), sigmoid(zo)];
      const next = add(multiply(forget, cell), multiply(input, candidate));
      const shown = [input, forget, candidate, output].map((gate, i) => alive(live, gate, i === 1 ? 1 : 0));
      cell = alive(live, next, cell);
      gates.push(concat(shown, -1));
      cells.push(cell);
      return multiply(output, tanh(next));
    });
    return [y, cell, stackSteps(gates, [b, t, 4 * h]), stackSteps(cells, [b, t, h])];
  },
  saves: { outputs: [0, 2, 3] },
  // with dh, dc the gradients that reach h_t and c_t: dc += dh o (1 - tanh² c_t); do = dh tanh c_t, di = dc g, dg = dc i,
  // df = dc c_{t-1}; through the nonlinearities to dz; then dc_{t-1} = dc f, dh_{t-1} = dz Wh
  gradient: ([dOutput, dLastCell], context) => {
    if (!dOutput && !dLastCell) return [];
    const o = operands(context.inputs, context.attributes);
    const dy = address(gradientBeforeEnd(dOutput, o.lengths));
    const dCell = address(dLastCell && contiguous(dLastCell));
    const [y, , gates, cells] = context.outputs;
    const saved = [y, gates, cells, o.x, o.wx, o.wh, o.h0, o.c0].map(address);
    const [yAt, gatesAt, cellsAt, x, wx, wh, h0, c0] = saved;
    return recurrentGradients('lstm: gradient', context, (kernels, { dx, dwx, dwh, dbx, dbh, dh0, dc0, dStates }) =>
      kernels.lstmGradient(
        dx,
        dwx,
        dwh,
        dbx,
        dbh,
        dh0,
        dc0,
        dStates,
        dy,
        dCell,
        yAt,
        gatesAt,
        cellsAt,
        x,
        wx,
        wh,
        h0,
        c0,
        ...recurrentExtents(o),
        0,
      ),
    );
  },
  samples: () => recurrentSamples(4, 2),
});

/** What goes from one sequence to the next, each [B, H]. */
export interface LstmState {
  readonly h: Tensor;
  readonly c: Tensor;
}

export interface LstmOptions {
  /** Zeros without. */
  initial?: LstmState;
  /** Steps of each row that are real; all without. */
  lengths?: Lengths;
  onStateGradient?: OnStateGradient;
}

export interface LstmResult {
  /** h_t for all t, [B, T, H]. */
  output: Tensor;
  /** h_T, [B, H]; with lengths, at each row's end. */
  last: Tensor;
  /** c_T, [B, H], likewise. */
  lastCell: Tensor;
  /** i f g o after their nonlinearities, [B, T, 4H]. For looking: no gradient passes. */
  gates: Tensor;
  /** c_t for all t, [B, T, H]. For looking: no gradient passes. */
  cells: Tensor;
}

/**
 * The LSTM over x [B, T, I], with weights of 4H rows in the order i f g o, as PyTorch's. With lengths, outputs past a row's
 * end are 0, what x holds there does not matter and gets no gradient; the gates shown there are 0 1 0 0, the cell stays.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT or INDEX_OUT_OF_RANGE for lengths that do not fit.
 */
export function lstm(
  x: Tensor,
  weights: RecurrentWeights,
  { initial, lengths: given, onStateGradient }: LstmOptions = {},
): LstmResult {
  const lengths = given && lengthsTensor('lstm', given, x);
  const start = initial ? [initial.h, initial.c] : [];
  const { inputs, attributes } = recurrentInputs(x, weights, start, { lengths, onStateGradient });
  const [output, cell, gates, cells] = apply(lstmOperation, inputs, attributes);
  const lastCell = output.shape[1] > 0 ? cell : lastState(output, initial?.c);
  return {
    output,
    last: lastState(output, initial?.h, lengths),
    lastCell,
    gates: detached(gates),
    cells: detached(cells),
  };
}
