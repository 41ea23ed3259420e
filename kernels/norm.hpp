// Layer normalisation (Ba et al. 2016) and its form without centring, RMSNorm (Zhang and Sennrich 2019), over the last
// axis of [rows, columns]. Weight gradients are sums over chunks of rows of a size that depends on the shape only,
// added in the order of the chunks.
#pragma once
#include "tile.hpp"

namespace lb {

// out[columns] = (accumulate ? out : 0) + the partial sums [chunks][stride] in order
LB_INLINE void combine_partials(float* out, const float* partials, int64_t chunks, ptrdiff_t stride, int columns,
                                bool accumulate) {
  for (int j = 0; j < columns; j += 16) {
    Lanes sum = accumulate ? load16(out + j, columns - j) : lanes_splat(0);
    for (int64_t chunk = 0; chunk < chunks; chunk++) sum = sum + load16(partials + chunk * stride + j, columns - j);
    store16(out + j, sum, columns - j);
  }
}
// rows of one partial sum: at most 64 chunks, at least 16 rows each
LB_INLINE int64_t partial_rows(int64_t rows) { return rows <= 1024 ? 16 : (rows + 63) / 64; }

// y = (x - mean) rstd weight + bias, mean 0 when not centred; rstd = 1 / sqrt(mean((x - mean)^2) + epsilon)
LB_INLINE int normalize(float* y, float* mean, float* rstd, const float* x, const float* weight, const float* bias, int rows,
                        int columns, float epsilon, bool centred) {
  float share = columns > 0 ? 1.0f / (float)columns : 0;
  parallel_rows(rows, columns, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      const float* from = x + row * columns;
      float* to = y + row * columns;
      float centre = 0;
      if (centred) {
        Lanes sum = lanes_splat(0);
        for (int j = 0; j < columns; j += 16) sum = sum + load16(from + j, columns - j);
        centre = lanes_sum(sum) * share;
      }
      Lanes squares = lanes_splat(0);
      for (int j = 0; j < columns; j += 16) {
        Lanes d = load16(from + j, columns - j, centre) - centre;
        squares = fma(d, d, squares);
      }
      float scale = 1.0f / sqrt1(lanes_sum(squares) * share + epsilon);
      for (int j = 0; j < columns; j += 16) {
        Lanes d = (load16(from + j, columns - j, centre) - centre) * scale;
        if (weight) d = d * load16(weight + j, columns - j);
        if (bias) d = d + load16(bias + j, columns - j);
        store16(to + j, d, columns - j);
      }
      if (mean) mean[row] = centre;
      if (rstd) rstd[row] = scale;
    }
  });
  return OK;
}

// With h = (x - mean) rstd and g = dy weight: dx = rstd (g - mean(g) - h mean(g h)), the middle term when centred only;
// dweight = sum over rows of dy h, dbias = sum over rows of dy. accumulate: 1 adds to dweight and dbias, 2 to dx.
LB_INLINE int normalize_gradient(float* dx, float* dweight, float* dbias, const float* dy, const float* x, const float* mean,
                                 const float* rstd, const float* weight, int rows, int columns, int accumulate) {
  int64_t per = partial_rows(rows), chunks = ((int64_t)rows + per - 1) / per;
  bool sums = dweight || dbias;
  float* partials = sums ? scratch((size_t)chunks * 2 * columns, 0) : nullptr;
  if (sums && !partials) return NO_MEMORY;
  float share = columns > 0 ? 1.0f / (float)columns : 0;
  parallel(chunks, [&](int64_t chunk) {
    int64_t last = smaller(rows, (int)((chunk + 1) * per));
    float *sum_weight = sums ? partials + chunk * 2 * columns : nullptr, *sum_bias = sum_weight + columns;
    if (sums) zero_floats(sum_weight, (int64_t)2 * columns);
    for (int64_t row = chunk * per; row < last; row++) {
      const float *from = x + row * columns, *above = dy + row * columns;
      float centre = mean ? mean[row] : 0, scale = rstd[row];
      Lanes plain = lanes_splat(0), along = lanes_splat(0);
      for (int j = 0; j < columns; j += 16) {
        int n = columns - j;
        Lanes d = load16(above + j, n), h = (load16(from + j, n, centre) - centre) * scale;
        if (sums) {
          store16(sum_weight + j, fma(d, h, load16(sum_weight + j, n)), n);
          store16(sum_bias + j, load16(sum_bias + j, n) + d, n);
        }
        if (weight) d = d * load16(weight + j, n);
        plain = plain + d;
        along = fma(d, h, along);
      }
      if (!dx) continue;
      float mean_plain = mean ? lanes_sum(plain) * share : 0, mean_along = lanes_sum(along) * share;
      for (int j = 0; j < columns; j += 16) {
        int n = columns - j;
        Lanes d = load16(above + j, n), h = (load16(from + j, n, centre) - centre) * scale;
        if (weight) d = d * load16(weight + j, n);
        float* to = dx + row * columns + j;
        Lanes result = (fma(h, lanes_splat(-mean_along), d) - mean_plain) * scale;
        store16(to, accumulate & 2 ? load16(to, n) + result : result, n);
      }
    }
  });
  if (dweight) combine_partials(dweight, partials, chunks, (ptrdiff_t)2 * columns, columns, accumulate & 1);
  if (dbias) combine_partials(dbias, partials + columns, chunks, (ptrdiff_t)2 * columns, columns, accumulate & 1);
  return OK;
}

LB_NOINLINE int layer_norm(void* y, void* mean, void* rstd, void* x, void* weight, void* bias, int rows, int columns,
                           double epsilon) {
  return normalize((float*)y, (float*)mean, (float*)rstd, (const float*)x, (const float*)weight, (const float*)bias, rows,
                   columns, (float)epsilon, true);
}
LB_NOINLINE int layer_norm_gradient(void* dx, void* dweight, void* dbias, void* dy, void* x, void* mean, void* rstd,
                                    void* weight, int rows, int columns, int accumulate) {
  return normalize_gradient((float*)dx, (float*)dweight, (float*)dbias, (const float*)dy, (const float*)x, (const float*)mean,
                            (const float*)rstd, (const float*)weight, rows, columns, accumulate);
}
LB_NOINLINE int rms_norm(void* y, void* rstd, void* x, void* weight, int rows, int columns, double epsilon) {
  return normalize((float*)y, nullptr, (float*)rstd, (const float*)x, (const float*)weight, nullptr, rows, columns,
                   (float)epsilon, false);
}
LB_NOINLINE int rms_norm_gradient(void* dx, void* dweight, void* dy, void* x, void* rstd, void* weight, int rows, int columns,
                                  int accumulate) {
  return normalize_gradient((float*)dx, (float*)dweight, nullptr, (const float*)dy, (const float*)x, nullptr,
                            (const float*)rstd, (const float*)weight, rows, columns, accumulate);
}

}  // namespace lb
