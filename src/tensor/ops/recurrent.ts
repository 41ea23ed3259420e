/**
 * What rnn, lstm and gru share: their operands, the check of shapes, the loop over time of the decompositions, and
 * where the gradients go. G gates of H units; x [B, T, I], y [B, T, H].
 */
import type { View } from '../../backends/backend.ts';
import type { Kernels } from '../../backends/cpu/kernels.generated.ts';
import { tapGradient } from '../gradient.ts';
import { alias, contiguous } from '../memory.ts';
import { type GradientContext, requireDType, type Sample, type SampleInput, shapeError } from '../operation.ts';
import { type Shape, show } from '../shape.ts';
import { willCallBack } from '../tape.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { add } from './binary.ts';
import { greater, where } from './compare.ts';
import { widened } from './convert.ts';
import { zeros } from './create.ts';
import { stack } from './join.ts';
import { address, gradientTarget, runGradient } from './kernel.ts';
import { matmul } from './matmul.ts';
import { atEnd, checkInside, maskTime, requireLengths } from './padded.ts';
import { reshape, slice, transpose, unsqueeze } from './views.ts';

/** Weights of one recurrent layer, as PyTorch's weight_ih, weight_hh, bias_ih, bias_hh; matrices may be stored in bf16. */
export interface RecurrentWeights {
  /** [G H, I] */
  readonly inputWeight: Tensor;
  /** [G H, H] */
  readonly recurrentWeight: Tensor;
  /** [G H] */
  readonly inputBias?: Tensor;
  /** [G H] */
  readonly recurrentBias?: Tensor;
}

/** Receives the gradient that reaches each state, [B, T, H], on the way back; freed when the function returns. */
export type OnStateGradient = (stateGradients: Tensor) => void;

/** Which optional inputs are there. */
export interface RecurrentAttributes {
  inputBias: boolean;
  recurrentBias: boolean;
  /** h0, and for the LSTM c0. */
  initial: boolean;
  /** i32 [B] at the end of the inputs: the steps of each row that are real. */
  lengths?: boolean;
  onStateGradient?: OnStateGradient;
}

/** The inputs (or things in their order) by the letters of the equations. */
export interface Operands<T> {
  x: T;
  wx: T;
  wh: T;
  bx?: T;
  bh?: T;
  h0?: T;
  c0?: T;
  lengths?: T;
}

/** Names a list in the order x wx wh [bx] [bh] [h0 [c0]] [lengths]. */
export function operands<T>(
  all: readonly T[],
  { inputBias, recurrentBias, initial, lengths: padded }: RecurrentAttributes,
): Operands<T> {
  const list = padded ? all.slice(0, -1) : all;
  const lengths = padded ? all[all.length - 1] : undefined;
  let next = 3;
  const take = (present: boolean) => (present ? list[next++] : undefined);
  const bx = take(inputBias);
  const bh = take(recurrentBias);
  const h0 = take(initial);
  return { x: list[0], wx: list[1], wh: list[2], bx, bh, h0, c0: initial ? list[next] : undefined, lengths };
}

/** The list `operands` names, with what is known of it. */
export function recurrentInputs(
  x: Tensor,
  { inputWeight, recurrentWeight, inputBias, recurrentBias }: RecurrentWeights,
  initial: readonly Tensor[],
  { lengths, onStateGradient }: { lengths?: Tensor; onStateGradient?: OnStateGradient },
): { inputs: Tensor[]; attributes: RecurrentAttributes } {
  const biases = [inputBias, recurrentBias].flatMap((bias) => bias ?? []);
  if (onStateGradient) willCallBack();
  // Padding may hold anything, and 0 · NaN is NaN.
  const real = lengths ? maskTime(x, lengths) : x;
  return {
    inputs: [
      real,
      widened(inputWeight),
      widened(recurrentWeight),
      ...biases,
      ...initial,
      ...(lengths ? [lengths] : []),
    ],
    attributes: {
      inputBias: inputBias !== undefined,
      recurrentBias: recurrentBias !== undefined,
      initial: initial.length > 0,
      lengths: lengths !== undefined,
      onStateGradient,
    },
  };
}

/** Checks all operands; gives the extents b t i h. */
export function checkRecurrent(
  where: string,
  gates: number,
  inputs: readonly Tensor[],
  attributes: RecurrentAttributes,
): [b: number, t: number, i: number, h: number] {
  const { x, wx, wh, bx, bh, h0, c0, lengths } = operands(inputs, attributes);
  for (const input of inputs) if (input !== lengths) requireDType(where, input, 'f32');
  if (lengths) requireLengths(where, lengths, x.shape[0]);
  const [b, t, i] = x.shape;
  const h = wh.shape[1];
  const is = (tensor: Tensor | undefined, ...shape: number[]) =>
    !tensor || (tensor.rank === shape.length && tensor.shape.every((extent, axis) => extent === shape[axis]));
  const width = gates * h;
  const fits =
    is(x, b, t, i) &&
    is(wx, width, i) &&
    is(wh, width, h) &&
    [bx, bh].every((bias) => is(bias, width)) &&
    [h0, c0].every((state) => is(state, b, h));
  if (!fits) {
    const rows = gates === 1 ? 'H' : `${gates}H`;
    throw shapeError(
      where,
      `x [B, T, I], weights [${rows}, I] and [${rows}, H], biases [${rows}], initial states [B, H]`,
      inputs.map(({ shape }) => show(shape)).join(', '),
    );
  }
  return [b, t, i, h];
}

/** b t i h of checked inputs, as the kernels take them. */
export function recurrentExtents({ x, wh }: Operands<{ readonly shape: Shape }>): [number, number, number, number] {
  return [x.shape[0], x.shape[1], x.shape[2], wh.shape[1]];
}

/** Addresses of x wx wh bx bh h0, in the kernels' order. */
export function forwardAddresses(o: Operands<View>): [number, number, number, number, number, number] {
  return [address(o.x), address(o.wx), address(o.wh), address(o.bx), address(o.bh), address(o.h0)];
}

/** Where a step at time t is real, u8 [B, 1]; all of it without lengths. */
function liveAt(lengths: Tensor | undefined, t: number): Tensor | undefined {
  return lengths && unsqueeze(greater(lengths, t), 1);
}

/** `a` where a row is alive, else `b`. */
export function alive(live: Tensor | undefined, a: Tensor, b: Tensor | number): Tensor {
  return live ? where(live, a, b) : a;
}

/**
 * The loop over time in ordinary operations. `cell` makes h_t [B, H] from x_t wxᵀ + bx [B, G H], h_{t-1} whᵀ + bh
 * [B, G H] and h_{t-1}; where a row has ended, as `live` says, its state stays. Gives all states, [B, T, H], 0 past the end.
 */
export function unroll(
  inputs: Operands<Tensor>,
  onStateGradient: OnStateGradient | undefined,
  cell: (input: Tensor, recurrent: Tensor, before: Tensor, live: Tensor | undefined) => Tensor,
): Tensor {
  const { x, wx, wh, bx, bh, h0, lengths } = inputs;
  const [b, steps, , h] = recurrentExtents(inputs);
  const affine = (value: Tensor, weight: Tensor, bias: Tensor | undefined) => {
    const product = matmul(value, transpose(weight));
    return bias ? add(product, bias) : product;
  };
  const projected = affine(x, wx, bx);
  const look = onStateGradient && stateLook(steps, onStateGradient);
  if (lengths && b * steps * h > 0) checkInside('lengths', lengths.dataSync(), steps);
  let state = h0 ?? zeros([b, h]);
  const states: Tensor[] = [];
  for (let t = 0; t < steps; t++) {
    const live = liveAt(lengths, t);
    let next = cell(stepOf(projected, t), affine(state, wh, bh), state, live);
    if (look) next = look(next, t);
    states.push(alive(live, next, 0));
    state = alive(live, next, state);
  }
  return stackSteps(states, [b, steps, h]);
}

/** Tensors [B, N] of each step as [B, T, N]. */
export function stackSteps(steps: readonly Tensor[], shape: Shape): Tensor {
  return steps.length > 0 ? stack(steps, 1) : zeros(shape);
}

/** [B, T, N] at one time: [B, N]. */
export function stepOf(sequence: Tensor, t: number): Tensor {
  const [b, , n] = sequence.shape;
  return reshape(slice(sequence, 1, t, t + 1), [b, n]);
}

/** The last state of y [B, T, H] at each row's end, or what a row began with when it has no step. */
export function lastState(y: Tensor, initial: Tensor | undefined, lengths?: Tensor): Tensor {
  if (lengths) return atEnd(y, lengths, initial);
  const [b, t, h] = y.shape;
  return t > 0 ? stepOf(y, t - 1) : (initial ?? zeros([b, h]));
}

/** The same numbers, through which no gradient passes. */
export function detached(value: Tensor): Tensor {
  return value.view(value.shape, value.strides);
}

/** Collects the gradients that pass each state, the last step first, and hands them over after step 0. */
function stateLook(steps: number, onStateGradient: OnStateGradient): (state: Tensor, t: number) => Tensor {
  const seen: (Tensor | undefined)[] = new Array(steps).fill(undefined);
  return (state, t) =>
    tapGradient(state, (gradient) => {
      seen[t] = alias(gradient);
      if (t === 0) {
        onStateGradient(
          stack(
            seen.map((dh) => dh ?? zeros(state.shape)),
            1,
          ),
        );
        for (const dh of seen) dh?.dispose();
      }
      return undefined;
    });
}

/** The gradient of y without that past the ends: what stands there is the constant 0. */
export function gradientBeforeEnd(dy: Tensor | undefined, lengths: Tensor | undefined): Tensor | undefined {
  return dy && (lengths ? maskTime(dy, lengths) : contiguous(dy));
}

/** Addresses of dx dwx dwh dbx dbh dh0 dc0 dstates; 0 where nobody needs one. */
export type GradientAddresses = Record<'dx' | 'dwx' | 'dwh' | 'dbx' | 'dbh' | 'dh0' | 'dc0' | 'dStates', number>;

/** Makes room for the gradients, has a kernel write them, and shows the states' gradient to whom it may concern. */
export function recurrentGradients<A extends RecurrentAttributes>(
  name: string,
  context: GradientContext<A>,
  call: (kernels: Kernels, to: GradientAddresses) => number,
): (Tensor | undefined)[] {
  const { inputs, attributes } = context;
  const { backend } = inputs[0];
  const [b, t, , h] = recurrentExtents(operands(inputs, attributes));
  const targets = inputs.map((_, i) => gradientTarget(context, i, backend));
  const { onStateGradient } = attributes;
  const dStates = onStateGradient && allocate([b, t, h], 'f32', backend);
  const { x, wx, wh, bx, bh, h0, c0 } = operands(targets, attributes);
  const [dx, dwx, dwh, dbx, dbh, dh0, dc0, dAll] = [x, wx, wh, bx, bh, h0, c0, dStates].map(address);
  runGradient(name, backend, { empty: b * t * h === 0, targets: [...targets, dStates] }, (kernels) =>
    call(kernels, { dx, dwx, dwh, dbx, dbh, dh0, dc0, dStates: dAll }),
  );
  if (dStates) onStateGradient?.(dStates);
  return targets;
}

/** Samples of a layer with `gates` gates; `states` is how many initial states it takes. */
export function recurrentSamples(gates: number, states: number): Sample<RecurrentAttributes>[] {
  const sample = (
    [b, t, i, h]: number[],
    { inputBias = true, recurrentBias = true, initial = true, lengths = undefined as number[] | undefined } = {},
  ): Sample<RecurrentAttributes> => {
    const width = gates * h;
    const biases = [inputBias, recurrentBias].flatMap((present) => (present ? [[width]] : []));
    const inputs: (Shape | SampleInput)[] = [[b, t, i], [width, i], [width, h], ...biases];
    if (initial) inputs.push(...new Array<Shape>(states).fill([b, h]));
    if (lengths) inputs.push({ shape: [b], dtype: 'i32', values: lengths });
    return { inputs, attributes: { inputBias, recurrentBias, initial, lengths: lengths !== undefined } };
  };
  return [
    sample([2, 3, 4, 5]),
    sample([3, 4, 1, 2], { initial: false }),
    sample([1, 1, 3, 1], { inputBias: false, recurrentBias: false }),
    sample([2, 2, 3, 17], { recurrentBias: false, initial: false }),
    sample([9, 5, 2, 3], { inputBias: false }),
    sample([0, 2, 3, 2]),
    sample([4, 5, 3, 4], { lengths: [5, 0, 3, 1] }),
    sample([9, 4, 2, 17], { initial: false, lengths: [1, 2, 3, 4, 4, 3, 2, 1, 0] }),
    sample([3, 3, 33, 5], { lengths: [1, 3, 2] }),
  ];
}
