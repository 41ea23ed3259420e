// The matrix product C[m,n] = (accumulate ? C : 0) + A[m,k] B[k,n] for any strides of A and B; C has unit column stride.
// Part of "the same bits": an element of C is one fused multiply-add chain over k ascending inside each block of KC,
// started from 0, and the block results are added onto C in order. Everything else here (tiles, packing, threads) may
// change freely, because none of it touches that order. Not for dot products along k in vectors: that would.
#pragma once
#include "parallel.hpp"

namespace lb {

constexpr int KC = 512;
// The register tile MR x NR: 28, 12 or 8 accumulators. V8 spills beyond 4 x 8 on WebAssembly.
constexpr int MR = W == 16 ? 14 : W == 8 ? 6 : 4, NV = 2, NR = NV * W;
constexpr int BAND_BLOCKS = W == 16 ? 24 : W == 8 ? 40 : 60;  // MR x KC blocks of A that stay in the L2 cache
constexpr int64_t PACK_LIMIT = 1 << 21;        // floats of A or of B packed at a time
constexpr int64_t SERIAL_LIMIT = 1 << 17;      // multiply-adds below which threads are not worth waking
constexpr int64_t CHUNK_WORK = 1 << 19;        // multiply-adds of one chunk of parallel work, at least
constexpr int64_t CHUNKS_WANTED = 24;

LB_INLINE int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }
LB_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
LB_INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

struct Product {
  int m, n, k;
  const float *a, *b;
  ptrdiff_t ar, ac, br, bc;
  float* c;
  ptrdiff_t cr;
  bool accumulate;
};

// C[rows, columns] (+)= A B over kc steps. B: kc rows of VECTORS * W floats at pitch b_pitch, readable in full.
template <int ROWS, int VECTORS, bool PACKED>
LB_NOINLINE void gemm_tile(int kc, const float* __restrict a, ptrdiff_t ar, ptrdiff_t ac, const float* __restrict b,
                      ptrdiff_t b_pitch, float* __restrict c, ptrdiff_t cr, int columns, bool accumulate) {
  V sum[ROWS][VECTORS];
  LB_UNROLL for (int i = 0; i < ROWS; i++) LB_UNROLL for (int j = 0; j < VECTORS; j++) sum[i][j] = V{};
  if (PACKED) ar = 1, ac = ROWS;
  for (int p = 0; p < kc; p++) {
    V bv[VECTORS];
    LB_UNROLL for (int j = 0; j < VECTORS; j++) bv[j] = load(b + j * W);
    LB_UNROLL for (int i = 0; i < ROWS; i++) {
      V x = splat(a[i * ar]);
      LB_UNROLL for (int j = 0; j < VECTORS; j++) sum[i][j] = fma(x, bv[j], sum[i][j]);
#ifdef __wasm__
      asm volatile("" ::: "memory");  // keeps the broadcasts here: V8 does not reschedule and has 15 vector registers
#endif
    }
    a += ac;
    b += b_pitch;
  }
  if (columns >= VECTORS * W) {
    LB_UNROLL for (int i = 0; i < ROWS; i++) LB_UNROLL for (int j = 0; j < VECTORS; j++) {
      float* to = c + i * cr + j * W;
      store(to, accumulate ? load(to) + sum[i][j] : sum[i][j]);
    }
  } else {
    LB_UNROLL for (int i = 0; i < ROWS; i++) LB_UNROLL for (int j = 0; j < VECTORS; j++) {
      float* to = c + i * cr + j * W;
      int left = columns - j * W;
      if (left > 0) store_partial(to, accumulate ? load_partial(to, left) + sum[i][j] : sum[i][j], left);
    }
  }
}

typedef void (*Tile)(int, const float*, ptrdiff_t, ptrdiff_t, const float*, ptrdiff_t, float*, ptrdiff_t, int, bool);
template <int VECTORS, bool PACKED> LB_INLINE Tile choose_tile(int rows) {
#define LB_TILE(r) gemm_tile<(r <= MR ? r : 1), VECTORS, PACKED>
  static constexpr Tile table[15] = {nullptr,    LB_TILE(1), LB_TILE(2),  LB_TILE(3),  LB_TILE(4),
                                     LB_TILE(5), LB_TILE(6), LB_TILE(7),  LB_TILE(8),  LB_TILE(9),
                                     LB_TILE(10), LB_TILE(11), LB_TILE(12), LB_TILE(13), LB_TILE(14)};
#undef LB_TILE
  return table[rows];
}

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

// Rows are cut into blocks of nearly equal height (at most MR): the first `taller` blocks have one row more.
struct RowBlocks {
  int count, height, taller;
  LB_INLINE explicit RowBlocks(int rows) : count((int)ceil_divide(rows, MR)), height(rows / count), taller(rows % count) {}
  LB_INLINE int start(int block) const { return block * height + (int)smaller(block, taller); }
  LB_INLINE int rows(int block) const { return height + (block < taller); }
  // Where a block's kc steps from k0 on lie in the packed copy of all rows: each is followed by W floats, which the
  // last vector written may reach into.
  LB_INLINE ptrdiff_t packed(int all_rows, int block, int k0, int kc) const {
    return (ptrdiff_t)k0 * all_rows + (ptrdiff_t)kc * start(block) + ((ptrdiff_t)(k0 / KC) * count + block) * W;
  }
};


LB_INLINE void pack_block(const Product& g, int row, int rows, int k0, int kc, float* to) {
  pack(kc, rows, g.a + row * g.ar + k0 * g.ac, g.ac, g.ar, to, rows);
}
// Missing columns are zero; the last panel is one vector wide where that suffices.
LB_INLINE void pack_panel(const Product& g, int column, int columns, int k0, int kc, float* to) {
  int pitch = columns > W ? NR : W;
  for (int j = 0; j < pitch; j += W) {
    const float* from = g.b + k0 * g.br + (ptrdiff_t)(column + j) * g.bc;
    pack(kc, (int)smaller(W, columns - j), from, g.br, g.bc, to + j, pitch);
  }
}

// A part of C: rows row0.., columns column0.. .
struct Region {
  int row0, rows, column0, columns;
};

// Blocks first_block.. of `blocks` (which start at row0 of C) times columns first..last, all of k.
struct Operands {
  int row0;
  RowBlocks blocks;
  int rows;                // packed together
  const float* packed_a;   // or nullptr: A is read in place
  int column0;
  ptrdiff_t width;         // packed together
  const float* packed_b;   // or nullptr: B is read in place, or packed into panel_space where it cannot be
  float* panel_space;
};
LB_NOINLINE void multiply_region(const Product& g, const Operands& o, int first_block, int last_block, int first, int last) {
  for (int k0 = 0; k0 < g.k; k0 += KC) {
    int kc = (int)smaller(KC, g.k - k0);
    bool accumulate = g.accumulate || k0 > 0;
    for (int column = first; column < last; column += NR) {
      int columns = (int)smaller(NR, last - column);
      ptrdiff_t pitch = columns > W ? NR : W;
      bool wide = columns > W;
      const float* b = o.panel_space;
      if (o.packed_b) b = o.packed_b + k0 * o.width + (ptrdiff_t)kc * (column - o.column0);
      else if (g.bc == 1 && columns == pitch) b = g.b + k0 * g.br + column, pitch = g.br;
      else pack_panel(g, column, columns, k0, kc, o.panel_space);
      for (int block = first_block; block < last_block; block++) {
        int start = o.blocks.start(block), rows = o.blocks.rows(block), row = o.row0 + start;
        float* c = g.c + row * g.cr + column;
        if (o.packed_a) {
          const float* a = o.packed_a + o.blocks.packed(o.rows, block, k0, kc);
          Tile run = wide ? choose_tile<2, true>(rows) : choose_tile<1, true>(rows);
          run(kc, a, 1, rows, b, pitch, c, g.cr, columns, accumulate);
        } else {
          Tile run = wide ? choose_tile<2, false>(rows) : choose_tile<1, false>(rows);
          run(kc, g.a + row * g.ar + k0 * g.ac, g.ar, g.ac, b, pitch, c, g.cr, columns, accumulate);
        }
      }
    }
  }
}

// A few rows times a B whose columns are contiguous in memory (x w^T while decoding): W columns are transposed in
// registers and used at once.
template <int ROWS> LB_NOINLINE void multiply_thin(const Product& g, int first, int last) {
  for (int column = first; column < last; column += W) {
    int columns = (int)smaller(W, last - column);
    const float* b = g.b + column * g.bc;
    for (int k0 = 0; k0 < g.k; k0 += KC) {
      int kc = (int)smaller(KC, g.k - k0);
      V sum[ROWS] = {};
      for (int p = k0; p < k0 + kc; p += W) {
        V r[W];
        int left = k0 + kc - p;
        if (columns == W && left >= W) {
          LB_UNROLL for (int i = 0; i < W; i++) r[i] = load(b + i * g.bc + p);
        } else {
          for (int i = 0; i < W; i++) r[i] = i < columns ? load_partial(b + i * g.bc + p, left) : V{};
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

// After a region of C is complete it may be worked on while it is in the cache (bias, activation).
struct Epilogue {
  void (*run)(void* context, Region region) = nullptr;
  void* context = nullptr;
};

template <class ForEach> LB_INLINE int gemm_thin(const Product& g, Epilogue epilogue, ForEach for_each) {
  int64_t step = larger(CHUNK_WORK / 8 / ((int64_t)g.m * g.k) / W, 1) * W;  // bound by reading B, not by arithmetic
  for_each(ceil_divide(g.n, step), [&](int64_t chunk) {
    int first = (int)(chunk * step), last = (int)smaller(g.n, first + step);
    if (g.m == 1) multiply_thin<1>(g, first, last);
    else if (g.m == 2) multiply_thin<2>(g, first, last);
    else if (g.m == 3) multiply_thin<3>(g, first, last);
    else multiply_thin<4>(g, first, last);
    if (epilogue.run) epilogue.run(epilogue.context, {0, g.m, first, last - first});
  });
  return OK;
}

// Calls pack_part(x, k0, kc, p, count) for all blocks or panels x, which are shared out in groups; count steps of the k
// block k0, kc from p on. Where neighbours lie side by side in memory a group takes turns in slices of k, so that whole
// cache lines and pages are used while they are near.
template <class ForEach, class Pack>
LB_INLINE void pack_all(int total, int k, bool side_by_side, ForEach for_each, Pack pack_part) {
  constexpr int GROUP = 4, SLICE = 32;
  for_each(ceil_divide(total, GROUP), [&](int64_t group) {
    int first = (int)group * GROUP, last = (int)smaller(total, first + GROUP);
    for (int k0 = 0; k0 < k; k0 += KC) {
      int kc = (int)smaller(KC, k - k0), slice = side_by_side ? SLICE : kc;
      for (int p = 0; p < kc; p += slice) {
        for (int x = first; x < last; x++) pack_part(x, k0, kc, p, (int)smaller(slice, kc - p));
      }
    }
  });
}

template <bool THREADS> LB_NOINLINE int gemm_run(const Product& g, Epilogue epilogue) {
  if (g.m <= 0 || g.n <= 0) return OK;
  auto for_each = [](int64_t chunks, auto&& body) {
    if (THREADS) return parallel(chunks, body);
    for (int64_t chunk = 0; chunk < chunks; chunk++) body(chunk);
  };
  if (g.k <= 0) {
    for (int i = 0; i < g.m && !g.accumulate; i++) zero_floats(g.c + i * g.cr, g.n);
    if (epilogue.run) epilogue.run(epilogue.context, {0, g.m, 0, g.n});
    return OK;
  }
  if (g.m <= 4 && g.br == 1 && g.bc != 1) return gemm_thin(g, epilogue, for_each);

  // Packing A pays when several panels read it, packing B when several blocks of rows do.
  bool pack_a = g.m > 1 && g.n > (g.ac == 1 ? 4 : 1) * NR;
  bool pack_b = g.m > MR && !(g.bc == 1 && (g.m <= 2 * MR || (int64_t)g.k * g.n <= 8192));
  int64_t most_columns = pack_b ? larger(PACK_LIMIT / g.k / NR, 1) * NR : g.n;
  int64_t most_rows = pack_a ? (THREADS ? larger(PACK_LIMIT / g.k / MR, BAND_BLOCKS) : BAND_BLOCKS) * MR : g.m;
  int failed = 0;

  for (int64_t column0 = 0; column0 < g.n; column0 += most_columns) {
    int end = (int)smaller(g.n, column0 + most_columns);
    int panels = (int)ceil_divide(end - column0, NR);
    ptrdiff_t width = (ptrdiff_t)panels * NR;
    float *packed_b = nullptr, *packed_a = nullptr;
    if (pack_b) {
      packed_b = scratch((size_t)width * g.k, SLOT_PACKED_B);
      if (!packed_b) return NO_MEMORY;
      pack_all(panels, g.k, g.bc == 1, for_each, [&](int panel, int k0, int kc, int p, int count) {
        int column = (int)column0 + panel * NR, columns = (int)smaller(NR, end - column), pitch = columns > W ? NR : W;
        float* to = packed_b + k0 * width + (ptrdiff_t)kc * panel * NR + (ptrdiff_t)p * pitch;
        pack_panel(g, column, columns, k0 + p, count, to);
      });
    }
    for (int64_t row0 = 0; row0 < g.m; row0 += most_rows) {
      int rows = (int)smaller(most_rows, g.m - row0);
      RowBlocks blocks(rows);
      if (pack_a) {
        packed_a = scratch((size_t)rows * g.k + (size_t)ceil_divide(g.k, KC) * blocks.count * W, SLOT_PACKED_A);
        if (!packed_a) return NO_MEMORY;
        pack_all(blocks.count, g.k, g.ar == 1, for_each, [&](int block, int k0, int kc, int p, int count) {
          int rows_here = blocks.rows(block);
          float* to = packed_a + blocks.packed(rows, block, k0, kc) + (ptrdiff_t)p * rows_here;
          pack_block(g, (int)row0 + blocks.start(block), rows_here, k0 + p, count, to);
        });
      }
      int block_step = (int)smaller(blocks.count, BAND_BLOCKS), panel_step = panels;
      if (THREADS) {
        auto chunks = [&] { return ceil_divide(blocks.count, block_step) * ceil_divide(panels, panel_step); };
        auto work = [&] { return (int64_t)block_step * panel_step * MR * NR * g.k; };
        while (chunks() < CHUNKS_WANTED && work() >= 2 * CHUNK_WORK) {
          if (panel_step >= block_step && panel_step > 1) panel_step = (panel_step + 1) / 2;
          else if (block_step > 1) block_step = (block_step + 1) / 2;
          else break;
        }
      }
      int64_t cuts = ceil_divide(panels, panel_step);
      for_each(ceil_divide(blocks.count, block_step) * cuts, [&](int64_t chunk) {
        int first_block = (int)(chunk / cuts) * block_step, first = (int)column0 + (int)(chunk % cuts) * panel_step * NR;
        int last_block = (int)smaller(blocks.count, first_block + block_step), last = (int)smaller(end, first + panel_step * NR);
        Operands o = {(int)row0, blocks, rows, packed_a, (int)column0, width, packed_b, nullptr};
        if (!packed_b && !(g.bc == 1 && (last - first) % W == 0)) {
          o.panel_space = scratch((size_t)NR * KC, SLOT_PANEL);
          if (!o.panel_space) return __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
        }
        multiply_region(g, o, first_block, last_block, first, last);
        int top = blocks.start(first_block), bottom = blocks.start(last_block);
        if (epilogue.run) epilogue.run(epilogue.context, {(int)row0 + top, bottom - top, first, last - first});
      });
    }
  }
  return failed ? NO_MEMORY : OK;
}

LB_NOINLINE int gemm_serial_run(const Product& g, Epilogue epilogue) { return gemm_run<false>(g, epilogue); }
LB_NOINLINE int gemm_parallel_run(const Product& g, Epilogue epilogue) {
  return (int64_t)g.m * g.n * g.k < SERIAL_LIMIT ? gemm_run<false>(g, epilogue) : gemm_run<true>(g, epilogue);
}

// Safe inside the body of parallel().
LB_INLINE int gemm_serial(int m, int n, int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br,
                          ptrdiff_t bc, float* c, ptrdiff_t cr, bool accumulate) {
  return gemm_serial_run({m, n, k, a, b, ar, ac, br, bc, c, cr, accumulate}, {});
}
LB_INLINE int gemm_parallel(int m, int n, int k, const float* a, ptrdiff_t ar, ptrdiff_t ac, const float* b, ptrdiff_t br,
                            ptrdiff_t bc, float* c, ptrdiff_t cr, bool accumulate) {
  return gemm_parallel_run({m, n, k, a, b, ar, ac, br, bc, c, cr, accumulate}, {});
}

}  // namespace lb
