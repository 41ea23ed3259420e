// What rnn.hpp, lstm.hpp and gru.hpp share. Work is parallel over chunks of batch rows; each chunk runs its whole time
// loop without meeting the others. The recurrent weights are packed once a call. A short input (I <= SHORT_INPUT) joins
// the recurrent product as its first I terms; a long one is projected for all steps by one matrix product beforehand.
// G is the number of gates; blocks are UNITS hidden units of every gate side by side.
#pragma once
#include "gemm.hpp"
#include "math.hpp"
#include "tile.hpp"

namespace lb {

constexpr int SHORT_INPUT = 32;
// Scratch slots: the caller's packed weights, its arrays over [B, T], and a chunk's own state.
constexpr int SLOT_WEIGHTS = 0, SLOT_STEPS = 1, SLOT_STATE = 3;

struct Recurrence {
  int b, t, i, h, gates;  // gates: G
  bool fits() const {
    return b >= 0 && t >= 0 && i >= 0 && h >= 0 && (int64_t)gates * h <= 0x7fffffff && (int64_t)b * t <= 0x7fffffff;
  }
  bool joined() const { return i <= SHORT_INPUT; }
  int joined_inputs() const { return joined() ? i : 0; }
  int64_t steps() const { return (int64_t)b * t; }
  int width() const { return gates * h; }
  // Few rows for narrow layers, so that several threads find work; more where the weights are too large for the nearest
  // cache and have to be read again for every chunk. A row's numbers do not depend on it.
  int chunk_rows() const { return (int64_t)gates * h * h < 65536 ? 8 : 16; }
  int chunks() const { return (b + chunk_rows() - 1) / chunk_rows(); }
};

// The gates of a step. With e = e^-|x| or e^-2|x| every denominator 1 + e lies in 1..2, so one division serves all:
// sigmoid x = (x < 0 ? e : 1) / (1 + e), tanh |x| = (1 - e) / (1 + e), absolute errors near 1e-7.
struct Gate {
  V numerator, denominator;
};
LB_INLINE Gate sigmoid_gate(V x) {
  V e = decay(absolute(x)), one = LB_CONSTANT(1.0f);
  return {select((VI)(x < 0.0f), e, one), e + one};
}
LB_INLINE Gate tanh_gate(V x) {
  V a = absolute(x), e = decay(a + a), one = LB_CONSTANT(1.0f);
  return {copy_sign(one - e, x), e + one};
}
LB_INLINE void divide_gates(Gate& a, Gate& b) {
  V inverse = LB_CONSTANT(1.0f) / (a.denominator * b.denominator);
  a.numerator = a.numerator * (inverse * b.denominator);
  b.numerator = b.numerator * (inverse * a.denominator);
}
LB_INLINE void divide_gates(Gate& a, Gate& b, Gate& c, Gate& d) {
  V ab = a.denominator * b.denominator, cd = c.denominator * d.denominator, inverse = LB_CONSTANT(1.0f) / (ab * cd);
  V of_ab = inverse * cd, of_cd = inverse * ab;
  a.numerator = a.numerator * (of_ab * b.denominator);
  b.numerator = b.numerator * (of_ab * a.denominator);
  c.numerator = c.numerator * (of_cd * d.denominator);
  d.numerator = d.numerator * (of_cd * c.denominator);
}

// packed[block][I' + H][G][units]: the joined inputs' weights, then the recurrent ones; padded with zeros
LB_NOINLINE void pack_gates(const Recurrence& r, int units, float* packed, const float* wx, const float* wh) {
  int joined = r.joined_inputs(), depth = joined + r.h, row = r.gates * units;
  parallel((r.h + units - 1) / units, [&](int64_t block) {
    int first = (int)block * units, count = smaller(units, r.h - first);
    float* to = packed + block * depth * row;
    if (count < units) zero_floats(to, (int64_t)depth * row);
    for (int g = 0; g < r.gates; g++) {
      int64_t from = (int64_t)g * r.h + first;
      if (joined) transpose(to + g * units, row, wx + from * r.i, r.i, count, r.i);
      transpose(to + (int64_t)joined * row + g * units, row, wh + from * r.h, r.h, count, r.h);
    }
  });
}
LB_INLINE size_t packed_gates_floats(const Recurrence& r, int units) {
  return (size_t)((r.h + units - 1) / units) * units * r.gates * (r.joined_inputs() + r.h);
}

// packed[block][G*H][32]: wh [G*H, H] in blocks of 32 columns, padded with zeros
constexpr int BACK = 32;
LB_INLINE int back_blocks(const Recurrence& r) { return (r.h + BACK - 1) / BACK; }
LB_NOINLINE void pack_back(const Recurrence& r, float* packed, const float* wh) {
  parallel(back_blocks(r), [&](int64_t block) {
    int first = (int)block * BACK;
    for (int p = 0; p < r.width(); p++) {
      for (int j = 0; j < BACK; j += 16) {
        int left = r.h - first - j;
        Lanes weights = left > 0 ? load16(wh + (int64_t)p * r.h + first + j, left) : lanes_splat(0);
        store16(packed + (block * r.width() + p) * BACK + j, weights);
      }
    }
  });
}
// carry[rows, padded H] = dz[rows, G*H] wh
LB_INLINE void product_back(const Recurrence& r, int rows, float* carry, const float* dz, ptrdiff_t dz_row,
                            const float* packed) {
  for (int block = 0; block < back_blocks(r); block++) {
    tile_product(rows, BACK, r.width(), dz, dz_row, 1, packed + (int64_t)block * r.width() * BACK, BACK,
                 carry + block * BACK, back_blocks(r) * BACK, false);
  }
}

// steps [B*T, G*H] = x wx^T for a long input
LB_INLINE int project_inputs(const Recurrence& r, float* steps, const float* x, const float* wx) {
  return gemm_parallel((int)r.steps(), r.width(), r.i, x, r.i, 1, wx, 1, r.i, steps, r.width(), false);
}

// bias of one block, [G][units]: bx + bh, zeros where absent
LB_INLINE void block_bias(const Recurrence& r, int units, int first, float* to, const float* bx, const float* bh) {
  int count = smaller(units, r.h - first);
  for (int g = 0; g < r.gates; g++) {
    for (int u = 0; u < units; u++) {
      int64_t at = (int64_t)g * r.h + first + u;
      to[g * units + u] = u < count ? (bx ? bx[at] : 0) + (bh ? bh[at] : 0) : 0;
    }
  }
}

// A chunk's rows of [x_t, h_{t-1}], twice: a step reads one while it fills the other.
struct States {
  int joined, row;
  float *now, *next;
  void begin(const Recurrence& r, float* space, const float* h0, int row0, int rows) {
    joined = r.joined_inputs();
    row = joined + r.h;
    now = space;
    next = space + (int64_t)r.chunk_rows() * row;
    for (int i = 0; i < rows; i++) {
      float* h = now + i * row + joined;
      if (h0) copy_bytes(h, h0 + (int64_t)(row0 + i) * r.h, (size_t)r.h * 4);
      else zero_floats(h, r.h);
    }
  }
  static size_t floats(const Recurrence& r) { return (size_t)2 * r.chunk_rows() * (r.joined_inputs() + r.h); }
  void take_input(const Recurrence& r, const float* x, int row0, int rows, int t) {
    for (int i = 0; i < rows; i++) {
      for (int e = 0; e < joined; e++) now[i * row + e] = x[((int64_t)(row0 + i) * r.t + t) * r.i + e];
    }
  }
  void step() {
    float* before = now;
    now = next;
    next = before;
  }
};

struct RecurrentGradients {
  float *dx, *dwx, *dwh, *dbx, *dbh;
};

// out[n] = (accumulate ? out[n] : 0) + sums[n]
LB_INLINE void add_sums(float* out, const float* sums, int n, bool accumulate) {
  for (int e = 0; e < n && out; e++) out[e] = (accumulate ? out[e] : 0) + sums[e];
}

// dwx and dbx from dz [B*T, G*H]; sums [G*H] receives the sums over all steps. The bias counts as an input that is
// always 1. Few inputs are taken together with it and transposed, so that the vectors run along the gates.
LB_NOINLINE int input_gradients(const Recurrence& r, const float* dz, const float* x, float* dwx, float* sums,
                                bool accumulate) {
  int width = r.width(), steps = (int)r.steps();
  static const float one = 1;
  if (!dwx || r.i >= 16) {
    if (int status = gemm_parallel(1, width, steps, &one, 0, 0, dz, width, 1, sums, width, false)) return status;
    return dwx ? gemm_parallel(width, r.i, steps, dz, 1, width, x, r.i, 1, dwx, r.i, accumulate) : OK;
  }
  int inputs = r.i + 1;
  float* with_one = scratch((size_t)steps * inputs + (size_t)inputs * width, 2);
  if (!with_one) return NO_MEMORY;
  float* turned = with_one + (int64_t)steps * inputs;
  for (int64_t step = 0; step < steps; step++) {
    for (int e = 0; e < r.i; e++) with_one[step * inputs + e] = x[step * r.i + e];
    with_one[step * inputs + r.i] = 1;
  }
  if (int status = gemm_parallel(inputs, width, steps, with_one, 1, inputs, dz, width, 1, turned, width, false)) return status;
  for (int p = 0; p < width; p++) {
    for (int e = 0; e < r.i; e++) {
      float* to = dwx + (int64_t)p * r.i + e;
      *to = (accumulate ? *to : 0) + turned[(int64_t)e * width + p];
    }
  }
  copy_bytes(sums, turned + (int64_t)r.i * width, (size_t)width * 4);
  return OK;
}

// Everything after the time loop, as products over all steps: dz_x and dz_h [B*T, G*H] reach the input's and the state's side.
LB_NOINLINE int finish_gradients(const Recurrence& r, const RecurrentGradients& d, const float* dz_x, const float* dz_h,
                                 const float* y, const float* x, const float* wx, const float* h0, bool accumulate) {
  int width = r.width(), steps = (int)r.steps(), status = OK;
  if (d.dwh) {
    float* before = scratch((size_t)steps * r.h, 2);  // h_{t-1} of every step
    if (!before) return NO_MEMORY;
    parallel(r.b, [&](int64_t row) {
      float* to = before + row * r.t * r.h;
      if (r.t == 0) return;
      if (h0) copy_bytes(to, h0 + row * r.h, (size_t)r.h * 4);
      else zero_floats(to, r.h);
      copy_bytes(to + r.h, y + row * r.t * r.h, (size_t)(r.t - 1) * r.h * 4);
    });
    status = gemm_parallel(width, r.h, steps, dz_h, 1, width, before, r.h, 1, d.dwh, r.h, accumulate);
  }
  float* sums = scratch(width, SLOT_STATE);
  if (!sums) return NO_MEMORY;
  if (status == OK && (d.dwx || d.dbx || (d.dbh && dz_h == dz_x))) {
    status = input_gradients(r, dz_x, x, d.dwx, sums, accumulate);
    add_sums(d.dbx, sums, width, accumulate);
    if (dz_h == dz_x) add_sums(d.dbh, sums, width, accumulate);
  }
  if (status == OK && d.dbh && dz_h != dz_x) {
    status = input_gradients(r, dz_h, nullptr, nullptr, sums, accumulate);
    add_sums(d.dbh, sums, width, accumulate);
  }
  if (status == OK && d.dx) {
    status = gemm_parallel(steps, r.i, width, dz_x, width, 1, wx, r.i, 1, d.dx, r.i, false);
  }
  return status;
}

}  // namespace lb
