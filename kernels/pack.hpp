// Copies of matrix operands in the order in which the tiles of gemm.hpp read them: W neighbouring rows or columns side by
// side, k steps one after another. Moves numbers only.
#pragma once
#include "vector.hpp"

namespace lb {

// Transposes a W x W block held in registers: swaps halves at distance W/2, W/4, ... 1.
template <int DISTANCE, int... I> LB_INLINE void swap_halves(V& a, V& b, Indices<I...>) {
  V low = LB_SHUFFLE(a, b, (I & DISTANCE ? W + I - DISTANCE : I)...);
  b = LB_SHUFFLE(a, b, (I & DISTANCE ? W + I : I + DISTANCE)...);
  a = low;
}
template <int DISTANCE> LB_INLINE void transpose_step(V (&r)[W]) {
  if constexpr (DISTANCE >= 1) {
    LB_UNROLL for (int i = 0; i < W; i++) if (!(i & DISTANCE)) swap_halves<DISTANCE>(r[i], r[i + DISTANCE], EveryLane());
    transpose_step<DISTANCE / 2>(r);
  }
}
LB_INLINE void transpose_block(V (&r)[W]) { transpose_step<W / 2>(r); }

// Packs count (at most W) rows of contiguous k into to[p * pitch + row]; writes whole vectors of W, in ascending order,
// so rows beyond count receive zeros and the next panel overwrites what reaches over a pitch below W.
LB_NOINLINE void pack_transposed(int kc, int count, const float* from, ptrdiff_t row_stride, float* to, int pitch) {
  for (int p = 0; p < kc; p += W) {
    V r[W];
    int left = kc - p;
    if (left >= W && count == W) {
      LB_UNROLL for (int i = 0; i < W; i++) r[i] = load(from + i * row_stride + p);
    } else {
      for (int i = 0; i < W; i++) r[i] = i < count ? load_partial(from + i * row_stride + p, left) : V{};
    }
    transpose_block(r);
    if (left >= W) {
      LB_UNROLL for (int i = 0; i < W; i++) store(to + i * (ptrdiff_t)pitch, r[i]);
    } else {
      for (int i = 0; i < left; i++) store(to + i * (ptrdiff_t)pitch, r[i]);
    }
    to += W * (ptrdiff_t)pitch;
  }
}

// Packs count (at most W) neighbouring elements of each of kc rows; whole vectors as above.
LB_NOINLINE void pack_rows(int kc, int count, const float* from, ptrdiff_t k_stride, ptrdiff_t stride, float* to, int pitch) {
  if (stride == 1 && count == W) {
    for (int p = 0; p < kc; p++) store(to + p * (ptrdiff_t)pitch, load(from + p * k_stride));
  } else if (stride == 1) {
    for (int p = 0; p < kc; p++) store(to + p * (ptrdiff_t)pitch, load_partial(from + p * k_stride, count));
  } else {
    for (int p = 0; p < kc; p++) {
      for (int i = 0; i < W; i++) to[p * (ptrdiff_t)pitch + i] = i < count ? from[p * k_stride + i * stride] : 0.0f;
    }
  }
}
LB_INLINE void pack(int kc, int count, const float* from, ptrdiff_t k_stride, ptrdiff_t stride, float* to, int pitch) {
  if (k_stride == 1 && stride != 1 && count > 1) pack_transposed(kc, count, from, stride, to, pitch);
  else pack_rows(kc, count, from, k_stride, stride, to, pitch);
}

}  // namespace lb
