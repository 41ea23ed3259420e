// Elementwise kernels over up to four axes: unary, binary, compare, where, the same on i32, and conversions. The output
// is contiguous, inputs are strided (stride 0 broadcasts). Rows along the last axis are vectorised; each element is
// computed by the same vector code whether it lies in a whole vector or in a tail. Does not allocate.
#pragma once
#include "math.hpp"
#include "parallel.hpp"

namespace lb {

// One row of count elements; in[x] with element stride stride[x] (0, 1 or anything).
struct Row {
  void* out;
  const void* in[3];
  ptrdiff_t stride[3];
  int64_t count;
  float p0, p1;
};
typedef void (*RowKernel)(const Row&);
constexpr int64_t STREAMED = 128;  // elements at a time of results that go past the caches

// Up to four axes and INPUTS operands; elements are 4 bytes, or 1 where bytes[x] says so (x = INPUTS: the output).
template <int INPUTS> struct Walk {
  int64_t n[4];
  int64_t stride[INPUTS][4];
  const char* in[INPUTS];
  int bytes[INPUTS];
  char* out;
  int out_bytes;
  float p0, p1;

  // Axes that lie in one stride are merged, so that rows are as long as they can be.
  void merge_axes() {
    int last = 3;
    for (int axis = 2; axis >= 0; axis--) {
      if (n[axis] == 1) continue;
      bool joins = true;
      for (int x = 0; x < INPUTS; x++) joins &= n[last] == 1 || stride[x][axis] == stride[x][last] * n[last];
      if (joins && n[last] != 1) {
        n[last] *= n[axis];
        continue;
      }
      if (n[last] != 1) last--;
      n[last] = n[axis];
      for (int x = 0; x < INPUTS; x++) stride[x][last] = stride[x][axis];
    }
    for (int axis = 0; axis < last; axis++) n[axis] = 1;
  }

  void run(RowKernel kernel) {
    for (int axis = 0; axis < 4; axis++) if (n[axis] <= 0) return;
    merge_axes();
    int64_t total = n[0] * n[1] * n[2] * n[3];
    bool stream = out_bytes == 4 && streams(out, total / n[3], n[3]);
    parallel_elements(total, [&](int64_t first, int64_t size) {
      alignas(64) float block[STREAMED];
      int64_t at[4], rest = first;
      for (int axis = 3; axis >= 0; axis--) at[axis] = rest % n[axis], rest /= n[axis];
      while (size > 0) {
        Row row;
        row.count = n[3] - at[3] < size ? n[3] - at[3] : size;
        if (stream && row.count > STREAMED) row.count = STREAMED;
        row.out = stream ? (char*)block : out + first * out_bytes;
        row.p0 = p0, row.p1 = p1;
        for (int x = 0; x < INPUTS; x++) {
          int64_t offset = 0;
          for (int axis = 0; axis < 4; axis++) if (n[axis] > 1) offset += at[axis] * stride[x][axis];
          row.in[x] = in[x] + offset * bytes[x];
          row.stride[x] = n[3] > 1 ? stride[x][3] : 1;
        }
        kernel(row);
        if (stream) each16(row.count, [&](int64_t i, int) LB_ALWAYS { stream16((float*)out + first + i, load16(block + i)); });
        first += row.count;
        size -= row.count;
        at[3] += row.count;
        for (int axis = 3; axis > 0 && at[axis] == n[axis]; axis--) at[axis] = 0, at[axis - 1]++;
      }
      if (stream) stream_end();
    });
  }
};

// count (at most W) elements from index i on, by stride; the lanes beyond hold 0
LB_INLINE V load_strided(const void* from, ptrdiff_t stride, int64_t i, int count) {
  const float* p = (const float*)from;
  if (stride == 1) return load_partial(p + i, count);
  if (stride == 0) return splat(*p);
  float t[W] = {};
  for (int lane = 0; lane < count && lane < W; lane++) t[lane] = p[(i + lane) * stride];
  return load(t);
}
LB_INLINE int lanes_left(int64_t count, int64_t i) { return count - i < W ? (int)(count - i) : W; }

template <class Operation> void unary_row(const Row& r) {
  float* out = (float*)r.out;
  V p0 = splat(r.p0), p1 = splat(r.p1);
  int64_t i = 0;
  if (r.stride[0] == 1) {
    for (; i + W <= r.count; i += W) store(out + i, Operation::apply(load((const float*)r.in[0] + i), p0, p1));
  }
  for (; i < r.count; i += W) {
    int left = lanes_left(r.count, i);
    store_partial(out + i, Operation::apply(load_strided(r.in[0], r.stride[0], i, left), p0, p1), left);
  }
}

template <class Operation> void binary_row(const Row& r) {
  float* out = (float*)r.out;
  int64_t i = 0;
  if (r.stride[0] == 1 && r.stride[1] == 1) {
    const float *a = (const float*)r.in[0], *b = (const float*)r.in[1];
    for (; i + W <= r.count; i += W) store(out + i, Operation::apply(load(a + i), load(b + i)));
  }
  for (; i < r.count; i += W) {
    int left = lanes_left(r.count, i);
    V a = load_strided(r.in[0], r.stride[0], i, left), b = load_strided(r.in[1], r.stride[1], i, left);
    store_partial(out + i, Operation::apply(a, b), left);
  }
}

#define LB_UNARY(code, expression)                                                            \
  case code: {                                                                                \
    struct Operation {                                                                        \
      static LB_INLINE V apply(V x, V p0, V p1) { return (void)p0, (void)p1, (expression); }   \
    };                                                                                        \
    return unary_row<Operation>;                                                              \
  }
inline RowKernel unary_kernel(int op) {
  switch (op) {
    LB_UNARY(U_COPY, x)
    LB_UNARY(U_NEGATE, -x)
    LB_UNARY(U_EXP, exp(x))
    LB_UNARY(U_LOG, log(x))
    LB_UNARY(U_TANH, tanh(x))
    LB_UNARY(U_SIGMOID, sigmoid(x))
    LB_UNARY(U_RELU, relu(x))
    LB_UNARY(U_GELU, gelu(x))
    LB_UNARY(U_GELU_TANH, gelu_tanh(x))
    LB_UNARY(U_SILU, silu(x))
    LB_UNARY(U_SOFTPLUS, softplus(x))
    LB_UNARY(U_CLAMP, minimum(maximum(x, p0), p1))
    LB_UNARY(U_POW, pow(x, p0))
    LB_UNARY(U_SQRT, sqrt(x))
    LB_UNARY(U_RSQRT, 1.0f / sqrt(x))
    LB_UNARY(U_SIN, sin(x))
    LB_UNARY(U_COS, cos(x))
    LB_UNARY(U_ABS, absolute(x))
    LB_UNARY(U_ADD_SCALAR, x + p0)
    LB_UNARY(U_MULTIPLY_SCALAR, x * p0)
    LB_UNARY(U_SIGN, select((VI)(x == 0.0f) | (VI)(x != x), x, copy_sign(splat(1.0f), x)))
    LB_UNARY(U_FLOOR, floor(x))
    LB_UNARY(U_RECIPROCAL, 1.0f / x)
    LB_UNARY(U_SQUARE, x * x)
    LB_UNARY(U_LOG1P, log1p(x))
  }
  return nullptr;
}

#define LB_BINARY(code, expression)                                   \
  case code: {                                                        \
    struct Operation {                                                \
      static LB_INLINE V apply(V a, V b) { return (expression); }     \
    };                                                                \
    return binary_row<Operation>;                                     \
  }
inline RowKernel binary_kernel(int op) {
  switch (op) {
    LB_BINARY(B_ADD, a + b)
    LB_BINARY(B_SUBTRACT, a - b)
    LB_BINARY(B_MULTIPLY, a * b)
    LB_BINARY(B_DIVIDE, a / b)
    LB_BINARY(B_MINIMUM, minimum(a, b))
    LB_BINARY(B_MAXIMUM, maximum(a, b))
    LB_BINARY(B_POW, pow(a, b))
    // gradients: a is the saved output y or input x, b is dy
    LB_BINARY(B_EXP_GRADIENT, b * a)                                 // y' = y
    LB_BINARY(B_LOG_GRADIENT, b / a)                                 // y' = 1 / x
    LB_BINARY(B_TANH_GRADIENT, b * (1.0f - a * a))                   // y' = 1 - y^2
    LB_BINARY(B_SIGMOID_GRADIENT, b * a * (1.0f - a))                // y' = y (1 - y)
    LB_BINARY(B_RELU_GRADIENT, select((VI)(a > 0.0f), b, V{}))       // y' = [y > 0]
    LB_BINARY(B_GELU_GRADIENT, b * gelu_both(a).slope)
    LB_BINARY(B_GELU_TANH_GRADIENT, b * gelu_tanh_both(a).slope)
    LB_BINARY(B_SILU_GRADIENT, b * silu_both(a).slope)
    LB_BINARY(B_SOFTPLUS_GRADIENT, b * sigmoid(a))                   // y' = sigmoid(x)
    LB_BINARY(B_SQRT_GRADIENT, b * 0.5f / a)                         // y' = 1 / (2 y)
    LB_BINARY(B_RSQRT_GRADIENT, b * -0.5f * (a * a * a))             // y' = -y^3 / 2
    LB_BINARY(B_ABS_GRADIENT, select((VI)(a == 0.0f), V{}, b * copy_sign(splat(1.0f), a)))
  }
  return nullptr;
}

// Rows of single elements without vectors: integers, flags, copies. The compiler vectorises what it can.
template <class Out, class A, class B, class F> LB_INLINE void plain_row(const Row& r, F f) {
  Out* out = (Out*)r.out;
  const A* a = (const A*)r.in[0];
  const B* b = (const B*)r.in[1];
  if (r.stride[0] == 1 && r.stride[1] == 1) {
    for (int64_t i = 0; i < r.count; i++) out[i] = f(a[i], b[i]);
  } else {
    for (int64_t i = 0; i < r.count; i++) out[i] = f(a[i * r.stride[0]], b[i * r.stride[1]]);
  }
}

#define LB_PLAIN(code, Out, In, expression) \
  case code: return [](const Row& r) { plain_row<Out, In, In>(r, [](In a, In b) -> Out { return (expression); }); };

template <class In> inline RowKernel compare_kernel(int op) {
  switch (op) {
    LB_PLAIN(C_EQUAL, uint8_t, In, a == b)
    LB_PLAIN(C_NOT_EQUAL, uint8_t, In, a != b)
    LB_PLAIN(C_LESS, uint8_t, In, a < b)
    LB_PLAIN(C_LESS_EQUAL, uint8_t, In, a <= b)
    LB_PLAIN(C_GREATER, uint8_t, In, a > b)
    LB_PLAIN(C_GREATER_EQUAL, uint8_t, In, a >= b)
  }
  return nullptr;
}

// Integers wrap around; a quotient is rounded down, and 0 where b is 0.
LB_INLINE int32_t divide_down(int32_t a, int32_t b) {
  if (b == 0) return 0;
  int64_t quotient = (int64_t)a / b;
  return (int32_t)(quotient - (quotient * b != a && (a < 0) != (b < 0)));
}
inline RowKernel binary_i32_kernel(int op) {
  switch (op) {
    LB_PLAIN(B_ADD, int32_t, int32_t, (int32_t)((uint32_t)a + (uint32_t)b))
    LB_PLAIN(B_SUBTRACT, int32_t, int32_t, (int32_t)((uint32_t)a - (uint32_t)b))
    LB_PLAIN(B_MULTIPLY, int32_t, int32_t, (int32_t)((uint32_t)a * (uint32_t)b))
    LB_PLAIN(B_DIVIDE, int32_t, int32_t, divide_down(a, b))
    LB_PLAIN(B_MINIMUM, int32_t, int32_t, a < b ? a : b)
    LB_PLAIN(B_MAXIMUM, int32_t, int32_t, a > b ? a : b)
  }
  return nullptr;
}

LB_INLINE int walk_pair(RowKernel kernel, void* out, int out_bytes, void* a, void* b, const int (&n)[4], const int (&sa)[4],
                        const int (&sb)[4]) {
  if (!kernel) return BAD_ARGUMENT;
  Walk<2> walk = {{n[0], n[1], n[2], n[3]},
                  {{sa[0], sa[1], sa[2], sa[3]}, {sb[0], sb[1], sb[2], sb[3]}},
                  {(const char*)a, (const char*)b}, {4, 4}, (char*)out, out_bytes, 0, 0};
  walk.run(kernel);
  return OK;
}

int unary(int op, void* out, void* a, int n0, int n1, int n2, int n3, int a0, int a1, int a2, int a3, double p0, double p1) {
  RowKernel kernel = unary_kernel(op);
  if (!kernel) return BAD_ARGUMENT;
  Walk<1> walk = {{n0, n1, n2, n3}, {{a0, a1, a2, a3}}, {(const char*)a}, {4}, (char*)out, 4, (float)p0, (float)p1};
  walk.run(kernel);
  return OK;
}

int binary(int op, void* out, void* a, void* b, int n0, int n1, int n2, int n3, int a0, int a1, int a2, int a3, int b0,
           int b1, int b2, int b3) {
  return walk_pair(binary_kernel(op), out, 4, a, b, {n0, n1, n2, n3}, {a0, a1, a2, a3}, {b0, b1, b2, b3});
}

int compare(int op, void* out, void* a, void* b, int n0, int n1, int n2, int n3, int a0, int a1, int a2, int a3, int b0,
            int b1, int b2, int b3) {
  return walk_pair(compare_kernel<float>(op), out, 1, a, b, {n0, n1, n2, n3}, {a0, a1, a2, a3}, {b0, b1, b2, b3});
}

int binary_i32(int op, void* out, void* a, void* b, int n0, int n1, int n2, int n3, int a0, int a1, int a2, int a3, int b0,
               int b1, int b2, int b3) {
  return walk_pair(binary_i32_kernel(op), out, 4, a, b, {n0, n1, n2, n3}, {a0, a1, a2, a3}, {b0, b1, b2, b3});
}

int compare_i32(int op, void* out, void* a, void* b, int n0, int n1, int n2, int n3, int a0, int a1, int a2, int a3, int b0,
                int b1, int b2, int b3) {
  return walk_pair(compare_kernel<int32_t>(op), out, 1, a, b, {n0, n1, n2, n3}, {a0, a1, a2, a3}, {b0, b1, b2, b3});
}

int where(void* out, void* condition, void* a, void* b, int n0, int n1, int n2, int n3, int c0, int c1, int c2, int c3,
          int a0, int a1, int a2, int a3, int b0, int b1, int b2, int b3) {
  Walk<3> walk = {{n0, n1, n2, n3},
                  {{a0, a1, a2, a3}, {b0, b1, b2, b3}, {c0, c1, c2, c3}},
                  {(const char*)a, (const char*)b, (const char*)condition}, {4, 4, 1}, (char*)out, 4, 0, 0};
  // as integers: the type does not matter
  walk.run([](const Row& r) {
    int32_t* to = (int32_t*)r.out;
    const int32_t *x = (const int32_t*)r.in[0], *y = (const int32_t*)r.in[1];
    const uint8_t* c = (const uint8_t*)r.in[2];
    if (r.stride[0] == 1 && r.stride[1] == 1 && r.stride[2] == 1) {
      for (int64_t i = 0; i < r.count; i++) to[i] = c[i] ? x[i] : y[i];
    } else {
      for (int64_t i = 0; i < r.count; i++) to[i] = c[i * r.stride[2]] ? x[i * r.stride[0]] : y[i * r.stride[1]];
    }
  });
  return OK;
}

int add_into(void* out, void* a, int64_t count) {
  float* to = (float*)out;
  const float* from = (const float*)a;
  parallel_elements(count, [&](int64_t first, int64_t size) {
    for (int64_t i = first; i < first + size; i += W) {
      int left = lanes_left(first + size, i);
      store_partial(to + i, load_partial(to + i, left) + load_partial(from + i, left), left);
    }
  });
  return OK;
}

}  // namespace lb
