// Every kernel of kernels.table, for the one translation unit of a target (native.cpp or wasm.cpp).
#pragma once
#include "table.generated.hpp"
// the kernels in the order of the table
#include "elementwise.hpp"
#include "copies.hpp"
#include "reduce.hpp"
#include "indexing.hpp"
#include "linear.hpp"
#if __has_include("norm.hpp")
#include "norm.hpp"
#endif
#if __has_include("loss.hpp")
#include "loss.hpp"
#endif
#if __has_include("attention.hpp")
#include "attention.hpp"
#endif
#if __has_include("rotary.hpp")
#include "rotary.hpp"
#endif
#if __has_include("recurrent.hpp")
#include "recurrent.hpp"
#endif
#if __has_include("rnn.hpp")
#include "rnn.hpp"
#endif
#if __has_include("lstm.hpp")
#include "lstm.hpp"
#endif
#if __has_include("gru.hpp")
#include "gru.hpp"
#endif
#if __has_include("convolution.hpp")
#include "convolution.hpp"
#endif
#if __has_include("dropout.hpp")
#include "dropout.hpp"
#endif
#if __has_include("optimizer.hpp")
#include "optimizer.hpp"
#endif

namespace lb {

static int threads_start(int count) { return start_threads(count); }
static int threads_count() { return __atomic_load_n(&pool.threads, __ATOMIC_RELAXED); }

// 1 when fma rounds once: (1 + e)^2 - (1 + 2e) is e^2 then, and 0 with a rounded product (e = 2^-12).
LB_NOINLINE int is_fused() {
  float e = 1.0f / 4096;
  asm volatile("" : "+m"(e));  // asked of the machine, not of the compiler
  V x = splat(1 + e);
  V difference = fma(x, x, -splat(1 + 2 * e));
  return difference[0] == e * e && fma1(1 + e, 1 + e, -(1 + 2 * e)) == e * e;
}

}  // namespace lb
