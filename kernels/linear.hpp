// Matrix products as the table offers them: a batch of any strides, and the affine layer with its activation fused in
// (bias and activation are applied to each region of the product while it is in the cache).
#pragma once
#include "elementwise.hpp"
#include "gemm.hpp"

namespace lb {

int gemm(int batch, int m, int n, int k, void* a, int64_t a_batch, int a_row, int a_column, void* b, int64_t b_batch,
         int b_row, int b_column, void* c, int64_t c_batch, int c_row, int accumulate) {
  auto product = [&](int64_t i) -> Product {
    return {m, n, k, (const float*)a + i * a_batch, (const float*)b + i * b_batch, a_row, a_column, b_row, b_column,
            (float*)c + i * c_batch, c_row, accumulate != 0};
  };
  int64_t work = (int64_t)m * n * k;
  // a batch of small products is shared out among threads, products large enough are cut up one after another
  if (batch > 1 && work < 8 * CHUNK_WORK) {
    int64_t each = CHUNK_WORK / 4 / larger(work, 1) + 1;
    int failed = 0;
    parallel((batch + each - 1) / each, [&](int64_t chunk) {
      for (int64_t i = chunk * each; i < batch && i < (chunk + 1) * each; i++) {
        int status = gemm_serial_run(product(i), {});
        if (status != OK) __atomic_store_n(&failed, status, __ATOMIC_RELAXED);
      }
    });
    return failed;
  }
  for (int i = 0; i < batch; i++) {
    int status = gemm_parallel_run(product(i), {});
    if (status != OK) return status;
  }
  return OK;
}

#define LB_ACTIVATION(code, expression) \
  case code: {                          \
    struct Operation {                  \
      static LB_INLINE Activated apply(V x) { return expression; } \
    };                                  \
    return back ? hidden_rows<Operation> : affine_rows<Operation>; \
  }

struct Affine {
  float *y, *slope, *before;
  ptrdiff_t n;
};

// y = activation(y) on a region; the derivative goes to slope and what y was to before where they are asked for
template <class Operation> void affine_rows(void* context, Region r) {
  const Affine& f = *(const Affine*)context;
  for (ptrdiff_t row = r.row0; row < r.row0 + r.rows; row++) {
    for (int j = 0; j < r.columns; j += W) {
      ptrdiff_t at = row * f.n + r.column0 + j;
      int left = r.columns - j;
      V x = load_partial(f.y + at, left);
      if (f.before) store_partial(f.before + at, x, left);
      Activated result = Operation::apply(x);
      if (f.slope) store_partial(f.slope + at, result.slope, left);
      store_partial(f.y + at, result.value, left);
    }
  }
}

// y = y activation'(before) on a region, and before becomes activation(before)
template <class Operation> void hidden_rows(void* context, Region r) {
  const Affine& f = *(const Affine*)context;
  for (ptrdiff_t row = r.row0; row < r.row0 + r.rows; row++) {
    for (int j = 0; j < r.columns; j += W) {
      ptrdiff_t at = row * f.n + r.column0 + j;
      int left = r.columns - j;
      Activated result = Operation::apply(load_partial(f.before + at, left));
      store_partial(f.y + at, load_partial(f.y + at, left) * result.slope, left);
      store_partial(f.before + at, result.value, left);
    }
  }
}

// y = y slope on a region, the slope in the place of `before`
inline void slope_rows(void* context, Region r) {
  const Affine& f = *(const Affine*)context;
  for (ptrdiff_t row = r.row0; row < r.row0 + r.rows; row++) {
    for (int j = 0; j < r.columns; j += W) {
      ptrdiff_t at = row * f.n + r.column0 + j;
      int left = r.columns - j;
      store_partial(f.y + at, load_partial(f.y + at, left) * load_partial(f.before + at, left), left);
    }
  }
}

typedef void (*AffineKernel)(void*, Region);
// nullptr for none
inline AffineKernel affine_kernel(int activation, bool back = false) {
  // relu, tanh and sigmoid have their derivative from y
  switch (activation) {
    LB_ACTIVATION(ACT_RELU, (Activated{relu(x), V{}}))
    LB_ACTIVATION(ACT_GELU, gelu_both(x))
    LB_ACTIVATION(ACT_GELU_TANH, gelu_tanh_both(x))
    LB_ACTIVATION(ACT_SILU, silu_both(x))
    LB_ACTIVATION(ACT_TANH, (Activated{tanh(x), V{}}))
    LB_ACTIVATION(ACT_SIGMOID, (Activated{sigmoid(x), V{}}))
  }
  return nullptr;
}

inline bool is_smooth(int activation) {
  return activation == ACT_GELU || activation == ACT_GELU_TANH || activation == ACT_SILU;
}

inline bool fits_activation(int activation, void* slope) {
  return activation >= ACT_NONE && activation <= ACT_SIGMOID && (!slope || is_smooth(activation));
}

int linear(void* y, void* slope, void* x, void* w, void* bias, int m, int n, int k, int activation) {
  if (!fits_activation(activation, slope)) return BAD_ARGUMENT;
  Affine affine = {(float*)y, (float*)slope, nullptr, n};
  Epilogue epilogue = {affine_kernel(activation), &affine, slope ? (float*)slope - (float*)y : 0, (const float*)bias};
  return gemm_parallel_run({m, n, k, (const float*)x, (const float*)w, k, 1, 1, k, (float*)y, n, false}, epilogue);
}

int hidden(void* y, void* z, void* x, void* w, void* bias, int m, int n, int k, int activation) {
  if (!is_smooth(activation)) return BAD_ARGUMENT;
  Affine affine = {(float*)y, nullptr, (float*)z, n};
  return gemm_parallel_run({m, n, k, (const float*)x, (const float*)w, k, 1, 1, k, (float*)y, n, false},
                           {affine_kernel(activation), &affine, z ? (float*)z - (float*)y : 0, (const float*)bias});
}

int hidden_gradient(void* dz, void* z, void* dy, void* w, int m, int n, int k, int activation) {
  if (!is_smooth(activation) && activation != ACT_NONE) return BAD_ARGUMENT;
  Affine affine = {(float*)dz, nullptr, (float*)z, n};
  AffineKernel finish = activation == ACT_NONE ? slope_rows : affine_kernel(activation, true);
  return gemm_parallel_run({m, n, k, (const float*)dy, (const float*)w, k, 1, n, 1, (float*)dz, n, false},
                           {finish, &affine, (float*)z - (float*)dz});
}

int activation_gradient(void* dz, void* dy, void* saved, int64_t count, int activation) {
  static constexpr int operations[] = {U_COPY, B_RELU_GRADIENT, B_MULTIPLY, B_MULTIPLY, B_MULTIPLY,
                                       B_TANH_GRADIENT, B_SIGMOID_GRADIENT};
  if (activation < ACT_NONE || activation > ACT_SIGMOID) return BAD_ARGUMENT;
  if (activation == ACT_NONE) {
    Walk<1> walk = {{1, 1, 1, count}, {{0, 0, 0, 1}}, {(const char*)dy}, {4}, (char*)dz, 4, 0, 0};
    walk.run(unary_kernel(U_COPY));
    return OK;
  }
  Walk<2> walk = {{1, 1, 1, count}, {{0, 0, 0, 1}, {0, 0, 0, 1}}, {(const char*)saved, (const char*)dy}, {4, 4},
                  (char*)dz, 4, 0, 0};
  walk.run(binary_kernel(operations[activation]));
  return OK;
}

}  // namespace lb
