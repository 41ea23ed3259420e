// The inner loop of the register tiles on WebAssembly: sum[ROWS][N] += A B over k steps, in vectors along the columns of B.
// Engines keep the order that they are given and have 15 vector registers on x64, so the order is pinned here: a broadcast
// is used up before the next one is loaded. One step a pass: clang would sort several by sums and keep all operands alive.
// Every element is one fused multiply-add chain over k ascending.
#pragma once
#include "vector.hpp"

namespace lb {

constexpr int TALLEST = 6;
// At most so many rows by two vectors make a tile; the host says less where its compiler would spill (see wasm.ts).
inline int tile_height = TALLEST;

// Hides from clang what an address is made of, so that constants added to it fold into the loads.
template <class T> LB_INLINE void pin(T& value) { asm volatile("" : "+r"(value)); }

template <int ROWS, int N, class Broadcast>
LB_INLINE void multiply_step(V (&sum)[ROWS][N], const float* b, Broadcast broadcast) {
  V row[N];
  LB_UNROLL for (int j = 0; j < N; j++) row[j] = load(b + j * W);
  LB_UNROLL for (int i = 0; i < ROWS; i++) {
    V x = splat(broadcast(i));
    LB_UNROLL for (int j = 0; j < N; j++) sum[i][j] = fma(x, row[j], sum[i][j]);
    asm volatile("" ::: "memory");
  }
}

// A element (i, p) at a[i*ar + p*ac], B row p at b + p*br
template <int ROWS, int N>
LB_INLINE void multiply_steps(V (&sum)[ROWS][N], int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br) {
  if (ar == 1) {
    for (; k > 0; k--) {
      multiply_step(sum, b, [&](int i) __attribute__((always_inline)) { return a[i]; });
      a += ac;
      b += br;
      pin(a);
      pin(b);
    }
  }
  for (; k > 0; k--) {
    multiply_step(sum, b, [&](int i) __attribute__((always_inline)) { return a[i * ar]; });
    a += ac;
    b += br;
    pin(a);
    pin(b);
  }
}

}  // namespace lb
