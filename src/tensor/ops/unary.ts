/**
 * Elementwise functions of one f32 tensor of any shape. Each entry gives the kernel's code, the function in
 * float64 and, beside it, its derivative.
 */
import { binaryCode, unaryCode as code } from '../../backends/cpu/codes.ts';
import { LookbackError } from '../../errors.ts';
import {
  cos as cosine,
  erf,
  exp as exponential,
  tanh as hyperbolicTangent,
  log as logarithm,
  log1p as logOnePlus,
  pow as power,
  sin as sine,
} from '../../math.ts';
import { apply1, define, type Operation, requireDType, type Sample } from '../operation.ts';
import type { Tensor } from '../tensor.ts';
import { add, divide, multiply } from './binary.ts';
import { greaterEqual, lessEqual, logicalAnd, where } from './compare.ts';
import { callUnary, gradientKernel } from './elementwise.ts';

/** Up to two numbers that the function takes besides the tensor. */
type Scalars = readonly number[];

interface Unary {
  name: string;
  /** The formula, for the reference page. */
  summary: string;
  code: number;
  forward: (x: number, p0: number, p1: number) => number;
  /** What the derivative is computed from. Absent: the function has none. */
  from?: 'input' | 'output' | 'nothing';
  /** dx from dy and what was saved. */
  gradient?: (dy: Tensor, saved: Tensor, scalars: Scalars) => Tensor;
  /** Range of sample values. */
  range?: readonly [number, number];
  scalars?: Scalars;
}

function unary({
  name,
  summary,
  code,
  forward,
  from,
  gradient,
  range = [-2, 2],
  scalars = [],
}: Unary): Operation<Scalars> {
  const input = (shape: number[]) => ({ shape, range });
  return define<Scalars>({
    name,
    family: 'elementwise',
    summary,
    strided: true,
    infer: ([x]) => {
      requireDType(name, x, 'f32');
      return [{ shape: x.shape, dtype: 'f32' }];
    },
    reference: ([x], [y], [p0 = 0, p1 = 0]) => {
      for (let i = 0; i < x.data.length; i++) y.data[i] = forward(x.data[i], p0, p1);
    },
    cpu: (kernels, [x], [y], [p0 = 0, p1 = 0]) => callUnary(kernels, code, y, x, p0, p1),
    saves: { inputs: from === 'input' ? [0] : [], outputs: from === 'output' ? [0] : [] },
    gradient: gradient
      ? ([dy], { inputs, outputs, attributes }) => [
          dy && gradient(dy, from === 'input' ? inputs[0] : from === 'output' ? outputs[0] : dy, attributes),
        ]
      : undefined,
    samples: (): Sample<Scalars>[] =>
      [[3, 5], [37], [], [2, 1, 2, 1, 3, 2], [0, 4]].map((shape) => ({ inputs: [input(shape)], attributes: scalars })),
  });
}

/** A derivative that is one kernel: from what was saved and dy. */
function fused(name: keyof typeof binaryCode, derivative: (saved: number, dy: number) => number) {
  const operation = gradientKernel(name, binaryCode[name], derivative);
  return (dy: Tensor, saved: Tensor): Tensor => apply1(operation, [saved, dy], undefined);
}

const none: Scalars = [];
const logistic = (x: number): number => (x >= 0 ? 1 / (1 + exponential(-x)) : exponential(x) / (1 + exponential(x)));
const geluScale = 0.7978845608028654; // √(2/π)
const geluCubic = 0.044715;
const inverseRootTwo = Math.SQRT1_2;
const inverseRootTwoPi = 0.3989422804014327;

const negateOperation = unary({
  name: 'negate',
  summary: '-x',
  code: code.negate,
  forward: (x) => -x,
  from: 'nothing',
  gradient: (dy) => negate(dy),
});
const expOperation = unary({
  name: 'exp',
  summary: 'eˣ',
  code: code.exp,
  forward: (x) => exponential(x),
  from: 'output',
  gradient: fused('expGradient', (y, dy) => y * dy),
});
const logOperation = unary({
  name: 'log',
  summary: 'natural logarithm',
  code: code.log,
  forward: (x) => logarithm(x),
  range: [0.2, 3],
  from: 'input',
  gradient: fused('logGradient', (x, dy) => dy / x),
});
const log1pOperation = unary({
  name: 'log1p',
  summary: 'ln(1 + x), exact for small x',
  code: code.log1p,
  forward: (x) => logOnePlus(x),
  range: [-0.7, 3],
  from: 'input',
  gradient: (dy, x) => divide(dy, add(x, 1)),
});
const tanhOperation = unary({
  name: 'tanh',
  summary: 'hyperbolic tangent',
  code: code.tanh,
  forward: (x) => hyperbolicTangent(x),
  from: 'output',
  gradient: fused('tanhGradient', (y, dy) => dy * (1 - y * y)),
});
const sigmoidOperation = unary({
  name: 'sigmoid',
  summary: '1 / (1 + e⁻ˣ)',
  code: code.sigmoid,
  forward: logistic,
  from: 'output',
  gradient: fused('sigmoidGradient', (y, dy) => dy * y * (1 - y)),
});
const reluOperation = unary({
  name: 'relu',
  summary: 'max(0, x); the derivative at 0 is 0',
  code: code.relu,
  forward: (x) => Math.max(x, 0),
  from: 'output',
  gradient: fused('reluGradient', (y, dy) => (y > 0 ? dy : 0)),
});
const geluOperation = unary({
  // Φ is the normal distribution function, φ its density: d(x Φ) = Φ + x φ (Hendrycks and Gimpel 2016).
  name: 'gelu',
  summary: 'x Φ(x), Φ the normal distribution function',
  code: code.gelu,
  forward: (x) => 0.5 * x * (1 + erf(x * inverseRootTwo)),
  from: 'input',
  gradient: fused(
    'geluGradient',
    (x, dy) => dy * (0.5 * (1 + erf(x * inverseRootTwo)) + x * inverseRootTwoPi * exponential(-0.5 * x * x)),
  ),
});
const geluTanhOperation = unary({
  // With t = tanh(u), u = √(2/π)(x + 0.044715 x³): dy/dx = ½(1 + t) + ½ x (1 - t²) u'.
  name: 'geluTanh',
  summary: '½ x (1 + tanh(√(2/π)(x + 0.044715 x³))), the approximation GPT-2 uses',
  code: code.geluTanh,
  forward: (x) => 0.5 * x * (1 + hyperbolicTangent(geluScale * (x + geluCubic * x * x * x))),
  from: 'input',
  gradient: fused('geluTanhGradient', (x, dy) => {
    const t = hyperbolicTangent(geluScale * (x + geluCubic * x * x * x));
    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * geluScale * (1 + 3 * geluCubic * x * x));
  }),
});
const siluOperation = unary({
  // d(x σ) = σ (1 + x (1 - σ))
  name: 'silu',
  summary: 'x sigmoid(x)',
  code: code.silu,
  forward: (x) => x * logistic(x),
  from: 'input',
  gradient: fused('siluGradient', (x, dy) => dy * logistic(x) * (1 + x * (1 - logistic(x)))),
});
const softplusOperation = unary({
  name: 'softplus',
  summary: 'ln(1 + eˣ)',
  code: code.softplus,
  forward: (x) => Math.max(x, 0) + logOnePlus(exponential(-Math.abs(x))),
  from: 'input',
  gradient: fused('softplusGradient', (x, dy) => dy * logistic(x)),
});
const clampOperation = unary({
  name: 'clamp',
  summary: 'min(max(x, low), high); the derivative is 1 on [low, high], else 0',
  code: code.clamp,
  forward: (x, low, high) => Math.min(Math.max(x, low), high),
  scalars: [-0.7, 1.1],
  from: 'input',
  gradient: (dy, x, [low, high]) => where(logicalAnd(greaterEqual(x, low), lessEqual(x, high)), dy, 0),
});
const powOperation = unary({
  name: 'pow',
  summary: 'x to the power of a number',
  code: code.pow,
  forward: (x, p) => power(x, p),
  range: [0.3, 2],
  scalars: [1.7],
  from: 'input',
  gradient: (dy, x, [p]) => multiply(dy, multiply(pow(x, p - 1), p)),
});
const sqrtOperation = unary({
  name: 'sqrt',
  summary: 'square root',
  code: code.sqrt,
  forward: (x) => Math.sqrt(x),
  range: [0.2, 3],
  from: 'output',
  gradient: fused('sqrtGradient', (y, dy) => (0.5 * dy) / y),
});
const rsqrtOperation = unary({
  name: 'rsqrt',
  summary: '1 / √x',
  code: code.rsqrt,
  forward: (x) => 1 / Math.sqrt(x),
  range: [0.2, 3],
  from: 'output',
  gradient: fused('rsqrtGradient', (y, dy) => -0.5 * dy * y * y * y),
});
const sinOperation = unary({
  name: 'sin',
  summary: 'sine of radians',
  code: code.sin,
  forward: (x) => sine(x),
  range: [-7, 7],
  from: 'input',
  gradient: (dy, x) => multiply(dy, cos(x)),
});
const cosOperation = unary({
  name: 'cos',
  summary: 'cosine of radians',
  code: code.cos,
  forward: (x) => cosine(x),
  range: [-7, 7],
  from: 'input',
  gradient: (dy, x) => negate(multiply(dy, sin(x))),
});
const absOperation = unary({
  name: 'abs',
  summary: '|x|; the derivative at 0 is 0',
  code: code.abs,
  forward: (x) => Math.abs(x),
  from: 'input',
  gradient: fused('absGradient', (x, dy) => dy * Math.sign(x)),
});
const signOperation = unary({
  name: 'sign',
  summary: '-1, 0 or 1; treated as constant',
  code: code.sign,
  forward: (x) => Math.sign(x),
});
const floorOperation = unary({
  name: 'floor',
  summary: 'the next whole number below; treated as constant',
  code: code.floor,
  forward: (x) => Math.floor(x),
});
const reciprocalOperation = unary({
  name: 'reciprocal',
  summary: '1 / x',
  code: code.reciprocal,
  forward: (x) => 1 / x,
  range: [0.3, 2],
  from: 'output',
  gradient: (dy, y) => negate(multiply(dy, square(y))),
});
const squareOperation = unary({
  name: 'square',
  summary: 'x²',
  code: code.square,
  forward: (x) => x * x,
  from: 'input',
  gradient: (dy, x) => multiply(dy, multiply(x, 2)),
});
const addScalarOperation = unary({
  name: 'addScalar',
  summary: 'x + p for a number p; what add and subtract call for numbers',
  code: code.addScalar,
  forward: (x, p) => x + p,
  scalars: [0.75],
  from: 'nothing',
  gradient: (dy) => dy,
});
const multiplyScalarOperation = unary({
  name: 'multiplyScalar',
  summary: 'p x for a number p; what multiply and divide call for numbers',
  code: code.multiplyScalar,
  forward: (x, p) => x * p,
  scalars: [-1.25],
  from: 'nothing',
  gradient: (dy, _, [p]) => multiplyScalar(dy, p),
});

/** -x */
export const negate = (x: Tensor): Tensor => apply1(negateOperation, [x], none);
/** eˣ */
export const exp = (x: Tensor): Tensor => apply1(expOperation, [x], none);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => apply1(logOperation, [x], none);
/** ln(1 + x), exact for small x. */
export const log1p = (x: Tensor): Tensor => apply1(log1pOperation, [x], none);
/** Hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => apply1(tanhOperation, [x], none);
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = (x: Tensor): Tensor => apply1(sigmoidOperation, [x], none);
/** max(0, x); the derivative at 0 is 0. */
export const relu = (x: Tensor): Tensor => apply1(reluOperation, [x], none);
/** x Φ(x); `approximate: 'tanh'` is the form GPT-2 was trained with. Hendrycks and Gimpel 2016, arXiv 1606.08415. */
export const gelu = (x: Tensor, { approximate = 'none' }: { approximate?: 'none' | 'tanh' } = {}): Tensor =>
  apply1(approximate === 'tanh' ? geluTanhOperation : geluOperation, [x], none);
/** x sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => apply1(siluOperation, [x], none);
/** ln(1 + eˣ) */
export const softplus = (x: Tensor): Tensor => apply1(softplusOperation, [x], none);
/** min(max(x, low), high). @throws LookbackError BAD_ARGUMENT unless low <= high. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'clamp', expected: 'low <= high', got: `${low} and ${high}` });
  }
  return apply1(clampOperation, [x], [low, high]);
}
/** x to the power of a number. */
export const pow = (x: Tensor, exponent: number): Tensor => apply1(powOperation, [x], [exponent]);
/** √x */
export const sqrt = (x: Tensor): Tensor => apply1(sqrtOperation, [x], none);
/** 1 / √x */
export const rsqrt = (x: Tensor): Tensor => apply1(rsqrtOperation, [x], none);
/** Sine of radians, for |x| ≤ 10⁶; the kernels give NaN beyond, where f32 holds no fraction of a turn. */
export const sin = (x: Tensor): Tensor => apply1(sinOperation, [x], none);
/** Cosine of radians, for |x| ≤ 10⁶; NaN beyond, as `sin`. */
export const cos = (x: Tensor): Tensor => apply1(cosOperation, [x], none);
/** |x| */
export const abs = (x: Tensor): Tensor => apply1(absOperation, [x], none);
/** -1, 0 or 1. No gradient passes. */
export const sign = (x: Tensor): Tensor => apply1(signOperation, [x], none);
/** The next whole number below, as f32. No gradient passes. */
export const floor = (x: Tensor): Tensor => apply1(floorOperation, [x], none);
/** 1 / x */
export const reciprocal = (x: Tensor): Tensor => apply1(reciprocalOperation, [x], none);
/** x² */
export const square = (x: Tensor): Tensor => apply1(squareOperation, [x], none);
/** x + value, for f32 tensors; `add` calls it for numbers. */
export const addScalar = (x: Tensor, value: number): Tensor => apply1(addScalarOperation, [x], [value]);
/** value · x, for f32 tensors; `multiply` calls it for numbers. */
export const multiplyScalar = (x: Tensor, value: number): Tensor => apply1(multiplyScalarOperation, [x], [value]);
