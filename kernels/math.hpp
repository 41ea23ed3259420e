// Elementary functions on vectors: our own polynomials, so that every target gives the same bits. Coefficients are
// minimax fits made for this file (weighted least squares iterated on the relative error). Errors are in units of the
// last place of f32: exp, log, log1p, tanh, sigmoid, erf, pow about 2; sin and cos about 2.5 for |x| <= 1e4, beyond
// that they lose precision and beyond 1e6 give NaN.
#pragma once
#include "vector.hpp"

namespace lb {

constexpr float INFINITE = __builtin_inff(), NOT_A_NUMBER = __builtin_nanf("");

// p = c0 + c1 x + ... by Horner's rule
template <int N> LB_INLINE V polynomial(V x, const float (&c)[N]) {
  V p = constant_at(c + N - 1);
  LB_UNROLL for (int i = N - 2; i >= 0; i--) p = fma(p, x, constant_at(c + i));
  return p;
}

// nearest whole number (ties to even) for |v| < 2^22, as float; the low bits of shifted hold it as an integer
constexpr float ROUNDER = 12582912.0f;  // 1.5 * 2^23
LB_INLINE V round_small(V v) { return (v + ROUNDER) - ROUNDER; }
LB_INLINE VI to_i32_small(V whole) { return bits(whole + ROUNDER) - bits(splat(ROUNDER)); }

// 2^n for n in -126..127
LB_INLINE V power_of_two(VI exponent) { return from_bits((VI)(((VU)exponent << 23) + (VU)bits(LB_CONSTANT(1.0f)))); }

// e^x = 2^n e^r for |x| <= 104, |r| <= ln2 / 2
struct Exponential {
  V rest;     // e^r
  V shifted;  // n + ROUNDER
};
LB_INLINE Exponential exponential(V x) {
  static constexpr float of_rest[] = {1, 1, 0.49999994f, 0.166665211f, 0.041668389f, 0.00836874545f, 0.00138145406f};
  V shift = LB_CONSTANT(ROUNDER), shifted = fma(x, LB_CONSTANT(1.44269504f), shift), n = shifted - shift;
  V r = fma(n, LB_CONSTANT(-0.69287109375f), x);  // 11 bits of ln 2: exact without a fused operation too
  r = fma(n, LB_CONSTANT(-0.0002760868228506297f), r);
  return {polynomial(r, of_rest), shifted};
}
// e^x for x in -87..88, where 2^n is an f32; the low bits of shifted hold n
LB_INLINE V exp_within(V x) {
  Exponential e = exponential(x);
  return e.rest * power_of_two(bits(e.shifted));
}
// 2^n in two factors, so that results below 2^-126 come out denormal
LB_INLINE V exp(V x) {
  Exponential e = exponential(smaller_of(LB_CONSTANT(89.0f), larger_of(LB_CONSTANT(-104.0f), x)));  // NaN stays
  VI whole = bits(e.shifted) - bits(LB_CONSTANT(ROUNDER)), half = whole >> 1;
  return e.rest * power_of_two(half) * power_of_two(whole - half);
}
// e^x where x is at most 0, but for rounding; 0 below -87
LB_INLINE V exp_below(V x) { return select((VI)(x < LB_CONSTANT(-87.0f)), V{}, exp_within(x)); }
// e^-a for a >= 0; everything beyond 87 counts as 87, so the result is never denormal
LB_INLINE V decay(V a) { return exp_within(-smaller_of(LB_CONSTANT(87.0f), a)); }

// log x = e ln2 + log(1 + f) with 1 + f in [sqrt(1/2), sqrt 2): f - f^2/2 + f^3 q(f)
LB_INLINE V log(V x) {
  VI tiny = (VI)(x < 1.17549435e-38f);
  VI b = bits(select(tiny, x * 8388608.0f, x)) & 0x7fffffff;
  VI e = (b - 0x3f3504f3) >> 23;
  V f = from_bits(b - e * (1 << 23)) - 1.0f;
  V exponent = __builtin_convertvector(e - (tiny & 23), V);
  static constexpr float of_q[] = {0.333333135f, -0.250000089f, 0.200021192f, -0.166679963f, 0.142195523f, -0.124055892f, 0.11888162f, -0.116756521f, 0.067466408f};
  V q = polynomial(f, of_q);
  V f2 = f * f;
  V tail = fma(q, f2 * f, exponent * 0.0002760868228506297f);
  tail = fma(f2, splat(-0.5f), tail);
  V y = fma(exponent, splat(0.69287109375f), f + tail);
  y = select((VI)(x == INFINITE), x, y);
  y = select((VI)(x == 0.0f), splat(-INFINITE), y);
  return select((VI)(x < 0.0f), splat(NOT_A_NUMBER), select((VI)(x != x), x, y));
}

// log u for u = 1 + x rounded, plus the first-order effect of what the rounding lost
LB_INLINE V log1p(V x) {
  V u = x + 1.0f;
  V y = log(u) + (x - (u - 1.0f)) / u;
  y = select((VI)(x == INFINITE) | (VI)(x == 0.0f), x, y);
  return select((VI)(x == -1.0f), splat(-INFINITE), y);
}

// odd polynomial below 0.625, else 1 - 2 / (e^2|x| + 1)
LB_INLINE V tanh(V x) {
  V z = x * x;
  static constexpr float of_q[] = {-0.333332807f, 0.133314416f, -0.0537397154f, 0.020639088f, -0.00570498686f};
  V q = polynomial(z, of_q);
  V small = fma(q * z, x, x);
  V a = absolute(x), one = LB_CONSTANT(1.0f);
  V large = one - LB_CONSTANT(2.0f) / (exp(a + a) + one);
  return select((VI)(a < LB_CONSTANT(0.625f)), small, copy_sign(large, x));
}

// by e^-|x|, so that neither side overflows: 1 / (1 + e) or e / (1 + e)
LB_INLINE V sigmoid(V x) {
  V e = exp(-absolute(x));
  return select((VI)(x < 0.0f), e, splat(1.0f)) / (e + 1.0f);
}

// odd polynomial below 0.9277, else 1 - e^(-t + t q(t)), which is 1 from t = 3.95 on
LB_INLINE V erf(V x) {
  V z = x * x, t = absolute(x);
  static constexpr float of_near[] = {0.128379166f, -0.376126319f, 0.112836875f, -0.0268589407f, 0.00519990688f, -0.000813001301f, 8.31677535e-05f};
  V near = polynomial(z, of_near);
  V small = fma(near, x, x);
  V u = select((VI)(t > 3.95f), splat(3.95f), t);
  static constexpr float of_far[] = {-0.12864849f, -0.635151327f, -0.106236875f, 0.0237620603f, -0.00364245754f, 0.000322803447f, -1.12312619e-05f};
  V far = polynomial(u, of_far);
  V large = 1.0f - exp(fma(far, u, -u));
  large = select((VI)(t > 3.95f), splat(1.0f), large);
  return select((VI)(t < 0.9277f), small, select((VI)(x != x), x, copy_sign(large, x)));
}

// x = quarter * pi/2 + r with |r| <= pi/4; the parts of pi/2 are short, so that their products with quarter are exact
struct QuarterTurn {
  V r;
  VI quarter;
};
LB_INLINE QuarterTurn reduce_angle(V x) {
  x = select((VI)(absolute(x) <= 1e6f), x, splat(NOT_A_NUMBER));
  V k = round_small(x * 0.636619772f);
  V r = fma(k, splat(-1.5703125f), x);
  r = fma(k, splat(-0.000483751297f), r);
  r = fma(k, splat(-7.54953362e-08f), r);
  r = fma(k, splat(-2.56334407e-12f), r);
  return {r, to_i32_small(k)};
}
// sin r for even quarters and cos r for odd ones, negated in the second half of the turn
LB_INLINE V sine_of(V r, VI quarter) {
  V z = r * r;
  static constexpr float of_s[] = {-0.166666672f, 0.00833332911f, -0.0001983931f, 2.7180929e-06f};
  V s = polynomial(z, of_s);
  static constexpr float of_c[] = {0.0416666679f, -0.00138888834f, 2.47994576e-05f, -2.72054848e-07f};
  V c = polynomial(z, of_c);
  s = fma(s * z, r, r);
  c = fma(c, z * z, fma(z, splat(-0.5f), splat(1.0f)));
  return from_bits(bits(select(-(quarter & 1), c, s)) ^ (VI)((VU)(quarter & 2) << 30));
}
LB_INLINE V sin(V x) {
  QuarterTurn t = reduce_angle(x);
  return sine_of(t.r, t.quarter);
}
LB_INLINE V cos(V x) {
  QuarterTurn t = reduce_angle(x);
  return sine_of(t.r, t.quarter + 1);
}

// x^y = 2^(y log2 x) in float64 without fused operations (exact enough to round to f32, the same on every target)
LB_INLINE float pow1(float base, float exponent) {
  if (exponent == 0.0f || base == 1.0f) return 1.0f;
  if (base != base || exponent != exponent) return base + exponent;
  float magnitude = __builtin_fabsf(base), power = __builtin_fabsf(exponent);
  // every f32 from 2^24 on is even
  bool whole = power >= 16777216.0f || (float)(int32_t)power == power;
  bool odd = whole && power < 16777216.0f && ((int32_t)power & 1);
  if (base < 0 && !whole && magnitude != INFINITE) return NOT_A_NUMBER;
  bool negative = odd && (base < 0 || (base == 0.0f && __builtin_signbit(base)));
  float result;
  if (magnitude == 0.0f || magnitude == INFINITE) result = (magnitude == 0.0f) == (exponent > 0) ? 0.0f : INFINITE;
  else if (magnitude == 1.0f) result = 1.0f;
  else if (power == INFINITE) result = (magnitude < 1.0f) == (exponent > 0) ? 0.0f : INFINITE;
  else {
    double wide = magnitude;
    int64_t b;
    __builtin_memcpy(&b, &wide, 8);
    int64_t e = (b - 0x3fe6a09e667f3bcd) >> 52;  // the significand in [sqrt(1/2), sqrt 2)
    b -= e * (1ll << 52);
    double m;
    __builtin_memcpy(&m, &b, 8);
    double s = (m - 1) / (m + 1), z = s * s;
    double q = ((((0.24267146634559192 * z + 0.2614678630323989) * z + 0.32061551188022575) * z + 0.4121984176312532) * z +
                0.5770780171121436) * z + 0.9617966939248248;
    double product = exponent * ((double)e + s * (2.8853900817779268 + z * q));
    if (product > 200) product = 200;
    if (product < -200) product = -200;
    double n = (product + 6755399441055744.0) - 6755399441055744.0, r = product - n;  // 1.5 * 2^52 rounds
    double p = ((((((1.3178932946284569e-06 * r + 1.530915621930151e-05) * r + 0.00015403825463742966) * r +
                   0.0013333454860259396) * r + 0.009618128616118483) * r + 0.05550410935266443) * r + 0.240226506981106) * r +
               0.6931471805482127;
    int64_t scale = ((int64_t)n + 1023) * (1ll << 52);
    double two_n;
    __builtin_memcpy(&two_n, &scale, 8);
    result = (float)((1 + r * p) * two_n);
  }
  return negative ? -result : result;
}
LB_INLINE V pow(V base, V exponent) {
  float b[W], e[W];
  store(b, base);
  store(e, exponent);
  for (int i = 0; i < W; i++) b[i] = pow1(b[i], e[i]);
  return load(b);
}

// largest whole number not above v; from 2^23 on every f32 is whole
LB_INLINE V floor(V v) {
  V a = absolute(v);
  V whole = copy_sign((a + 8388608.0f) - 8388608.0f, v);
  whole = select((VI)(whole > v), whole - 1.0f, whole);
  return select((VI)(a < 8388608.0f), whole, v);
}

// not maximum(x, 0): clang makes an f32x4.pmax of that, which differs at -0
LB_INLINE V relu(V x) { return select((VI)(x < 0.0f), V{}, x); }
LB_INLINE V silu(V x) { return x * sigmoid(x); }
// An activation and its derivative, which share most of their work.
struct Activated {
  V value, slope;
};
// x Phi(x) and Phi(x) + x phi(x), Phi the normal distribution and phi its density. Phi(-|x|) = e^(-x^2/2) m(|x|) with m a
// polynomial in |x| / 3 - 1 up to 6, where e^-18 leaves nothing: Phi is right to 1e-7. Beyond 12 the density counts as 0.
LB_INLINE Activated gelu_both(V x) {
  V a = absolute(x), six = LB_CONSTANT(6.0f), near = select((VI)(a > six), six, a);
  V e = select((VI)(a > LB_CONSTANT(12.0f)), V{}, decay(x * x * LB_CONSTANT(0.5f)));
  static constexpr float of_m[] = {0.121511459f, -0.103205591f, 0.0825776681f, -0.0616988726f, 0.0445681028f, -0.0362845547f, 0.0179195777f, -0.000759794726f, 0.0212714188f, -0.0172079913f, -0.0141459191f, 0.00155480497f, 0.00869565271f};
  V m = polynomial(fma(near, LB_CONSTANT(0.333333343f), LB_CONSTANT(-1.0f)), of_m);
  V tail = e * m, cumulative = select((VI)(x < 0.0f), tail, LB_CONSTANT(1.0f) - tail);
  return {x * cumulative, fma(x * LB_CONSTANT(0.39894228f), e, cumulative)};
}
// 0.5 x (1 + t) and (1 + t) / 2 + x / 2 (1 - t^2) s (1 + 3 c x^2), with t = tanh(s (x + c x^3)), s = sqrt(2/pi), c = 0.044715
LB_INLINE Activated gelu_tanh_both(V x) {
  V t = tanh(fma(x * x * x, splat(0.044715f), x) * 0.797884561f);
  V du = fma(x * x, splat(0.134145f), splat(1.0f)) * 0.797884561f;
  return {x * 0.5f * (t + 1.0f), fma(x * 0.5f * (1.0f - t * t), du, (t + 1.0f) * 0.5f)};
}
// x s and s (1 + x (1 - s)), s = sigmoid(x)
LB_INLINE Activated silu_both(V x) {
  V s = sigmoid(x);
  return {x * s, s * fma(x, 1.0f - s, splat(1.0f))};
}
LB_INLINE V gelu(V x) { return gelu_both(x).value; }
LB_INLINE V gelu_tanh(V x) { return gelu_tanh_both(x).value; }
// log(1 + e^x) = max(x, 0) + log1p(e^-|x|)
LB_INLINE V softplus(V x) { return relu(x) + log1p(exp(-absolute(x))); }

#define LB_SCALAR(name) \
  LB_INLINE float name##1(float x) { return name(splat(x))[0]; } \
  LB_LANES_1(name)
LB_SCALAR(exp)
LB_SCALAR(exp_below)
LB_SCALAR(log)
LB_SCALAR(log1p)
LB_SCALAR(tanh)
LB_SCALAR(sigmoid)
LB_SCALAR(erf)
LB_SCALAR(sin)
LB_SCALAR(cos)

}  // namespace lb
