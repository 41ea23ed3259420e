// The plain recurrent network over whole sequences (Elman 1990): h_t = tanh or relu of wx x_t + bx + wh h_{t-1} + bh.
#pragma once
#include "recurrent.hpp"

namespace lb {

constexpr int RNN_UNITS = 2 * W;  // one gate only: two vectors of units make a tile

LB_NOINLINE int rnn(void* y_, void* x_, void* wx, void* wh, void* bx, void* bh, void* h0, int b, int t, int i,
                    int h, int relu) {
  Recurrence r = {b, t, i, h, 1};
  if (!r.fits()) return BAD_ARGUMENT;
  if (r.steps() == 0 || h == 0) return OK;
  float* y = (float*)y_;
  const float* x = (const float*)x_;
  int blocks = (h + RNN_UNITS - 1) / RNN_UNITS;
  float* packed = scratch(packed_gates_floats(r, RNN_UNITS) + (size_t)blocks * RNN_UNITS, SLOT_WEIGHTS);
  if (!packed) return NO_MEMORY;
  float* bias = packed + packed_gates_floats(r, RNN_UNITS);
  if (!r.joined()) {
    if (int status = project_inputs(r, y, x, (const float*)wx)) return status;  // y holds the projection until its step
  }
  pack_gates(r, RNN_UNITS, packed, (const float*)wx, (const float*)wh);
  for (int u = 0; u < blocks; u++) {
    block_bias(r, RNN_UNITS, u * RNN_UNITS, bias + u * RNN_UNITS, (const float*)bx, (const float*)bh);
  }
  SharedStatus status;
  parallel(r.chunks(), [&](int64_t chunk) {
    int row0 = (int)chunk * r.chunk_rows(), rows = smaller(r.chunk_rows(), b - row0);
    float* z = scratch((size_t)r.chunk_rows() * RNN_UNITS + States::floats(r), SLOT_STATE);
    if (!z) return status.set(NO_MEMORY);
    States state;
    state.begin(r, z + r.chunk_rows() * RNN_UNITS, (const float*)h0, row0, rows);
    for (int time = 0; time < t; time++) {
      state.take_input(r, x, row0, rows, time);
      for (int u = 0; u < blocks; u++) {
        int first = u * RNN_UNITS, count = smaller(RNN_UNITS, h - first);
        for (int row = 0; row < rows; row++) {
          const float* from = y + ((int64_t)(row0 + row) * t + time) * h + first;
          for (int e = 0; e < RNN_UNITS; e += W) {
            V start = load(bias + first + e);
            if (!r.joined() && e < count) start = start + load_partial(from + e, count - e);
            store(z + row * RNN_UNITS + e, start);
          }
        }
        tile_rows<2>(rows, state.row, state.now, state.row, 1, packed + (int64_t)first * state.row, RNN_UNITS, z,
                     RNN_UNITS, true);
        for (int row = 0; row < rows; row++) {
          for (int e = 0; e < count; e += W) {
            V sum = load(z + row * RNN_UNITS + e), value = relu ? lb::relu(sum) : tanh(sum);
            store_partial(state.next + row * state.row + state.joined + first + e, value, count - e);
            store_partial(y + ((int64_t)(row0 + row) * t + time) * h + first + e, value, count - e);
          }
        }
      }
      state.step();
    }
  });
  return status.value;
}

// dz = dh (1 - y^2) for tanh, dh where y > 0 for relu; dh_{t-1} = dy_{t-1} + dz wh
LB_NOINLINE int rnn_gradient(void* dx, void* dwx, void* dwh, void* dbx, void* dbh, void* dh0_, void* dstates_, void* dy_,
                             void* y_, void* x, void* wx, void* wh, void* h0, int b, int t, int i, int h, int relu,
                             int accumulate) {
  Recurrence r = {b, t, i, h, 1};
  if (!r.fits()) return BAD_ARGUMENT;
  float *dh0 = (float*)dh0_, *dstates = (float*)dstates_;
  const float *dy = (const float*)dy_, *y = (const float*)y_;
  int padded = back_blocks(r) * BACK;
  float* packed = scratch((size_t)padded * h, SLOT_WEIGHTS);
  float* dz = scratch((size_t)r.steps() * h, SLOT_STEPS);
  if (!packed || !dz) return NO_MEMORY;
  pack_back(r, packed, (const float*)wh);
  SharedStatus status;
  parallel(r.chunks(), [&](int64_t chunk) {
    int row0 = (int)chunk * r.chunk_rows(), rows = smaller(r.chunk_rows(), b - row0);
    float* carry = scratch((size_t)r.chunk_rows() * padded, SLOT_STATE);
    if (!carry) return status.set(NO_MEMORY);
    zero_floats(carry, (int64_t)r.chunk_rows() * padded);
    for (int time = t - 1; time >= 0; time--) {
      for (int row = 0; row < rows; row++) {
        int64_t step = (int64_t)(row0 + row) * t + time;
        for (int u = 0; u < h; u += W) {
          int count = smaller(W, h - u);
          V dh = load(carry + row * padded + u), value = load_partial(y + step * h + u, count);
          if (dy) dh = load_partial(dy + step * h + u, count) + dh;
          if (dstates) store_partial(dstates + step * h + u, dh, count);
          V through = relu ? select((VI)(value > 0.0f), dh, V{}) : dh * (1.0f - value * value);
          store_partial(dz + step * h + u, through, count);
        }
      }
      if (time == 0 && !dh0) break;
      product_back(r, rows, carry, dz + ((int64_t)row0 * t + time) * h, (ptrdiff_t)t * h, packed);
    }
    for (int row = 0; row < rows && dh0; row++) {
      copy_bytes(dh0 + (int64_t)(row0 + row) * h, carry + row * padded, (size_t)h * 4);
    }
  });
  if (status.value != OK) return status.value;
  RecurrentGradients d = {(float*)dx, (float*)dwx, (float*)dwh, (float*)dbx, (float*)dbh};
  return finish_gradients(r, d, dz, dz, y, (const float*)x, (const float*)wx, (const float*)h0, accumulate != 0);
}

}  // namespace lb
