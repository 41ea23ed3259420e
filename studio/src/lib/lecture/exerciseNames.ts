/** The names of the exercises by number, without loading them; a test holds them to `src/learn`. */
export const exerciseNames: Readonly<Record<number, string>> = {
  1: 'lstm-cell',
  2: 'attention',
  3: 'count-parameters',
  4: 'top-k',
  5: 'cross-entropy-gradient',
  6: 'kv-cache',
  7: 'bpe-merge',
  8: 'bigram-probabilities',
  9: 'analogy',
  10: 'make-windows',
  11: 'one-step-trap',
  12: 'gate-arithmetic',
};
