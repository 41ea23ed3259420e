// Matrix products and lookups whose right operand is stored in bf16. A piece of it at a time is widened into f32, near
// enough to stay in a cache, and the ordinary product reads that; a few rows (decoding) widen it in registers. The bits
// are those of an operand widened beforehand: sums run along k in gemm.hpp's order, and no piece cuts them.
#pragma once
#include "bf16.hpp"
#include "indexing.hpp"
#include "linear.hpp"

namespace lb {

constexpr int SLOT_WIDENED = 4;
constexpr int64_t PIECE = 1 << 17, SHARED_PIECE = 1 << 21;  // floats: one thread's, all threads'
constexpr int SHARED_ROWS = 256;  // of C, from which on reading A again for every small piece costs more

// B[k, columns first..] as f32 with unit stride along k where it had that, else along the columns
LB_INLINE void widen_piece(float* to, const uint16_t* b, ptrdiff_t br, ptrdiff_t bc, int k, int columns) {
  if (br == 1) {
    for (int j = 0; j < columns; j++) widen_floats(to + (int64_t)j * k, b + j * bc, k);
  } else {
    for (int p = 0; p < k; p++) {
      if (bc == 1) widen_floats(to + (int64_t)p * columns, b + p * br, columns);
      else for (int j = 0; j < columns; j++) to[(int64_t)p * columns + j] = widen(b[p * br + j * bc]);
    }
  }
}

typedef uint16_t Halves __attribute__((vector_size(2 * W), aligned(2), may_alias));
LB_INLINE V load_bf16(const uint16_t* p) { return (V)(__builtin_convertvector(*(const Halves*)p, VU) << 16); }
LB_INLINE V load_bf16_partial(const uint16_t* p, int count) {
  if (count >= W) return load_bf16(p);
  uint16_t some[W] = {};
  for (int i = 0; i < count; i++) some[i] = p[i];
  return load_bf16(some);
}

struct Bf16Weights {
  const uint16_t* at;
  LB_INLINE V operator()(ptrdiff_t i) const { return load_bf16(at + i); }
  LB_INLINE V operator()(ptrdiff_t i, int count) const { return load_bf16_partial(at + i, count); }
};

// C = A B with B's pieces of columns; `after` gives the epilogue of the piece from column `first` on
template <class After>
LB_INLINE int bf16_pieces(int m, int n, int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const uint16_t* b, ptrdiff_t br,
                          ptrdiff_t bc, float* c, ptrdiff_t cr, bool accumulate, After after) {
  if (m <= 0 || n <= 0) return OK;
  bool serial = (int64_t)m * n * k < SERIAL_LIMIT;
  auto for_each = [serial](int64_t count, auto&& work) {
    if (!serial) return parallel(count, work);
    for (int64_t i = 0; i < count; i++) work(i);
  };
  if (m <= 4 && k > 0 && br == 1 && bc != 1) {
    auto epilogue = after(0);
    return gemm_thin({m, n, k, a, nullptr, ar, ac, 1, bc, c, cr, accumulate}, Bf16Weights{b}, epilogue.get(), for_each);
  }
  if (m >= SHARED_ROWS && (br == 1 || bc == 1)) {
    int64_t most = larger(SHARED_PIECE / larger(k, 1) / NR, 1) * NR;
    for (int64_t first = 0; first < n; first += most) {
      int columns = (int)smaller(most, n - first);
      float* wide = scratch((size_t)larger(k, 1) * columns, SLOT_WIDENED);
      if (!wide) return NO_MEMORY;
      const uint16_t* from = b + first * bc;
      int along = br == 1 ? columns : k, across = br == 1 ? k : columns;  // rows of unit stride, and their extent
      for_each(ceil_divide(along, 8), [&](int64_t group) {
        for (int64_t row = group * 8; row < along && row < group * 8 + 8; row++) {
          widen_floats(wide + row * across, from + row * (br == 1 ? bc : br), across);
        }
      });
      auto epilogue = after((int)first);
      int status = gemm_parallel_run({m, columns, k, a, wide, ar, ac, br == 1 ? 1 : across, br == 1 ? across : 1, c + first,
                                      cr, accumulate}, epilogue.get());
      if (status != OK) return status;
    }
    return OK;
  }
  int64_t threads = __atomic_load_n(&pool.threads, __ATOMIC_RELAXED);
  int64_t room = PIECE / larger(k, 1), fair = ceil_divide(n, 2 * threads);
  int64_t step = ceil_divide(larger(smaller(room, fair), 1), NR) * NR;
  int failed = OK;
  auto body = [&](int64_t piece) {
    int first = (int)(piece * step), columns = (int)smaller(step, n - first);
    float* wide = scratch((size_t)larger(k, 1) * columns, SLOT_WIDENED);
    int status = NO_MEMORY;
    if (wide) {
      widen_piece(wide, b + first * bc, br, bc, k, columns);
      auto epilogue = after(first);
      ptrdiff_t rows = br == 1 ? 1 : columns, across = br == 1 ? k : 1;
      status = gemm_serial_run({m, columns, k, a, wide, ar, ac, rows, across, c + first, cr, accumulate}, epilogue.get());
    }
    if (status != OK) __atomic_store_n(&failed, status, __ATOMIC_RELAXED);
  };
  for_each(ceil_divide(n, step), body);
  return failed;
}

struct NoEpilogue {
  Epilogue get() { return {}; }
};
struct AffineEpilogue {
  AffineKernel kernel;
  Affine affine;
  const float* bias;
  Epilogue get() { return {kernel, &affine, 0, bias}; }
};

int gemm_bf16(int m, int n, int k, void* a, int a_row, int a_column, void* b, int b_row, int b_column, void* c, int c_row,
              int accumulate) {
  return bf16_pieces(m, n, k, (const float*)a, a_row, a_column, (const uint16_t*)b, b_row, b_column, (float*)c, c_row,
                     accumulate != 0, [](int) { return NoEpilogue(); });
}

int linear_bf16(void* y, void* slope, void* x, void* w, void* bias, int m, int n, int k, int activation) {
  if (!fits_activation(activation, slope)) return BAD_ARGUMENT;
  return bf16_pieces(m, n, k, (const float*)x, k, 1, (const uint16_t*)w, 1, k, (float*)y, n, false, [&](int first) {
    auto from = [first](void* floats) { return floats ? (float*)floats + first : nullptr; };
    return AffineEpilogue{affine_kernel(activation), {from(y), from(slope), nullptr, n}, from(bias)};
  });
}

// out [count, columns] in f32 = rows of table [rows, columns] in bf16
int embedding_bf16(void* out, void* table, void* ids_, int count, int rows, int columns) {
  const int32_t* ids = (const int32_t*)ids_;
  if (!all_below(ids, count, rows)) return BAD_INDEX;
  parallel_rows(count, columns, [&](int64_t first, int64_t size) {
    for (int64_t i = first; i < first + size; i++) {
      widen_floats((float*)out + i * columns, (const uint16_t*)table + (int64_t)ids[i] * columns, columns);
    }
  });
  return OK;
}

}  // namespace lb
