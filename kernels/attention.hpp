// Attention in tiles with an online softmax: memory linear in T (Dao et al. 2022, FlashAttention; the gradient recomputes
// the probabilities from lse). Inside a tile the queries are the vector lanes, [keys, queries]: maxima and sums over keys
// are then plain vertical operations, and neither K nor V needs packing. Key tiles start at multiples of KEYS from key 0
// and a query's numbers depend on no other query, so a query alone (cached decoding) gives the bits it gives in a batch.
// Windows hide the keys further back and ALiBi's slopes bend the scores, both while a tile of scores is made.
// Does not do: dropout on probabilities, other additive biases.
#pragma once
#include "math.hpp"
#include "tile.hpp"

namespace lb {

constexpr int KEYS = 64, QUERIES = 32;  // part of the bit contract: KEYS in the output, both in the gradient
constexpr int QUERIES_PER_CHUNK = 4 * QUERIES;

struct AttentionShape {
  int b, h, g, tq, tk, d;
  ptrdiff_t q0, q1, q2, k0, k1, k2;
  const uint8_t* mask;
  bool causal;
  float scale;
  int window;           // 0: none, else a query sees its last `window` keys
  const float* slopes;  // [H] or nullptr

  bool fits() const {
    return b >= 0 && h >= 0 && g >= 0 && tq >= 0 && tk >= 0 && d >= 0 && (h == 0 || (g > 0 && h % g == 0)) &&
           window >= 0 && (causal || window == 0);
  }
  // how many leading keys query t may see
  int visible(int t) const {
    if (!causal) return tk;
    int64_t seen = (int64_t)t + 1 + tk - tq;
    return seen < 0 ? 0 : seen > tk ? tk : (int)seen;
  }
  int hidden_lanes(int key, int query) const {  // leading queries from `query` on that key is hidden from
    int64_t lanes = causal ? (int64_t)key - (tk - tq) - query : 0;
    return lanes < 0 ? 0 : lanes > QUERIES ? QUERIES : (int)lanes;
  }
  // the first key that query t or a later one may see
  int first_visible(int t) const {
    int64_t first = window ? (int64_t)t + tk - tq - window + 1 : 0;
    return first < 0 ? 0 : first > tk ? tk : (int)first;
  }
  int near_lanes(int key, int query) const {  // leading queries from `query` on whose window that key is in
    int64_t lanes = window ? (int64_t)key + window - (tk - tq) - query : QUERIES;
    return lanes < 0 ? 0 : lanes > QUERIES ? QUERIES : (int)lanes;
  }
  float slope(int head) const { return slopes ? slopes[head] : 0; }
  const float* query(const float* q, int batch, int head, int t) const { return q + batch * q0 + head * q1 + t * q2; }
  const float* key(const float* k, int batch, int group, int t) const { return k + batch * k0 + group * k1 + t * k2; }
};

LB_INLINE AttentionShape attention_shape(int b, int h, int g, int tq, int tk, int d, int64_t q0, int64_t q1, int64_t q2,
                                         int64_t k0, int64_t k1, int64_t k2, void* mask, int causal, double scale,
                                         int window, void* slopes) {
  return {b, h, g, tq, tk, d, (ptrdiff_t)q0, (ptrdiff_t)q1, (ptrdiff_t)q2, (ptrdiff_t)k0, (ptrdiff_t)k1, (ptrdiff_t)k2,
          (const uint8_t*)mask, causal != 0, (float)scale, window, (const float*)slopes};
}

// Rows of d floats that whole vectors may be loaded from: in place where they lie close together and d is a multiple of
// 16, else in a copy side by side, padded with zeros. (Rows that lie a model's width apart fall on few sets of the nearest
// cache and push each other out.)
constexpr int NEAR = 128;  // floats between rows
struct Rows {
  const float* at;
  ptrdiff_t row;
};
LB_INLINE Rows near_rows(float* copy, const float* from, ptrdiff_t row, int count, int d, int padded) {
  if (padded == d && row <= NEAR) return {from, row};
  for (int i = 0; i < count; i++) {
    for (int e = 0; e < d; e += 16) store16(copy + i * padded + e, load16(from + i * row + e, d - e));
  }
  return {copy, padded};
}

// scores[keys, QUERIES] = K Qt, -inf where hidden; qt [d, QUERIES] holds the queries times scale
LB_INLINE void score_tile(const AttentionShape& s, float* scores, const float* qt, const float* k, ptrdiff_t k_row, int batch,
                          int key0, int keys, int query0, int width, float slope) {
  tile_product(keys, width, s.d, k, k_row, 1, qt, QUERIES, scores, QUERIES, false);
  static const float lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  V first_lanes = load(lanes);
  if (slope != 0) {
    for (int j = 0; j < keys; j++) {
      float behind = (float)(query0 + s.tk - s.tq - key0 - j);  // of the first query; whole numbers, exact
      for (int i = 0; i < width; i += W) {
        float* x = scores + j * QUERIES + i;
        store(x, fma(absolute(first_lanes + (behind + (float)i)), splat(-slope), load(x)));
      }
    }
  }
  if (!s.mask && s.hidden_lanes(key0 + keys - 1, query0) == 0 && s.near_lanes(key0, query0) == QUERIES) return;
  for (int j = 0; j < keys; j++) {
    int hidden = s.mask && !s.mask[(int64_t)batch * s.tk + key0 + j] ? QUERIES : s.hidden_lanes(key0 + j, query0);
    for (int i = 0; i < hidden; i += W) {
      float* x = scores + j * QUERIES + i;
      store(x, select((VI)(first_lanes + (float)i < (float)hidden), splat(-INFINITE), load(x)));
    }
    int near = s.near_lanes(key0 + j, query0);
    for (int i = near / W * W; i < width && near < QUERIES; i += W) {
      float* x = scores + j * QUERIES + i;
      store(x, select((VI)(first_lanes + (float)i >= (float)near), splat(-INFINITE), load(x)));
    }
  }
}

// e^x for the probabilities, x <= 0 or so: 0 below -87, hidden keys included. Denormal results would cost a hundred
// cycles each and mean nothing beside the row's largest.
LB_INLINE V probability(V x) { return exp_below(x); }

// One tile of keys joins the running maximum m and sum l of each query; scores become e^(score - m).
// Returns whether the output gathered so far has to be multiplied by alpha.
LB_INLINE bool softmax_tile(float* scores, int keys, int width, float* m, float* l, float* alpha) {
  VI changed = {};
  for (int i = 0; i < width; i += W) {
    V old = load(m + i), top[4] = {old, old, old, old};
    int j = 0;
    // a NaN is never the maximum, it reaches l and the output through its own exponential
    for (; j + 4 <= keys; j += 4) {
      LB_UNROLL for (int e = 0; e < 4; e++) {
        V x = load(scores + (j + e) * QUERIES + i);
        top[e] = select((VI)(x > top[e]), x, top[e]);
      }
    }
    for (; j < keys; j++) {
      V x = load(scores + j * QUERIES + i);
      top[0] = select((VI)(x > top[0]), x, top[0]);
    }
    LB_UNROLL for (int e = 1; e < 4; e++) top[0] = select((VI)(top[e] > top[0]), top[e], top[0]);
    V base = select((VI)(top[0] == -INFINITE), V{}, top[0]);
    V factor = probability(old - base);
    V sum = load(l + i) * factor;
    for (j = 0; j < keys; j++) {
      V p = probability(load(scores + j * QUERIES + i) - base);
      store(scores + j * QUERIES + i, p);
      sum = sum + p;
    }
    store(m + i, top[0]);
    store(l + i, sum);
    store(alpha + i, factor);
    changed |= (VI)(factor != 1.0f);
  }
  int any = 0;
  for (int i = 0; i < W; i++) any |= changed[i];
  return any != 0;
}

// What one block of queries gathers while it goes over the keys.
struct QueryBlock {
  int query0, count, width, start, end;  // start, end: keys that any of them sees, from a whole tile on
  float slope;
  float *qt, *gathered, *m, *l;  // [d, QUERIES] twice, running maximum and sum
  static size_t floats(int d) { return (size_t)(2 * d + 2) * QUERIES; }

  void begin(const AttentionShape& s, const float* q, int head, int first, float* space) {
    query0 = first, count = smaller(QUERIES, s.tq - first), width = whole16(count);
    start = s.first_visible(first) / KEYS * KEYS, end = s.visible(first + count - 1), slope = s.slope(head);
    qt = space, gathered = qt + s.d * QUERIES, m = gathered + s.d * QUERIES, l = m + QUERIES;
    if (count < QUERIES) zero_floats(qt, s.d * QUERIES);
    transpose(qt, QUERIES, q, s.q2, count, s.d, s.scale);
    for (int i = 0; i < QUERIES; i++) m[i] = -INFINITE, l[i] = 0;
    if (end <= start) zero_floats(gathered, s.d * QUERIES);
  }
  // work: KEYS * QUERIES scores and QUERIES factors
  void attend(const AttentionShape& s, Rows k, Rows v, int batch, int key0, float* work) {
    int keys = smaller(KEYS, end - key0);
    if (keys <= 0 || key0 < start) return;
    float *scores = work, *alpha = work + KEYS * QUERIES;
    score_tile(s, scores, qt, k.at, k.row, batch, key0, keys, query0, width, slope);
    bool rescale = softmax_tile(scores, keys, width, m, l, alpha);
    if (rescale && key0 > start) {
      for (int e = 0; e < s.d; e++) {
        for (int i = 0; i < width; i += W) {
          float* x = gathered + e * QUERIES + i;
          store(x, load(x) * load(alpha + i));
        }
      }
    }
    tile_product(s.d, width, keys, v.at, 1, v.row, scores, QUERIES, gathered, QUERIES, key0 > start);
  }
  // out rows are [count, d], a model's width apart
  void finish(const AttentionShape& s, float* out, float* lse) {
    for (int i = 0; i < width; i += W) {
      V sum = load(l + i);
      VI nothing = (VI)(sum == 0.0f);
      store(m + i, select(nothing, splat(-INFINITE), load(m + i) + log(sum)));
      V inverse = select(nothing, V{}, 1.0f / sum);
      for (int e = 0; e < s.d; e++) {
        float* x = gathered + e * QUERIES + i;
        store(x, select(nothing, V{}, load(x) * inverse));
      }
    }
    for (int i = 0; i < count; i++) lse[query0 + i] = m[i];
    transpose(out + (int64_t)query0 * s.h * s.d, (ptrdiff_t)s.h * s.d, gathered, QUERIES, s.d, count);
  }
};

LB_NOINLINE int attention(void* out, void* lse, void* q, void* k, void* v, void* mask, int b, int h, int g, int tq, int tk,
                          int d, int64_t q0, int64_t q1, int64_t q2, int64_t k0, int64_t k1, int64_t k2, int64_t v0,
                          int64_t v1, int64_t v2, int causal, double scale, int window, void* slopes) {
  AttentionShape s =
      attention_shape(b, h, g, tq, tk, d, q0, q1, q2, k0, k1, k2, mask, causal, scale, window, slopes);
  if (!s.fits()) return BAD_ARGUMENT;
  int chunks = (tq + QUERIES_PER_CHUNK - 1) / QUERIES_PER_CHUNK, padded = whole16(d);
  SharedStatus status;
  parallel((int64_t)b * h * chunks, [&](int64_t chunk) {
    int part = (int)(chunk % chunks), head = (int)(chunk / chunks % h), batch = (int)(chunk / chunks / h);
    size_t state = QueryBlock::floats(d);
    float* work = scratch(4 * state + (size_t)2 * KEYS * padded + (KEYS + 1) * QUERIES, 3);
    if (!work) return status.set(NO_MEMORY);
    float *keys = work + 4 * state, *values = keys + KEYS * padded, *scores = values + KEYS * padded;
    int group = head / (h / g), first = part * QUERIES_PER_CHUNK, last = smaller(tq, first + QUERIES_PER_CHUNK), count = 0;
    QueryBlock blocks[QUERIES_PER_CHUNK / QUERIES];
    for (int t = first; t < last; t += QUERIES, count++) {
      blocks[count].begin(s, s.query((const float*)q, batch, head, t), head, t, work + count * state);
    }
    const float *from_k = s.key((const float*)k, batch, group, 0), *from_v = (const float*)v + batch * v0 + group * v1;
    int end = blocks[count - 1].end;
    for (int key0 = blocks[0].start; key0 < end; key0 += KEYS) {
      int here = smaller(KEYS, end - key0);
      Rows key_rows = near_rows(keys, from_k + key0 * s.k2, s.k2, here, d, padded);
      Rows value_rows = near_rows(values, from_v + key0 * v2, (ptrdiff_t)v2, here, d, padded);
      for (int i = 0; i < count; i++) blocks[i].attend(s, key_rows, value_rows, batch, key0, scores);
    }
    float* to = (float*)out + ((int64_t)batch * tq * h + head) * d;
    for (int i = 0; i < count; i++) blocks[i].finish(s, to, (float*)lse + ((int64_t)batch * h + head) * tq);
  });
  return status.value;
}

// What the gradient of one (batch, key head) keeps for every query of its group, in this thread's scratch.
struct AttentionWork {
  int padded, blocks;  // d in whole sixteens; query blocks of one head
  float *qt, *dt, *dq, *q_rows, *d_rows, *lse, *delta;  // per head and query block
  float *p, *ds, *dk, *dv, *k_rows, *v_rows;            // one tile
  bool take(const AttentionShape& s) {
    padded = whole16(s.d);
    blocks = (s.tq + QUERIES - 1) / QUERIES;
    size_t queries = (size_t)(s.h / s.g) * blocks * QUERIES, d = s.d;
    float* next = scratch(queries * (2 * d + 3 * padded + 2) + 2 * KEYS * QUERIES + (size_t)KEYS * 4 * padded, 3);
    if (!next) return false;
    auto give = [&](size_t floats) {
      float* at = next;
      next += floats;
      return at;
    };
    qt = give(queries * d), dt = give(queries * d), dq = give(queries * padded);
    q_rows = give(queries * padded), d_rows = give(queries * padded), lse = give(queries), delta = give(queries);
    p = give(KEYS * QUERIES), ds = give(KEYS * QUERIES), dk = give(KEYS * padded), dv = give(KEYS * padded);
    k_rows = give(KEYS * padded), v_rows = give(KEYS * padded);
    return true;
  }
};

LB_INLINE float dot(const float* a, const float* b, int n) {
  Lanes sum = lanes_splat(0);
  for (int i = 0; i < n; i += 16) sum = fma(load16(a + i, n - i), load16(b + i, n - i), sum);
  return lanes_sum(sum);
}

struct AttentionGradient {
  AttentionShape s;
  float *dq, *dk, *dv;
  const float *dout, *out, *lse, *q, *k, *v;
  ptrdiff_t v0, v1, v2;

  const float* dout_rows(int batch, int head, int query0) const {
    return dout + (((int64_t)batch * s.tq + query0) * s.h + head) * s.d;
  }

  // Q and dO transposed, lse (+inf where a query sees nothing: its probabilities become 0), delta = sum(dO * O)
  void prepare(const AttentionWork& w, int batch, int head, int slot) const {
    for (int block = 0; block < w.blocks; block++) {
      int query0 = block * QUERIES, count = smaller(QUERIES, s.tq - query0), at = (slot * w.blocks + block) * QUERIES;
      float *qt = w.qt + (int64_t)at * s.d, *dt = w.dt + (int64_t)at * s.d;
      if (count < QUERIES) zero_floats(qt, s.d * QUERIES), zero_floats(dt, s.d * QUERIES);
      const float *rows = dout_rows(batch, head, query0), *results = out + (rows - dout);
      ptrdiff_t row = (ptrdiff_t)s.h * s.d;
      transpose(qt, QUERIES, s.query(q, batch, head, query0), s.q2, count, s.d, s.scale);
      transpose(dt, QUERIES, rows, row, count, s.d);
      near_rows(w.q_rows + (int64_t)at * w.padded, s.query(q, batch, head, query0), s.q2, count, s.d, w.padded);
      near_rows(w.d_rows + (int64_t)at * w.padded, rows, row, count, s.d, w.padded);
      for (int i = 0; i < QUERIES; i++) {
        float x = i < count ? lse[((int64_t)batch * s.h + head) * s.tq + query0 + i] : INFINITE;
        w.lse[at + i] = x == -INFINITE ? INFINITE : x;
        w.delta[at + i] = i < count ? dot(rows + i * row, results + i * row, s.d) : 0;
      }
    }
  }

  // One tile: P = e^(S - lse), dV += P dO, dS = P (dO V - delta), dK += dS Q, dQ += dS K (both times scale at the end)
  void tile_gradient(const AttentionWork& w, int batch, int head, int slot, int block, int key0, int keys, Rows key_rows,
                     Rows value_rows) const {
    int query0 = block * QUERIES, count = smaller(QUERIES, s.tq - query0), width = whole16(count);
    int at = (slot * w.blocks + block) * QUERIES;
    keys = smaller(keys, s.visible(query0 + count - 1) - key0);
    if (keys <= 0 || key0 + keys <= s.first_visible(query0)) return;
    score_tile(s, w.p, w.qt + (int64_t)at * s.d, key_rows.at, key_rows.row, batch, key0, keys, query0, width, s.slope(head));
    tile_product(keys, width, s.d, value_rows.at, value_rows.row, 1, w.dt + (int64_t)at * s.d, QUERIES, w.ds, QUERIES, false);
    for (int i = 0; i < width; i += W) {
      V lse_of = load(w.lse + at + i), delta = load(w.delta + at + i);
      for (int j = 0; j < keys; j++) {
        float *p = w.p + j * QUERIES + i, *ds = w.ds + j * QUERIES + i;
        V weight = probability(load(p) - lse_of);
        store(p, weight);
        store(ds, weight * (load(ds) - delta));
      }
    }
    ptrdiff_t row = (ptrdiff_t)s.h * s.d;
    bool near = w.padded == s.d;
    Rows queries = {w.q_rows + (int64_t)at * w.padded, w.padded}, douts = {w.d_rows + (int64_t)at * w.padded, w.padded};
    if (near && s.q2 <= NEAR) queries = {s.query(q, batch, head, query0), s.q2};
    if (near && row <= NEAR) douts = {dout_rows(batch, head, query0), row};
    tile_product(keys, w.padded, count, w.p, QUERIES, 1, douts.at, douts.row, w.dv, w.padded, true);
    tile_product(keys, w.padded, count, w.ds, QUERIES, 1, queries.at, queries.row, w.dk, w.padded, true);
    tile_product(count, w.padded, keys, w.ds, 1, QUERIES, key_rows.at, key_rows.row, w.dq + (int64_t)at * w.padded, w.padded, true);
  }

  static void write_row(float* to, const float* from, int n, float factor) {
    for (int e = 0; e < n; e += 16) store16(to + e, load16(from + e, n - e) * factor, n - e);
  }

  // every query head of one key head: keys outermost, then heads, then queries, always in this order
  int run(int batch, int group) const {
    AttentionWork w;
    if (!w.take(s)) return NO_MEMORY;
    int heads = s.h / s.g;
    for (int i = 0; i < heads; i++) prepare(w, batch, group * heads + i, i);
    zero_floats(w.dq, (int64_t)heads * w.blocks * QUERIES * w.padded);
    for (int key0 = 0; key0 < s.tk; key0 += KEYS) {
      int keys = smaller(KEYS, s.tk - key0);
      zero_floats(w.dk, KEYS * w.padded);
      zero_floats(w.dv, KEYS * w.padded);
      Rows key_rows = near_rows(w.k_rows, s.key(k, batch, group, key0), s.k2, keys, s.d, w.padded);
      Rows value_rows = near_rows(w.v_rows, v + batch * v0 + group * v1 + key0 * v2, v2, keys, s.d, w.padded);
      for (int i = 0; i < heads; i++) {
        for (int block = 0; block < w.blocks; block++) {
          tile_gradient(w, batch, group * heads + i, i, block, key0, keys, key_rows, value_rows);
        }
      }
      for (int j = 0; j < keys; j++) {
        int64_t row = (((int64_t)batch * s.tk + key0 + j) * s.g + group) * s.d;
        write_row(dk + row, w.dk + j * w.padded, s.d, s.scale);
        write_row(dv + row, w.dv + j * w.padded, s.d, 1);
      }
    }
    for (int i = 0; i < heads; i++) {
      for (int t = 0; t < s.tq; t++) {
        float* to = dq + (((int64_t)batch * s.tq + t) * s.h + group * heads + i) * s.d;
        write_row(to, w.dq + ((int64_t)i * w.blocks * QUERIES + t) * w.padded, s.d, s.scale);
      }
    }
    return OK;
  }
};

LB_NOINLINE int attention_gradient(void* dq, void* dk, void* dv, void* dout, void* out, void* lse, void* q, void* k, void* v,
                                   void* mask, int b, int h, int g, int tq, int tk, int d, int64_t q0, int64_t q1, int64_t q2,
                                   int64_t k0, int64_t k1, int64_t k2, int64_t v0, int64_t v1, int64_t v2, int causal,
                                   double scale, int window, void* slopes) {
  AttentionGradient work = {attention_shape(b, h, g, tq, tk, d, q0, q1, q2, k0, k1, k2, mask, causal, scale, window, slopes),
                            (float*)dq, (float*)dk, (float*)dv, (const float*)dout, (const float*)out, (const float*)lse,
                            (const float*)q, (const float*)k, (const float*)v,
                            (ptrdiff_t)v0, (ptrdiff_t)v1, (ptrdiff_t)v2};
  if (!work.s.fits()) return BAD_ARGUMENT;
  SharedStatus status;
  parallel((int64_t)b * g, [&](int64_t chunk) {
    int result = work.run((int)(chunk / g), (int)(chunk % g));
    if (result != OK) status.set(result);
  });
  return status.value;
}

// Probabilities [B, H, Tq, Tk], recomputed from lse: for looking at, not for training.
LB_NOINLINE int attention_pattern(void* pattern, void* lse, void* q, void* k, void* mask, int b, int h, int g, int tq, int tk,
                                  int d, int64_t q0, int64_t q1, int64_t q2, int64_t k0, int64_t k1, int64_t k2, int causal,
                                  double scale, int window, void* slopes) {
  AttentionShape s =
      attention_shape(b, h, g, tq, tk, d, q0, q1, q2, k0, k1, k2, mask, causal, scale, window, slopes);
  if (!s.fits()) return BAD_ARGUMENT;
  SharedStatus status;
  parallel((int64_t)b * h, [&](int64_t chunk) {
    int head = (int)(chunk % h), batch = (int)(chunk / h);
    float* qt = scratch((size_t)(d + KEYS + 1) * QUERIES, 3);
    if (!qt) return status.set(NO_MEMORY);
    float *scores = qt + d * QUERIES, *base = scores + KEYS * QUERIES;
    for (int query0 = 0; query0 < tq; query0 += QUERIES) {
      int count = smaller(QUERIES, tq - query0), width = whole16(count);
      zero_floats(qt, d * QUERIES);
      transpose(qt, QUERIES, s.query((const float*)q, batch, head, query0), s.q2, count, d, s.scale);
      const float* from = (const float*)lse + chunk * tq + query0;
      for (int i = 0; i < QUERIES; i++) base[i] = i < count && from[i] != -INFINITE ? from[i] : INFINITE;
      for (int key0 = 0; key0 < tk; key0 += KEYS) {
        int keys = smaller(KEYS, tk - key0);
        const float* key_rows = s.key((const float*)k, batch, head / (h / g), key0);
        score_tile(s, scores, qt, key_rows, s.k2, batch, key0, keys, query0, width, s.slope(head));
        for (int j = 0; j < keys; j++) {
          for (int i = 0; i < width; i += W) {
            store(scores + j * QUERIES + i, probability(load(scores + j * QUERIES + i) - load(base + i)));
          }
        }
        transpose((float*)pattern + (chunk * tq + query0) * tk + key0, tk, scores, QUERIES, keys, count);
      }
    }
  });
  return status.value;
}

}  // namespace lb
