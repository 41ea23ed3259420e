// bfloat16: the upper half of an f32, a storage format. Numbers are rounded to nearest, ties to even, when they are put
// away, and widened, which is exact, before anything is computed. Subnormals stay what they are, too large becomes
// infinite, every NaN is 0x7fc0. No arithmetic is done on it.
#pragma once
#include "parallel.hpp"

namespace lb {

LB_INLINE uint16_t narrow_bits(uint32_t bits) {
  uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
  return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}
LB_INLINE uint16_t narrow(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  return narrow_bits(bits);
}
LB_INLINE float widen(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float x;
  __builtin_memcpy(&x, &bits, 4);
  return x;
}
// whole words, so that compilers make vectors of them
typedef uint32_t __attribute__((may_alias)) Word;
LB_NOINLINE void widen_floats(float* to, const uint16_t* from, int64_t count) {
  Word* bits = (Word*)to;
  for (int64_t i = 0; i < count; i++) bits[i] = (uint32_t)from[i] << 16;
}
LB_NOINLINE void narrow_floats(uint16_t* to, const float* from, int64_t count) {
  const Word* bits = (const Word*)from;
  for (int64_t i = 0; i < count; i++) to[i] = narrow_bits(bits[i]);
}

template <class Out, class In, class F> LB_INLINE int convert_all(void* out, void* input, int64_t count, F f) {
  parallel_elements(count, [&](int64_t first, int64_t size) {
    Out* to = (Out*)out + first;
    const In* from = (const In*)input + first;
    for (int64_t i = 0; i < size; i++) to[i] = f(from[i]);
  });
  return OK;
}

// truncates towards zero, saturates, NaN gives 0 (the hardware's own conversions differ)
LB_INLINE int32_t truncate_to_i32(float x) {
  if (x != x) return 0;
  return x >= 2147483648.0f ? INT32_MAX : x <= -2147483648.0f ? INT32_MIN : (int32_t)x;
}

constexpr int F32 = 0, I32 = 1, U8 = 2, BF16 = 3;

// bf16 to and from the others, by way of f32
LB_NOINLINE int convert_bf16(void* out, int out_type, void* input, int input_type, int64_t count) {
  if (input_type == BF16) {
    switch (out_type) {
      case BF16: return convert_all<uint16_t, uint16_t>(out, input, count, [](uint16_t x) { return x; });
      case I32: return convert_all<int32_t, uint16_t>(out, input, count, [](uint16_t x) { return truncate_to_i32(widen(x)); });
      case U8: return convert_all<uint8_t, uint16_t>(out, input, count, [](uint16_t x) { return (uint8_t)(widen(x) != 0); });
    }
    parallel_elements(count, [&](int64_t first, int64_t size) {
      widen_floats((float*)out + first, (const uint16_t*)input + first, size);
    });
    return OK;
  }
  switch (input_type) {
    case I32: return convert_all<uint16_t, int32_t>(out, input, count, [](int32_t x) { return narrow((float)x); });
    case U8: return convert_all<uint16_t, uint8_t>(out, input, count, [](uint8_t x) { return narrow((float)x); });
  }
  parallel_elements(count, [&](int64_t first, int64_t size) {
    narrow_floats((uint16_t*)out + first, (const float*)input + first, size);
  });
  return OK;
}

}  // namespace lb
