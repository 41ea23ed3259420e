// Convolution over time of x [B, T, C]. Dense convolutions unfold x to columns [B, To, K*C] (tap-major) for one matrix
// product; depthwise ones (one filter a channel, w [C, K]) are computed directly. Output step o and tap j read the input
// step o*stride + j*dilation - pad_left; there are zeros outside.
#pragma once
#include "norm.hpp"

namespace lb {

struct Taps {
  int b, t, c, to, k, stride, dilation, pad_left;
  bool fits() const { return b >= 0 && t >= 0 && c >= 0 && to >= 0 && k >= 0 && stride >= 1 && dilation >= 1; }
  int64_t input_step(int64_t o, int j) const {  // -1: outside
    int64_t step = o * stride + (int64_t)j * dilation - pad_left;
    return step >= 0 && step < t ? step : -1;
  }
  int64_t output_step(int64_t step, int j) const {  // the output step that reads `step` by tap j; -1: none
    int64_t distance = step + pad_left - (int64_t)j * dilation;
    return distance >= 0 && distance % stride == 0 && distance / stride < to ? distance / stride : -1;
  }
};

LB_NOINLINE int unfold(void* columns, void* x, int b, int t, int c, int to, int k, int stride, int dilation, int pad_left) {
  Taps s = {b, t, c, to, k, stride, dilation, pad_left};
  if (!s.fits()) return BAD_ARGUMENT;
  parallel_rows((int64_t)b * to, (int64_t)k * c, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      for (int j = 0; j < k; j++) {
        float* out = (float*)columns + (row * k + j) * c;
        int64_t step = s.input_step(row % to, j);
        if (step < 0) zero_floats(out, c);
        else copy_bytes(out, (const float*)x + (row / to * t + step) * c, (size_t)c * 4);
      }
    }
  });
  return OK;
}

// The gradient of unfold: every input step gathers what was read from it, taps in order.
LB_NOINLINE int fold(void* dx, void* dcolumns, int b, int t, int c, int to, int k, int stride, int dilation, int pad_left) {
  Taps s = {b, t, c, to, k, stride, dilation, pad_left};
  if (!s.fits()) return BAD_ARGUMENT;
  parallel_rows((int64_t)b * t, (int64_t)k * c, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      float* out = (float*)dx + row * c;
      zero_floats(out, c);
      for (int j = 0; j < k; j++) {
        int64_t step = s.output_step(row % t, j);
        if (step < 0) continue;
        const float* from = (const float*)dcolumns + ((row / t * to + step) * k + j) * c;
        for (int e = 0; e < c; e += W) {
          store_partial(out + e, load_partial(out + e, c - e) + load_partial(from + e, c - e), c - e);
        }
      }
    }
  });
  return OK;
}

// out += a * b over c elements
LB_INLINE void multiply_add(float* out, const float* a, const float* b, int c) {
  for (int e = 0; e < c; e += W) {
    int n = c - e;
    store_partial(out + e, fma(load_partial(a + e, n), load_partial(b + e, n), load_partial(out + e, n)), n);
  }
}

LB_NOINLINE int depthwise(void* y, void* x, void* w, void* bias, int b, int t, int c, int to, int k, int stride, int dilation,
                          int pad_left) {
  Taps s = {b, t, c, to, k, stride, dilation, pad_left};
  if (!s.fits()) return BAD_ARGUMENT;
  float* taps = scratch((size_t)k * c + 1, 0);  // w as [K, C]
  if (!taps) return NO_MEMORY;
  transpose(taps, c, (const float*)w, k, c, k);
  parallel_rows((int64_t)b * to, (int64_t)k * c, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      float* out = (float*)y + row * c;
      if (bias) copy_bytes(out, bias, (size_t)c * 4);
      else zero_floats(out, c);
      for (int j = 0; j < k; j++) {
        int64_t step = s.input_step(row % to, j);
        if (step >= 0) multiply_add(out, taps + (int64_t)j * c, (const float*)x + (row / to * t + step) * c, c);
      }
    }
  });
  return OK;
}

// dx gathers w dy; dw[c, j] = sum over output steps of dy x, dbias = sum of dy, by partial sums in order
LB_NOINLINE int depthwise_gradient(void* dx, void* dw, void* dbias, void* dy, void* x, void* w, int b, int t, int c, int to,
                                   int k, int stride, int dilation, int pad_left) {
  Taps s = {b, t, c, to, k, stride, dilation, pad_left};
  if (!s.fits()) return BAD_ARGUMENT;
  int64_t rows = (int64_t)b * to, per = partial_rows(rows), chunks = (rows + per - 1) / per, block = (int64_t)(k + 1) * c;
  float* taps = scratch((size_t)(block + 1) * (chunks + 1), 0);
  if (!taps) return NO_MEMORY;
  float* partials = taps + block;
  if (dx) {
    transpose(taps, c, (const float*)w, k, c, k);
    parallel_rows((int64_t)b * t, (int64_t)k * c, [&](int64_t first, int64_t count) {
      for (int64_t row = first; row < first + count; row++) {
        float* out = (float*)dx + row * c;
        zero_floats(out, c);
        for (int j = 0; j < k; j++) {
          int64_t step = s.output_step(row % t, j);
          if (step >= 0) multiply_add(out, taps + (int64_t)j * c, (const float*)dy + (row / t * to + step) * c, c);
        }
      }
    });
  }
  if (!dw && !dbias) return OK;
  parallel(chunks, [&](int64_t chunk) {
    float *sums = partials + chunk * block, *sum_bias = sums + (int64_t)k * c;
    zero_floats(sums, block);
    for (int64_t row = chunk * per; row < rows && row < (chunk + 1) * per; row++) {
      const float* above = (const float*)dy + row * c;
      for (int j = 0; j < k; j++) {
        int64_t step = s.input_step(row % to, j);
        if (step >= 0) multiply_add(sums + (int64_t)j * c, above, (const float*)x + (row / to * t + step) * c, c);
      }
      for (int e = 0; e < c; e += W) {
        store_partial(sum_bias + e, load_partial(sum_bias + e, c - e) + load_partial(above + e, c - e), c - e);
      }
    }
  });
  if (dbias) combine_partials((float*)dbias, partials + (int64_t)k * c, chunks, (ptrdiff_t)block, c, false);
  if (dw) {
    for (int j = 0; j < k; j++) {
      combine_partials(taps + (int64_t)j * c, partials + (int64_t)j * c, chunks, (ptrdiff_t)block, c, false);
    }
    transpose((float*)dw, k, taps, c, k, c);
  }
  return OK;
}

}  // namespace lb
