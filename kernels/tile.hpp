// Small matrix products on scratch memory, for kernels that fuse something around them (attention, recurrence), and the
// transpose they need. Columns of B and C are whole multiples of the vectors asked for: padding is the caller's business.
// Every element of C is one fma chain over k ascending, whatever the tile. Not a general matrix product: see gemm.hpp.
#pragma once
#include "parallel.hpp"
#include "steps.hpp"

namespace lb {

// C[R, N*W] = (accumulate ? C : 0) + A B; A element (i, p) at a[i*ar + p*ac], with ar or ac 1; B row p at b + p*br
template <int R, int N>
LB_NOINLINE void tile(int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br, float* c,
                      ptrdiff_t cr, bool accumulate) {
  V sum[R][N];
  TileRows<float, R> rows(c, cr);
  LB_UNROLL for (int i = 0; i < R; i++) {
    LB_UNROLL for (int j = 0; j < N; j++) sum[i][j] = accumulate ? load(rows[i] + j * W) : V{};
  }
  multiply_steps<R, N>(sum, k, a, ar, ac, b, br);
  LB_UNROLL for (int i = 0; i < R; i++) {
    LB_UNROLL for (int j = 0; j < N; j++) store(rows[i] + j * W, sum[i][j]);
  }
}

typedef void (*AnyTile)(int, const float*, ptrdiff_t, ptrdiff_t, const float*, ptrdiff_t, float*, ptrdiff_t, bool);

// m rows by N vectors, in tiles that fill the registers (32 with AVX-512, else 16)
template <int N>
LB_INLINE void tile_rows(int m, int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br, float* c,
                         ptrdiff_t cr, bool accumulate) {
#ifdef __wasm__
  // 12 sums, two vectors of B and a broadcast are the 15 registers of V8
  if constexpr (N == 4) {
    for (int j = 0; j < N; j += 2) tile_rows<2>(m, k, a, ar, ac, b + j * W, br, c + j * W, cr, accumulate);
    return;
  }
  constexpr int MOST = N == 3 ? 3 : TALLEST;
  static constexpr AnyTile heights[7] = {nullptr, tile<1, N>, tile<2, N>, tile<3, N>, tile<(MOST > 3 ? 4 : 1), N>,
                                         tile<(MOST > 3 ? 5 : 1), N>, tile<MOST, N>};
  int tall = N == 2 ? tile_height : MOST;
  for (int left = (m + tall - 1) / tall; left > 0; left--) {
    int rows = (m + left - 1) / left;
    heights[rows](k, a, ar, ac, b, br, c, cr, accumulate);
    a += rows * ar;
    c += rows * cr;
    m -= rows;
  }
#else
  if constexpr (W == 16 && N == 2) {
    // nearly equal heights up to 14: a tile of 8 rows spends a quarter of a short product on its beginning and end
    static constexpr AnyTile table[15] = {nullptr,    tile<1, N>, tile<2, N>, tile<3, N>,  tile<4, N>,
                                          tile<5, N>, tile<6, N>, tile<7, N>, tile<8, N>,  tile<9, N>,
                                          tile<10, N>, tile<11, N>, tile<12, N>, tile<13, N>, tile<14, N>};
    for (int left = (m + 13) / 14; left > 0; left--) {
      int rows = (m + left - 1) / left;
      table[rows](k, a, ar, ac, b, br, c, cr, accumulate);
      a += rows * ar;
      c += rows * cr;
      m -= rows;
    }
    return;
  }
  constexpr int TALL = 6;
  constexpr int LARGE = W == 16 ? (N == 4 ? 6 : 8) : (N == 4 ? 2 : N == 3 ? 4 : TALL);
  while (m > 0) {
    // eight rows as 4 + 4 rather than 6 + 2: a tile of two rows waits for its own sums
    int rows = m >= LARGE && !(LARGE == 6 && m == 8) ? LARGE : m >= 4 && LARGE >= 4 ? 4 : m >= 2 ? 2 : 1;
    if (rows == LARGE) tile<LARGE, N>(k, a, ar, ac, b, br, c, cr, accumulate);
    else if (rows == 4) tile<(LARGE > 4 ? 4 : 1), N>(k, a, ar, ac, b, br, c, cr, accumulate);
    else if (rows == 2) tile<(LARGE > 2 ? 2 : 1), N>(k, a, ar, ac, b, br, c, cr, accumulate);
    else tile<1, N>(k, a, ar, ac, b, br, c, cr, accumulate);
    a += rows * ar;
    c += rows * cr;
    m -= rows;
  }
#endif
}

// n a multiple of 16
LB_INLINE void tile_product(int m, int n, int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br,
                            float* c, ptrdiff_t cr, bool accumulate) {
  int j = 0;
  for (; j + 2 * W <= n; j += 2 * W) tile_rows<2>(m, k, a, ar, ac, b + j, br, c + j, cr, accumulate);
  for (; j < n; j += W) tile_rows<1>(m, k, a, ar, ac, b + j, br, c + j, cr, accumulate);
}

typedef float Four __attribute__((vector_size(16)));
typedef float UnalignedFour __attribute__((vector_size(16), aligned(4), may_alias));

LB_INLINE void transpose_4x4(Four (&row)[4]) {
  Four a = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5), b = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
  Four c = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7), d = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
  row[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  row[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  row[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
  row[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

// out[j*out_row + i] = factor * in[i*in_row + j] for i < rows, j < columns
LB_NOINLINE void transpose(float* out, ptrdiff_t out_row, const float* in, ptrdiff_t in_row, int rows, int columns,
                           float factor = 1) {
  int i = 0;
  for (; i + 4 <= rows; i += 4, in += 4 * in_row) {
    int j = 0;
    for (; j + 4 <= columns; j += 4) {
      Four block[4];
      LB_UNROLL for (int e = 0; e < 4; e++) block[e] = *(const UnalignedFour*)(in + e * in_row + j) * factor;
      transpose_4x4(block);
      LB_UNROLL for (int e = 0; e < 4; e++) *(UnalignedFour*)(out + (j + e) * out_row + i) = block[e];
    }
    for (; j < columns; j++) {
      for (int e = 0; e < 4; e++) out[j * out_row + i + e] = in[e * in_row + j] * factor;
    }
  }
  for (; i < rows; i++, in += in_row) {
    for (int j = 0; j < columns; j++) out[j * out_row + i] = in[j] * factor;
  }
}

LB_INLINE int whole16(int n) { return (n + 15) / 16 * 16; }
LB_INLINE int smaller(int a, int b) { return a < b ? a : b; }

// Set by chunks that found no memory; the kernel returns it when all chunks are done.
struct SharedStatus {
  int value = OK;
  void set(int status) { __atomic_store_n(&value, status, __ATOMIC_RELAXED); }
};

}  // namespace lb
