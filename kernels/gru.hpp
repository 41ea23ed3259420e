// GRU over whole sequences (Cho et al. 2014, with the reset gate after the recurrent product as in PyTorch and cuDNN):
//   r z = sigmoid(wx x_t + bx + wh h_{t-1} + bh), hn = wh_n h_{t-1} + bh_n, n = tanh(wx_n x_t + bx_n + r hn),
//   h_t = (1 - z) n + z h_{t-1}.  Gates in PyTorch's order r z n.
#pragma once
#include "recurrent.hpp"

namespace lb {

LB_NOINLINE int gru(void* y_, void* gates_, void* hn_, void* x_, void* wx, void* wh, void* bx, void* bh, void* h0, int b, int t,
                    int i, int h) {
  Recurrence r = {b, t, i, h, 3};
  if (!r.fits()) return BAD_ARGUMENT;
  if (r.steps() == 0 || h == 0) return OK;
  float *y = (float*)y_, *gates = (float*)gates_, *hn = (float*)hn_;
  const float* x = (const float*)x_;
  int blocks = (h + W - 1) / W;
  constexpr int ROW = 3 * W;
  float* packed = scratch(packed_gates_floats(r, W) + (size_t)2 * blocks * ROW, SLOT_WEIGHTS);
  if (!packed) return NO_MEMORY;
  // biases of a block: [r: bx + bh][z: bx + bh][n: bx], then [..][..][n: bh]
  float *bias = packed + packed_gates_floats(r, W), *projected = gates;
  if (!r.joined()) {
    if (!gates) projected = scratch((size_t)r.steps() * r.width(), SLOT_STEPS);
    if (!projected) return NO_MEMORY;
    if (int status = project_inputs(r, projected, x, (const float*)wx)) return status;
  }
  pack_gates(r, W, packed, (const float*)wx, (const float*)wh);
  for (int u = 0; u < blocks; u++) {
    float *to = bias + u * 2 * ROW, candidate[ROW];
    block_bias(r, W, u * W, to, (const float*)bx, (const float*)bh);
    block_bias(r, W, u * W, to + ROW, nullptr, (const float*)bh);
    block_bias(r, W, u * W, candidate, (const float*)bx, nullptr);
    copy_bytes(to + 2 * W, candidate + 2 * W, W * 4);
  }
  SharedStatus status;
  parallel(r.chunks(), [&](int64_t chunk) {
    int row0 = (int)chunk * r.chunk_rows(), rows = smaller(r.chunk_rows(), b - row0);
    float* z = scratch((size_t)r.chunk_rows() * (ROW + W) + States::floats(r), SLOT_STATE);
    if (!z) return status.set(NO_MEMORY);
    float* input = z + r.chunk_rows() * ROW;  // [rows][W]: the candidate's input side, which the reset gate leaves alone
    States state;
    state.begin(r, input + r.chunk_rows() * W, (const float*)h0, row0, rows);
    for (int time = 0; time < t; time++) {
      state.take_input(r, x, row0, rows, time);
      for (int u = 0; u < blocks; u++) {
        int first = u * W, count = smaller(W, h - first);
        const float *biases = bias + u * 2 * ROW, *weights = packed + (int64_t)u * state.row * ROW;
        for (int row = 0; row < rows; row++) {
          const float* from = r.joined() ? nullptr : projected + ((int64_t)(row0 + row) * t + time) * r.width() + first;
          LB_UNROLL for (int g = 0; g < 3; g++) {
            V start = load(biases + g * W);
            if (from) start = start + load_partial(from + (ptrdiff_t)g * h, count);
            store(z + row * ROW + g * W, start);
          }
        }
        if (state.joined) tile_rows<3>(rows, state.joined, state.now, state.row, 1, weights, ROW, z, ROW, true);
        for (int row = 0; row < rows; row++) {
          store(input + row * W, load(z + row * ROW + 2 * W));
          store(z + row * ROW + 2 * W, load(biases + ROW + 2 * W));
        }
        tile_rows<3>(rows, h, state.now + state.joined, state.row, 1, weights + (int64_t)state.joined * ROW, ROW, z, ROW, true);
        for (int row = 0; row < rows; row++) {
          Gate r_gate = sigmoid_gate(load(z + row * ROW)), z_gate = sigmoid_gate(load(z + row * ROW + W));
          divide_gates(r_gate, z_gate);
          V reset = r_gate.numerator, update = z_gate.numerator, side = load(z + row * ROW + 2 * W);
          V candidate = tanh(fma(reset, side, load(input + row * W)));
          V old = load_partial(state.now + row * state.row + state.joined + first, count);
          V value = fma(update, old - candidate, candidate);
          int64_t step = (int64_t)(row0 + row) * t + time;
          store_partial(state.next + row * state.row + state.joined + first, value, count);
          store_partial(y + step * h + first, value, count);
          if (hn) store_partial(hn + step * h + first, side, count);
          if (gates) {
            float* to = gates + step * r.width() + first;
            store_partial(to, reset, count);
            store_partial(to + h, update, count);
            store_partial(to + 2 * (ptrdiff_t)h, candidate, count);
          }
        }
      }
      state.step();
    }
  });
  return status.value;
}

// dn = dh (1 - z) (1 - n^2), dz = dh (h_{t-1} - n) z (1 - z), dr = dn hn r (1 - r); the state's side of n gets dn r;
// dh_{t-1} = dy_{t-1} + dh z + [dr, dz, dn r] wh
LB_NOINLINE int gru_gradient(void* dx, void* dwx, void* dwh, void* dbx, void* dbh, void* dh0_, void* dstates_, void* dy_,
                             void* y_, void* gates_, void* hn_, void* x, void* wx, void* wh, void* h0_, int b, int t, int i,
                             int h, int accumulate) {
  Recurrence r = {b, t, i, h, 3};
  if (!r.fits()) return BAD_ARGUMENT;
  float *dh0 = (float*)dh0_, *dstates = (float*)dstates_;
  const float *dy = (const float*)dy_, *y = (const float*)y_, *gates = (const float*)gates_, *hn = (const float*)hn_;
  const float* h0 = (const float*)h0_;
  int width = r.width(), padded = back_blocks(r) * BACK;
  float* packed = scratch((size_t)padded * width, SLOT_WEIGHTS);
  float* dz_x = scratch((size_t)2 * r.steps() * width, SLOT_STEPS);
  if (!packed || !dz_x) return NO_MEMORY;
  float* dz_h = dz_x + r.steps() * width;
  pack_back(r, packed, (const float*)wh);
  SharedStatus status;
  parallel(r.chunks(), [&](int64_t chunk) {
    int row0 = (int)chunk * r.chunk_rows(), rows = smaller(r.chunk_rows(), b - row0);
    float* carry = scratch((size_t)2 * r.chunk_rows() * padded, SLOT_STATE);
    if (!carry) return status.set(NO_MEMORY);
    float* direct = carry + r.chunk_rows() * padded;  // dh z, the way past the products
    zero_floats(carry, (int64_t)2 * r.chunk_rows() * padded);
    for (int time = t - 1; time >= 0; time--) {
      for (int row = 0; row < rows; row++) {
        int64_t step = (int64_t)(row0 + row) * t + time;
        const float* before = time > 0 ? y + (step - 1) * h : h0 ? h0 + (int64_t)(row0 + row) * h : nullptr;
        for (int u = 0; u < h; u += W) {
          int count = smaller(W, h - u);
          const float* gate = gates + step * width + u;
          V reset = load_partial(gate, count), update = load_partial(gate + h, count);
          V candidate = load_partial(gate + 2 * (ptrdiff_t)h, count), side = load_partial(hn + step * h + u, count);
          V dh = load(carry + row * padded + u) + load(direct + row * padded + u);
          if (dy) dh = load_partial(dy + step * h + u, count) + dh;
          if (dstates) store_partial(dstates + step * h + u, dh, count);
          V old = before ? load_partial(before + u, count) : V{};
          V dn = dh * (1.0f - update) * (1.0f - candidate * candidate);
          V dr = dn * side * (reset * (1.0f - reset)), dz = dh * (old - candidate) * (update * (1.0f - update));
          store(direct + row * padded + u, dh * update);
          float *to_x = dz_x + step * width + u, *to_h = dz_h + step * width + u;
          store_partial(to_x, dr, count);
          store_partial(to_h, dr, count);
          store_partial(to_x + h, dz, count);
          store_partial(to_h + h, dz, count);
          store_partial(to_x + 2 * (ptrdiff_t)h, dn, count);
          store_partial(to_h + 2 * (ptrdiff_t)h, dn * reset, count);
        }
      }
      if (time == 0 && !dh0) break;
      product_back(r, rows, carry, dz_h + ((int64_t)row0 * t + time) * width, (ptrdiff_t)t * width, packed);
    }
    for (int row = 0; row < rows && dh0; row++) {
      float* to = dh0 + (int64_t)(row0 + row) * h;
      for (int u = 0; u < h; u++) to[u] = carry[row * padded + u] + direct[row * padded + u];
    }
  });
  if (status.value != OK) return status.value;
  RecurrentGradients d = {(float*)dx, (float*)dwx, (float*)dwh, (float*)dbx, (float*)dbh};
  return finish_gradients(r, d, dz_x, dz_h, y, (const float*)x, (const float*)wx, h0, accumulate != 0);
}

}  // namespace lb
