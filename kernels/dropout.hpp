// Dropout (Srivastava et al. 2014) whose mask is a pure function of the element's index and a key: Philox4x32-10
// (Salmon et al. 2011). Nothing is stored: the gradient runs the same kernel on dy.
#pragma once
#include "tile.hpp"

namespace lb {

typedef uint32_t VU __attribute__((vector_size(4 * W)));
typedef uint64_t VU64 __attribute__((vector_size(4 * W)));

struct WideProduct {
  VU high, low;
};
// 32 x 32 -> 64 bits, even and odd lanes apart
LB_INLINE WideProduct multiply_wide(VU a, uint32_t b) {
  constexpr uint64_t LOW = 0xffffffffu;
  VU64 pairs = (VU64)a, even = (pairs & LOW) * (uint64_t)b, odd = (pairs >> 32) * (uint64_t)b;
  return {(VU)((even >> 32) | (odd & ~LOW)), (VU)((even & LOW) | (odd << 32))};
}

// the four words of W successive counters
LB_INLINE void philox(VU (&word)[4], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; round++) {
    WideProduct a = multiply_wide(word[0], 0xd2511f53u), b = multiply_wide(word[2], 0xcd9e8d57u);
    word[0] = b.high ^ word[1] ^ key0;
    word[1] = b.low;
    word[2] = a.high ^ word[3] ^ key1;
    word[3] = a.low;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
}

LB_NOINLINE int dropout(void* out, void* x, int64_t count, double p, int key0, int key1, int counter1, int counter2) {
  if (!(p >= 0 && p <= 1)) return BAD_ARGUMENT;
  double bound = p * 4294967296.0;
  uint64_t threshold = (uint64_t)bound + ((double)(uint64_t)bound < bound ? 1 : 0);  // kept: word >= threshold
  bool nothing = threshold > 0xffffffffu;
  float scale = nothing ? 0 : (float)(1 / (1 - p));
  VU lanes = {};
  for (int i = 0; i < W; i++) lanes[i] = (uint32_t)i;
  // chunks are multiples of 4 W elements, so every block of words starts at lane 0
  parallel_elements(count, [&](int64_t first, int64_t size) {
    float keep[4 * W], words[4 * W];
    for (int64_t at = first; at < first + size; at += 4 * W) {
      VU word[4] = {lanes + (uint32_t)(at / 4), lanes * 0u + (uint32_t)counter1, lanes * 0u + (uint32_t)counter2, lanes * 0u};
      philox(word, (uint32_t)key0, (uint32_t)key1);
      LB_UNROLL for (int e = 0; e < 4; e++) {
        VI kept = (VI)(word[e] >= (uint32_t)threshold);
        store(words + e * W, nothing ? V{} : select(kept, splat(scale), V{}));
      }
      transpose(keep, 4, words, W, 4, W);  // word e of counter i belongs to element 4 i + e
      for (int e = 0; e < 4 * W; e += W) {
        int left = first + size - at - e > W ? W : (int)(first + size - at - e);
        if (left <= 0) break;
        V factor = load(keep + e);
        V value = load_partial((const float*)x + at + e, left) * factor;
        store_partial((float*)out + at + e, select((VI)(factor == 0.0f), V{}, value), left);
      }
    }
  });
  return OK;
}

}  // namespace lb
