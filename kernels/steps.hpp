// The inner loop of the register tiles: sum[ROWS][N] += A B over k steps, in vectors along the columns of B. Every element is
// one fused multiply-add chain over k ascending.
#pragma once
#include "vector.hpp"

namespace lb {

// At most 16 rows, a pitch apart: four bases and two multiples of the pitch reach them, which leaves registers for the rest.
template <class T, int ROWS> struct TileRows {
  T *at0, *at4, *at8, *at12;
  ptrdiff_t pitch, three;
  LB_INLINE TileRows(T* from, ptrdiff_t row)
      : at0(from), at4(from + (ROWS > 4 ? 4 * row : 0)), at8(from + (ROWS > 8 ? 8 * row : 0)),
        at12(from + (ROWS > 12 ? 12 * row : 0)), pitch(row), three(3 * row) {}
  LB_INLINE T* operator[](int i) const {
    T* base = i < 4 ? at0 : i < 8 ? at4 : i < 12 ? at8 : at12;
    return base + (i % 4 == 3 ? three : i % 4 * pitch);
  }
  LB_INLINE void pass(ptrdiff_t count) { at0 += count, at4 += count, at8 += count, at12 += count; }
};

#ifndef __wasm__
// Where a tile is in A and B. UNIT: rows of A lie side by side, steps at a pitch of `ac`; otherwise steps lie side by side.
template <int ROWS, int N, bool UNIT> struct TileWalk {
  TileRows<const float, ROWS> rows;
  ptrdiff_t ac;
  const float* b;
  ptrdiff_t br;
  LB_INLINE TileWalk(const float* a, ptrdiff_t ar, ptrdiff_t step, const float* from, ptrdiff_t row)
      : rows(a, UNIT ? 1 : ar), ac(step), b(from), br(row) {}
  // step e of those since pass() was called
  LB_INLINE void step(V (&sum)[ROWS][N], int e) {
    V row[N];
    LB_UNROLL for (int j = 0; j < N; j++) row[j] = load(b + j * W);
    LB_UNROLL for (int i = 0; i < ROWS; i++) {
      V x = splat(UNIT ? rows.at0[i] : rows[i][e]);
      LB_UNROLL for (int j = 0; j < N; j++) sum[i][j] = fma(x, row[j], sum[i][j]);
    }
    if (UNIT) rows.at0 += ac;
    b += br;
    // a compiler that mixes two steps runs out of registers
    asm volatile("" : "+r"(rows.at0), "+r"(b) : : "memory");
  }
  LB_INLINE void pass(int steps) {
    if (!UNIT) rows.pass(steps);
  }
};

template <int ROWS, int N, bool UNIT>
LB_INLINE void multiply_steps(V (&sum)[ROWS][N], int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br) {
  TileWalk<ROWS, N, UNIT> walk(a, ar, ac, b, br);
  for (; k >= 4; k -= 4) {
    LB_UNROLL for (int e = 0; e < 4; e++) walk.step(sum, e);
    walk.pass(4);
  }
  for (; k > 0; k--) walk.step(sum, 0), walk.pass(1);
}
// A element (i, p) at a[i*ar + p*ac], with ar or ac 1; B row p at b + p*br
template <int ROWS, int N>
LB_INLINE void multiply_steps(V (&sum)[ROWS][N], int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br) {
  if (ar == 1) multiply_steps<ROWS, N, true>(sum, k, a, 1, ac, b, br);
  else multiply_steps<ROWS, N, false>(sum, k, a, ar, 1, b, br);
}
#else
// Engines keep the order that they are given and have 15 vector registers on x64, so the order is pinned here: a broadcast
// is used up before the next one is loaded. One step a pass: clang would sort several by sums and keep all operands alive.

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
#endif

}  // namespace lb
