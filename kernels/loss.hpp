// Cross entropy from logits [rows, columns] against class ids: loss = logsumexp(logits) - logits[target], 0 where the
// target is `ignore`. The mean over rows is the caller's business: dloss carries its weights.
#pragma once
#include "reduce.hpp"

namespace lb {

LB_INLINE int check_targets(const int32_t* targets, int rows, int columns, int ignore) {
  for (int row = 0; row < rows; row++) {
    if (targets[row] != ignore && (targets[row] < 0 || targets[row] >= columns)) return BAD_INDEX;
  }
  return OK;
}

LB_NOINLINE int cross_entropy(void* loss, void* lse, void* logits, void* targets, int rows, int columns, int ignore,
                              double smoothing) {
  const int32_t* target = (const int32_t*)targets;
  if (int status = check_targets(target, rows, columns, ignore)) return status;
  float smooth = (float)smoothing, sharp = (float)(1 - smoothing), share = smooth / (float)columns;
  parallel_many_rows(rows, columns, [&](int64_t first, int64_t end) {
    for (int64_t row = first; row < end; row++) {
      const float* x = (const float*)logits + row * columns;
      float base = row_top(x, columns);
      if (base == -INFINITE) base = 0;
      Lanes sum = lanes_splat(0);
      ptrdiff_t ahead = row + 1 < end ? columns : 0;
      each16(columns, [&](int64_t j, int n) LB_ALWAYS {
        ask_for(x + ahead + j);
        sum = sum + exp_below(load16(x + j, n, -INFINITE) - base);
      });
      float total = base + log1(lanes_sum(sum));
      if (lse) ((float*)lse)[row] = total;
      if (target[row] == ignore) {
        ((float*)loss)[row] = 0;
      } else if (smooth == 0) {
        ((float*)loss)[row] = total - x[target[row]];
      } else {
        Lanes all = lanes_splat(0);
        for (int j = 0; j < columns; j += 16) all = all + load16(x + j, columns - j);
        ((float*)loss)[row] = total - sharp * x[target[row]] - share * lanes_sum(all);
      }
    }
  });
  return OK;
}

// dlogits = (e^(logits - lse) - (1 - s) onehot - s/V) dloss[row]
LB_NOINLINE int cross_entropy_gradient(void* dlogits, void* dloss, void* logits, void* lse, void* targets, int rows,
                                       int columns, int ignore, double smoothing) {
  const int32_t* target = (const int32_t*)targets;
  if (int status = check_targets(target, rows, columns, ignore)) return status;
  float share = (float)smoothing / (float)columns, sharp = (float)(1 - smoothing);
  bool stream = dlogits != logits && streams(dlogits, rows, columns);
  parallel_many_rows(rows, columns, [&](int64_t first, int64_t end) {
    for (int64_t row = first; row < end; row++) {
      const float* x = (const float*)logits + row * columns;
      float *to = (float*)dlogits + row * columns, total = ((const float*)lse)[row], scale = ((const float*)dloss)[row];
      if (target[row] == ignore) {
        zero_floats(to, columns);
        continue;
      }
      each16(columns, [&](int64_t j, int n) LB_ALWAYS {
        store_or_stream16(to + j, (exp_below(load16(x + j, n) - total) - share) * scale, n, stream);
      });
      to[target[row]] = (exp_below1(x[target[row]] - total) - share - sharp) * scale;
    }
    if (stream) stream_end();
  });
  return OK;
}

}  // namespace lb
