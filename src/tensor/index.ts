/** Tensors and their operations: everything public of this folder. Importing it also gives Tensor its methods. */
import './methods.ts';

export {
  checkpoint,
  customOperation,
  type Gradients,
  type GradientTarget,
  grad,
  tapGradient,
  valueAndGrad,
} from './gradient.ts';
export {
  define,
  type GradientContext,
  type Operation,
  type OutputSpec,
  operations,
  type Sample,
  type SampleInput,
} from './operation.ts';
export * from './ops/attention.ts';
export { add, divide, maximum, minimum, multiply, subtract } from './ops/binary.ts';
export * from './ops/compare.ts';
export { to } from './ops/convert.ts';
export * from './ops/convolution.ts';
export * from './ops/create.ts';
export * from './ops/cumulative.ts';
export * from './ops/dropout.ts';
export { feedForward, type SmoothActivation } from './ops/feedForward.ts';
export * from './ops/gru.ts';
export * from './ops/indexing.ts';
export * from './ops/join.ts';
export * from './ops/linear.ts';
export * from './ops/loss.ts';
export * from './ops/lstm.ts';
export * from './ops/matmul.ts';
export * from './ops/norm.ts';
export { type Lengths, maskTime, reverseTime } from './ops/padded.ts';
export type { OnStateGradient, RecurrentWeights } from './ops/recurrent.ts';
export * from './ops/reduce.ts';
export * from './ops/rnn.ts';
export * from './ops/rotary.ts';
export * from './ops/softmax.ts';
export * from './ops/sort.ts';
export * from './ops/unary.ts';
export * from './ops/views.ts';
export { Scope, scope, unscoped } from './scope.ts';
export type { Shape } from './shape.ts';
export { inference } from './tape.ts';
export { type NestedNumbers, Parameter, Tensor, tensor } from './tensor.ts';
