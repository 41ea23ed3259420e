// Calls the kernels on fixed inputs and prints a hash of the bits of each one's results, a line a kernel: built for two
// instruction sets, the lines must be the same. Argument: the number of threads. Not for speed.
#include <stdio.h>
#include <stdlib.h>
#include <initializer_list>
#include "kernels.hpp"

using namespace lb;

static uint32_t state = 1;
static uint32_t draw() { return state = state * 1664525u + 1013904223u; }

struct Block {
  void* at;
  size_t bytes;
  operator void*() const { return at; }
  float* floats() const { return (float*)at; }
};
static Block block(size_t bytes) {
  void* at = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!at) exit(1);
  __builtin_memset(at, 0, bytes);
  return {at, bytes};
}
static Block out(int64_t floats) { return block((size_t)floats * 4); }
static Block in(int64_t floats, float low = -1, float high = 1) {
  Block made = out(floats);
  for (int64_t i = 0; i < floats; i++) made.floats()[i] = low + (high - low) * ((float)(draw() >> 8) / 16777216.0f);
  return made;
}
static Block ids(int64_t count, int below) {
  Block made = out(count);
  for (int64_t i = 0; i < count; i++) ((int32_t*)made.at)[i] = (int32_t)((draw() >> 8) % (uint32_t)below);
  return made;
}
static Block halves(int64_t count) {
  Block wide = in(count), made = block((size_t)count * 2);
  convert(made, BF16, wide, F32, count);
  return made;
}

static void say(const char* name, int status, std::initializer_list<Block> results) {
  uint64_t hash = 14695981039346656037ull;
  for (const Block& one : results) {
    for (size_t i = 0; i < one.bytes; i += 2) {
      uint32_t word = 0;
      __builtin_memcpy(&word, (char*)one.at + i, 2);
      hash = (hash ^ word) * 1099511628211ull;
    }
    for (size_t i = 0; i + 4 <= one.bytes; i += 4) {
      float x;
      __builtin_memcpy(&x, (char*)one.at + i, 4);
      if (x != x) printf("%s has NaN at %zu\n", name, i / 4), exit(1);
    }
  }
  printf("%s %d %016llx\n", name, status, (unsigned long long)hash);
}

static void elementwise() {
  const int n = 1003;
  char name[64];
  for (int op = U_COPY; op <= U_LOG1P; op++) {
    bool positive = op == U_LOG || op == U_POW || op == U_SQRT || op == U_RSQRT || op == U_RECIPROCAL || op == U_LOG1P;
    Block x = in(n, positive ? 0.01f : -9, 9), y = out(n);
    snprintf(name, sizeof name, "unary-%d", op);
    say(name, unary(op, y, x, 1, 1, 1, n, 0, 0, 0, 1, op == U_CLAMP ? -1 : 2.5, 3), {y});
  }
  for (int op : {0, 1, 2, 3, 4, 5, 6, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27}) {
    bool positive = op == B_POW || op == B_LOG_GRADIENT || op == B_SQRT_GRADIENT || op == B_RSQRT_GRADIENT;
    Block a = in(n, positive ? 0.1f : -4, 4), b = in(n, 0.1f, 3), y = out(n);
    snprintf(name, sizeof name, "binary-%d", op);
    say(name, binary(op, y, a, b, 1, 1, 17, 59, 0, 0, 59, 1, 0, 0, 0, 1), {y});
  }
  Block x = in(n, -3e4f, 3e4f), half = block(2 * n), wide = out(n);
  say("bf16", convert(half, BF16, x, F32, n) | convert(wide, F32, half, BF16, n), {half, wide});
  Block kept = out(n);
  say("dropout", dropout(kept, x, n, 0.3, 1, 2, 3, 4), {kept});
}

static void reductions() {
  const int rows = 37, columns = 517;
  char name[64];
  for (int op = R_SUM; op <= R_SUM_SQUARES; op++) {
    Block x = in(rows * columns, -5, 5), y = out(rows);
    snprintf(name, sizeof name, "reduce-%d", op);
    say(name, reduce_rows(op, y, x, rows, columns), {y});
  }
  Block x = in(rows * columns, -5, 5), y = out(rows * columns), dy = in(rows * columns), dx = out(rows * columns);
  for (int logarithm = 0; logarithm < 2; logarithm++) {
    int status = softmax(y, x, rows, columns, logarithm) | softmax_gradient(dx, y, dy, rows, columns, logarithm);
    say(logarithm ? "log-softmax" : "softmax", status, {y, dx});
  }
  Block sums = out(columns), running = out(rows * columns), places = out(rows * 9), best = out(rows * 9);
  say("sum-columns", sum_columns(sums, x, rows, columns, 0), {sums});
  say("cumulative-sum", cumulative_sum(running, x, rows, columns, 1), {running});
  say("sort", sort_rows(best, places, x, rows, columns, 9, 1), {best});
  Block mean = out(rows), rstd = out(rows), weight = in(columns), bias = in(columns), dw = out(columns), db = out(columns);
  int status = layer_norm(y, mean, rstd, x, weight, bias, rows, columns, 1e-5);
  say("layer-norm", status | layer_norm_gradient(dx, dw, db, dy, x, mean, rstd, weight, rows, columns, 0), {y, dx, dw, db});
  status = rms_norm(y, rstd, x, weight, rows, columns, 1e-6);
  say("rms-norm", status | rms_norm_gradient(dx, dw, dy, x, rstd, weight, rows, columns, 0), {y, dx, dw});
  Block targets = ids(rows, columns), loss = out(rows), lse = out(rows), dloss = in(rows);
  status = cross_entropy(loss, lse, x, targets, rows, columns, -100, 0.1);
  say("cross-entropy", status | cross_entropy_gradient(dx, dloss, x, lse, targets, rows, columns, -100, 0.1), {loss, dx});
}

static void products() {
  char name[64];
  static const int sizes[][3] = {{1, 67, 700}, {3, 33, 1030}, {29, 65, 70}, {70, 97, 1300}, {260, 40, 130}};
  for (auto [m, n, k] : sizes) {
    Block a = in(m * k), b = in(k * n), c = out(m * n), d = out(m * n), e = out(m * n);
    int status = gemm(1, m, n, k, a, 0, k, 1, b, 0, n, 1, c, 0, n, 0) | gemm(1, m, n, k, a, 0, k, 1, b, 0, 1, k, d, 0, n, 0) |
                 gemm(1, m, n, k, a, 0, 1, m, b, 0, n, 1, e, 0, n, 0);
    snprintf(name, sizeof name, "gemm-%dx%dx%d", m, n, k);
    say(name, status, {c, d, e});
    Block w = halves((int64_t)n * k), bias = in(n), slope = out(m * n);
    status = linear_bf16(c, slope, a, w, bias, m, n, k, ACT_GELU) | gemm_bf16(m, n, k, a, k, 1, w, n, 1, d, n, 0);
    snprintf(name, sizeof name, "bf16-%dx%dx%d", m, n, k);
    say(name, status, {c, slope, d});
    for (int activation = ACT_NONE; activation <= ACT_SIGMOID; activation++) {
      bool smooth = activation == ACT_GELU || activation == ACT_GELU_TANH || activation == ACT_SILU;
      void* kept = smooth ? slope.at : nullptr;
      status = linear(c, kept, a, b, bias, m, n, k, activation) |
               activation_gradient(e, d, smooth ? slope.at : c.at, (int64_t)m * n, activation);
      snprintf(name, sizeof name, "linear-%dx%dx%d-%d", m, n, k, activation);
      say(name, status, {c, e});
    }
  }
}

static void attentions() {
  const int b = 2, h = 4, g = 2, tq = 70, tk = 90, d = 17;
  char name[64];
  Block q = in(b * h * tq * d), k = in(b * g * tk * d), v = in(b * g * tk * d), dout = in(b * h * tq * d);
  Block slopes = in(h, 0.01f, 0.5f);
  for (int kind = 0; kind < 4; kind++) {
    int causal = kind > 0, window = kind > 1 ? 21 : 0;
    void* bent = kind == 3 ? slopes.at : nullptr;
    Block y = out(b * h * tq * d), lse = out(b * h * tq), dq = out(b * h * tq * d), dk = out(b * g * tk * d), dv = out(b * g * tk * d);
    int status = attention(y, lse, q, k, v, nullptr, b, h, g, tq, tk, d, h * tq * d, tq * d, d, g * tk * d, tk * d, d, g * tk * d,
                           tk * d, d, causal, 0.25, window, bent);
    status |= attention_gradient(dq, dk, dv, dout, y, lse, q, k, v, nullptr, b, h, g, tq, tk, d, h * tq * d, tq * d, d, g * tk * d,
                                 tk * d, d, g * tk * d, tk * d, d, causal, 0.25, window, bent);
    snprintf(name, sizeof name, "attention-%d", kind);
    say(name, status, {y, lse, dq, dk, dv});
  }
  Block cosine = in(tq * 8), sine = in(tq * 8), turned = out(b * h * tq * 16), x = in(b * h * tq * 16);
  say("rotary", rotary(turned, x, cosine, sine, b, h, tq, 16, h * tq * 16, tq * 16, 16, 0, 0), {turned});
}

static void recurrent() {
  char name[64];
  for (int size = 0; size < 2; size++) {
    const int b = 11, t = 6, i = size ? 40 : 3, h = size ? 33 : 130;
    Block x = in(b * t * i), h0 = in(b * h), c0 = in(b * h), dy = in(b * t * h), dlast = in(b * h), lengths = ids(b, t + 1);
    for (int gates : {1, 3, 4}) {
      int width = gates * h;
      Block wx = in(width * i, -0.2f, 0.2f), wh = in(width * h, -0.2f, 0.2f), bx = in(width), bh = in(width);
      Block y = out(b * t * h), kept = out((int64_t)b * t * width), other = out(b * t * h);
      Block dx = out(b * t * i), dwx = out(width * i), dwh = out(width * h), dbx = out(width), dbh = out(width);
      Block dh0 = out(b * h), dc0 = out(b * h);
      int status;
      if (gates == 1) {
        status = rnn(y, x, wx, wh, bx, bh, h0, b, t, i, h, 0) |
                 rnn_gradient(dx, dwx, dwh, dbx, dbh, dh0, nullptr, dy, y, x, wx, wh, h0, b, t, i, h, 0, 0);
      } else if (gates == 3) {
        status = gru(y, kept, other, x, wx, wh, bx, bh, h0, b, t, i, h) |
                 gru_gradient(dx, dwx, dwh, dbx, dbh, dh0, nullptr, dy, y, kept, other, x, wx, wh, h0, b, t, i, h, 0);
      } else {
        status = lstm(y, kept, other, x, wx, wh, bx, bh, h0, c0, b, t, i, h) | mask_rows(y, y, lengths, b, t, h) |
                 lstm_ends(kept, other, c0, lengths, b, t, h) |
                 lstm_gradient(dx, dwx, dwh, dbx, dbh, dh0, dc0, nullptr, dy, dlast, y, kept, other, x, wx, wh, h0, c0, b, t, i, h, 0);
      }
      snprintf(name, sizeof name, "recurrent-%d-%d", gates, size);
      say(name, status, {y, kept, other, dx, dwx, dwh, dbx, dbh, dh0, dc0});
    }
    Block back = out(b * t * h);
    say(size ? "reverse-40" : "reverse-3", reverse_rows(back, dy, lengths, b, t, h), {back});
  }
}

static void others() {
  const int b = 3, t = 50, c = 19, k = 3;
  Block x = in(b * t * c), w = in(c * k), bias = in(c), y = out(b * t * c), dx = out(b * t * c), dw = out(c * k), db = out(c);
  int status = depthwise(y, x, w, bias, b, t, c, t, k, 1, 2, 4);
  say("depthwise", status | depthwise_gradient(dx, dw, db, y, x, w, b, t, c, t, k, 1, 2, 4), {y, dx, dw, db});
  Block columns = out(b * t * c * k), folded = out(b * t * c);
  say("unfold", unfold(columns, x, b, t, c, t, k, 1, 2, 4) | fold(folded, columns, b, t, c, t, k, 1, 2, 4), {columns, folded});
  const int64_t n = 40007;
  Block p = in(n), first = in(n), second = in(n, 0, 1), gradient = in(n), norm = out(1), scale = out(2);
  say("clip", sum_squares(norm, gradient, n) | clip_scale(scale, norm, 0.5), {norm, scale});
  say("adamw", adamw(p, first, second, gradient, scale, n, 0.01, 0.9, 0.999, 1e-8, 0.1, 0.19, 0.002), {p, first, second});
  say("sgd", sgd(p, first, gradient, scale, n, 0.01, 0.9, 1, 0.1), {p, first});
  say("lion", lion(p, first, gradient, scale, n, 0.001, 0.9, 0.99, 0.1), {p, first});
  say("moving-average", moving_average(second, p, n, 0.99), {second});
  Block table = in(41 * c), rows = ids(200, 41), taken = out(200 * c), dtable = out(41 * c);
  status = embedding(taken, table, rows, 200, 41, c);
  say("embedding", status | embedding_gradient(dtable, taken, rows, 200, 41, c, 0), {taken, dtable});
}

int main(int count, char** words) {
#if defined(__x86_64__) && LB_WIDTH == 16
  if (!__builtin_cpu_supports("avx512f")) return 77;
#elif defined(__x86_64__) && LB_WIDTH == 8
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;
#endif
  threads_start(count > 1 ? atoi(words[1]) : 1);
  printf("fused %d\n", is_fused());
  elementwise();
  reductions();
  products();
  attentions();
  recurrent();
  others();
  return 0;
}
