// Steps over an arena of parameters, in place. scale is the folded clip of clip_scale: gradients are multiplied by it.
// Schedules, parameter groups and beta^t are the caller's business.
#pragma once
#include "math.hpp"
#include "parallel.hpp"

namespace lb {

// AdamW (Loshchilov and Hutter 2019), decoupled decay as in PyTorch; correction = 1 - beta^t:
// p -= rate decay p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
// p -= (rate / correction1) m / (sqrt v / sqrt correction2 + epsilon)
LB_NOINLINE int adamw(void* parameter, void* first, void* second, void* gradient, void* scale, int64_t count, double rate,
                      double beta1, double beta2, double epsilon, double decay, double correction1, double correction2) {
  float factor = scale ? *(const float*)scale : 1, keep = (float)(1 - rate * decay), step = (float)(-rate / correction1);
  float root = (float)(1 / __builtin_sqrt(correction2)), tiny = (float)epsilon;
  float keep1 = (float)beta1, take1 = (float)(1 - beta1), keep2 = (float)beta2, take2 = (float)(1 - beta2);
  parallel_elements(count, [&](int64_t start, int64_t size) {
    for (int64_t i = start; i < start + size; i += W) {
      int n = start + size - i > W ? W : (int)(start + size - i);
      float *p = (float*)parameter + i, *m = (float*)first + i, *v = (float*)second + i;
      V g = load_partial((const float*)gradient + i, n) * factor;
      V mean = fma(splat(keep1), load_partial(m, n), g * take1);
      V square = fma(splat(keep2), load_partial(v, n), g * g * take2);
      store_partial(m, mean, n);
      store_partial(v, square, n);
      V move = mean / fma(sqrt(square), splat(root), splat(tiny));
      store_partial(p, fma(move, splat(step), load_partial(p, n) * keep), n);
    }
  });
  return OK;
}

// As in PyTorch: g += decay p; velocity = momentum velocity + g; g = nesterov ? g + momentum velocity : velocity; p -= rate g.
// velocity may be 0 when momentum is.
LB_NOINLINE int sgd(void* parameter, void* velocity, void* gradient, void* scale, int64_t count, double rate, double momentum,
                    int nesterov, double decay) {
  if (momentum != 0 && !velocity) return BAD_ARGUMENT;
  float factor = scale ? *(const float*)scale : 1, step = (float)-rate, inertia = (float)momentum, shrink = (float)decay;
  parallel_elements(count, [&](int64_t start, int64_t size) {
    for (int64_t i = start; i < start + size; i += W) {
      int n = start + size - i > W ? W : (int)(start + size - i);
      float *p = (float*)parameter + i, *v = (float*)velocity + i;
      V now = load_partial(p, n), g = load_partial((const float*)gradient + i, n) * factor;
      if (shrink != 0) g = fma(now, splat(shrink), g);
      if (inertia != 0) {
        V speed = fma(load_partial(v, n), splat(inertia), g);
        store_partial(v, speed, n);
        g = nesterov ? fma(speed, splat(inertia), g) : speed;
      }
      store_partial(p, fma(g, splat(step), now), n);
    }
  });
  return OK;
}

// Lion (Chen et al. 2023), decoupled decay: p -= rate decay p; p -= rate sign(beta1 m + (1 - beta1) g);
// m = beta2 m + (1 - beta2) g. The sign of 0 is 0.
LB_NOINLINE int lion(void* parameter, void* momentum, void* gradient, void* scale, int64_t count, double rate, double beta1,
                     double beta2, double decay) {
  float factor = scale ? *(const float*)scale : 1, keep = (float)(1 - rate * decay), step = (float)-rate;
  float keep1 = (float)beta1, take1 = (float)(1 - beta1), keep2 = (float)beta2, take2 = (float)(1 - beta2);
  parallel_elements(count, [&](int64_t start, int64_t size) {
    for (int64_t i = start; i < start + size; i += W) {
      int n = start + size - i > W ? W : (int)(start + size - i);
      float *p = (float*)parameter + i, *m = (float*)momentum + i;
      V g = load_partial((const float*)gradient + i, n) * factor, mean = load_partial(m, n);
      V direction = fma(splat(keep1), mean, g * take1);
      // NaN has no sign; it stays, so that a check for it finds it
      V sign = select((VI)(direction > 0.0f) | (VI)(direction < 0.0f), copy_sign(splat(1), direction), direction);
      store_partial(p, fma(sign, splat(step), load_partial(p, n) * keep), n);
      store_partial(m, fma(splat(keep2), mean, g * take2), n);
    }
  });
  return OK;
}

// average = keep average + (1 - keep) parameter (Polyak and Juditsky 1992, exponential)
LB_NOINLINE int moving_average(void* average, void* parameter, int64_t count, double keep) {
  float kept = (float)keep, taken = (float)(1 - keep);
  parallel_elements(count, [&](int64_t start, int64_t size) {
    for (int64_t i = start; i < start + size; i += W) {
      int n = start + size - i > W ? W : (int)(start + size - i);
      float* a = (float*)average + i;
      store_partial(a, fma(splat(kept), load_partial(a, n), load_partial((const float*)parameter + i, n) * taken), n);
    }
  });
  return OK;
}

// out[0] = sum of x^2: f32 lanes within chunks of a fixed size, chunks added in order in float64
LB_NOINLINE int sum_squares(void* out, void* x, int64_t count) {
  int64_t chunks = (count + ELEMENT_CHUNK - 1) / ELEMENT_CHUNK;
  float* partials = scratch((size_t)chunks + 1, 0);
  if (!partials) return NO_MEMORY;
  parallel(chunks, [&](int64_t chunk) {
    int64_t first = chunk * ELEMENT_CHUNK, left = count - first;
    int size = left < ELEMENT_CHUNK ? (int)left : (int)ELEMENT_CHUNK;
    const float* from = (const float*)x + first;
    Lanes sum = lanes_splat(0);
    for (int i = 0; i < size; i += 16) {
      Lanes value = load16(from + i, size - i);
      sum = fma(value, value, sum);
    }
    partials[chunk] = lanes_sum(sum);
  });
  double total = 0;
  for (int64_t chunk = 0; chunk < chunks; chunk++) total += partials[chunk];
  *(float*)out = (float)total;
  return OK;
}

LB_NOINLINE int clip_scale(void* out, void* sum_squares, double maximum) {
  float norm = sqrt1(*(const float*)sum_squares), ratio = (float)maximum / (norm + 1e-6f);
  ((float*)out)[0] = minimum1(ratio, 1.0f);
  ((float*)out)[1] = norm;
  return OK;
}

// out[0] = how many elements are infinite or NaN, as i32 (saturating)
LB_NOINLINE int count_non_finite(void* out, void* x, int64_t count) {
  int64_t found = 0;
  parallel_elements(count, [&](int64_t first, int64_t size) {
    const int32_t* from = (const int32_t*)x + first;
    int64_t here = 0;
    for (int64_t i = 0; i < size; i++) here += (from[i] & 0x7f800000) == 0x7f800000;
    __atomic_add_fetch(&found, here, __ATOMIC_RELAXED);
  });
  *(int32_t*)out = found > 0x7fffffff ? 0x7fffffff : (int32_t)found;
  return OK;
}

}  // namespace lb
