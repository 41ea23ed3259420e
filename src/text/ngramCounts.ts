/**
 * Counts of all n-grams of a token sequence up to one order, as a trie in sorted arrays.
 *
 * Level n holds the distinct n-grams. The n-grams that extend one (n-1)-gram by a next token are neighbours, sorted
 * by that token, so a lookup is a binary search and the successors of a context are a range. An n-gram is named by
 * its index in its level. No probabilities here (see ngramSmoothing.ts), and no padding: the sequence is one text, or
 * many documents with a boundary token before and after each, across which no n-gram reaches.
 *
 * A type takes 14 bytes (10 in the highest level), a token 18 bytes while counting: 100 MB of English characters at
 * order 9 fit in 4 GB.
 */
import { LookbackError } from '../errors.ts';

/** Above 65,536, tokens take 32 bits instead of 16. */
export const largestVocabulary = 1 << 24;
const largestOrder = 64;

/** Positions a pass takes at once; progress is told between. */
const reportedBlock = 1 << 18;

/** Told now and then how much of a long job is done. */
export type NgramTold = (done: number, total: number) => void;

/** Token ids, in the narrowest array that holds the vocabulary. */
export type NgramTokens = Uint16Array | Uint32Array;

/** The distinct n-grams of one n. */
export interface NgramLevel {
  /** Shape [contexts + 1]: the n-grams with context c (an index in the level below) are start[c] … start[c+1]-1. */
  readonly start: Int32Array;
  /** Shape [n-grams]: the last token. */
  readonly token: NgramTokens;
  /** Shape [n-grams]: occurrences. */
  readonly count: Uint32Array;
  /** Shape [n-grams]: distinct tokens seen before the n-gram; empty in the highest level, which needs none. */
  readonly continuation: Uint32Array;
}

/** `levels[n]` for n = 1 … order; `levels[0]` is the empty n-gram, the only context of level 1. */
export interface NgramCounts {
  readonly order: number;
  readonly vocabularySize: number;
  /** The token that parts documents, if there is one: no n-gram has it inside, only at either end. */
  readonly boundary?: number;
  readonly levels: readonly NgramLevel[];
}

/**
 * Counts the n-grams of `ids` (shape [tokens]) for n = 1 … order.
 *
 * Time and memory grow with tokens × order; 1.1 million characters at order 6 take about 0.4 s. `onProgress` is told
 * n-grams of tokens × order.
 * @throws BAD_ARGUMENT for an order, vocabulary size or id out of range, or no ids.
 */
export function countNgrams(
  ids: ArrayLike<number>,
  {
    order,
    vocabularySize,
    boundary,
    onProgress,
  }: { order: number; vocabularySize: number; boundary?: number; onProgress?: NgramTold },
): NgramCounts {
  checkRange('order', order, largestOrder);
  checkRange('vocabularySize', vocabularySize, largestVocabulary);
  const tokens = checkTokens(ids, vocabularySize, 'countNgrams: ids');
  const length = tokens.length;
  if (length === 0) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'countNgrams: ids',
      expected: 'at least one token',
      got: 'none',
      next: 'Check that the training split is not empty',
    });
  }
  if (boundary !== undefined) checkTokens([boundary], vocabularySize, 'countNgrams: boundary');
  const reach = boundary === undefined ? undefined : reachOf(tokens, boundary);
  const byToken = positionsByToken(tokens, vocabularySize);
  const levels: NgramLevel[] = [
    {
      start: Int32Array.of(0, 1),
      token: emptyTokens(1, vocabularySize),
      count: Uint32Array.of(length),
      continuation: new Uint32Array(1),
    },
  ];
  // shorter[i]: index of the (n-1)-gram that ends at position i, in its level; all 0 for the empty one.
  let shorter: Int32Array = new Int32Array(length);
  let longer: Int32Array = new Int32Array(length);
  const sorted = new Int32Array(length);
  for (let n = 1; n <= order; n++) {
    const work = { tokens, byToken, reach, shorter, longer, sorted, vocabularySize };
    const told = (share: number) => onProgress?.(Math.round((n - 1 + share) * length), order * length);
    levels.push(countLevel(work, n, levels[n - 1], n < order, told));
    [shorter, longer] = [longer, shorter];
  }
  return { order, vocabularySize, boundary, levels };
}

/** The n-gram (context, token) of `level`, or -1. `context` is an index in the level below. */
export function findNgram(level: NgramLevel, context: number, token: number): number {
  let low = level.start[context];
  let high = level.start[context + 1] - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const candidate = level.token[middle];
    if (candidate === token) return middle;
    if (candidate < token) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** An array that holds `length` ids of the vocabulary. */
export function emptyTokens(length: number, vocabularySize: number): NgramTokens {
  return vocabularySize <= 65_536 ? new Uint16Array(length) : new Uint32Array(length);
}

/** Copies `ids`, having checked that each is a token id. Throws BAD_ARGUMENT at the first that is not. */
export function checkTokens(ids: ArrayLike<number>, vocabularySize: number, where: string): NgramTokens {
  const tokens = emptyTokens(ids.length, vocabularySize);
  for (let i = 0; i < tokens.length; i++) {
    const id = ids[i];
    if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
      throw new LookbackError('BAD_ARGUMENT', {
        where,
        expected: `token ids from 0 to ${vocabularySize - 1}`,
        got: `${id} at index ${i}`,
        next: 'Give the vocabularySize of the tokenizer that made the ids',
      });
    }
    tokens[i] = id;
  }
  return tokens;
}

function checkRange(name: string, value: number, largest: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= largest) return;
  throw new LookbackError('BAD_ARGUMENT', {
    where: `n-gram ${name}`,
    expected: `a whole number from 1 to ${largest}`,
    got: String(value),
    next: `Choose another ${name}`,
  });
}

/** Positions 0 … length-1 sorted by token (counting sort). */
function positionsByToken(tokens: NgramTokens, vocabularySize: number): Int32Array {
  const next = new Int32Array(vocabularySize + 1);
  for (let i = 0; i < tokens.length; i++) next[tokens[i] + 1]++;
  for (let t = 0; t < vocabularySize; t++) next[t + 1] += next[t];
  const positions = new Int32Array(tokens.length);
  for (let i = 0; i < tokens.length; i++) positions[next[tokens[i]]++] = i;
  return positions;
}

/** The longest n-gram, up to 255, that ends at each position without a boundary inside. */
function reachOf(tokens: NgramTokens, boundary: number): Uint8Array {
  const reach = new Uint8Array(tokens.length);
  let length = 0;
  for (let i = 0; i < tokens.length; i++) {
    length = i > 0 && tokens[i - 1] === boundary ? 2 : Math.min(255, length + 1);
    reach[i] = length;
  }
  return reach;
}

interface Work {
  tokens: NgramTokens;
  byToken: Int32Array;
  reach: Uint8Array | undefined;
  /** Of the level below and of this one: the index of the n-gram that ends at each position. */
  shorter: Int32Array;
  longer: Int32Array;
  sorted: Int32Array;
  vocabularySize: number;
}

/**
 * Makes level n, fills `longer` (the n-gram ending at each position) and the continuation counts of the level below.
 * `told`: the share of the level that is done; its three passes that jump about in memory count a third each.
 */
function countLevel(
  work: Work,
  n: number,
  below: NgramLevel,
  extended: boolean,
  told: (share: number) => void,
): NgramLevel {
  const { tokens, byToken, reach, shorter, longer, sorted, vocabularySize } = work;
  const contexts = below.token.length;
  const next = new Int32Array(contexts + 1);
  for (let end = n - 1; end < tokens.length; end++) {
    if (reach === undefined || reach[end] >= n) next[(n === 1 ? 0 : shorter[end - 1]) + 1]++;
  }
  for (let c = 0; c < contexts; c++) next[c + 1] += next[c];
  const total = next[contexts];
  const inBlocks = (pass: number, count: number, part: (from: number, to: number) => void) => {
    for (let from = 0; from < count; from += reportedBlock) {
      told((pass + from / count) / 3);
      part(from, Math.min(count, from + reportedBlock));
    }
  };
  inBlocks(0, byToken.length, (from, to) => sortByContext(work, n, next, from, to));
  // Named first, stored second: what is stored has exactly its size.
  let types = 0;
  inBlocks(1, total, (from, to) => {
    types = nameNgrams(work, n, below.continuation, types, from, to);
  });
  const start = next.fill(0);
  const token = emptyTokens(types, vocabularySize);
  const count = new Uint32Array(types);
  inBlocks(2, total, (from, to) => {
    for (let i = from; i < to; i++) {
      const end = sorted[i];
      const type = longer[end];
      start[(n === 1 ? 0 : shorter[end - 1]) + 1] = type + 1;
      token[type] = tokens[end];
      count[type]++;
    }
  });
  for (let c = 0; c < contexts; c++) start[c + 1] = Math.max(start[c + 1], start[c]);
  return { start, token, count, continuation: new Uint32Array(extended ? types : 0) };
}

/** A stable counting sort by context of positions already in token order: sorted by context, then token. */
function sortByContext(work: Work, n: number, next: Int32Array, from: number, to: number): void {
  const { byToken, reach, shorter, sorted } = work;
  for (let i = from; i < to; i++) {
    const end = byToken[i];
    // The first n-gram ends at n-1. Its context is the (n-1)-gram that ends just before it, the empty one for n = 1.
    if (end >= n - 1 && (reach === undefined || reach[end] >= n)) {
      sorted[next[n === 1 ? 0 : shorter[end - 1]]++] = end;
    }
  }
}

/** Numbers the n-grams that end at sorted[from … to - 1], `types` having been named before; returns how many then are. */
function nameNgrams(work: Work, n: number, continuation: Uint32Array, types: number, from: number, to: number): number {
  const { tokens, shorter, longer, sorted } = work;
  const before = from === 0 ? -1 : sorted[from - 1];
  let lastContext = before < 0 ? -1 : n === 1 ? 0 : shorter[before - 1];
  let lastToken = before < 0 ? -1 : tokens[before];
  for (let i = from; i < to; i++) {
    const end = sorted[i];
    const context = n === 1 ? 0 : shorter[end - 1];
    if (context !== lastContext || lastToken !== tokens[end]) {
      types++;
      // A new n-gram is a new left neighbour of the (n-1)-gram at its end.
      if (n > 1) continuation[shorter[end]]++;
      lastContext = context;
      lastToken = tokens[end];
    }
    longer[end] = types - 1;
  }
  return types;
}
