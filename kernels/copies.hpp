// Kernels that move values without arithmetic: convert between types, copy between strides, fill.
#pragma once
#include "bf16.hpp"

namespace lb {

int convert(void* out, int out_type, void* input, int input_type, int64_t count) {
  if (out_type < F32 || out_type > BF16 || input_type < F32 || input_type > BF16) return BAD_ARGUMENT;
  if (out_type == BF16 || input_type == BF16) return convert_bf16(out, out_type, input, input_type, count);
  switch (input_type * 3 + out_type) {
    case F32 * 3 + F32:
    case I32 * 3 + I32: return convert_all<int32_t, int32_t>(out, input, count, [](int32_t x) { return x; });
    case F32 * 3 + I32: return convert_all<int32_t, float>(out, input, count, truncate_to_i32);
    case F32 * 3 + U8: return convert_all<uint8_t, float>(out, input, count, [](float x) { return (uint8_t)(x != 0); });
    case I32 * 3 + F32: return convert_all<float, int32_t>(out, input, count, [](int32_t x) { return (float)x; });
    case I32 * 3 + U8: return convert_all<uint8_t, int32_t>(out, input, count, [](int32_t x) { return (uint8_t)(x != 0); });
    case U8 * 3 + F32: return convert_all<float, uint8_t>(out, input, count, [](uint8_t x) { return (float)x; });
    case U8 * 3 + I32: return convert_all<int32_t, uint8_t>(out, input, count, [](uint8_t x) { return (int32_t)x; });
    case U8 * 3 + U8: return convert_all<uint8_t, uint8_t>(out, input, count, [](uint8_t x) { return (uint8_t)(x != 0); });
  }
  return BAD_ARGUMENT;
}

struct CopyPlan {
  int64_t n[4], to[4], from[4];
};

// The axis along which the output lies closest goes last, the one along which the input does before it: a transpose
// then works on squares that fit the cache.
LB_INLINE void swap_axes(CopyPlan& plan, int x, int y) {
  int64_t n = plan.n[x], to = plan.to[x], from = plan.from[x];
  plan.n[x] = plan.n[y], plan.to[x] = plan.to[y], plan.from[x] = plan.from[y];
  plan.n[y] = n, plan.to[y] = to, plan.from[y] = from;
}

template <class T> LB_INLINE void copy_square(T* to, const T* from, const CopyPlan& p, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++) {
    T* t = to + i * p.to[2];
    const T* f = from + i * p.from[2];
    if (p.to[3] == 1 && p.from[3] == 1) __builtin_memcpy(t, f, (size_t)columns * sizeof(T));
    else for (int64_t j = 0; j < columns; j++) t[j * p.to[3]] = f[j * p.from[3]];
  }
}

template <class T> int copy_all(void* out, void* input, CopyPlan plan) {
  // bubble the smallest output stride to the end, then the smallest input stride of the rest before it
  for (int axis = 0; axis < 3; axis++) {
    if (plan.n[axis] > 1 && (plan.n[3] <= 1 || plan.to[axis] < plan.to[3])) swap_axes(plan, axis, 3);
  }
  for (int axis = 0; axis < 2; axis++) {
    if (plan.n[axis] > 1 && (plan.n[2] <= 1 || plan.from[axis] < plan.from[2])) swap_axes(plan, axis, 2);
  }
  constexpr int64_t SIDE = 32;
  bool straight = plan.to[3] == 1 && plan.from[3] == 1;
  int64_t columns = straight ? plan.n[3] : SIDE, rows = straight ? (ELEMENT_CHUNK + plan.n[3] - 1) / plan.n[3] : SIDE;
  int64_t down = (plan.n[2] + rows - 1) / rows, across = (plan.n[3] + columns - 1) / columns;
  int64_t squares = plan.n[0] * plan.n[1] * down * across;
  auto work = [&](int64_t square) {
    int64_t j = square % across * columns, rest = square / across;
    int64_t i = rest % down * rows;
    rest /= down;
    int64_t i1 = rest % plan.n[1], i0 = rest / plan.n[1];
    T* to = (T*)out + i0 * plan.to[0] + i1 * plan.to[1] + i * plan.to[2] + j * plan.to[3];
    const T* from = (const T*)input + i0 * plan.from[0] + i1 * plan.from[1] + i * plan.from[2] + j * plan.from[3];
    copy_square(to, from, plan, plan.n[2] - i < rows ? plan.n[2] - i : rows, plan.n[3] - j < columns ? plan.n[3] - j : columns);
  };
  int64_t each = ELEMENT_CHUNK / (rows * columns) + 1, total = plan.n[0] * plan.n[1] * plan.n[2] * plan.n[3];
  if (total < 2 * ELEMENT_CHUNK) {
    for (int64_t square = 0; square < squares; square++) work(square);
    return OK;
  }
  parallel((squares + each - 1) / each, [&](int64_t chunk) {
    for (int64_t square = chunk * each; square < squares && square < (chunk + 1) * each; square++) work(square);
  });
  return OK;
}

int copy(void* out, int o0, int o1, int o2, int o3, void* input, int i0, int i1, int i2, int i3, int n0, int n1, int n2,
         int n3, int element_bytes) {
  if (n0 <= 0 || n1 <= 0 || n2 <= 0 || n3 <= 0) return OK;
  CopyPlan plan = {{n0, n1, n2, n3}, {o0, o1, o2, o3}, {i0, i1, i2, i3}};
  if (element_bytes == 4) return copy_all<int32_t>(out, input, plan);
  if (element_bytes == 2) return copy_all<uint16_t>(out, input, plan);
  if (element_bytes == 1) return copy_all<uint8_t>(out, input, plan);
  return BAD_ARGUMENT;
}

template <class T> LB_INLINE int fill_all(void* out, T value, int64_t count) {
  parallel_elements(count, [&](int64_t first, int64_t size) {
    for (int64_t i = first; i < first + size; i++) ((T*)out)[i] = value;
  });
  return OK;
}

// i32 takes the value modulo 2^32, like a JavaScript | 0
int fill(void* out, double value, int dtype, int64_t count) {
  if (dtype == F32) return fill_all(out, (float)value, count);
  if (dtype == BF16) return fill_all(out, narrow((float)value), count);
  if (!(value > -9e15 && value < 9e15)) value = 0;
  if (dtype == I32) return fill_all(out, (int32_t)(int64_t)value, count);
  if (dtype == U8) return fill_all(out, (uint8_t)(value != 0), count);
  return BAD_ARGUMENT;
}

}  // namespace lb
