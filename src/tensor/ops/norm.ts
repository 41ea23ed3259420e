/** Normalisation over the last axis: LayerNorm (Ba, Kiros, Hinton 2016) and RMSNorm (Zhang and Sennrich 2019). */
import { addressOf } from '../../backends/backend.ts';
import { LookbackError } from '../../errors.ts';
import { contiguous } from '../memory.ts';
import { apply1, define, requireDType, shapeError } from '../operation.ts';
import { show } from '../shape.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { add, multiply, subtract } from './binary.ts';
import { address, gradientTarget, runGradient } from './kernel.ts';
import { mean, variance } from './reduce.ts';
import { addScalar, rsqrt, square } from './unary.ts';

interface NormAttributes {
  epsilon: number;
}

/** Checks x [..., C] with weight and bias [C]; gives [rows, columns]. */
function checkNorm(where: string, inputs: readonly Tensor[]): void {
  const [x, ...vectors] = inputs;
  for (const [i, input] of inputs.entries()) requireDType(where, input, 'f32', ['x', 'weight', 'bias'][i]);
  const fits = x.rank >= 1 && vectors.every(({ rank, shape }) => rank === 1 && shape[0] === x.shape[x.rank - 1]);
  if (!fits) {
    throw shapeError(where, 'x [..., C] with weight and bias [C]', inputs.map(({ shape }) => show(shape)).join(', '));
  }
}

function extents(shape: readonly number[]): { rows: number; columns: number } {
  const columns = shape[shape.length - 1];
  return { rows: shape.slice(0, -1).reduce((product, extent) => product * extent, 1), columns };
}

const layerNormOperation = define<NormAttributes>({
  name: 'layerNorm',
  family: 'normalisation',
  summary:
    '(x - mean) / √(variance + ε) · weight + bias over the last axis of x [..., C]; weight and bias [C] or absent',
  infer: (inputs) => {
    checkNorm('layerNorm', inputs);
    const { shape } = inputs[0];
    const statistics = { shape: [extents(shape).rows], dtype: 'f32' as const };
    return [{ shape, dtype: 'f32' }, statistics, statistics];
  },
  cpu: (kernels, [x, weight, bias], [y, mean, rstd], { epsilon }) => {
    if (x.size === 0) return 0;
    const { rows, columns } = extents(x.shape);
    const [yAt, meanAt, rstdAt, xAt] = [y, mean, rstd, x].map(addressOf);
    return kernels.layerNorm(yAt, meanAt, rstdAt, xAt, address(weight), address(bias), rows, columns, epsilon);
  },
  decompose: ([x, weight, bias], { epsilon }) => {
    const centred = subtract(x, mean(x, -1, { keepDims: true }));
    const normal = multiply(centred, rsqrt(addScalar(variance(x, -1, { keepDims: true }), epsilon)));
    const scaled = weight ? multiply(normal, weight) : normal;
    return [bias ? add(scaled, bias) : scaled];
  },
  saves: { inputs: [0, 1], outputs: [1, 2] },
  // with x̂ = (x - mean) rstd and g = dy · weight: dx = rstd (g - mean(g) - x̂ mean(g x̂)), dweight = Σ dy x̂, dbias = Σ dy
  gradient: ([incoming], context) => {
    if (!incoming) return [];
    const [x, weight] = context.inputs;
    const [, mean, rstd] = context.outputs;
    const dy = contiguous(incoming);
    const { backend } = dy;
    const sum = x.size > 0 ? context.onto(0) : undefined;
    const dx = sum ?? allocate(x.shape, 'f32', backend);
    const dWeight = gradientTarget(context, 1, backend);
    const dBias = gradientTarget(context, 2, backend);
    const { rows, columns } = extents(x.shape);
    runGradient('layerNorm: gradient', backend, { empty: x.size === 0, targets: [dx, dWeight, dBias] }, (kernels) =>
      kernels.layerNormGradient(
        addressOf(dx),
        address(dWeight),
        address(dBias),
        addressOf(dy),
        addressOf(x),
        addressOf(mean),
        addressOf(rstd),
        address(weight),
        rows,
        columns,
        sum ? 2 : 0,
      ),
    );
    return [dx, dWeight, dBias];
  },
  samples: () =>
    [[[3, 5], [5], [5]], [[2, 3, 17], [17]], [[33]], [[0, 4], [4], [4]], [[2, 1, 40], [40], [40]]].map((inputs) => ({
      inputs,
      attributes: { epsilon: 1e-5 },
    })),
});

/**
 * (x - mean) / √(variance + ε) · weight + bias over the last axis, the variance without correction: x [..., C], weight
 * and bias [C], gives [..., C].
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT for a bias without a weight.
 */
export function layerNorm(
  x: Tensor,
  weight?: Tensor,
  bias?: Tensor,
  { epsilon = 1e-5 }: { epsilon?: number } = {},
): Tensor {
  if (bias && !weight) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'layerNorm',
      expected: 'a weight where there is a bias',
      got: 'none',
    });
  }
  const inputs = weight ? (bias ? [x, weight, bias] : [x, weight]) : [x];
  return apply1(layerNormOperation, inputs, { epsilon });
}

const rmsNormOperation = define<NormAttributes>({
  name: 'rmsNorm',
  family: 'normalisation',
  summary: 'x / √(mean(x²) + ε) · weight over the last axis of x [..., C]; weight [C] or absent',
  infer: (inputs) => {
    checkNorm('rmsNorm', inputs);
    const { shape } = inputs[0];
    return [
      { shape, dtype: 'f32' },
      { shape: [extents(shape).rows], dtype: 'f32' },
    ];
  },
  cpu: (kernels, [x, weight], [y, rstd], { epsilon }) => {
    if (x.size === 0) return 0;
    const { rows, columns } = extents(x.shape);
    return kernels.rmsNorm(addressOf(y), addressOf(rstd), addressOf(x), address(weight), rows, columns, epsilon);
  },
  decompose: ([x, weight], { epsilon }) => {
    const normal = multiply(x, rsqrt(addScalar(mean(square(x), -1, { keepDims: true }), epsilon)));
    return [weight ? multiply(normal, weight) : normal];
  },
  saves: { inputs: [0, 1], outputs: [1] },
  // with x̂ = x rstd and g = dy · weight: dx = rstd (g - x̂ mean(g x̂)), dweight = Σ dy x̂
  gradient: ([incoming], context) => {
    if (!incoming) return [];
    const [x, weight] = context.inputs;
    const rstd = context.outputs[1];
    const dy = contiguous(incoming);
    const { backend } = dy;
    const sum = x.size > 0 ? context.onto(0) : undefined;
    const dx = sum ?? allocate(x.shape, 'f32', backend);
    const dWeight = gradientTarget(context, 1, backend);
    const { rows, columns } = extents(x.shape);
    runGradient('rmsNorm: gradient', backend, { empty: x.size === 0, targets: [dx, dWeight] }, (kernels) => {
      const [dxAt, dyAt, xAt, rstdAt] = [dx, dy, x, rstd].map(addressOf);
      const onto = sum ? 2 : 0;
      return kernels.rmsNormGradient(dxAt, address(dWeight), dyAt, xAt, rstdAt, address(weight), rows, columns, onto);
    });
    return [dx, dWeight];
  },
  samples: () =>
    [[[3, 5], [5]], [[2, 3, 17]], [[33], [33]], [[0, 4], [4]]].map((inputs) => ({
      inputs,
      attributes: { epsilon: 1e-6 },
    })),
});

/**
 * x / √(mean(x²) + ε) · weight over the last axis: x [..., C], weight [C], gives [..., C]. Published models differ in ε:
 * Llama takes 1e-5 or 1e-6, Qwen 1e-6 (the default here).
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH.
 */
export function rmsNorm(x: Tensor, weight?: Tensor, { epsilon = 1e-6 }: { epsilon?: number } = {}): Tensor {
  return apply1(rmsNormOperation, weight ? [x, weight] : [x], { epsilon });
}
