// word2vec with negative sampling (Mikolov et al. 2013): skip-gram and CBOW over whole sentences, with subsampling of
// frequent words, a window drawn anew for every word, and negatives from an alias table (Walker 1977). Every sentence
// has its own random numbers, drawn from its number, so what it draws depends on no other. One chunk gives the same
// bits on every target. More chunks run at once and write the same two tables without locks (Hogwild, Niu et al. 2011):
// faster, and never twice the same.
#pragma once
#include "math.hpp"
#include "parallel.hpp"

namespace lb {

constexpr int MOST_NEGATIVES = 63;

// SplitMix64 (Steele, Lea, Flood 2014)
struct SplitMix {
  uint64_t state;
  LB_INLINE uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // below `count`, by the upper half of a product (Lemire 2019, without the rejection)
  LB_INLINE uint32_t below(uint32_t count) { return (uint32_t)(((next() >> 32) * count) >> 32); }
};

struct Word2Vec {
  float *input, *output;  // [vocabulary, stride]; columns beyond the dimensions are zero and stay so
  const int32_t *tokens, *starts;
  const uint32_t *keep, *acceptance;  // thresholds for 32 random bits
  const int32_t* alias;
  int sentences, vocabulary, stride, window, negative, cbow;
  double rate_first, rate_last;
  uint64_t seed;
  int64_t first;
};

struct Word2VecTotals {
  double loss = 0;
  int64_t measured = 0, kept = 0, pairs = 0;
};

LB_INLINE float dot_row(const float* a, const float* b, int stride) {
  Lanes sum = lanes_splat(0);
  for (int j = 0; j < stride; j += LANES) sum = fma(load16(a + j), load16(b + j), sum);
  return lanes_sum(sum);
}

// One prediction of `word` from `hidden`: output rows are updated, `error` receives what hidden should move by.
LB_INLINE void predict(const Word2Vec& w, const float* hidden, float* error, int32_t word, float rate, SplitMix& random,
                       bool measure, Word2VecTotals& totals) {
  float* row[MOST_NEGATIVES + 1];
  float f[MOST_NEGATIVES + 1 + 16];
  int count = 1;
  row[0] = w.output + (int64_t)word * w.stride;
  for (int k = 0; k < w.negative; k++) {
    uint64_t bits = random.next();
    int32_t drawn = (int32_t)(((bits >> 32) * (uint32_t)w.vocabulary) >> 32);
    if ((uint32_t)bits >= w.acceptance[drawn]) drawn = w.alias[drawn];
    if (drawn != word) row[count++] = w.output + (int64_t)drawn * w.stride;
  }
  for (int k = 0; k < count; k++) f[k] = dot_row(hidden, row[k], w.stride);
  for (int k = count; k < count + W; k++) f[k] = 0;
  if (measure) {
    f[0] = -f[0];
    for (int k = 0; k < count; k += W) {
      V losses = softplus(load(f + k));
      for (int i = 0; i < W && k + i < count; i++) totals.loss += losses[i];
    }
    f[0] = -f[0];
    totals.measured++;
  }
  // d(-log sigmoid(f)) / df = sigmoid(f) - label
  for (int k = 0; k < count; k += W) store(f + k, (splat(0) - sigmoid(load(f + k))) * rate);
  f[0] += rate;
  for (int j = 0; j < w.stride; j += LANES) {
    Lanes x = load16(hidden + j), sum = lanes_splat(0);
    for (int k = 0; k < count; k++) {
      Lanes o = load16(row[k] + j), g = lanes_splat(f[k]);
      sum = fma(g, o, sum);
      store16(row[k] + j, fma(g, x, o));
    }
    store16(error + j, sum);
  }
  totals.pairs++;
}

LB_INLINE void add_to(float* to, const float* from, int stride) {
  for (int j = 0; j < stride; j += LANES) store16(to + j, load16(to + j) + load16(from + j));
}

LB_NOINLINE void word2vec_sentence(const Word2Vec& w, int sentence, int32_t* kept, float* work, Word2VecTotals& totals) {
  int64_t begin = w.starts[0], end = w.starts[w.sentences];
  SplitMix random{w.seed ^ (uint64_t)(w.first + sentence) * 0xd1342543de82ef95u};
  random.state = random.next();
  double done = (double)(w.starts[sentence] - begin) / (double)(end - begin);
  float rate = (float)(w.rate_first + (w.rate_last - w.rate_first) * done);
  int length = 0;
  for (int i = w.starts[sentence]; i < w.starts[sentence + 1]; i++) {
    if ((uint32_t)(random.next() >> 32) <= w.keep[w.tokens[i]]) kept[length++] = w.tokens[i];
  }
  totals.kept += length;
  float *hidden = work, *error = work + w.stride;
  for (int i = 0; i < length; i++) {
    int reach = w.window - (int)random.below((uint32_t)w.window);
    int from = i - reach < 0 ? 0 : i - reach, to = i + reach >= length ? length - 1 : i + reach;
    bool measure = (i & 15) == 0;
    if (!w.cbow) {
      for (int j = from; j <= to; j++) {
        if (j == i) continue;
        float* x = w.input + (int64_t)kept[j] * w.stride;
        predict(w, x, error, kept[i], rate, random, measure, totals);
        add_to(x, error, w.stride);
      }
    } else if (to > from) {
      zero_floats(hidden, w.stride);
      for (int j = from; j <= to; j++)
        if (j != i) add_to(hidden, w.input + (int64_t)kept[j] * w.stride, w.stride);
      float share = 1.0f / (float)(to - from);
      for (int c = 0; c < w.stride; c += LANES) store16(hidden + c, load16(hidden + c) * share);
      predict(w, hidden, error, kept[i], rate, random, measure, totals);
      for (int j = from; j <= to; j++)
        if (j != i) add_to(w.input + (int64_t)kept[j] * w.stride, error, w.stride);
    }
  }
}

// totals [chunks, 4]: loss summed over every 16th word's predictions, how many those were, words kept, predictions
LB_NOINLINE int word2vec(void* totals, void* input, void* output, void* tokens, void* starts_, void* keep,
                         void* acceptance, void* alias, int sentences, int vocabulary, int stride, int window,
                         int negative, int cbow, double rate_first, double rate_last, int seed0, int seed1,
                         int64_t first, int chunks) {
  const int32_t* starts = (const int32_t*)starts_;
  if (sentences < 0 || vocabulary < 1 || stride < LANES || stride % LANES || window < 1 || window > 1 << 20) return BAD_ARGUMENT;
  if (negative < 1 || negative > MOST_NEGATIVES || chunks < 1) return BAD_ARGUMENT;
  if (starts[0] < 0) return BAD_INDEX;
  for (int s = 0; s < sentences; s++)
    if (starts[s + 1] < starts[s]) return BAD_INDEX;
  if (!all_below((const int32_t*)tokens + starts[0], starts[sentences] - starts[0], vocabulary)) return BAD_INDEX;
  if (!all_below((const int32_t*)alias, vocabulary, vocabulary)) return BAD_INDEX;
  uint64_t seed = (uint64_t)(uint32_t)seed0 << 32 | (uint32_t)seed1;
  Word2Vec w{(float*)input, (float*)output, (const int32_t*)tokens, starts, (const uint32_t*)keep,
             (const uint32_t*)acceptance, (const int32_t*)alias, sentences, vocabulary, stride, window, negative, cbow,
             rate_first, rate_last, seed, first};
  int64_t words = (int64_t)starts[sentences] - starts[0];
  // chunks of about as many words each, cut between sentences
  auto sentence_at = [&](int64_t chunk) {
    int64_t bound = starts[0] + words * chunk / chunks;
    int low = 0, high = sentences;
    while (low < high) {
      int middle = low + (high - low) / 2;
      if (starts[middle] < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  int failed = 0;
  parallel(chunks, [&](int64_t chunk) {
    Word2VecTotals sums;
    int from = chunk == 0 ? 0 : sentence_at(chunk), to = chunk == chunks - 1 ? sentences : sentence_at(chunk + 1);
    int64_t longest = 0;
    for (int s = from; s < to; s++) longest = starts[s + 1] - starts[s] > longest ? starts[s + 1] - starts[s] : longest;
    int32_t* kept = (int32_t*)scratch((size_t)longest + 1, 0);
    float* work = scratch((size_t)stride * 2, 1);
    if (!kept || !work) {
      __atomic_store_n(&failed, 1, __ATOMIC_RELAXED);
      return;
    }
    for (int s = from; s < to; s++) word2vec_sentence(w, s, kept, work, sums);
    float* out = (float*)totals + chunk * 4;
    out[0] = (float)sums.loss;
    out[1] = (float)sums.measured;
    out[2] = (float)sums.kept;
    out[3] = (float)sums.pairs;
  });
  return failed ? NO_MEMORY : OK;
}

}  // namespace lb
