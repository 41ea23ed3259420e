/**
 * How far back the loss at one position reaches: the norm of its gradient by what the model held at each earlier step.
 *
 * With a recurrent network this is the product of Jacobians that vanishes or explodes (Bengio et al. 1994; Pascanu et al.
 * 2013); with attention every step is one look away.
 */
import { Forecaster } from '../models/index.ts';
import { crossEntropy, reshape, scope, slice, sum, type Tensor, tensor, valueAndGrad } from '../tensor/index.ts';
import { anatomyOf, forward, requireIndex, type Subject, stepsOf } from './subject.ts';

export interface GradientTrace {
  /** `embedding`, `lstm.0.state`, `blocks.1.output`; a name of `src/nn/tap.ts`. */
  readonly name: string;
  /** ‖∂loss/∂value at step s‖₂ for s = 0 … position (a forecaster: for every step of the window). */
  readonly norms: Float64Array;
}

export interface GradientThroughTime {
  /** Nats of the true next token; of a forecaster the forecast itself, on the transformed scale. */
  readonly value: number;
  readonly traces: readonly GradientTrace[];
}

/**
 * Of a language model: the loss of the token after `position`, 0 … T-2. Of a forecaster: step `position` of the forecast.
 * What comes after the position is not run, since nothing of it can matter.
 *
 * @throws LookbackError INDEX_OUT_OF_RANGE for a position without a next token
 */
export function gradientThroughTime(subject: Subject, position: number): GradientThroughTime {
  const count = 'ids' in subject ? subject.ids.length - 1 : subject.model.config.horizon;
  requireIndex('position', position, count);
  const seen: Subject = 'ids' in subject ? { ...subject, ids: subject.ids.slice(0, position + 1) } : subject;
  const T = stepsOf(seen);
  const wanted = traceNames(subject);
  const found = new Map<string, Float64Array>();
  const tap = {
    wants: (name: string) => wanted.includes(name),
    gradient: (name: string, gradient: Tensor) => {
      found.set(name, rowNorms(gradient.dataSync() as Float32Array, T));
    },
  };
  const value = scope(() => {
    // From the embedding on everything is recorded; gradients of other weights are not wanted.
    const parameters = 'ids' in subject ? [subject.model.embedding.weight] : subject.model.parameters();
    const { value } = valueAndGrad(parameters, () => {
      const output = forward(seen, tap);
      if (!('ids' in subject)) return sum(slice(output, 1, position, position + 1));
      const V = output.shape[2];
      const last = reshape(slice(output, 1, T - 1, T), [1, V]);
      return crossEntropy(last, tensor(Int32Array.of(subject.ids[position + 1])));
    });
    return value.item();
  });
  const traces = wanted.map((name) => ({ name, norms: found.get(name) ?? new Float64Array(T) }));
  return { value, traces };
}

/** Lowest first. A forecaster's recurrent layers read the window itself, which is no parameter's output. */
function traceNames({ model }: Subject): string[] {
  const { attention, recurrent } = anatomyOf(model);
  const names = recurrent && model instanceof Forecaster ? [] : ['embedding'];
  if (recurrent) {
    for (let layer = 0; layer < recurrent.layers; layer++) names.push(`${recurrent.kind}.${layer}.state`);
  }
  // What leaves the last block reaches the loss of its own position alone.
  for (let layer = 0; layer + 1 < (attention?.layers ?? 0); layer++) names.push(`blocks.${layer}.output`);
  return recurrent || attention ? names : [];
}

/** ‖row‖₂ of values [1, T, C]. */
function rowNorms(values: Float32Array, T: number): Float64Array {
  const C = values.length / T;
  return Float64Array.from({ length: T }, (_, t) => {
    let squares = 0;
    for (let c = 0; c < C; c++) squares += values[t * C + c] * values[t * C + c];
    return Math.sqrt(squares);
  });
}
