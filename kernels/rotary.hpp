// Rotary position embedding (Su et al. 2021): each pair (u, v) of a head is turned by its position's angle,
// (u c - v s, v c + u s); inverse turns back, which is also the gradient. Angles come as tables [T, D/2].
#pragma once
#include "parallel.hpp"

namespace lb {

LB_NOINLINE int rotary(void* out, void* x, void* cosine, void* sine, int b, int h, int t, int d, int64_t x0, int64_t x1,
                       int64_t x2, int interleaved, int inverse) {
  if (d % 2 != 0) return BAD_ARGUMENT;
  int half = d / 2;
  float sign = inverse ? -1.0f : 1.0f;
  parallel_rows((int64_t)b * t, (int64_t)h * d, [&](int64_t first, int64_t count) {
    for (int64_t step = first; step < first + count; step++) {
      int64_t batch = step / t, time = step % t;
      const float *c = (const float*)cosine + time * half, *s = (const float*)sine + time * half;
      for (int head = 0; head < h; head++) {
        const float* from = (const float*)x + batch * x0 + head * x1 + time * x2;
        float* to = (float*)out + (step * h + head) * d;
        for (int i = 0; interleaved && i < half; i++) {
          float u = from[2 * i], v = from[2 * i + 1], turn = s[i] * sign;
          to[2 * i] = u * c[i] - v * turn;
          to[2 * i + 1] = v * c[i] + u * turn;
        }
        for (int i = 0; !interleaved && i < half; i += W) {
          int n = half - i;
          V u = load_partial(from + i, n), v = load_partial(from + half + i, n);
          V turn = load_partial(s + i, n) * sign, cosines = load_partial(c + i, n);
          store_partial(to + i, u * cosines - v * turn, n);
          store_partial(to + half + i, v * cosines + u * turn, n);
        }
      }
    }
  });
  return OK;
}

}  // namespace lb
