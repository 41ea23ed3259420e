/** Operation codes of the kernels; the same numbers as kernels/codes.hpp (a test compares the two files). */

export const unaryCode = {
  copy: 0,
  negate: 1,
  exp: 2,
  log: 3,
  tanh: 4,
  sigmoid: 5,
  relu: 6,
  gelu: 7,
  geluTanh: 8,
  silu: 9,
  softplus: 10,
  clamp: 11,
  pow: 12,
  sqrt: 13,
  rsqrt: 14,
  sin: 15,
  cos: 16,
  abs: 17,
  addScalar: 18,
  multiplyScalar: 19,
  sign: 20,
  floor: 21,
  reciprocal: 22,
  square: 23,
  log1p: 24,
} as const;

export const binaryCode = {
  add: 0,
  subtract: 1,
  multiply: 2,
  divide: 3,
  minimum: 4,
  maximum: 5,
  pow: 6,
  expGradient: 16,
  logGradient: 17,
  tanhGradient: 18,
  sigmoidGradient: 19,
  reluGradient: 20,
  geluGradient: 21,
  geluTanhGradient: 22,
  siluGradient: 23,
  softplusGradient: 24,
  sqrtGradient: 25,
  rsqrtGradient: 26,
  absGradient: 27,
} as const;

export const compareCode = { equal: 0, notEqual: 1, less: 2, lessEqual: 3, greater: 4, greaterEqual: 5 } as const;

export const reduceCode = { sum: 0, mean: 1, max: 2, min: 3, logSumExp: 4, variance: 5, sumSquares: 6 } as const;

export const argCode = { max: 0, min: 1 } as const;

export const activationCode = { none: 0, relu: 1, gelu: 2, geluTanh: 3, silu: 4, tanh: 5, sigmoid: 6 } as const;

/** Activations that `linear` can fuse. */
export type Activation = keyof typeof activationCode;

export const dtypeCode = { f32: 0, i32: 1, u8: 2, bf16: 3 } as const;
