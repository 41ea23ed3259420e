/**
 * y = f(x W₁ᵀ + b₁) W₂ᵀ + b₂, the position-wise part of a Transformer, for an f whose derivative is not had from its value.
 *
 * One record rather than two affine layers, since then a large hidden layer [..., M], the largest thing that training a
 * Transformer keeps, is kept once: as z = x W₁ᵀ + b₁. The way back makes f(z) and f'(z) from it, on each part of dy W₂
 * while that is in the cache. Of a small one f(z) and f'(z) are kept, since making them again costs more than reading them.
 * It does not show the hidden layer; two `linear`s do, and give the same bits.
 */
import { addressOf } from '../../backends/backend.ts';
import { type Activation, activationCode } from '../../backends/cpu/codes.ts';
import { LookbackError } from '../../errors.ts';
import { contiguous } from '../memory.ts';
import { apply1, define, type Operation, requireDType, type Sample, shapeError } from '../operation.ts';
import { show } from '../shape.ts';
import { needsRecord } from '../tape.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { address, biasGradient, inputGradient, runGradient, weightGradient } from './kernel.ts';
import { linear } from './linear.ts';

/** Activations that keep what came before them. */
export type SmoothActivation = Extract<Activation, 'gelu' | 'geluTanh' | 'silu'>;

interface FeedForwardAttributes {
  activation: SmoothActivation;
  /** Keep z and make f(z) and f'(z) again, rather than keep those two. */
  remakes: boolean;
  /** Which biases follow the weights. */
  hiddenBias: boolean;
  outputBias: boolean;
}

/** Elements of a hidden layer from which on it is kept once: that saves its memory again and costs 1 to 2 % of a step. */
const LARGE = 2 ** 20;

/** Places of the biases among the inputs, -1 where absent. */
function biasesOf({ hiddenBias, outputBias }: FeedForwardAttributes): [hidden: number, output: number] {
  return [hiddenBias ? 3 : -1, outputBias ? (hiddenBias ? 4 : 3) : -1];
}

const feedForwardOperation: Operation<FeedForwardAttributes> = define<FeedForwardAttributes>({
  name: 'feedForward',
  family: 'linear',
  summary: 'f(x W₁ᵀ + b₁) W₂ᵀ + b₂; x [..., I], W₁ [M, I], W₂ [O, M], b₁ [M] and b₂ [O] or absent, gives [..., O]',
  infer: (inputs, attributes) => {
    const [x, hidden, output] = inputs;
    for (const input of inputs) requireDType('feedForward', input, 'f32');
    const [b1, b2] = biasesOf(attributes).map((i) => inputs[i]);
    const fits =
      x.rank >= 1 &&
      hidden.rank === 2 &&
      output.rank === 2 &&
      x.shape[x.rank - 1] === hidden.shape[1] &&
      output.shape[1] === hidden.shape[0] &&
      (!b1 || show(b1.shape) === show([hidden.shape[0]])) &&
      (!b2 || show(b2.shape) === show([output.shape[0]]));
    if (!fits) {
      const got = inputs.map(({ shape }) => show(shape)).join(', ');
      throw shapeError('feedForward', 'x [..., I], weights [M, I] and [O, M], biases [M] and [O]', got);
    }
    const outer = x.shape.slice(0, -1);
    const y = { shape: [...outer, output.shape[0]], dtype: 'f32' as const };
    const kept = { shape: [...outer, hidden.shape[0]], dtype: 'f32' as const };
    if (!needsRecord(inputs)) return [y];
    return attributes.remakes ? [y, kept] : [y, kept, kept];
  },
  cpu: (kernels, inputs, [y, kept, slope], attributes) => {
    const [x, w1, w2] = inputs;
    const [b1, b2] = biasesOf(attributes).map((i) => address(inputs[i]));
    const [o, n] = w2.shape;
    if (y.size === 0) return 0;
    const m = y.size / o;
    const own = slope ? undefined : allocate([m, n], 'f32', y.storage.backend);
    const code = activationCode[attributes.activation];
    const [yAt, hAt, xAt, w1At, w2At] = [y, own ?? kept, x, w1, w2].map(addressOf);
    const status =
      (slope
        ? kernels.linear(hAt, addressOf(slope), xAt, w1At, b1, m, n, w1.shape[1], code)
        : kernels.hidden(hAt, address(kept), xAt, w1At, b1, m, n, w1.shape[1], code)) ||
      kernels.linear(yAt, 0, hAt, w2At, b2, m, o, n, activationCode.none);
    own?.dispose();
    return status;
  },
  decompose: (inputs, attributes) => {
    const [x, w1, w2] = inputs;
    const [b1, b2] = biasesOf(attributes).map((i): Tensor | undefined => inputs[i]);
    return [linear(linear(x, w1, b1, { activation: attributes.activation }), w2, b2)];
  },
  saves: { inputs: [0, 1, 2], outputs: [1, 2] },
  // dz = (dy W₂) f'(z), dW₂ = dyᵀ f(z), db₂ = Σ dy; dx = dz W₁, dW₁ = dzᵀ x, db₁ = Σ dz
  gradient: ([incoming], context) => {
    if (!incoming) return [];
    const dy = contiguous(incoming);
    const [x, w1, w2] = context.inputs;
    // In the place of z, which nobody else holds, the kernel puts f(z).
    const [, h, slope] = context.outputs;
    const [b1, b2] = biasesOf(context.attributes);
    const [o, n] = w2.shape;
    const dz = allocate(h.shape, 'f32', h.backend);
    const m = n === 0 ? 0 : h.size / n;
    const code = activationCode[slope ? 'none' : context.attributes.activation];
    runGradient('feedForward: dz', h.backend, { empty: h.size === 0, targets: [] }, (kernels) =>
      kernels.hiddenGradient(addressOf(dz), addressOf(slope ?? h), addressOf(dy), addressOf(w2), m, n, o, code),
    );
    return [
      inputGradient('feedForward: dx', context, { dz, weight: w1 }),
      weightGradient('feedForward: dW', context, 1, { dz, x, shape: w1.shape }),
      weightGradient('feedForward: dW', context, 2, { dz: dy, x: h, shape: w2.shape }),
      ...(b1 > 0 ? [biasGradient('feedForward: db', context, b1, dz)] : []),
      ...(b2 > 0 ? [biasGradient('feedForward: db', context, b2, dy)] : []),
    ];
  },
  samples: () => {
    const sample = (
      [m, i, n, o]: number[],
      {
        activation = 'gelu',
        remakes = true,
        hiddenBias = true,
        outputBias = true,
      }: Partial<FeedForwardAttributes> = {},
    ): Sample<FeedForwardAttributes> => {
      const biases = [...(hiddenBias ? [[n]] : []), ...(outputBias ? [[o]] : [])];
      return {
        inputs: [[m, i], [n, i], [o, n], ...biases],
        attributes: { activation, remakes, hiddenBias, outputBias },
      };
    };
    return [
      sample([4, 3, 5, 2]),
      sample([17, 5, 33, 3], { hiddenBias: false, activation: 'silu' }),
      sample([17, 5, 33, 3], { remakes: false }),
      sample([3, 17, 19, 5], { outputBias: false, activation: 'geluTanh' }),
      sample([2, 3, 4, 1], { hiddenBias: false, outputBias: false }),
      sample([0, 3, 4, 2]),
      sample([2, 3, 0, 2]),
      sample([2, 3, 0, 2], { remakes: false }),
    ];
  },
});

/**
 * f(x W₁ᵀ + b₁) W₂ᵀ + b₂ for x [..., I], hidden weight [M, I] and bias [M], output weight [O, M] and bias [O]: [..., O].
 *
 * @throws LookbackError SHAPE_MISMATCH, DTYPE_MISMATCH, BAD_ARGUMENT for another activation than gelu, geluTanh, silu.
 */
export function feedForward(
  x: Tensor,
  hidden: { weight: Tensor; bias?: Tensor },
  output: { weight: Tensor; bias?: Tensor },
  { activation = 'gelu' }: { activation?: SmoothActivation } = {},
): Tensor {
  if (!isSmooth(activation)) {
    const expected = 'an activation among gelu, geluTanh, silu';
    throw new LookbackError('BAD_ARGUMENT', { where: 'feedForward', expected, got: String(activation) });
  }
  const biases = [hidden.bias, output.bias].flatMap((bias) => (bias ? [bias] : []));
  const [M, I] = hidden.weight.shape;
  const attributes = {
    activation,
    remakes: (x.size / I) * M >= LARGE,
    hiddenBias: hidden.bias !== undefined,
    outputBias: output.bias !== undefined,
  };
  return apply1(feedForwardOperation, [x, hidden.weight, output.weight, ...biases], attributes);
}

/** Whether `feedForward` takes the activation. */
export function isSmooth(activation: Activation): activation is SmoothActivation {
  return activation === 'gelu' || activation === 'geluTanh' || activation === 'silu';
}
