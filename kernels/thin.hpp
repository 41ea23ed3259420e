// Products of a few rows of A, bound by reading B: decoding. In the order of sums of gemm.hpp.
#pragma once
#include "pack.hpp"
#include "product.hpp"

namespace lb {

// A few rows times a B whose columns are contiguous in memory (x w^T while decoding): W columns are transposed in
// registers and used at once. `weights` reads B as f32, whatever it is stored in.
struct FloatWeights {
  const float* at;
  LB_INLINE V operator()(ptrdiff_t i) const { return load(at + i); }
  LB_INLINE V operator()(ptrdiff_t i, int count) const { return load_partial(at + i, count); }
};
template <int ROWS, class Weights>
LB_NOINLINE void multiply_thin(const Product& g, Weights weights, int first, int last) {
  for (int column = first; column < last; column += W) {
    int columns = (int)smaller(W, last - column);
    ptrdiff_t b = column * g.bc;
    for (int k0 = 0; k0 < g.k; k0 += KC) {
      int kc = (int)smaller(KC, g.k - k0);
      V sum[ROWS] = {};
      for (int p = k0; p < k0 + kc; p += W) {
        V r[W];
        int left = k0 + kc - p;
        if (columns == W && left >= W) {
          LB_UNROLL for (int i = 0; i < W; i++) r[i] = weights(b + i * g.bc + p);
        } else {
          for (int i = 0; i < W; i++) r[i] = i < columns ? weights(b + i * g.bc + p, left) : V{};
        }
        transpose_block(r);
        if (left >= W) {
          LB_UNROLL for (int i = 0; i < W; i++) {
            LB_UNROLL for (int row = 0; row < ROWS; row++) {
              sum[row] = fma(splat(g.a[row * g.ar + (p + i) * g.ac]), r[i], sum[row]);
            }
          }
        } else {
          for (int i = 0; i < left; i++) {
            for (int row = 0; row < ROWS; row++) sum[row] = fma(splat(g.a[row * g.ar + (p + i) * g.ac]), r[i], sum[row]);
          }
        }
      }
      for (int row = 0; row < ROWS; row++) {
        float* c = g.c + row * g.cr + column;
        bool accumulate = g.accumulate || k0 > 0;
        store_partial(c, accumulate ? load_partial(c, columns) + sum[row] : sum[row], columns);
      }
    }
  }
}

template <class Weights, class ForEach>
LB_INLINE int gemm_thin(const Product& g, Weights weights, Epilogue epilogue, ForEach for_each) {
  int64_t step = larger(CHUNK_WORK / 8 / ((int64_t)g.m * g.k) / W, 1) * W;  // bound by reading B, not by arithmetic
  for_each(ceil_divide(g.n, step), [&](int64_t chunk) {
    int first = (int)(chunk * step), last = (int)smaller(g.n, first + step);
    if (g.m == 1) multiply_thin<1>(g, weights, first, last);
    else if (g.m == 2) multiply_thin<2>(g, weights, first, last);
    else if (g.m == 3) multiply_thin<3>(g, weights, first, last);
    else multiply_thin<4>(g, weights, first, last);
    finish_rows(g, epilogue, first, last - first);
  });
  return OK;
}

}  // namespace lb
