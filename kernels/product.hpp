// What a matrix product is, whoever computes it: its operands, its block of k, and what follows on finished parts of C.
#pragma once
#include "parallel.hpp"

namespace lb {

constexpr int KC = 512;                        // steps of k that one fused multiply-add chain goes over
constexpr int64_t SERIAL_LIMIT = 1 << 17;      // multiply-adds below which threads are not worth waking
constexpr int64_t CHUNK_WORK = 1 << 19;        // multiply-adds of one chunk of parallel work, at least

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

// A part of C: rows row0.., columns column0.. .
struct Region {
  int row0, rows, column0, columns;
};
// What happens to a tile of C that is complete, while it is in the cache: the bias is added, then `run` (an activation).
struct Epilogue {
  void (*run)(void* context, Region region) = nullptr;
  void* context = nullptr;
  ptrdiff_t beside = 0;         // floats from C to another array of the same layout that `run` reads or writes
  const float* bias = nullptr;  // one for each column of C
};

// The epilogue of all rows and some columns, where no tile has added the bias.
LB_NOINLINE void finish_rows(const Product& g, const Epilogue& epilogue, int first, int columns) {
  for (int row = 0; row < g.m && epilogue.bias; row++) {
    for (int j = 0; j < columns; j += W) {
      float* c = g.c + row * g.cr + first + j;
      store_partial(c, load_partial(c, columns - j) + load_partial(epilogue.bias + first + j, columns - j), columns - j);
    }
  }
  if (epilogue.run) epilogue.run(epilogue.context, {0, g.m, first, columns});
}

}  // namespace lb
