/** The names of the exercises by number, without loading them; a test holds them to `src/learn`. */
export const exerciseNames: Readonly<Record<number, string>> = {
  1: 'lstm-cell',
  2: 'attention',
  3: 'count-parameters',
  4: 'top-k',
  5: 'cross-entropy-gradient',
  6: 'kv-cache',
};
