// Layer normalisation (Ba et al. 2016) and its form without centring, RMSNorm (Zhang and Sennrich 2019), over the last
// axis of [rows, columns]. Weight gradients are sums over chunks of rows of a size that depends on the shape only,
// added in the order of the chunks.
#pragma once
#include "reduce.hpp"
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

// Rows are taken IN_FLIGHT at a time, so that sums of one need not wait for each other; each row's order stays its own.
struct Norm {
  float *y, *mean, *rstd;
  const float *x, *weight, *bias;
  int columns;
  float share, epsilon;
  bool centred, stream;

  template <int ROWS> LB_INLINE void rows(int64_t row, ptrdiff_t ahead) const {
    const float* from = x + row * columns;
    float *to = y + row * columns, centre[ROWS] = {}, scale[ROWS];
    Lanes sum[ROWS];
    LB_UNROLL for (int r = 0; r < ROWS; r++) sum[r] = lanes_splat(0);
    if (centred) {
      each16(columns, [&](int64_t j, int n) LB_ALWAYS {
        LB_UNROLL for (int r = 0; r < ROWS; r++) sum[r] = sum[r] + load16(from + r * columns + j, n);
      });
      LB_UNROLL for (int r = 0; r < ROWS; r++) centre[r] = lanes_sum(sum[r]) * share, sum[r] = lanes_splat(0);
    }
    each16(columns, [&](int64_t j, int n) LB_ALWAYS {
      LB_UNROLL for (int r = 0; r < ROWS; r++) {
        Lanes d = load16(from + r * columns + j, n, centre[r]) - centre[r];
        sum[r] = fma(d, d, sum[r]);
      }
    });
    LB_UNROLL for (int r = 0; r < ROWS; r++) scale[r] = 1.0f / sqrt1(lanes_sum(sum[r]) * share + epsilon);
    each16(columns, [&](int64_t j, int n) LB_ALWAYS {
      LB_UNROLL for (int r = 0; r < ROWS; r++) {
        ask_for(from + ahead + r * columns + j);
        Lanes d = (load16(from + r * columns + j, n, centre[r]) - centre[r]) * scale[r];
        if (weight) d = d * load16(weight + j, n);
        if (bias) d = d + load16(bias + j, n);
        store_or_stream16(to + r * columns + j, d, n, stream);
      }
    });
    for (int r = 0; r < ROWS; r++) {
      if (mean) mean[row + r] = centre[r];
      if (rstd) rstd[row + r] = scale[r];
    }
  }
};

// y = (x - mean) rstd weight + bias, mean 0 when not centred; rstd = 1 / sqrt(mean((x - mean)^2) + epsilon)
LB_INLINE int normalize(float* y, float* mean, float* rstd, const float* x, const float* weight, const float* bias, int rows,
                        int columns, float epsilon, bool centred) {
  Norm norm = {y, mean, rstd, x, weight, bias, columns, columns > 0 ? 1.0f / (float)columns : 0, epsilon, centred,
               y != x && streams(y, rows, columns)};
  parallel_many_rows(rows, columns, [&](int64_t first, int64_t end) {
    int64_t row = first;
    for (; row + IN_FLIGHT <= end; row += IN_FLIGHT) {
      norm.rows<IN_FLIGHT>(row, row + 2 * IN_FLIGHT <= end ? IN_FLIGHT * (ptrdiff_t)columns : 0);
    }
    for (; row < end; row++) norm.rows<1>(row, 0);
    if (norm.stream) stream_end();
  });
  return OK;
}

constexpr int ROWS_BACK = IN_FLIGHT < 2 ? IN_FLIGHT : 2;  // it reads twice as much of each row, and more registers are taken

struct NormGradient {
  float* dx;
  const float *dy, *x, *mean, *rstd, *weight;
  int columns;
  float share;
  bool add, stream;

  // sum_weight and sum_bias [columns], or both 0, take up what the rows add to the gradients of the weights, row by row
  template <int ROWS> LB_INLINE void rows(int64_t row, float* sum_weight, float* sum_bias, ptrdiff_t ahead) const {
    const float *from = x + row * columns, *above = dy + row * columns;
    float centre[ROWS], scale[ROWS], mean_plain[ROWS], mean_along[ROWS];
    Lanes plain[ROWS], along[ROWS];
    LB_UNROLL for (int r = 0; r < ROWS; r++) {
      centre[r] = mean ? mean[row + r] : 0, scale[r] = rstd[row + r];
      plain[r] = along[r] = lanes_splat(0);
    }
    each16(columns, [&](int64_t j, int n) LB_ALWAYS {
      Lanes of_weight, of_bias, w;
      if (sum_weight) of_weight = load16(sum_weight + j, n), of_bias = load16(sum_bias + j, n);
      if (weight) w = load16(weight + j, n);
      LB_UNROLL for (int r = 0; r < ROWS; r++) {
        Lanes d = load16(above + r * columns + j, n);
        Lanes h = (load16(from + r * columns + j, n, centre[r]) - centre[r]) * scale[r];
        if (sum_weight) of_weight = fma(d, h, of_weight), of_bias = of_bias + d;
        if (weight) d = d * w;
        plain[r] = plain[r] + d;
        along[r] = fma(d, h, along[r]);
      }
      if (sum_weight) store16(sum_weight + j, of_weight, n), store16(sum_bias + j, of_bias, n);
    });
    if (!dx) return;
    LB_UNROLL for (int r = 0; r < ROWS; r++) {
      mean_plain[r] = mean ? lanes_sum(plain[r]) * share : 0, mean_along[r] = lanes_sum(along[r]) * share;
    }
    each16(columns, [&](int64_t j, int n) LB_ALWAYS {
      LB_UNROLL for (int r = 0; r < ROWS; r++) {
        ptrdiff_t at = r * columns + j;
        ask_for(above + ahead + at);
        ask_for(from + ahead + at);
        Lanes d = load16(above + at, n), h = (load16(from + at, n, centre[r]) - centre[r]) * scale[r];
        if (weight) d = d * load16(weight + j, n);
        float* to = dx + row * columns + at;
        Lanes result = (fma(h, lanes_splat(-mean_along[r]), d) - mean_plain[r]) * scale[r];
        if (add) result = load16(to, n) + result;
        store_or_stream16(to, result, n, stream);
      }
    });
  }
};

// With h = (x - mean) rstd and g = dy weight: dx = rstd (g - mean(g) - h mean(g h)), the middle term when centred only;
// dweight = sum over rows of dy h, dbias = sum over rows of dy. accumulate: 1 adds to dweight and dbias, 2 to dx.
LB_INLINE int normalize_gradient(float* dx, float* dweight, float* dbias, const float* dy, const float* x, const float* mean,
                                 const float* rstd, const float* weight, int rows, int columns, int accumulate) {
  int64_t per = partial_rows(rows), chunks = ((int64_t)rows + per - 1) / per;
  bool sums = dweight || dbias, add = accumulate & 2;
  float* partials = sums ? scratch((size_t)chunks * 2 * columns, 0) : nullptr;
  if (sums && !partials) return NO_MEMORY;
  NormGradient gradient = {dx, dy, x, mean, rstd, weight, columns, columns > 0 ? 1.0f / (float)columns : 0, add,
                           !add && dx != dy && dx != x && streams(dx, rows, columns)};
  parallel(chunks, [&](int64_t chunk) {
    int64_t row = chunk * per, end = smaller(rows, (int)(row + per));
    float *sum_weight = sums ? partials + chunk * 2 * columns : nullptr, *sum_bias = sums ? sum_weight + columns : nullptr;
    if (sums) zero_floats(sum_weight, (int64_t)2 * columns);
    for (; row + ROWS_BACK <= end; row += ROWS_BACK) {
      ptrdiff_t ahead = row + 2 * ROWS_BACK <= end ? ROWS_BACK * (ptrdiff_t)columns : 0;
      gradient.rows<ROWS_BACK>(row, sum_weight, sum_bias, ahead);
    }
    for (; row < end; row++) gradient.rows<1>(row, sum_weight, sum_bias, 0);
    if (gradient.stream) stream_end();
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
