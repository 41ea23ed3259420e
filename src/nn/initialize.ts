/**
 * Initial values of parameters, by the names the literature gives them.
 *
 * Each is a function of a shape and a random stream to numbers. Modules name a stream for every parameter by its path
 * (`random.split('query').split('weight')`), so adding a layer changes no other layer's numbers.
 */
import { LookbackError } from '../errors.ts';
import type { Random } from '../random.ts';
import { scope } from '../tensor/scope.ts';
import { type Shape, show, sizeOf } from '../tensor/shape.ts';
import { Parameter, tensor } from '../tensor/tensor.ts';

/** Row-major numbers for a parameter of `shape`. */
export type Initialize = (shape: Shape, random: Random) => Float32Array;

/** A new parameter filled by `initialize` from the stream `random`. It belongs to no scope. */
export function parameter(shape: Shape, initialize: Initialize, random: Random): Parameter {
  return scope(() => new Parameter(tensor(initialize(shape, random), { shape })));
}

export const zeros = (): Initialize => (shape) => new Float32Array(sizeOf(shape));

export const constant =
  (value: number): Initialize =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value);

export const normal =
  (std: number): Initialize =>
  (shape, random) =>
    random.fillNormal(new Float32Array(sizeOf(shape)), 0, std);

/** Uniform on [-limit, limit). */
export const uniform =
  (limit: number): Initialize =>
  (shape, random) =>
    random.fillUniform(new Float32Array(sizeOf(shape)), -limit, limit);

/** Keeps the variance of activations and gradients: ±g·√(6 / (in + out)) (Glorot and Bengio 2010). */
export const xavierUniform =
  ({ gain = 1 } = {}): Initialize =>
  (shape, random) => {
    const { inputs, outputs } = fans('xavierUniform', shape);
    return uniform(gain * Math.sqrt(6 / (inputs + outputs)))(shape, random);
  };

/** As `xavierUniform`, with a normal of std g·√(2 / (in + out)). */
export const xavierNormal =
  ({ gain = 1 } = {}): Initialize =>
  (shape, random) => {
    const { inputs, outputs } = fans('xavierNormal', shape);
    return normal(gain * Math.sqrt(2 / (inputs + outputs)))(shape, random);
  };

/** Keeps the variance of activations through relu: ±g·√(3 / in), g = √2 for relu (He et al. 2015). */
export const kaimingUniform =
  ({ gain = Math.SQRT2 } = {}): Initialize =>
  (shape, random) =>
    uniform(gain * Math.sqrt(3 / fans('kaimingUniform', shape).inputs))(shape, random);

/** As `kaimingUniform`, with a normal of std g / √in. */
export const kaimingNormal =
  ({ gain = Math.SQRT2 } = {}): Initialize =>
  (shape, random) =>
    normal(gain / Math.sqrt(fans('kaimingNormal', shape).inputs))(shape, random);

/** PyTorch's default for linear and convolutional layers, weight and bias: ±1/√in. `inputs` is for the bias. */
export const linearDefault = (inputs: number): Initialize => uniform(inputs > 0 ? 1 / Math.sqrt(inputs) : 0);

/** PyTorch's default for recurrent layers, weights and biases: ±1/√H. */
export const recurrentDefault = (hidden: number): Initialize => uniform(1 / Math.sqrt(hidden));

/**
 * A matrix with orthonormal rows or columns (whichever are fewer), times `gain` (Saxe et al. 2013). From a normal
 * matrix by modified Gram-Schmidt in float64, each vector orthogonalised twice.
 */
export const orthogonal =
  ({ gain = 1 } = {}): Initialize =>
  (shape, random) => {
    const { rows, columns } = matrix('orthogonal', shape);
    const count = Math.min(rows, columns);
    const length = Math.max(rows, columns);
    const vectors = Array.from({ length: count }, () => random.fillNormal(new Float64Array(length)));
    vectors.forEach((v, i) => {
      for (let pass = 0; pass < 2; pass++) {
        for (const u of vectors.slice(0, i)) {
          const along = dot(u, v);
          for (let k = 0; k < length; k++) v[k] -= along * u[k];
        }
      }
      const norm = Math.sqrt(dot(v, v));
      for (let k = 0; k < length; k++) v[k] /= norm;
    });
    const out = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        out[r * columns + c] = gain * (rows <= columns ? vectors[r][c] : vectors[c][r]);
      }
    }
    return out;
  };

/** Applies `initialize` to each of `gates` equal blocks of rows: [gates·H, in] is that many [H, in]. */
export const eachGate =
  (gates: number, initialize: Initialize): Initialize =>
  ([rows, ...rest], random) => {
    const block = [rows / gates, ...rest];
    const out = new Float32Array(sizeOf([rows, ...rest]));
    for (let gate = 0; gate < gates; gate++) {
      out.set(initialize(block, random.split(String(gate))), gate * sizeOf(block));
    }
    return out;
  };

/** A bias [gates·H] with the block of one gate set to `value` (a forget gate of 1 remembers: Jozefowicz et al. 2015). */
export const gateBias =
  (gates: number, gate: number, value: number, others: Initialize): Initialize =>
  (shape, random) => {
    const out = others(shape, random);
    const size = shape[0] / gates;
    return out.fill(value, gate * size, (gate + 1) * size);
  };

/** How the matrices of a Transformer start; left out, every one takes `linearDefault`. */
export interface TransformerInitialization {
  /** Matrices that read the residual stream, and embeddings. */
  readonly weight: Initialize;
  /** Matrices that write to it. */
  readonly residual: Initialize;
  readonly bias: Initialize;
}

/** Normal, std 0.02; matrices that write to the residual stream std/√(2·layers); biases 0 (Radford et al. 2019). */
export function gpt2({ layers, std = 0.02 }: { layers: number; std?: number }): TransformerInitialization {
  return { weight: normal(std), residual: normal(std / Math.sqrt(2 * layers)), bias: zeros() };
}

/** Numbers that flow into and out of one unit: weights are [out, in, …kernel]. */
function fans(where: string, shape: Shape): { inputs: number; outputs: number } {
  if (shape.length < 2) refuse(where, shape);
  const kernel = sizeOf(shape.slice(2));
  return { inputs: shape[1] * kernel, outputs: shape[0] * kernel };
}

function matrix(where: string, shape: Shape): { rows: number; columns: number } {
  if (shape.length < 2) refuse(where, shape);
  return { rows: shape[0], columns: sizeOf(shape.slice(1)) };
}

function refuse(where: string, shape: Shape): never {
  throw new LookbackError('SHAPE_MISMATCH', { where, expected: 'a weight [out, in, …]', got: show(shape) });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
