/**
 * What counting gives, order by order, and where it ends: n-grams seen against those there could be, training and
 * held-out loss. For the command and the page; reads texts, prints nothing.
 */
import { LookbackError } from '../errors.ts';
import { exp, pow } from '../math.ts';
import { crossEntropyByOrder, NgramModel } from './ngram.ts';
import { countNgrams, type NgramCounts } from './ngramCounts.ts';
import type { NgramSmoothing } from './ngramSmoothing.ts';
import { encodePlain } from './textWork.ts';
import { CharacterTokenizer, type Tokenizer } from './tokenizer.ts';
import { WordTokenizer } from './wordTokenizer.ts';

export type NgramUnit = 'characters' | 'words';

export interface NgramText {
  tokenizer: Tokenizer;
  /** Shape [tokens]. */
  train: Int32Array;
  /** Shape [tokens]; the end of the text, or its last lines. */
  heldOut: Int32Array;
  /** Tokens at the start of each split that are context only. */
  from: number;
  /** The ids' range: the tokenizer's, and one more for the boundary of lines. */
  vocabularySize: number;
  boundary?: number;
}

/**
 * Splits a text: its end is held out. With `lines`, every line is a document of its own and the end of a line a token
 * to predict (makemore's `.`). The vocabulary is that of the whole text, so nothing held out is unknown, or that of the
 * `tokenizer`; what looks like a special token is text.
 * @throws DATA_INVALID for a text that holds no tokens, or too few to hold any out.
 */
export function splitText(
  text: string,
  {
    unit = 'characters',
    tokenizer,
    lines = false,
    heldOut = 0.1,
  }: { unit?: NgramUnit; tokenizer?: Tokenizer; lines?: boolean; heldOut?: number } = {},
): NgramText {
  const rows = lines ? text.split(/\r?\n/).filter((line) => line !== '') : [];
  const used = lines ? rows.join('') : text;
  const units =
    tokenizer ??
    (unit === 'words' ? WordTokenizer.fromText(lines ? rows.join('\n') : text) : CharacterTokenizer.fromText(used));
  const boundary = lines ? units.vocabularySize : undefined;
  const vocabularySize = units.vocabularySize + (lines ? 1 : 0);
  let ids: Int32Array;
  let cut: number;
  if (boundary === undefined) {
    ids = encodePlain(units, text);
    cut = Math.floor(ids.length * (1 - heldOut));
  } else {
    const all: number[] = [boundary];
    const ends = rows.map((row) => {
      for (const id of encodePlain(units, row)) all.push(id);
      return all.push(boundary);
    });
    ids = Int32Array.from(all);
    const kept = Math.floor(rows.length * (1 - heldOut));
    cut = kept === 0 ? 0 : ends[kept - 1];
  }
  const from = lines ? 1 : 0;
  const rest = heldOut > 0 ? ids.slice(Math.max(0, cut - from)) : new Int32Array(0);
  if (cut <= from || (heldOut > 0 && rest.length <= from)) {
    throw new LookbackError('DATA_INVALID', {
      where: 'n-gram text',
      expected: heldOut > 0 ? 'enough text to hold some of it out' : 'some text',
      got: `${ids.length} tokens`,
      next: heldOut > 0 ? 'Use a longer text, or hold nothing out' : 'Use a longer text',
    });
  }
  return { tokenizer: units, train: ids.slice(0, cut), heldOut: rest, from, vocabularySize, boundary };
}

export interface NgramOrderRow {
  order: number;
  /** Distinct n-grams seen in training. */
  seen: number;
  /** Of those, seen once. */
  once: number;
  /** V^n. */
  possible: number;
  /** Nats per token, over the first 4 million tokens at most. */
  train: number;
  /** Nats per token; undefined with nothing held out. */
  heldOut: number | undefined;
  /** exp of the held-out nats. */
  perplexity: number | undefined;
}

/** Training tokens scored: looking up is slower than counting, and the mean of so many moves no more. */
const mostScored = 4_000_000;

export interface NgramReport {
  model: NgramModel;
  counts: NgramCounts;
  rows: NgramOrderRow[];
}

/** The phase a report is in; counting goes order by order, scoring takes all orders at once. */
export interface NgramProgress {
  phase: 'counting' | 'scoring training text' | 'scoring held-out text';
  /** While counting, the order being counted. */
  order?: number;
  /** N-grams counted of all orders, or tokens scored. */
  done: number;
  total: number;
}

/** Counts and scores every order up to `order` from one count. @throws as `countNgrams` and `fitNgrams`. */
export function reportNgrams(
  { train, heldOut, from, vocabularySize, boundary }: NgramText,
  {
    order,
    smoothing = 'kneser-ney',
    k = 1,
    onProgress,
  }: { order: number; smoothing?: NgramSmoothing; k?: number; onProgress?: (progress: NgramProgress) => void },
): NgramReport {
  const counts = countNgrams(train, {
    order,
    vocabularySize,
    boundary,
    onProgress: (done, total) =>
      onProgress?.({ phase: 'counting', order: Math.min(order, 1 + Math.floor(done / train.length)), done, total }),
  });
  const model = new NgramModel(counts, smoothing, k);
  const score = (ids: Int32Array, phase: NgramProgress['phase']) =>
    crossEntropyByOrder(model.weights, ids, {
      from,
      onProgress: onProgress && ((done, total) => onProgress({ phase, done, total })),
    });
  const inside = score(train.subarray(0, mostScored), 'scoring training text');
  const outside = heldOut.length > from ? score(heldOut, 'scoring held-out text') : undefined;
  const rows = counts.levels.slice(1).map(({ count }, i) => ({
    order: i + 1,
    seen: count.length,
    once: count.reduce((sum, times) => sum + (times === 1 ? 1 : 0), 0),
    possible: pow(vocabularySize, i + 1),
    train: inside[i + 1],
    heldOut: outside?.[i + 1],
    perplexity: outside && exp(outside[i + 1]),
  }));
  return { model, counts, rows };
}

export interface BigramTable {
  /** Ids of rows and columns, the most frequent first. */
  ids: number[];
  /** Shape [ids, ids]: occurrences of the second (column) after the first (row). */
  counts: Uint32Array;
  /** Shape [ids]: occurrences of the first before anything, also what has no column. */
  totals: Uint32Array;
}

/** Pairs of the `most` frequent tokens. @throws BAD_ARGUMENT for counts of order 1. */
export function bigrams({ levels, order }: NgramCounts, most = 40): BigramTable {
  if (order < 2) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: 'bigrams',
      expected: 'counts of order 2 or more',
      got: 'order 1',
    });
  }
  const [, single, pair] = levels;
  const rows = Array.from(single.token, (_, i) => i).sort((a, b) => single.count[b] - single.count[a] || a - b);
  rows.length = Math.min(rows.length, most);
  const ids = rows.map((i) => single.token[i]);
  const column = new Map(ids.map((id, j) => [id, j]));
  const counts = new Uint32Array(ids.length * ids.length);
  const totals = new Uint32Array(ids.length);
  for (const [i, row] of rows.entries()) {
    for (let p = pair.start[row]; p < pair.start[row + 1]; p++) {
      totals[i] += pair.count[p];
      const j = column.get(pair.token[p]);
      if (j !== undefined) counts[i * ids.length + j] = pair.count[p];
    }
  }
  return { ids, counts, totals };
}

/** 50,000 tokens, as the lecture counts them: pairs, triples and so on, for the sentence on why counting ends. */
export function possibleNgrams(vocabularySize: number, order: number): number[] {
  return Array.from({ length: order }, (_, i) => pow(vocabularySize, i + 1));
}
