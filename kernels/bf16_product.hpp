// Matrix products and lookups whose right operand is stored in bf16. A piece of it at a time is widened into f32, near
// enough to stay in a cache, and the ordinary product reads that: the same bits as with the whole of it widened
// beforehand, for sums run along k, which no piece cuts. Memory and its traffic are those of bf16.
#pragma once
#include "bf16.hpp"
#include "indexing.hpp"
#include "linear.hpp"

namespace lb {

constexpr int SLOT_WIDENED = 4;
constexpr int64_t THIN_PIECE = 1 << 15, PIECE = 1 << 17;  // floats

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

// C = A B with B's pieces of columns; `after` gives the epilogue of the piece from column `first` on
template <class After>
LB_INLINE int bf16_pieces(int m, int n, int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const uint16_t* b, ptrdiff_t br,
                          ptrdiff_t bc, float* c, ptrdiff_t cr, bool accumulate, After after) {
  if (m <= 0 || n <= 0) return OK;
  int64_t threads = __atomic_load_n(&pool.threads, __ATOMIC_RELAXED);
  int64_t room = (m <= 4 ? THIN_PIECE : PIECE) / larger(k, 1), fair = ceil_divide(n, 2 * threads);
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
  int64_t pieces = ceil_divide(n, step);
  if ((int64_t)m * n * k < SERIAL_LIMIT) for (int64_t piece = 0; piece < pieces; piece++) body(piece);
  else parallel(pieces, body);
  return failed;
}

struct NoEpilogue {
  Epilogue get() { return {}; }
};
struct AffineEpilogue {
  AffineKernel kernel;
  Affine affine;
  Epilogue get() { return {kernel, &affine}; }
};

int gemm_bf16(int m, int n, int k, void* a, int a_row, int a_column, void* b, int b_row, int b_column, void* c, int c_row,
              int accumulate) {
  return bf16_pieces(m, n, k, (const float*)a, a_row, a_column, (const uint16_t*)b, b_row, b_column, (float*)c, c_row,
                     accumulate != 0, [](int) { return NoEpilogue(); });
}

int linear_bf16(void* y, void* slope, void* x, void* w, void* bias, int m, int n, int k, int activation) {
  AffineKernel kernel = affine_kernel(activation);
  bool smooth = activation == ACT_GELU || activation == ACT_GELU_TANH || activation == ACT_SILU;
  if (!kernel || (slope && !smooth)) return BAD_ARGUMENT;
  if (activation == ACT_NONE && !bias) kernel = nullptr;
  return bf16_pieces(m, n, k, (const float*)x, k, 1, (const uint16_t*)w, 1, k, (float*)y, n, false, [&](int first) {
    auto from = [first](void* floats) { return floats ? (float*)floats + first : nullptr; };
    return AffineEpilogue{kernel, {from(y), from(slope), from(bias), n}};
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
