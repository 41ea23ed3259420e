// Sequences of unequal length in one batch x [B, T, N]: what lies past a row's own length (i32 [B], each 0..T), and time
// that runs backwards from each row's own end. The recurrent kernels know nothing of lengths: they run on, and what they
// wrote past the end is put right here, so that the way back adds exact zeros for it.
#pragma once
#include "parallel.hpp"

namespace lb {

LB_NOINLINE bool lengths_fit(const int32_t* lengths, int b, int t) {
  uint32_t bad = 0;
  for (int row = 0; row < b; row++) bad |= (uint32_t)lengths[row] > (uint32_t)t;
  return bad == 0;
}

// out = x up to each length and 0 past it, whatever x holds there; out may be x
int mask_rows(void* out, void* x, void* lengths_, int b, int t, int n) {
  const int32_t* lengths = (const int32_t*)lengths_;
  if (!lengths_fit(lengths, b, t)) return BAD_INDEX;
  parallel_rows(b, (int64_t)t * n, [&](int64_t first, int64_t size) {
    for (int64_t row = first; row < first + size; row++) {
      int64_t at = row * t * n, kept = (int64_t)lengths[row] * n;
      if (out != x) copy_bytes((float*)out + at, (const float*)x + at, (size_t)kept * 4);
      zero_floats((float*)out + at + kept, (int64_t)t * n - kept);
    }
  });
  return OK;
}

// out = x with the first `length` steps of each row in reverse (all steps without lengths); the rest stays where it is
int reverse_rows(void* out, void* x, void* lengths_, int b, int t, int n) {
  const int32_t* lengths = (const int32_t*)lengths_;
  if (lengths && !lengths_fit(lengths, b, t)) return BAD_INDEX;
  parallel_rows((int64_t)b * t, n, [&](int64_t first, int64_t size) {
    for (int64_t step = first; step < first + size; step++) {
      int64_t row = step / t, time = step % t, length = lengths ? lengths[row] : t;
      int64_t from = time < length ? row * t + length - 1 - time : step;
      copy_bytes((float*)out + step * n, (const float*)x + from * n, (size_t)n * 4);
    }
  });
  return OK;
}

// Past the end an LSTM stands still: i f g o = 0 1 0 0 and c as it was. With these the gradient of the last cell passes
// every step past the end unchanged, and dz is 0 there.
int lstm_ends(void* gates_, void* c_, void* c0_, void* lengths_, int b, int t, int h) {
  const int32_t* lengths = (const int32_t*)lengths_;
  if (!lengths_fit(lengths, b, t)) return BAD_INDEX;
  float *gates = (float*)gates_, *c = (float*)c_;
  const float* c0 = (const float*)c0_;
  parallel_rows(b, (int64_t)t * h, [&](int64_t first, int64_t size) {
    for (int64_t row = first; row < first + size; row++) {
      for (int64_t step = row * t + lengths[row]; step < (row + 1) * t; step++) {
        float *gate = gates + step * 4 * h, *cell = c + step * h;
        zero_floats(gate, 4 * (int64_t)h);
        for (int u = 0; u < h; u++) gate[h + u] = 1;
        if (step > row * t) copy_bytes(cell, cell - h, (size_t)h * 4);
        else if (c0) copy_bytes(cell, c0 + row * h, (size_t)h * 4);
        else zero_floats(cell, h);
      }
    }
  });
  return OK;
}

}  // namespace lb
