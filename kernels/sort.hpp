// Sorting of rows with the places the elements came from, stable: equal elements keep their order, -0 equals 0, NaN is
// larger than everything (as in PyTorch). Exact, so there is nothing about bits to promise.
#pragma once
#include "parallel.hpp"
#include "tile.hpp"

namespace lb {

// One integer that orders as the element does and ties by its place: key in the high half, place in the low.
LB_INLINE uint64_t sort_key(float x, int place, bool descending) {
  uint32_t b;
  float value = x == 0 ? 0.0f : x;
  __builtin_memcpy(&b, &value, 4);
  if (value != value) b = 0x7fc00000u;
  uint32_t key = b & 0x80000000u ? ~b : b | 0x80000000u;
  return (uint64_t)(descending ? ~key : key) << 32 | (uint32_t)place;
}

// Bottom-up merge sort of n keys; the result is in `a` or in `b`, whichever is returned.
LB_INLINE uint64_t* merge_sort(uint64_t* a, uint64_t* b, int n) {
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t start = 0; start < n; start += 2 * width) {
      int64_t middle = start + width < n ? start + width : n, end = middle + width < n ? middle + width : n;
      int64_t left = start, right = middle;
      for (int64_t i = start; i < end; i++) {
        bool first = left < middle && (right >= end || a[left] <= a[right]);
        b[i] = first ? a[left++] : a[right++];
      }
    }
    uint64_t* swap = a;
    a = b;
    b = swap;
  }
  return a;
}

// Few of many: the smallest `count` keys by insertion; most candidates are refused by the largest kept so far.
LB_INLINE void select_smallest(uint64_t* kept, int count, const float* x, int n, bool descending) {
  int have = 0;
  for (int i = 0; i < n; i++) {
    uint64_t key = sort_key(x[i], i, descending);
    if (have == count && key > kept[have - 1]) continue;
    int at = have < count ? have++ : have - 1;
    for (; at > 0 && kept[at - 1] > key; at--) kept[at] = kept[at - 1];
    kept[at] = key;
  }
}

constexpr int SELECT_AT_MOST = 64;

// The first `count` of each sorted row of x [rows, columns]: values and places (i32), each [rows, count].
LB_NOINLINE int sort_rows(void* values, void* places, void* x, int rows, int columns, int count, int descending) {
  if (rows < 0 || columns < 0 || count < 0 || count > columns) return BAD_ARGUMENT;
  if (rows == 0 || count == 0) return OK;
  bool few = count <= SELECT_AT_MOST && count < columns;
  SharedStatus status;
  parallel_rows(rows, columns, [&](int64_t first, int64_t size) {
    uint64_t* keys = (uint64_t*)scratch((size_t)(few ? count : 2 * (size_t)columns) * 2, 0);
    if (!keys) return status.set(NO_MEMORY);
    for (int64_t row = first; row < first + size; row++) {
      const float* from = (const float*)x + row * columns;
      uint64_t* sorted = keys;
      if (few) select_smallest(keys, count, from, columns, descending != 0);
      else {
        for (int i = 0; i < columns; i++) keys[i] = sort_key(from[i], i, descending != 0);
        sorted = merge_sort(keys, keys + columns, columns);
      }
      for (int i = 0; i < count; i++) {
        int place = (int)(uint32_t)sorted[i];
        ((float*)values)[row * count + i] = from[place];
        ((int32_t*)places)[row * count + i] = place;
      }
    }
  });
  return status.value;
}

}  // namespace lb
