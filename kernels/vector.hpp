// Vectors of W floats, and the 16 virtual lanes every reduction uses so that each width gives the same bits.
// LB_WIDTH is set by the build: 16 AVX-512, 8 AVX2 with FMA, 4 NEON, WebAssembly and plain x64. Nothing here may round
// differently between them; simd128 and plain x64 alone have no fused multiply-add (fused() reports it) and are outside
// the promise.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "codes.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__wasm__)
#include <wasm_simd128.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define LB_INLINE inline __attribute__((always_inline))
#define LB_NOINLINE inline __attribute__((noinline))
#ifdef __clang__
#define LB_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LB_UNROLL _Pragma("GCC unroll 64")
#endif

namespace lb {

constexpr int W = LB_WIDTH;
typedef float V __attribute__((vector_size(4 * W)));
typedef int32_t VI __attribute__((vector_size(4 * W)));
typedef uint32_t VU __attribute__((vector_size(4 * W)));  // where integers may wrap around
typedef float UnalignedV __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef int32_t UnalignedVI __attribute__((vector_size(4 * W), aligned(4), may_alias));

LB_INLINE V load(const float* p) { return *(const UnalignedV*)p; }
LB_INLINE void store(float* p, V v) { *(UnalignedV*)p = v; }
LB_INLINE VI load_i32(const int32_t* p) { return *(const UnalignedVI*)p; }
LB_INLINE void store_i32(int32_t* p, VI v) { *(UnalignedVI*)p = v; }
// x - 0 keeps every x, -0 included; x + 0 would turn -0 into +0
LB_INLINE V splat(float x) { return x - V{}; }
LB_INLINE VI splat_i32(int32_t x) { return x - VI{}; }
LB_INLINE VI bits(V v) { return (VI)v; }
LB_INLINE V from_bits(VI v) { return (V)v; }
// mask lanes are 0 or -1. Compilers for WebAssembly know the one form as one instruction, g++ the other (AVX-512).
#ifdef __wasm__
LB_INLINE V select(VI mask, V a, V b) { return (V)((mask & (VI)a) | (~mask & (VI)b)); }
LB_INLINE VI select(VI mask, VI a, VI b) { return (mask & a) | (~mask & b); }
#else
LB_INLINE V select(VI mask, V a, V b) { return mask ? a : b; }
LB_INLINE VI select(VI mask, VI a, VI b) { return mask ? a : b; }
#endif

// The only fused operation of the whole library.
LB_INLINE V fma(V a, V b, V c) {
#if defined(__x86_64__) && LB_WIDTH == 16
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__x86_64__) && LB_WIDTH == 8
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__wasm_relaxed_simd__)
  return wasm_f32x4_relaxed_madd(a, b, c);
#elif defined(__aarch64__) && LB_WIDTH == 4
  return vfmaq_f32(c, a, b);
#elif defined(__wasm__) || (defined(__x86_64__) && LB_WIDTH == 4)
  return a * b + c;
#else
#error "LB_WIDTH does not fit this machine"
#endif
}

LB_INLINE float fma1(float a, float b, float c) {
#if defined(__x86_64__) && LB_WIDTH > 4
  return _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c)));
#else
  return fma(splat(a), splat(b), splat(c))[0];
#endif
}

LB_INLINE V sqrt(V v) {
#if defined(__x86_64__) && LB_WIDTH == 16
  return _mm512_maskz_sqrt_ps(0xffff, v);  // the plain one warns in g++ 12
#elif defined(__x86_64__) && LB_WIDTH == 8
  return _mm256_sqrt_ps(v);
#elif defined(__x86_64__)
  return _mm_sqrt_ps(v);
#elif defined(__aarch64__)
  return vsqrtq_f32(v);
#else
  return wasm_f32x4_sqrt(v);
#endif
}
LB_INLINE float sqrt1(float x) { return sqrt(splat(x))[0]; }

// NaN in either operand gives NaN (the hardware instructions disagree about it); of two equal values, b.
LB_INLINE V maximum(V a, V b) { return select((VI)(a > b) | (VI)(a != a), a, b); }
LB_INLINE V minimum(V a, V b) { return select((VI)(a < b) | (VI)(a != a), a, b); }
LB_INLINE float maximum1(float a, float b) { return a > b || a != a ? a : b; }
LB_INLINE float minimum1(float a, float b) { return a < b || a != a ? a : b; }

// A constant in every lane. V8 makes a vector literal of three instructions that compete with the arithmetic, so on
// WebAssembly it is broadcast from memory, at an address that clang cannot look behind.
#ifdef __wasm__
LB_INLINE V constant_at(const float* at) {
  asm("" : "+r"(at));
  return splat(*at);
}
#define LB_CONSTANT(x) ([]() __attribute__((always_inline)) { static constexpr float value = x; return constant_at(&value); }())
#else
LB_INLINE V constant_at(const float* at) { return splat(*at); }
#define LB_CONSTANT(x) splat(x)
#endif

// a > b ? a : b and a < b ? a : b: one instruction. Where either operand is NaN, and of two equal values, b.
#if defined(__x86_64__) && LB_WIDTH == 16
LB_INLINE V larger_of(V a, V b) { return _mm512_maskz_max_ps(0xffff, a, b); }
LB_INLINE V smaller_of(V a, V b) { return _mm512_maskz_min_ps(0xffff, a, b); }
#elif defined(__x86_64__) && LB_WIDTH == 8
LB_INLINE V larger_of(V a, V b) { return _mm256_max_ps(a, b); }
LB_INLINE V smaller_of(V a, V b) { return _mm256_min_ps(a, b); }
#elif defined(__x86_64__)
LB_INLINE V larger_of(V a, V b) { return _mm_max_ps(a, b); }
LB_INLINE V smaller_of(V a, V b) { return _mm_min_ps(a, b); }
#elif defined(__wasm__)
LB_INLINE V larger_of(V a, V b) { return wasm_f32x4_pmax(b, a); }
LB_INLINE V smaller_of(V a, V b) { return wasm_f32x4_pmin(b, a); }
#else
LB_INLINE V larger_of(V a, V b) { return select((VI)(a > b), a, b); }
LB_INLINE V smaller_of(V a, V b) { return select((VI)(a < b), a, b); }
#endif

#ifdef __wasm__
LB_INLINE V absolute(V v) { return wasm_f32x4_abs(v); }
#else
LB_INLINE V absolute(V v) { return (V)((VI)v & 0x7fffffff); }
#endif
LB_INLINE V copy_sign(V magnitude, V sign) { return (V)((VI)absolute(magnitude) | ((VI)sign & (VI)LB_CONSTANT(-0.0f))); }

// The first n elements (any n; at most W are touched), the remaining lanes hold pad.
LB_INLINE V load_partial(const float* p, int n, float pad = 0) {
  if (n >= W) return load(p);
#if defined(__x86_64__) && LB_WIDTH == 16
  return _mm512_mask_loadu_ps(splat(pad), n <= 0 ? 0 : (__mmask16)((1u << n) - 1), p);
#else
  float t[W];
  for (int i = 0; i < W; i++) t[i] = pad;
  for (int i = 0; i < n; i++) t[i] = p[i];
  return load(t);
#endif
}

LB_INLINE void store_partial(float* p, V v, int n) {
  if (n >= W) return store(p, v);
#if defined(__x86_64__) && LB_WIDTH == 16
  _mm512_mask_storeu_ps(p, n <= 0 ? 0 : (__mmask16)((1u << n) - 1), v);
#else
  float t[W];
  store(t, v);
  for (int i = 0; i < n; i++) p[i] = t[i];
#endif
}

// Sixteen virtual lanes: element i of a row belongs to lane i % 16 on every target.
constexpr int LANES = 16, PARTS = 16 / W;
struct Lanes {
  V part[PARTS];
};

#define LB_EACH_PART LB_UNROLL for (int part = 0; part < PARTS; part++)

LB_INLINE Lanes lanes_splat(float x) {
  Lanes r;
  LB_EACH_PART r.part[part] = splat(x);
  return r;
}
LB_INLINE Lanes load16(const float* p, int n = 16, float pad = 0) {
  Lanes r;
  if (n >= 16) LB_EACH_PART r.part[part] = load(p + part * W);
  else LB_EACH_PART r.part[part] = load_partial(p + part * W, n - part * W, pad);
  return r;
}
LB_INLINE void store16(float* p, Lanes a, int n = 16) {
  if (n >= 16) LB_EACH_PART store(p + part * W, a.part[part]);
  else LB_EACH_PART if (n > part * W) store_partial(p + part * W, a.part[part], n - part * W);
}

// body(i, n) for each 16 of count elements from 0 on; n is 16, known to the compiler, but for the last ones.
#define LB_ALWAYS __attribute__((always_inline))
template <class F> LB_INLINE void each16(int64_t count, F body) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) body(i, 16);
  if (i < count) body(i, (int)(count - i));
}
// Rows, or accumulators, in flight: four vectors hide what one addition has to wait for.
constexpr int IN_FLIGHT = PARTS >= 4 ? 1 : 4 / PARTS;

#define LB_LANES_1(name) \
  LB_INLINE Lanes name(Lanes a) { LB_EACH_PART a.part[part] = name(a.part[part]); return a; }
#define LB_LANES_2(name) \
  LB_INLINE Lanes name(Lanes a, Lanes b) { LB_EACH_PART a.part[part] = name(a.part[part], b.part[part]); return a; }
#define LB_LANES_OPERATOR(op) \
  LB_INLINE Lanes operator op(Lanes a, Lanes b) { LB_EACH_PART a.part[part] = a.part[part] op b.part[part]; return a; } \
  LB_INLINE Lanes operator op(Lanes a, float b) { LB_EACH_PART a.part[part] = a.part[part] op b; return a; }
LB_LANES_OPERATOR(+)
LB_LANES_OPERATOR(-)
LB_LANES_OPERATOR(*)
LB_LANES_OPERATOR(/)
LB_LANES_1(sqrt)
LB_LANES_1(absolute)
LB_LANES_2(maximum)
LB_LANES_2(minimum)
LB_LANES_2(larger_of)
LB_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) {
  LB_EACH_PART c.part[part] = fma(a.part[part], b.part[part], c.part[part]);
  return c;
}

// Constant permutations; g++ and clang spell both the index packs and the shuffles differently.
template <int... I> struct Indices {};
#ifdef __clang__
template <class T, T... I> struct IndexPack { typedef Indices<I...> type; };
template <int N> using IndexList = typename __make_integer_seq<IndexPack, int, N>::type;
#define LB_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
template <int N> struct IndexPack { typedef Indices<__integer_pack(N)...> type; };
template <int N> using IndexList = typename IndexPack<N>::type;
#define LB_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, VI{__VA_ARGS__})
#endif
typedef IndexList<W> EveryLane;

template <int DISTANCE, int... I> LB_INLINE V exchange(V v, Indices<I...>) { return LB_SHUFFLE(v, v, (I ^ DISTANCE)...); }

// The fixed combining tree: lane i with i + 8, then i + 4, i + 2, i + 1.
template <class F> LB_INLINE float lanes_reduce(Lanes a, F combine) {
  LB_UNROLL for (int half = PARTS / 2; half >= 1; half /= 2) {
    LB_UNROLL for (int i = 0; i < half; i++) a.part[i] = combine(a.part[i], a.part[i + half]);
  }
  V v = a.part[0];
  if constexpr (W == 16) v = combine(v, exchange<8 % W>(v, EveryLane()));
  if constexpr (W >= 8) v = combine(v, exchange<4 % W>(v, EveryLane()));
  v = combine(v, exchange<2>(v, EveryLane()));
  return combine(v, exchange<1>(v, EveryLane()))[0];
}
LB_INLINE float lanes_sum(Lanes a) { return lanes_reduce(a, [](V x, V y) { return x + y; }); }
LB_INLINE float lanes_max(Lanes a) { return lanes_reduce(a, [](V x, V y) { return maximum(x, y); }); }
LB_INLINE float lanes_min(Lanes a) { return lanes_reduce(a, [](V x, V y) { return minimum(x, y); }); }

}  // namespace lb
