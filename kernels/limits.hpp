// What this machine can do at most, measured by the benchmarks beside what they time: fused multiply-adds on registers
// alone. Does no useful work.
#pragma once
#include "parallel.hpp"

namespace lb {

constexpr int LIMIT_CHUNKS = 64, LIMIT_CHAINS = 12;  // enough independent chains for the latency, few enough for 16 registers

// out[64]; 64 chunks of `rounds` rounds of 12 chains x 16 lanes: 64 * rounds * 192 fused multiply-adds on every target
LB_NOINLINE int multiply_add_limit(void* out, int64_t rounds) {
  parallel(LIMIT_CHUNKS, [&](int64_t chunk) {
    V factor = splat(0.999f), addend = splat(0.001f), total = {};
    for (int part = 0; part < PARTS; part++) {
      V sum[LIMIT_CHAINS];
      LB_UNROLL for (int i = 0; i < LIMIT_CHAINS; i++) sum[i] = splat((float)i);
      for (int64_t round = 0; round < rounds; round++) {
        LB_UNROLL for (int i = 0; i < LIMIT_CHAINS; i++) sum[i] = fma(sum[i], factor, addend);
      }
      LB_UNROLL for (int i = 0; i < LIMIT_CHAINS; i++) total = total + sum[i];
    }
    ((float*)out)[chunk] = total[0];
  });
  return OK;
}

}  // namespace lb
