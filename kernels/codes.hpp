// Operation codes shared with src/backends/cpu/codes.ts; a test compares the two files.
#pragma once
enum Unary {
  U_COPY = 0, U_NEGATE = 1, U_EXP = 2, U_LOG = 3, U_TANH = 4, U_SIGMOID = 5, U_RELU = 6, U_GELU = 7, U_GELU_TANH = 8,
  U_SILU = 9, U_SOFTPLUS = 10, U_CLAMP = 11, U_POW = 12, U_SQRT = 13, U_RSQRT = 14, U_SIN = 15, U_COS = 16, U_ABS = 17,
  U_ADD_SCALAR = 18, U_MULTIPLY_SCALAR = 19, U_SIGN = 20, U_FLOOR = 21, U_RECIPROCAL = 22, U_SQUARE = 23, U_LOG1P = 24
};
enum Binary {
  B_ADD = 0, B_SUBTRACT = 1, B_MULTIPLY = 2, B_DIVIDE = 3, B_MINIMUM = 4, B_MAXIMUM = 5, B_POW = 6,
  // gradients: a = saved input or output, b = dy
  B_EXP_GRADIENT = 16, B_LOG_GRADIENT = 17, B_TANH_GRADIENT = 18, B_SIGMOID_GRADIENT = 19, B_RELU_GRADIENT = 20,
  B_GELU_GRADIENT = 21, B_GELU_TANH_GRADIENT = 22, B_SILU_GRADIENT = 23, B_SOFTPLUS_GRADIENT = 24, B_SQRT_GRADIENT = 25,
  B_RSQRT_GRADIENT = 26, B_ABS_GRADIENT = 27
};
enum Compare { C_EQUAL = 0, C_NOT_EQUAL = 1, C_LESS = 2, C_LESS_EQUAL = 3, C_GREATER = 4, C_GREATER_EQUAL = 5 };
enum Reduce { R_SUM = 0, R_MEAN = 1, R_MAX = 2, R_MIN = 3, R_LOG_SUM_EXP = 4, R_VARIANCE = 5, R_SUM_SQUARES = 6 };
enum Arg { A_MAX = 0, A_MIN = 1 };
enum Activation { ACT_NONE = 0, ACT_RELU = 1, ACT_GELU = 2, ACT_GELU_TANH = 3, ACT_SILU = 4, ACT_TANH = 5, ACT_SIGMOID = 6 };
enum Status { OK = 0, BAD_INDEX = 1, BAD_ARGUMENT = 2, NO_MEMORY = 3 };
