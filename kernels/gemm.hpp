// The matrix product C[m,n] = (accumulate ? C : 0) + A[m,k] B[k,n] for any strides of A and B; C has unit column stride.
// Part of "the same bits": an element of C is one fused multiply-add chain over k ascending inside each block of KC,
// started from 0, and the block results are added onto C in order. Everything else here (tiles, packing, threads) may
// change freely, because none of it touches that order. Not for dot products along k in vectors: that would.
#pragma once
#include "pack.hpp"
#include "parallel.hpp"
#include "steps.hpp"
#include "thin.hpp"

namespace lb {

// The register tile MR x NR: 28 or 12 accumulators.
constexpr int MR = W == 16 ? 14 : 6, NV = 2, NR = NV * W;
constexpr int BAND_BLOCKS = W == 16 ? 16 : W == 8 ? 32 : 48;  // MR x KC blocks of A that stay in the L2 cache
constexpr int BAND_PANELS = W == 16 ? 6 : W == 8 ? 12 : 24;   // KC x NR panels of B, likewise
constexpr int64_t PACK_LIMIT = 1 << 21;        // floats of A or of B packed at a time
constexpr int NARROW = 128;                    // floats between rows of k up to which a transposed A is read in place
// Whether rows a pitch apart may be read in place again and again: below NARROW they lie close together; above, with 32
// registers, whose tiles leave time for it, while two rows or so share a page.
LB_INLINE bool spread(ptrdiff_t pitch) { return pitch <= NARROW || (W == 16 && pitch <= 768); }
constexpr int64_t CHUNKS_WANTED = 3;           // for each thread: no sum is cut, so the bits do not depend on it
constexpr size_t COPY_LIMIT = 1 << 13;          // floats below which threads are not worth waking for a copy
// A copy that a chunk makes for itself is made by the first tiles that read the operand, where they can read it as it lies:
// their stores cost nothing beside the multiply-adds. Tiles of at least so many rows; they ask for lines so many steps ahead.
#ifdef __wasm__
constexpr bool TILES_KEEP = false;
#else
constexpr bool TILES_KEEP = true;
#endif
constexpr int KEEP_ROWS = MR - 4, KEEP_AHEAD = 24;
enum Keep { NOTHING, BLOCK_OF_A, PANEL_OF_B };

// C[rows, columns] (+)= A B over kc steps. B: kc rows of VECTORS * W floats at pitch b_pitch, readable in full. `ahead` is
// what a later tile will read: two cache lines of it are fetched every four steps, the next two lie at a pitch. `beside` leads
// from C to what the epilogue will touch, which is fetched with C. `bias`, or nullptr, is added to the finished sums.
// UNIT: rows of A lie side by side (ar is 1); otherwise its steps do (ac is 1). `kept` receives the copy of what is kept.
template <int ROWS, int VECTORS, bool UNIT, Keep KEEP>
LB_NOINLINE void gemm_tile(int kc, const float* __restrict a, ptrdiff_t ar, ptrdiff_t ac, const float* __restrict b,
                      ptrdiff_t b_pitch, float* __restrict c, ptrdiff_t cr, int columns, bool accumulate,
                      const float* ahead, ptrdiff_t ahead_pitch, ptrdiff_t beside, const float* bias, float* kept) {
  V sum[ROWS][VECTORS];
  LB_UNROLL for (int i = 0; i < ROWS; i++) LB_UNROLL for (int j = 0; j < VECTORS; j++) sum[i][j] = V{};
#ifdef __wasm__
  multiply_steps<ROWS, VECTORS>(sum, kc, a, UNIT ? 1 : ar, UNIT ? ac : 1, b, b_pitch);
#else
  TileWalk<ROWS, VECTORS, UNIT> walk(a, ar, ac, b, b_pitch);
  auto step = [&](int e) __attribute__((always_inline)) {
    if (KEEP == PANEL_OF_B) {
      LB_UNROLL for (int j = 0; j < VECTORS; j++) store(kept + (e * VECTORS + j) * W, load(walk.b + j * W));
      LB_UNROLL for (int j = 0; j < VECTORS * W; j += 16) __builtin_prefetch(walk.b + KEEP_AHEAD * b_pitch + j);
    }
    if (KEEP == BLOCK_OF_A) {
      const float* column = walk.rows.at0;
      // vectors reach into the next step's rows: those that do come first
      LB_UNROLL for (int j = (ROWS - 1) / W * W; j >= 0; j -= W) store(kept + e * ROWS + j, load_partial(column + j, ROWS - j));
      __builtin_prefetch(column + KEEP_AHEAD * ac);
      __builtin_prefetch(column + KEEP_AHEAD * ac + ROWS - 1);
    }
    walk.step(sum, e);
  };
  auto pass = [&](int steps) __attribute__((always_inline)) {
    walk.pass(steps);
    if (KEEP != NOTHING) kept += steps * (KEEP == BLOCK_OF_A ? ROWS : VECTORS * W);
  };
  int p = 0;
  for (int i = 0; i < ROWS && p + 4 <= kc; i++, p += 4) {
    __builtin_prefetch(c + i * cr, 1);
    __builtin_prefetch(c + i * cr + (VECTORS * W - 1), 1);
    if (beside) {
      __builtin_prefetch(c + beside + i * cr, 1);
      __builtin_prefetch(c + beside + i * cr + (VECTORS * W - 1), 1);
    }
    LB_UNROLL for (int e = 0; e < 4; e++) step(e);
    pass(4);
  }
  for (; p + 4 <= kc; p += 4) {
    __builtin_prefetch(ahead);
    __builtin_prefetch(ahead + 16);
    ahead += ahead_pitch;
    LB_UNROLL for (int e = 0; e < 4; e++) step(e);
    pass(4);
  }
  for (; p < kc; p++) step(0), pass(1);
#endif
  TileRows<float, ROWS> to_rows(c, cr);
  auto each = [&](auto body) __attribute__((always_inline)) {
    LB_UNROLL for (int i = 0; i < ROWS; i++) LB_UNROLL for (int j = 0; j < VECTORS; j++) {
      body(sum[i][j], to_rows[i] + j * W, columns - j * W);
    }
  };
  bool whole = columns >= VECTORS * W;
  if (accumulate && whole) each([](V& total, float* to, int) { total = load(to) + total; });
  else if (accumulate) each([](V& total, float* to, int left) { total = load_partial(to, left) + total; });
  if (bias) {
    LB_UNROLL for (int j = 0; j < VECTORS; j++) {
      V last = load_partial(bias + j * W, columns - j * W);
      LB_UNROLL for (int i = 0; i < ROWS; i++) sum[i][j] = sum[i][j] + last;
    }
  }
  if (whole) each([](V& total, float* to, int) { store(to, total); });
  else each([](V& total, float* to, int left) { store_partial(to, total, left); });
}

typedef void (*Tile)(int, const float*, ptrdiff_t, ptrdiff_t, const float*, ptrdiff_t, float*, ptrdiff_t, int, bool, const float*, ptrdiff_t, ptrdiff_t,
                     const float*, float*);
template <int VECTORS, bool UNIT, Keep KEEP = NOTHING> LB_INLINE Tile choose_tile(int rows) {
#define LB_TILE(r) gemm_tile<(r > MR ? 1 : KEEP != NOTHING && r < KEEP_ROWS ? MR : r), VECTORS, UNIT, KEEP>
  static constexpr Tile table[15] = {nullptr,    LB_TILE(1), LB_TILE(2),  LB_TILE(3),  LB_TILE(4),
                                     LB_TILE(5), LB_TILE(6), LB_TILE(7),  LB_TILE(8),  LB_TILE(9),
                                     LB_TILE(10), LB_TILE(11), LB_TILE(12), LB_TILE(13), LB_TILE(14)};
#undef LB_TILE
  return table[rows];
}
// one vector of B or two, from a row of A or a column, keeping what is asked for (of whole panels only)
LB_INLINE Tile choose_tile(int rows, bool wide, bool unit, Keep keep) {
  if constexpr (TILES_KEEP) {
    if (keep == BLOCK_OF_A) return choose_tile<2, true, BLOCK_OF_A>(rows);
    if (keep == PANEL_OF_B) return unit ? choose_tile<2, true, PANEL_OF_B>(rows) : choose_tile<2, false, PANEL_OF_B>(rows);
  }
  if (unit) return wide ? choose_tile<2, true>(rows) : choose_tile<1, true>(rows);
  return wide ? choose_tile<2, false>(rows) : choose_tile<1, false>(rows);
}

LB_INLINE int tallest() {
#ifdef __wasm__
  return tile_height;
#else
  return MR;
#endif
}
// Rows are cut into blocks of nearly equal height (at most tallest()): the first `taller` blocks have one row more.
struct RowBlocks {
  int count, height, taller;
  LB_INLINE explicit RowBlocks(int rows) : count((int)ceil_divide(rows, tallest())), height(rows / count), taller(rows % count) {}
  LB_INLINE int start(int block) const { return block * height + (int)smaller(block, taller); }
  LB_INLINE int rows(int block) const { return height + (block < taller); }
};

// How an operand is read: where it lies, or from a copy that fits the tiles. A copy is made for all threads beforehand,
// or of the larger operand by each chunk of work for itself and one k block at a time, so that it stays in the L2 cache.
enum Source { IN_PLACE, SHARED, OWN };
struct Operand {
  Source source = IN_PLACE;
  float* copy = nullptr;
  int total = 0, first = 0, last = 0;  // blocks or panels that C has, that are copied, in all
};

struct Plan {
  const Product& g;
  RowBlocks blocks;
  Operand a, b;
  Epilogue epilogue;

  explicit Plan(const Product& product, Epilogue after) : g(product), blocks(product.m), epilogue(after) {}
  int rows_between(int first, int last) const { return blocks.start(last) - blocks.start(first); }
  // A block's kc steps from k0 on within a copy of all k; every block is followed by W floats, which the last vector
  // written may reach into.
  ptrdiff_t block_at(int block, int k0, int kc) const {
    ptrdiff_t before = k0 * (ptrdiff_t)rows_between(a.first, a.last) + (ptrdiff_t)(k0 / KC) * (a.last - a.first) * W;
    return before + (ptrdiff_t)kc * rows_between(a.first, block) + (ptrdiff_t)(block - a.first) * W;
  }
  ptrdiff_t panel_at(int panel, int k0, int kc) const {
    return k0 * (ptrdiff_t)(b.last - b.first) * NR + (ptrdiff_t)kc * (panel - b.first) * NR;
  }
  int panel_columns(int panel) const { return (int)smaller(NR, g.n - (int64_t)panel * NR); }
  size_t floats_of_a(int depth) const {
    return (size_t)rows_between(a.first, a.last) * depth + (size_t)ceil_divide(depth, KC) * (a.last - a.first) * W;
  }
  size_t floats_of_b(int depth) const { return (size_t)(b.last - b.first) * NR * depth; }

  // steps p.. (count) of the k block k0, kc
  void copy_block(int block, int k0, int kc, int p, int count, float* to) const {
    int rows = blocks.rows(block);
    const float* from = g.a + blocks.start(block) * g.ar + (ptrdiff_t)(k0 + p) * g.ac;
    // vectors reach into the next step's rows: those that do come first
    for (int j = (rows - 1) / W * W; j >= 0; j -= W) {
      pack(count, (int)smaller(W, rows - j), from + j * g.ar, g.ac, g.ar, to + (ptrdiff_t)p * rows + j, rows);
    }
  }
  // Missing columns are zero; the last panel is one vector wide where that suffices.
  void copy_panel(int panel, int k0, int kc, int p, int count, float* to) const {
    int columns = panel_columns(panel), pitch = columns > W ? NR : W;
    for (int j = 0; j < pitch; j += W) {
      const float* from = g.b + (ptrdiff_t)(k0 + p) * g.br + ((ptrdiff_t)panel * NR + j) * g.bc;
      pack(count, (int)smaller(W, columns - j), from, g.br, g.bc, to + (ptrdiff_t)p * pitch + j, pitch);
    }
  }
};

// Copies parts first..last of a k block. Where neighbours lie side by side in memory, groups take turns in slices of k,
// so that whole cache lines and pages are used while they are near.
template <class Copy> LB_INLINE void copy_parts(int first, int last, int kc, bool side_by_side, Copy copy) {
  int slice = side_by_side ? 32 : kc;
  for (int p = 0; p < kc; p += slice) {
    for (int part = first; part < last; part++) copy(part, p, (int)smaller(slice, kc - p));
  }
}
LB_NOINLINE void copy_blocks(const Plan& plan, int first, int last, int k0, int kc, float* to, bool own) {
  copy_parts(first, last, kc, plan.g.ar == 1, [&](int block, int p, int count) {
    plan.copy_block(block, k0, kc, p, count, to + plan.block_at(block, own ? 0 : k0, kc));
  });
}
LB_NOINLINE void copy_panels(const Plan& plan, int first, int last, int k0, int kc, float* to, bool own) {
  copy_parts(first, last, kc, plan.g.bc == 1, [&](int panel, int p, int count) {
    plan.copy_panel(panel, k0, kc, p, count, to + plan.panel_at(panel, own ? 0 : k0, kc));
  });
}

// One chunk of work: C's blocks times C's panels, all of k. The operand that was copied for this chunk alone is the inner
// loop, so that the other one streams past it; what comes next of that is fetched ahead.
LB_NOINLINE int multiply_chunk(const Plan& shared, int first_block, int last_block, int first_panel, int last_panel) {
  Plan plan = shared;
  const Product& g = plan.g;
  if (plan.a.source == OWN) {
    plan.a.first = first_block, plan.a.last = last_block;
    plan.a.copy = scratch(plan.floats_of_a((int)smaller(g.k, KC)), SLOT_BAND);
    if (!plan.a.copy) return NO_MEMORY;
  }
  if (plan.b.source == OWN) {
    plan.b.first = first_panel, plan.b.last = last_panel;
    plan.b.copy = scratch(plan.floats_of_b((int)smaller(g.k, KC)), SLOT_BAND);
    if (!plan.b.copy) return NO_MEMORY;
  }
  bool blocks_inner = plan.b.source != OWN;
  int outer_end = blocks_inner ? last_panel : last_block, outer_start = blocks_inner ? first_panel : first_block;
  int inner_end = blocks_inner ? last_block : last_panel, inner_start = blocks_inner ? first_block : first_panel;
  bool keeps = TILES_KEEP && plan.blocks.height >= KEEP_ROWS;
  bool keeps_a = keeps && plan.a.source == OWN && g.ar == 1 && plan.panel_columns(first_panel) == NR;
  bool keeps_b = keeps && plan.b.source == OWN && g.bc == 1;
  int narrow = keeps_b && plan.panel_columns(last_panel - 1) == NR ? last_panel : last_panel - 1;
  float* panel_space = nullptr;
  for (int k0 = 0; k0 < g.k; k0 += KC) {
    int kc = (int)smaller(KC, g.k - k0);
    bool accumulate = g.accumulate || k0 > 0, ends = k0 + kc == g.k;
    if (plan.a.source == OWN && !keeps_a) copy_blocks(plan, first_block, last_block, k0, kc, plan.a.copy, true);
    if (plan.b.source == OWN) copy_panels(plan, keeps_b ? narrow : first_panel, last_panel, k0, kc, plan.b.copy, true);
    for (int outer = outer_start; outer < outer_end; outer++) {
      for (int inner = inner_start; inner < inner_end; inner++) {
        int block = blocks_inner ? inner : outer, panel = blocks_inner ? outer : inner;
        int row = plan.blocks.start(block), rows = plan.blocks.rows(block), column = panel * NR;
        int columns = plan.panel_columns(panel);
        bool wide = columns > W, first = outer == outer_start;
        ptrdiff_t pitch = wide ? NR : W;
        const float* b = g.b + k0 * g.br + column;
        float* b_copy = plan.b.source == IN_PLACE ? nullptr : plan.b.copy + plan.panel_at(panel, plan.b.source == OWN ? 0 : k0, kc);
        Keep keep = NOTHING;
        if (keeps_b && first && columns == NR) {
          keep = PANEL_OF_B, pitch = g.br;
        } else if (b_copy) {
          b = b_copy;
        } else if (g.bc == 1 && columns == pitch) {
          pitch = g.br;
        } else {
          if (!panel_space) panel_space = scratch((size_t)NR * KC, SLOT_PANEL);
          if (!panel_space) return NO_MEMORY;
          if (inner == inner_start || !blocks_inner) plan.copy_panel(panel, k0, kc, 0, kc, panel_space);
          b = panel_space;
        }
        const float* ahead = b;
        ptrdiff_t ahead_pitch = 32, fetched = (ptrdiff_t)kc / 4 * 32, past = fetched * (inner - inner_start);
        if (blocks_inner && outer + 1 < outer_end && inner < inner_start + 4) {
          if (plan.b.source == SHARED) ahead = b + (ptrdiff_t)kc * NR + past;
          else if (pitch == g.br) ahead = b + NR + (inner - inner_start) * (ptrdiff_t)(kc / 4) * (ahead_pitch = pitch);
        }
        const float* a = g.a + row * g.ar + k0 * g.ac;
        float* a_copy = plan.a.source == IN_PLACE ? nullptr : plan.a.copy + plan.block_at(block, plan.a.source == OWN ? 0 : k0, kc);
        ptrdiff_t ar = g.ar, ac = g.ac;
        if (keeps_a && first) {
          keep = BLOCK_OF_A;
        } else if (a_copy) {
          a = a_copy, ar = 1, ac = rows;
          if (!blocks_inner && plan.a.source == SHARED && outer + 1 < outer_end && past < (ptrdiff_t)kc * rows) {
            ahead = a + (ptrdiff_t)kc * rows + W + past;
          }
        }
        float* c = g.c + row * g.cr + column;
        const float* bias = ends && plan.epilogue.bias ? plan.epilogue.bias + column : nullptr;
        Tile run = choose_tile(rows, wide, ar == 1 || rows == 1, keep);
        run(kc, a, ar, ac, b, pitch, c, g.cr, columns, accumulate, ahead, ahead_pitch, plan.epilogue.beside, bias,
            keep == BLOCK_OF_A ? a_copy : b_copy);
        if (ends && plan.epilogue.run) plan.epilogue.run(plan.epilogue.context, {row, rows, column, columns});
      }
    }
  }
  return OK;
}

template <bool THREADS> LB_NOINLINE int gemm_run(const Product& g, Epilogue epilogue) {
  if (g.m <= 0 || g.n <= 0) return OK;
  auto for_each = [](int64_t chunks, bool threads, auto&& body) {
    if (THREADS && threads) return parallel(chunks, body);
    for (int64_t chunk = 0; chunk < chunks; chunk++) body(chunk);
  };
  if (g.k <= 0) {
    for (int i = 0; i < g.m && !g.accumulate; i++) zero_floats(g.c + i * g.cr, g.n);
    finish_rows(g, epilogue, 0, g.n);
    return OK;
  }
  if (g.m <= 4 && g.br == 1 && g.bc != 1) {
    return gemm_thin(g, FloatWeights{g.b}, epilogue, [&](int64_t chunks, auto&& body) { for_each(chunks, true, body); });
  }

  // Copying A pays when several panels read it, copying B when several blocks of rows do.
  Plan plan(g, epilogue);
  plan.a.total = plan.blocks.count, plan.b.total = (int)ceil_divide(g.n, NR);
  bool near = g.ac == 1 ? g.n <= 4 * NR || spread(g.ar) : g.ar == 1 && g.ac <= NARROW;
  bool copy_a = g.m > 1 && (g.n > NR ? !near : g.ar != 1 && g.ac != 1);
  // rows 2 KiB apart fall on 64 sets of the L2 cache, too few for a deep panel
  bool settled = spread(g.br) && (g.br % 512 != 0 || g.k <= 256);
  bool copy_b = g.m > MR && !(g.bc == 1 && (g.m <= 2 * MR || (int64_t)g.k * g.n <= 8192 || settled));
  // a transposed B that is small is copied by each chunk, which spares all threads from waiting for one another
  bool small_b = g.bc != 1 && !copy_a && (int64_t)g.k * g.n <= 1 << 16 && plan.b.total >= 4;
  bool larger_b = g.n > g.m || small_b;
  plan.a.source = !copy_a ? IN_PLACE : larger_b && copy_b ? SHARED : OWN;
  plan.b.source = !copy_b ? IN_PLACE : larger_b ? OWN : SHARED;
  int limit = (int)larger(PACK_LIMIT / g.k / NR, 1);
  int most_panels = plan.b.source == SHARED ? limit : plan.b.total;
  int most_blocks = plan.a.source == SHARED ? (int)larger(PACK_LIMIT / g.k / MR, 1) : plan.a.total;
  int failed = OK;

  for (int panel0 = 0; panel0 < plan.b.total; panel0 += most_panels) {
    int panels = (int)smaller(most_panels, plan.b.total - panel0);
    if (plan.b.source == SHARED) {
      plan.b.first = panel0, plan.b.last = panel0 + panels;
      plan.b.copy = scratch(plan.floats_of_b(g.k), SLOT_PACKED_B);
      if (!plan.b.copy) return NO_MEMORY;
      // neighbours' rows are read along, at most as many as leave work for two turns of each thread
      int together = (int)larger(2, smaller(8, panels / (2 * __atomic_load_n(&pool.threads, __ATOMIC_RELAXED))));
      for_each(ceil_divide(panels, together), plan.floats_of_b(g.k) >= COPY_LIMIT, [&](int64_t group) {
        int first = panel0 + (int)group * together, last = (int)smaller(panel0 + panels, first + together);
        for (int k0 = 0; k0 < g.k; k0 += KC) {
          copy_panels(plan, first, last, k0, (int)smaller(KC, g.k - k0), plan.b.copy, false);
        }
      });
    }
    for (int block0 = 0; block0 < plan.a.total; block0 += most_blocks) {
      int blocks = (int)smaller(most_blocks, plan.a.total - block0);
      if (plan.a.source == SHARED) {
        plan.a.first = block0, plan.a.last = block0 + blocks;
        plan.a.copy = scratch(plan.floats_of_a(g.k), SLOT_PACKED_A);
        if (!plan.a.copy) return NO_MEMORY;
        for_each(ceil_divide(blocks, 4), plan.floats_of_a(g.k) >= COPY_LIMIT, [&](int64_t group) {
          int first = block0 + (int)group * 4, last = (int)smaller(block0 + blocks, first + 4);
          for (int k0 = 0; k0 < g.k; k0 += KC) {
            copy_blocks(plan, first, last, k0, (int)smaller(KC, g.k - k0), plan.a.copy, false);
          }
        });
      }
      // Chunks are bands of the operand that each copies for itself, cut across only where there are too few of them, and
      // an even number, for most machines have an even number of cores.
      bool by_panels = plan.b.source == OWN;
      int along = by_panels ? panels : blocks, across = by_panels ? blocks : panels, cuts = 1;
      int bands = (int)ceil_divide(along, by_panels ? BAND_PANELS : BAND_BLOCKS);
      if (THREADS) {
        int threads = __atomic_load_n(&pool.threads, __ATOMIC_RELAXED);
        int wanted = (int)smaller(CHUNKS_WANTED * threads, larger((int64_t)g.m * g.n * g.k / CHUNK_WORK, 1));
        bands = (int)larger(bands, smaller(wanted, ceil_divide(along, 2)));
        if (bands > 1) bands = (int)smaller(along, bands + bands % 2);
        if (bands * 2 <= wanted) cuts = (int)smaller(across, ceil_divide(wanted, bands));
      }
      auto part = [](int total, int parts, int64_t i) { return (int)(total * i / parts); };
      for_each((int64_t)bands * cuts, true, [&](int64_t chunk) {
        int64_t band = chunk / cuts, cut = chunk % cuts;
        int low = part(along, bands, band), high = part(along, bands, band + 1);
        int left = part(across, cuts, cut), right = part(across, cuts, cut + 1);
        int first_block = block0 + (by_panels ? left : low), last_block = block0 + (by_panels ? right : high);
        int first_panel = panel0 + (by_panels ? low : left), last_panel = panel0 + (by_panels ? high : right);
        int status = multiply_chunk(plan, first_block, last_block, first_panel, last_panel);
        if (status != OK) __atomic_store_n(&failed, status, __ATOMIC_RELAXED);
      });
    }
  }
  return failed;
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
