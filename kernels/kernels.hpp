// Every kernel of kernels.table, for the one translation unit of a target (native.cpp or wasm.cpp).
#pragma once
#include "table.generated.hpp"
// the kernels in the order of the table
#include "elementwise.hpp"
#include "copies.hpp"
#include "reduce.hpp"
#include "indexing.hpp"
#include "linear.hpp"
#include "bf16_product.hpp"
#include "norm.hpp"
#include "loss.hpp"
#include "attention.hpp"
#include "rotary.hpp"
#include "recurrent.hpp"
#include "rnn.hpp"
#include "lstm.hpp"
#include "gru.hpp"
#include "padded.hpp"
#include "convolution.hpp"
#include "dropout.hpp"
#include "optimizer.hpp"
#include "sort.hpp"
#include "limits.hpp"
#include "word2vec.hpp"

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
