// LSTM over whole sequences (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):
//   i f o = sigmoid(z), g = tanh(z), z = wx x_t + bx + wh h_{t-1} + bh;  c_t = f c_{t-1} + i g;  h_t = o tanh(c_t)
// Gates in PyTorch's order i f g o. The matrix products are in recurrent.hpp's terms.
#pragma once
#include "recurrent.hpp"

namespace lb {

LB_NOINLINE int lstm(void* y_, void* gates_, void* c_, void* x_, void* wx_, void* wh_, void* bx_, void* bh_, void* h0_,
                     void* c0_, int b, int t, int i, int h) {
  Recurrence r = {b, t, i, h, 4};
  if (!r.fits()) return BAD_ARGUMENT;
  float *y = (float*)y_, *gates = (float*)gates_, *c = (float*)c_;
  const float *x = (const float*)x_, *h0 = (const float*)h0_, *c0 = (const float*)c0_;
  if (r.steps() == 0 || h == 0) return OK;
  int blocks = (h + W - 1) / W, padded = blocks * W;
  float* packed = scratch(packed_gates_floats(r, W) + (size_t)blocks * 4 * W, SLOT_WEIGHTS);
  if (!packed) return NO_MEMORY;
  float *bias = packed + packed_gates_floats(r, W), *projected = gates;
  if (!r.joined()) {
    if (!gates) projected = scratch((size_t)r.steps() * r.width(), SLOT_STEPS);
    if (!projected) return NO_MEMORY;
    if (int status = project_inputs(r, projected, x, (const float*)wx_)) return status;
  }
  pack_gates(r, W, packed, (const float*)wx_, (const float*)wh_);
  for (int u = 0; u < blocks; u++) block_bias(r, W, u * W, bias + u * 4 * W, (const float*)bx_, (const float*)bh_);
  SharedStatus status;
  parallel(r.chunks(), [&](int64_t chunk) {
    int row0 = (int)chunk * r.chunk_rows(), rows = smaller(r.chunk_rows(), b - row0);
    float* cell = scratch((size_t)r.chunk_rows() * (padded + 4 * W) + States::floats(r), SLOT_STATE);
    if (!cell) return status.set(NO_MEMORY);
    float* z = cell + r.chunk_rows() * padded;  // [rows][4][W]
    States state;
    state.begin(r, z + r.chunk_rows() * 4 * W, h0, row0, rows);
    for (int row = 0; row < rows; row++) {
      if (c0) copy_bytes(cell + row * padded, c0 + (int64_t)(row0 + row) * h, (size_t)h * 4);
      else zero_floats(cell + row * padded, h);
      zero_floats(cell + row * padded + h, padded - h);
    }
    for (int time = 0; time < t; time++) {
      state.take_input(r, x, row0, rows, time);
      for (int u = 0; u < blocks; u++) {
        int first = u * W, count = smaller(W, h - first);
        for (int row = 0; row < rows; row++) {
          const float* from = r.joined() ? nullptr : projected + ((int64_t)(row0 + row) * t + time) * r.width() + first;
          LB_UNROLL for (int g = 0; g < 4; g++) {
            V start = load(bias + (u * 4 + g) * W);
            if (from) start = start + load_partial(from + (ptrdiff_t)g * h, count);
            store(z + (row * 4 + g) * W, start);
          }
        }
        tile_rows<4>(rows, state.row, state.now, state.row, 1, packed + (int64_t)u * state.row * 4 * W, 4 * W, z, 4 * W, true);
        // two loops, since each row is one long chain: short ones of several rows overlap in the processor
        for (int row = 0; row < rows; row++) {
          float* at = z + row * 4 * W;
          Gate i_gate = sigmoid_gate(load(at)), f_gate = sigmoid_gate(load(at + W));
          Gate g_gate = tanh_gate(load(at + 2 * W)), o_gate = sigmoid_gate(load(at + 3 * W));
          divide_gates(i_gate, f_gate, g_gate, o_gate);
          V in = i_gate.numerator, forget = f_gate.numerator, candidate = g_gate.numerator, out = o_gate.numerator;
          float* cells = cell + row * padded + first;
          store(cells, fma(forget, load(cells), in * candidate));
          store(at + 3 * W, out);
          if (gates) {
            float* to = gates + ((int64_t)(row0 + row) * t + time) * r.width() + first;
            store_partial(to, in, count);
            store_partial(to + h, forget, count);
            store_partial(to + 2 * (ptrdiff_t)h, candidate, count);
            store_partial(to + 3 * (ptrdiff_t)h, out, count);
          }
        }
        for (int row = 0; row < rows; row++) {
          V now = load(cell + row * padded + first), value = load(z + (row * 4 + 3) * W) * tanh(now);
          int64_t step = (int64_t)(row0 + row) * t + time;
          store_partial(state.next + row * state.row + state.joined + first, value, count);
          store_partial(y + step * h + first, value, count);
          if (c) store_partial(c + step * h + first, now, count);
        }
      }
      state.step();
    }
  });
  return status.value;
}

// With dh, dc the gradients that reach h_t and c_t: dc += dh o (1 - tanh^2 c_t); do = dh tanh c_t, di = dc g, dg = dc i,
// df = dc c_{t-1}; through the nonlinearities to dz; then dc_{t-1} = dc f and dh_{t-1} = dy_{t-1} + dz wh.
LB_NOINLINE int lstm_gradient(void* dx, void* dwx, void* dwh, void* dbx, void* dbh, void* dh0_, void* dc0_, void* dstates_,
                              void* dy_, void* dclast_, void* y, void* gates_, void* c_, void* x, void* wx, void* wh,
                              void* h0, void* c0_, int b, int t, int i, int h, int accumulate) {
  Recurrence r = {b, t, i, h, 4};
  if (!r.fits()) return BAD_ARGUMENT;
  float *dh0 = (float*)dh0_, *dc0 = (float*)dc0_, *dstates = (float*)dstates_;
  const float *dy = (const float*)dy_, *dclast = (const float*)dclast_, *gates = (const float*)gates_;
  const float *c = (const float*)c_, *c0 = (const float*)c0_;
  int width = r.width(), padded = back_blocks(r) * BACK;
  float* packed = scratch((size_t)padded * width, SLOT_WEIGHTS);
  float* dz = scratch((size_t)r.steps() * width, SLOT_STEPS);
  if (!packed || !dz) return NO_MEMORY;
  pack_back(r, packed, (const float*)wh);
  SharedStatus status;
  parallel(r.chunks(), [&](int64_t chunk) {
    int row0 = (int)chunk * r.chunk_rows(), rows = smaller(r.chunk_rows(), b - row0);
    float* carry = scratch((size_t)2 * r.chunk_rows() * padded, SLOT_STATE);
    if (!carry) return status.set(NO_MEMORY);
    float* dcell = carry + r.chunk_rows() * padded;
    zero_floats(carry, (int64_t)2 * r.chunk_rows() * padded);
    for (int row = 0; row < rows && dclast; row++) {
      copy_bytes(dcell + row * padded, dclast + (int64_t)(row0 + row) * h, (size_t)h * 4);
    }
    for (int time = t - 1; time >= 0; time--) {
      for (int row = 0; row < rows; row++) {
        int64_t step = (int64_t)(row0 + row) * t + time;
        const float* before = time > 0 ? c + (step - 1) * h : c0 ? c0 + (int64_t)(row0 + row) * h : nullptr;
        for (int u = 0; u < h; u += W) {
          int count = smaller(W, h - u);
          const float* gate = gates + step * width + u;
          V in = load_partial(gate, count), forget = load_partial(gate + h, count);
          V candidate = load_partial(gate + 2 * (ptrdiff_t)h, count), out = load_partial(gate + 3 * (ptrdiff_t)h, count);
          float *carries = carry + row * padded + u, *dcells = dcell + row * padded + u;
          V dh = load(carries);
          if (dy) dh = load_partial(dy + step * h + u, count) + dh;
          if (dstates) store_partial(dstates + step * h + u, dh, count);
          V squashed = tanh(load_partial(c + step * h + u, count));
          V dc = fma(dh * out, 1.0f - squashed * squashed, load(dcells));
          V old = before ? load_partial(before + u, count) : V{};
          store(dcells, dc * forget);
          float* to = dz + step * width + u;
          store_partial(to, dc * candidate * (in * (1.0f - in)), count);
          store_partial(to + h, dc * old * (forget * (1.0f - forget)), count);
          store_partial(to + 2 * (ptrdiff_t)h, dc * in * (1.0f - candidate * candidate), count);
          store_partial(to + 3 * (ptrdiff_t)h, dh * squashed * (out * (1.0f - out)), count);
        }
      }
      if (time == 0 && !dh0) break;
      product_back(r, rows, carry, dz + ((int64_t)row0 * t + time) * width, (ptrdiff_t)t * width, packed);
    }
    for (int row = 0; row < rows; row++) {
      if (dh0) copy_bytes(dh0 + (int64_t)(row0 + row) * h, carry + row * padded, (size_t)h * 4);
      if (dc0) copy_bytes(dc0 + (int64_t)(row0 + row) * h, dcell + row * padded, (size_t)h * 4);
    }
  });
  if (status.value != OK) return status.value;
  RecurrentGradients d = {(float*)dx, (float*)dwx, (float*)dwh, (float*)dbx, (float*)dbh};
  return finish_gradients(r, d, dz, dz, (const float*)y, (const float*)x, (const float*)wx, (const float*)h0, accumulate != 0);
}

}  // namespace lb
