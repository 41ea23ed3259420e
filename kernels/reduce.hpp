// Reductions of contiguous [rows, columns]: along rows into 16 virtual lanes with a fixed tree, along columns in fixed
// chunks of rows, so that neither the vector width nor the threads change a bit. Also softmax and running sums.
#pragma once
#include "math.hpp"
#include "parallel.hpp"

namespace lb {

constexpr int64_t REDUCE_CHUNK = 16384;  // elements of a row reduced together; longer rows combine their chunks in order
constexpr int64_t COLUMN_CHUNK = 128;    // rows of a column added up together

// parallel_rows in larger chunks where there are many rows, body(first, end): a kernel that asks for the memory of its
// next row while it computes has one more often.
template <class F> LB_INLINE void parallel_many_rows(int64_t rows, int64_t columns, F&& body) {
  int64_t per = columns < 1 ? ELEMENT_CHUNK : (ELEMENT_CHUNK + columns - 1) / columns, more = rows / 64;
  per = more < per ? per : more < 4 * per ? more : 4 * per;
  if (rows <= 0) return;
  if (rows * (columns < 1 ? 1 : columns) < 2 * ELEMENT_CHUNK) return body((int64_t)0, rows);
  parallel((rows + per - 1) / per, [&](int64_t chunk) {
    body(chunk * per, rows - chunk * per < per ? rows : (chunk + 1) * per);
  });
}

// Folds n elements: each group of 16 (the last one padded with `pad`) is added to the lanes by fold(lanes, elements).
template <class Fold> LB_INLINE Lanes fold_row(const float* p, int64_t n, Lanes lanes, float pad, Fold fold) {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) lanes = fold(lanes, load16(p + i));
  if (i < n) lanes = fold(lanes, load16(p + i, (int)(n - i), pad));
  return lanes;
}
LB_INLINE float row_sum(const float* p, int64_t n) {
  return lanes_sum(fold_row(p, n, lanes_splat(0), 0, [](Lanes s, Lanes x) { return s + x; }));
}
LB_INLINE float row_max(const float* p, int64_t n) {
  return lanes_max(fold_row(p, n, lanes_splat(-INFINITE), -INFINITE, [](Lanes s, Lanes x) { return maximum(s, x); }));
}
LB_INLINE float row_min(const float* p, int64_t n) {
  return lanes_min(fold_row(p, n, lanes_splat(INFINITE), INFINITE, [](Lanes s, Lanes x) { return minimum(s, x); }));
}
// sum of e^(x - top): padding with -inf adds 0
LB_INLINE float row_sum_exp(const float* p, int64_t n, float top) {
  return lanes_sum(fold_row(p, n, lanes_splat(0), -INFINITE, [&](Lanes s, Lanes x) { return s + exp(x - top); }));
}
// sum of (x - center)^2: padding with center adds 0
LB_INLINE float row_sum_squares(const float* p, int64_t n, float center) {
  return lanes_sum(fold_row(p, n, lanes_splat(0), center, [&](Lanes s, Lanes x) {
    Lanes d = x - center;
    return fma(d, d, s);
  }));
}

// Every row by chunk(p, n) -> float; chunks of a long row are combined in their order, by combine.
template <class Chunk, class Combine>
LB_INLINE int reduce_each(float* out, const float* in, int64_t rows, int64_t columns, float empty, Chunk chunk, Combine combine) {
  if (columns <= REDUCE_CHUNK) {
    parallel_rows(rows, columns, [&](int64_t first, int64_t count) {
      for (int64_t row = first; row < first + count; row++) {
        out[row] = columns > 0 ? chunk(in + row * columns, columns, row) : empty;
      }
    });
    return OK;
  }
  int64_t pieces = (columns + REDUCE_CHUNK - 1) / REDUCE_CHUNK;
  float* partial = scratch((size_t)(rows * pieces), SLOT_PARTIAL);
  if (!partial) return NO_MEMORY;
  parallel(rows * pieces, [&](int64_t at) {
    int64_t row = at / pieces, first = at % pieces * REDUCE_CHUNK;
    partial[at] = chunk(in + row * columns + first, columns - first < REDUCE_CHUNK ? columns - first : REDUCE_CHUNK, row);
  });
  for (int64_t row = 0; row < rows; row++) {
    float total = partial[row * pieces];
    for (int64_t piece = 1; piece < pieces; piece++) total = combine(total, partial[row * pieces + piece]);
    out[row] = total;
  }
  return OK;
}

LB_INLINE float add1(float a, float b) { return a + b; }

LB_INLINE int reduce_sum(float* out, const float* in, int64_t rows, int64_t columns) {
  return reduce_each(out, in, rows, columns, 0, [](const float* p, int64_t n, int64_t) { return row_sum(p, n); }, add1);
}
LB_INLINE int reduce_max(float* out, const float* in, int64_t rows, int64_t columns) {
  return reduce_each(out, in, rows, columns, -INFINITE, [](const float* p, int64_t n, int64_t) { return row_max(p, n); },
                     maximum1);
}

int reduce_rows(int op, void* out_, void* input, int rows, int columns) {
  float* out = (float*)out_;
  const float* in = (const float*)input;
  if (rows <= 0) return OK;
  switch (op) {
    case R_SUM: return reduce_sum(out, in, rows, columns);
    case R_MEAN: {
      int status = reduce_sum(out, in, rows, columns);
      for (int row = 0; row < rows; row++) out[row] /= (float)columns;
      return status;
    }
    case R_MAX: return reduce_max(out, in, rows, columns);
    case R_MIN:
      return reduce_each(out, in, rows, columns, INFINITE, [](const float* p, int64_t n, int64_t) { return row_min(p, n); },
                         minimum1);
    case R_SUM_SQUARES:
      return reduce_each(out, in, rows, columns, 0,
                         [](const float* p, int64_t n, int64_t) { return row_sum_squares(p, n, 0); }, add1);
    case R_LOG_SUM_EXP: {
      float* top = scratch((size_t)rows, SLOT_CENTER);
      if (!top) return NO_MEMORY;
      int status = reduce_max(top, in, rows, columns);
      if (status != OK) return status;
      auto shift = [&](int64_t row) { return top[row] == -INFINITE || top[row] == INFINITE ? 0.0f : top[row]; };
      status = reduce_each(out, in, rows, columns, 0, [&](const float* p, int64_t n, int64_t row) {
        return row_sum_exp(p, n, shift(row));
      }, add1);
      for (int row = 0; row < rows; row++) out[row] = log1(out[row]) + shift(row);
      return status;
    }
    case R_VARIANCE: {
      float* mean = scratch((size_t)rows, SLOT_CENTER);
      if (!mean) return NO_MEMORY;
      int status = reduce_sum(mean, in, rows, columns);
      if (status != OK) return status;
      for (int row = 0; row < rows; row++) mean[row] /= (float)columns;
      status = reduce_each(out, in, rows, columns, 0, [&](const float* p, int64_t n, int64_t row) {
        return row_sum_squares(p, n, mean[row]);
      }, add1);
      for (int row = 0; row < rows; row++) out[row] /= (float)columns;
      return status;
    }
  }
  return BAD_ARGUMENT;
}

// Index of the first of the best; a NaN is never better than what is before it.
int arg_rows(int op, void* out_, void* input, int rows, int columns) {
  if (op != A_MAX && op != A_MIN) return BAD_ARGUMENT;
  if (rows > 0 && columns <= 0) return BAD_ARGUMENT;
  int32_t* out = (int32_t*)out_;
  const float* in = (const float*)input;
  parallel_rows(rows, columns, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      const float* p = in + row * columns;
      float start = p[0];
      Lanes best = op == A_MAX ? fold_row(p, columns, lanes_splat(start), start, [](Lanes s, Lanes x) {
        LB_EACH_PART s.part[part] = select((VI)(x.part[part] > s.part[part]), x.part[part], s.part[part]);
        return s;
      }) : fold_row(p, columns, lanes_splat(start), start, [](Lanes s, Lanes x) {
        LB_EACH_PART s.part[part] = select((VI)(x.part[part] < s.part[part]), x.part[part], s.part[part]);
        return s;
      });
      float found = op == A_MAX ? lanes_max(best) : lanes_min(best);
      int at = 0;
      while (at < columns && p[at] != found) at++;
      out[row] = at < columns ? at : 0;
    }
  });
  return OK;
}

// out[column] = (accumulate ? out[column] : 0) + sum over rows; partial sums of COLUMN_CHUNK rows, added in order
LB_NOINLINE int sum_columns_of(float* out, const float* in, int64_t rows, int64_t columns, bool accumulate) {
  if (columns <= 0) return OK;
  int64_t pieces = rows > 0 ? (rows + COLUMN_CHUNK - 1) / COLUMN_CHUNK : 1;
  float* partial = scratch((size_t)(pieces * columns), SLOT_PARTIAL);
  if (!partial) return NO_MEMORY;
  auto add_piece = [&](int64_t piece) {
    int64_t first = piece * COLUMN_CHUNK, end = first + COLUMN_CHUNK < rows ? first + COLUMN_CHUNK : rows;
    for (int64_t column = 0; column < columns; column += 4 * W) {
      int left = columns - column < 4 * W ? (int)(columns - column) : 4 * W;
      V sum[4] = {};
      const float* p = in + first * columns + column;
      if (left == 4 * W) {
        for (int64_t row = first; row < end; row++, p += columns) {
          LB_UNROLL for (int j = 0; j < 4; j++) sum[j] = sum[j] + load(p + j * W);
        }
      } else {
        for (int64_t row = first; row < end; row++, p += columns) {
          for (int j = 0; j * W < left; j++) sum[j] = sum[j] + load_partial(p + j * W, left - j * W);
        }
      }
      float* to = partial + piece * columns + column;
      for (int j = 0; j * W < left; j++) store_partial(to + j * W, sum[j], left - j * W);
    }
  };
  if (rows * columns < 2 * ELEMENT_CHUNK) for (int64_t piece = 0; piece < pieces; piece++) add_piece(piece);
  else parallel(pieces, add_piece);
  parallel_rows(columns, pieces, [&](int64_t start, int64_t count) {
    for (int64_t column = start; column < start + count; column += W) {
      int left = start + count - column < W ? (int)(start + count - column) : W;
      V sum = load_partial(partial + column, left);
      for (int64_t piece = 1; piece < pieces; piece++) sum = sum + load_partial(partial + piece * columns + column, left);
      store_partial(out + column, accumulate ? load_partial(out + column, left) + sum : sum, left);
    }
  });
  return OK;
}
int sum_columns(void* out, void* input, int rows, int columns, int accumulate) {
  return sum_columns_of((float*)out, (const float*)input, rows, columns, accumulate != 0);
}

int cumulative_sum(void* out_, void* input, int rows, int columns, int reverse) {
  float* out = (float*)out_;
  const float* in = (const float*)input;
  parallel_rows(rows, columns, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; row++) {
      float sum = 0;
      for (int64_t i = 0; i < columns; i++) {
        int64_t at = row * columns + (reverse ? columns - 1 - i : i);
        out[at] = sum = sum + in[at];
      }
    }
  });
  return OK;
}

// The largest of a row, NaN left out: exponentials carry it on. Any order gives the same, zeros of both signs count as +0.
LB_INLINE float row_top(const float* p, int64_t n) {
  Lanes top[IN_FLIGHT];
  LB_UNROLL for (int chain = 0; chain < IN_FLIGHT; chain++) top[chain] = lanes_splat(-INFINITE);
  int64_t i = 0;
  for (; i + 16 * IN_FLIGHT <= n; i += 16 * IN_FLIGHT) {
    LB_UNROLL for (int chain = 0; chain < IN_FLIGHT; chain++) top[chain] = larger_of(load16(p + i + 16 * chain), top[chain]);
  }
  LB_UNROLL for (int chain = 1; chain < IN_FLIGHT; chain++) top[0] = larger_of(top[chain], top[0]);
  each16(n - i, [&](int64_t j, int left) LB_ALWAYS { top[0] = larger_of(load16(p + i + j, left, -INFINITE), top[0]); });
  return lanes_reduce(top[0], [](V a, V b) { return larger_of(a, b); }) + 0.0f;
}

// softmax: e^(x - top) / sum; its logarithm: x - top - log sum. out may be in. Columns beyond it are asked for ahead.
LB_INLINE void softmax_row(float* out, float* powers, const float* in, int64_t columns, ptrdiff_t ahead, bool stream) {
  float top = row_top(in, columns);
  Lanes sum = lanes_splat(0);
  each16(columns, [&](int64_t i, int n) LB_ALWAYS {
    ask_for(in + ahead + i);
    Lanes e = exp_below(load16(in + i, n, -INFINITE) - top);
    sum = sum + e;
    store16(powers + i, e, n);
  });
  float scale = 1.0f / lanes_sum(sum);
  each16(columns, [&](int64_t i, int n) LB_ALWAYS { store_or_stream16(out + i, load16(powers + i, n) * scale, n, stream); });
}
LB_INLINE void log_softmax_row(float* out, const float* in, int64_t columns, ptrdiff_t ahead, bool stream) {
  float top = row_top(in, columns);
  Lanes sum = lanes_splat(0);
  each16(columns, [&](int64_t i, int n) LB_ALWAYS {
    ask_for(in + ahead + i);
    sum = sum + exp_below(load16(in + i, n, -INFINITE) - top);
  });
  float shift = log1(lanes_sum(sum));
  each16(columns, [&](int64_t i, int n) LB_ALWAYS { store_or_stream16(out + i, load16(in + i, n) - top - shift, n, stream); });
}
int softmax(void* out_, void* input, int rows, int columns, int logarithm) {
  bool stream = out_ != input && columns <= REDUCE_CHUNK && streams(out_, rows, columns);
  parallel_many_rows(rows, columns, [&](int64_t first, int64_t end) {
    float* powers = stream && !logarithm ? scratch(columns) : nullptr;
    for (int64_t row = first; row < end; row++) {
      float* out = (float*)out_ + row * columns;
      const float* in = (const float*)input + row * columns;
      ptrdiff_t ahead = row + 1 < end ? columns : 0;
      if (logarithm) log_softmax_row(out, in, columns, ahead, stream);
      else softmax_row(out, powers ? powers : out, in, columns, ahead, stream);
    }
    if (stream) stream_end();
  });
  return OK;
}

// dx = y (dy - sum(y dy)); of the logarithm: dx = dy - e^y sum(dy)
int softmax_gradient(void* dx_, void* y_, void* dy_, int rows, int columns, int logarithm) {
  bool stream = dx_ != y_ && dx_ != dy_ && streams(dx_, rows, columns);
  parallel_many_rows(rows, columns, [&](int64_t first, int64_t end) {
    for (int64_t row = first; row < end; row++) {
      float* dx = (float*)dx_ + row * columns;
      const float *y = (const float*)y_ + row * columns, *dy = (const float*)dy_ + row * columns;
      ptrdiff_t ahead = row + 1 < end ? columns : 0;
      if (logarithm) {
        Lanes sum = lanes_splat(row_sum(dy, columns));
        each16(columns, [&](int64_t i, int n) LB_ALWAYS {
          ask_for(dy + ahead + i);
          ask_for(y + ahead + i);
          store_or_stream16(dx + i, load16(dy + i, n) - exp_below(load16(y + i, n)) * sum, n, stream);
        });
      } else {
        Lanes dot = lanes_splat(0);
        each16(columns, [&](int64_t i, int n) LB_ALWAYS { dot = fma(load16(y + i, n), load16(dy + i, n), dot); });
        float sum = lanes_sum(dot);
        each16(columns, [&](int64_t i, int n) LB_ALWAYS {
          ask_for(y + ahead + i);
          ask_for(dy + ahead + i);
          ask_for(y + ahead + i);
          store_or_stream16(dx + i, load16(y + i, n) * (load16(dy + i, n) - sum), n, stream);
        });
      }
    }
    if (stream) stream_end();
  });
  return OK;
}

}  // namespace lb
