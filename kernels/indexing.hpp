// Lookups and their gradients. Indices come from data, so all of them are checked before anything is written.
// Elements added to the same place are added in the order of the indices, whatever the threads.
#pragma once
#include "parallel.hpp"

namespace lb {

LB_NOINLINE bool all_below(const int32_t* ids, int64_t count, int limit) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; i++) bad |= (uint32_t)ids[i] >= (uint32_t)limit;
  return bad == 0;
}

LB_INLINE void add_row(float* to, const float* from, int columns) {
  for (int j = 0; j < columns; j += W) {
    store_partial(to + j, load_partial(to + j, columns - j) + load_partial(from + j, columns - j), columns - j);
  }
}

// out [count, columns] = rows of table [rows, columns]
int embedding(void* out, void* table, void* ids_, int count, int rows, int columns) {
  const int32_t* ids = (const int32_t*)ids_;
  if (!all_below(ids, count, rows)) return BAD_INDEX;
  parallel_rows(count, columns, [&](int64_t first, int64_t size) {
    for (int64_t i = first; i < first + size; i++) {
      __builtin_memcpy((float*)out + i * columns, (const float*)table + (int64_t)ids[i] * columns, (size_t)columns * 4);
    }
  });
  return OK;
}

// dtable [rows, columns] (+)= dy at ids; threads share out the columns
int embedding_gradient(void* dtable, void* dy, void* ids_, int count, int rows, int columns, int accumulate) {
  const int32_t* ids = (const int32_t*)ids_;
  if (!all_below(ids, count, rows)) return BAD_INDEX;
  float* to = (float*)dtable;
  if (!accumulate) {
    parallel_elements((int64_t)rows * columns, [&](int64_t first, int64_t size) { zero_floats(to + first, size); });
  }
  int strip = (int64_t)count * columns < 2 * ELEMENT_CHUNK ? columns : 64;
  if (columns <= 0) return OK;
  parallel((columns + strip - 1) / strip, [&](int64_t chunk) {
    int64_t first = chunk * strip;
    int width = columns - first < strip ? (int)(columns - first) : strip;
    for (int64_t i = 0; i < count; i++) {
      add_row(to + (int64_t)ids[i] * columns + first, (const float*)dy + i * columns + first, width);
    }
  });
  return OK;
}

// out[o, i, j] = x[o, ids[o, i, j], j]
int gather(void* out, void* x, void* ids_, int outer, int x_axis, int i_axis, int inner) {
  const int32_t* ids = (const int32_t*)ids_;
  int64_t each = (int64_t)i_axis * inner;
  if (!all_below(ids, outer * each, x_axis)) return BAD_INDEX;
  parallel_rows(outer, each, [&](int64_t first, int64_t size) {
    for (int64_t o = first; o < first + size; o++) {
      const float* from = (const float*)x + o * x_axis * inner;
      for (int i = 0; i < i_axis; i++) {
        for (int j = 0; j < inner; j++) {
          int64_t at = o * each + (int64_t)i * inner + j;
          ((float*)out)[at] = from[(int64_t)ids[at] * inner + j];
        }
      }
    }
  });
  return OK;
}

// out[o, ids[o, i, j], j] += values[o, i, j]
int scatter_add(void* out, void* ids_, void* values, int outer, int x_axis, int i_axis, int inner) {
  const int32_t* ids = (const int32_t*)ids_;
  int64_t each = (int64_t)i_axis * inner;
  if (!all_below(ids, outer * each, x_axis)) return BAD_INDEX;
  parallel_rows(outer, each, [&](int64_t first, int64_t size) {
    for (int64_t o = first; o < first + size; o++) {
      float* to = (float*)out + o * x_axis * inner;
      for (int i = 0; i < i_axis; i++) {
        for (int j = 0; j < inner; j++) {
          int64_t at = o * each + (int64_t)i * inner + j;
          to[(int64_t)ids[at] * inner + j] += ((const float*)values)[at];
        }
      }
    }
  });
  return OK;
}

// out [count, classes], f32: 1 at the id, else 0
int one_hot(void* out, void* ids_, int count, int classes) {
  const int32_t* ids = (const int32_t*)ids_;
  if (!all_below(ids, count, classes)) return BAD_INDEX;
  parallel_rows(count, classes, [&](int64_t first, int64_t size) {
    float* to = (float*)out + first * classes;
    zero_floats(to, size * classes);
    for (int64_t i = 0; i < size; i++) to[i * classes + ids[first + i]] = 1;
  });
  return OK;
}

}  // namespace lb
