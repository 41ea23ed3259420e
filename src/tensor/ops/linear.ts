/**
 * y = activation(x Wᵀ + b), the affine layer of everything, with the activation fused into the product.
 *
 * There is one record for each activation, because what the gradient must keep differs: nothing for none, the output
 * for relu, tanh and sigmoid, the derivative itself (computed beside the value) for gelu, geluTanh and silu.
 */
import { addressOf } from '../../backends/backend.ts';
import { type Activation, activationCode } from '../../backends/cpu/codes.ts';
import { LookbackError } from '../../errors.ts';
import { contiguous } from '../memory.ts';
import { apply1, define, type Operation, requireDType, requireStored, shapeError } from '../operation.ts';
import { show } from '../shape.ts';
import { needsRecord } from '../tape.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { add } from './binary.ts';
import { widened } from './convert.ts';
import { address, biasGradient, inputGradient, runGradient, weightGradient } from './kernel.ts';
import { matmul } from './matmul.ts';
import { gelu, relu, sigmoid, silu, tanh } from './unary.ts';
import { transpose } from './views.ts';

export type { Activation };

/** An activation: what its gradient reads, and the function for the decomposition. */
interface Activated {
  from: 'nothing' | 'output' | 'slope';
  formula: string;
  function: (z: Tensor) => Tensor;
}

const activations: Record<Activation, Activated> = {
  none: { from: 'nothing', formula: 'x Wᵀ + b', function: (z) => z },
  relu: { from: 'output', formula: 'relu(x Wᵀ + b)', function: relu },
  tanh: { from: 'output', formula: 'tanh(x Wᵀ + b)', function: tanh },
  sigmoid: { from: 'output', formula: 'sigmoid(x Wᵀ + b)', function: sigmoid },
  gelu: { from: 'slope', formula: 'gelu(x Wᵀ + b)', function: (z) => gelu(z) },
  geluTanh: {
    from: 'slope',
    formula: 'geluTanh(x Wᵀ + b)',
    function: (z) => gelu(z, { approximate: 'tanh' }),
  },
  silu: { from: 'slope', formula: 'silu(x Wᵀ + b)', function: silu },
};

/** dz = dy · activation'(saved), one kernel. */
function activationGradient(dy: Tensor, saved: Tensor, code: number): Tensor {
  const dz = allocate(dy.shape, 'f32', dy.backend);
  runGradient('activationGradient', dy.backend, { empty: dy.size === 0, targets: [] }, (kernels) =>
    kernels.activationGradient(addressOf(dz), addressOf(dy), addressOf(saved), dy.size, code),
  );
  return dz;
}

function linearOperation(activation: Activation): Operation {
  const { from, formula, function: activate } = activations[activation];
  const code = activationCode[activation];
  return define({
    name: activation === 'none' ? 'linear' : `linear${activation[0].toUpperCase()}${activation.slice(1)}`,
    family: 'linear',
    summary: `${formula}; x [..., I], W [O, I], b [O] or absent, gives [..., O]`,
    infer: (inputs) => {
      const [x, weight, bias] = inputs;
      requireDType('linear', x, 'f32', 'x');
      requireStored('linear', weight, 'weight');
      if (bias) requireDType('linear', bias, 'f32', 'bias');
      const got = `x ${show(x.shape)}, weight ${show(weight.shape)}${bias ? `, bias ${show(bias.shape)}` : ''}`;
      const fits = x.rank >= 1 && weight.rank === 2 && x.shape[x.rank - 1] === weight.shape[1];
      if (!fits || (bias && (bias.rank !== 1 || bias.shape[0] !== weight.shape[0]))) {
        throw shapeError('linear', 'x [..., I], weight [O, I] and bias [O]', got);
      }
      const shape = [...x.shape.slice(0, -1), weight.shape[0]];
      const output = { shape, dtype: 'f32' as const };
      return from === 'slope' && needsRecord(inputs) ? [output, output] : [output];
    },
    cpu: (kernels, [x, weight, bias], [y, slope]) => {
      const [n, k] = weight.shape;
      if (y.size === 0) return 0;
      const to = addressOf(y);
      const m = y.size / n;
      const call = weight.dtype === 'bf16' ? kernels.linearBf16 : kernels.linear;
      return call(to, address(slope), addressOf(x), addressOf(weight), address(bias), m, n, k, code);
    },
    decompose: ([x, weight, bias]) => {
      const product = matmul(x, transpose(widened(weight)));
      return [activate(bias ? add(product, bias) : product)];
    },
    saves: { inputs: [0, 1], outputs: from === 'nothing' ? [] : [from === 'output' ? 0 : 1] },
    // dx = dz W, dW = dzᵀ x, db = Σ dz
    gradient: ([incoming], context) => {
      if (!incoming) return [];
      const { inputs, outputs } = context;
      const dense = contiguous(incoming);
      const saved = from === 'nothing' ? undefined : outputs[from === 'output' ? 0 : 1];
      const dz = saved ? activationGradient(dense, saved, code) : dense;
      const [x, weight] = inputs;
      const dx = inputGradient('linear: dx', context, { dz, weight });
      const dWeight = weightGradient('linear: dW', context, 1, { dz, x, shape: weight.shape });
      const dBias = biasGradient('linear: db', context, 2, dz);
      return [dx, dWeight, dBias];
    },
    samples: () =>
      [
        [[4, 3], [5, 3], [5]],
        [
          [2, 3, 7],
          [1, 7],
        ],
        [[6], [3, 6], [3]],
        [[0, 4], [3, 4], [3]],
        [[2, 0], [3, 0], [3]],
        [[17, 33], [19, 33], [19]],
        [[3, 5], { shape: [4, 5], dtype: 'bf16' as const, range: [-1, 1] as const }, [4]],
        [[17, 70], { shape: [67, 70], dtype: 'bf16' as const, range: [-1, 1] as const }],
      ].map((inputs) => ({ inputs, attributes: undefined })),
  });
}

const records: Record<Activation, Operation> = {
  none: linearOperation('none'),
  relu: linearOperation('relu'),
  gelu: linearOperation('gelu'),
  geluTanh: linearOperation('geluTanh'),
  silu: linearOperation('silu'),
  tanh: linearOperation('tanh'),
  sigmoid: linearOperation('sigmoid'),
};

/**
 * activation(x Wᵀ + b) for x [..., I], weight [O, I] (as published checkpoints store it) and bias [O]: [..., O]. The weight
 * may be stored in bf16: the result is that of the rounded weight in f32, bit for bit.
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT for an activation it does not know.
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { activation = 'none' }: { activation?: Activation } = {},
): Tensor {
  const record = records[activation];
  if (!record) {
    const expected = `an activation among ${Object.keys(records).join(', ')}`;
    throw new LookbackError('BAD_ARGUMENT', { where: 'linear', expected, got: String(activation) });
  }
  return apply1(record, bias ? [x, weight, bias] : [x, weight], undefined);
}
