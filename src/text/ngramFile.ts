/**
 * The stored form of an n-gram model: a line of JSON (what the model is, and the caller's own `about`, e.g. its
 * tokenizer), then the arrays of its counts, little-endian, each at a multiple of 8 bytes. The estimator is fitted anew
 * on reading. A file that contradicts itself is refused; it can never make a lookup leave its arrays.
 */
import { LookbackError } from '../errors.ts';
import { NgramModel } from './ngram.ts';
import { emptyTokens, largestVocabulary, type NgramLevel, type NgramTokens } from './ngramCounts.ts';
import { type NgramSmoothing, ngramSmoothings } from './ngramSmoothing.ts';

const magic = 'lookback-ngram 1 ';

interface Header {
  order: number;
  vocabularySize: number;
  boundary?: number;
  smoothing: NgramSmoothing;
  k?: number;
  tokens: number;
  /** Distinct n-grams of each n from 1. */
  types: number[];
  about: unknown;
}

/** Whether the bytes begin as `writeNgrams` begins. */
export function isNgramFile(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, magic.length)) === magic;
}

/** The file in pieces. `about` is any plain JSON and comes back on reading. */
export function* writeNgrams(model: NgramModel, about: unknown = null): Generator<Uint8Array> {
  const { counts } = model.weights;
  const { order, vocabularySize, boundary, levels } = counts;
  const header: Header = {
    order,
    vocabularySize,
    boundary,
    smoothing: model.smoothing,
    k: model.k,
    tokens: levels[0].count[0],
    types: levels.slice(1).map(({ token }) => token.length),
    about,
  };
  const text = new TextEncoder().encode(`${magic}${JSON.stringify(header)}`);
  const first = new Uint8Array(padded(text.length + 1)).fill(32);
  first.set(text);
  first[first.length - 1] = 10;
  yield first;
  for (const level of levels.slice(1)) {
    for (const array of [level.start, level.token, level.count, level.continuation]) {
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      yield bytes;
      if (bytes.length % 8 > 0) yield new Uint8Array(8 - (bytes.length % 8));
    }
  }
}

/** Reads what `writeNgrams` wrote. @throws FILE_INVALID */
export function readNgrams(bytes: Uint8Array, name = 'n-gram model'): { model: NgramModel; about: unknown } {
  if (!isNgramFile(bytes)) throw invalid(name, 'a file that `lookback ngram --save` wrote', 'another kind of file');
  const line = bytes.indexOf(10);
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(magic.length, line < 0 ? 0 : line)));
  } catch (cause) {
    throw invalid(name, 'a header of JSON', (cause as Error).message.split('\n')[0]);
  }
  const { order, vocabularySize, boundary, smoothing, k, tokens, types, about } = header ?? {};
  const whole = (value: unknown, low: number, high: number): boolean =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
  if (
    !whole(order, 1, 64) ||
    !whole(vocabularySize, 1, largestVocabulary) ||
    !(boundary === undefined || whole(boundary, 0, vocabularySize - 1)) ||
    !ngramSmoothings.includes(smoothing) ||
    !(k === undefined || (Number.isFinite(k) && k > 0)) ||
    !whole(tokens, 1, 2 ** 31) ||
    !Array.isArray(types) ||
    types.length !== order ||
    !types.every((count) => whole(count, 0, tokens))
  ) {
    throw invalid(name, 'order, vocabulary, smoothing and sizes in the header', JSON.stringify(header)?.slice(0, 80));
  }
  const width = emptyTokens(0, vocabularySize).BYTES_PER_ELEMENT;
  let at = line + 1;
  const take = (length: number, each: number): ArrayBuffer => {
    const from = at;
    at += padded(length * each);
    if (at > bytes.length) throw invalid(name, 'all of its counts', `${bytes.length} bytes: the file ends early`);
    return bytes.slice(from, from + length * each).buffer;
  };
  const levels: NgramLevel[] = [
    {
      start: Int32Array.of(0, 1),
      token: emptyTokens(1, vocabularySize),
      count: Uint32Array.of(tokens),
      continuation: new Uint32Array(1),
    },
  ];
  for (let n = 1; n <= order; n++) {
    const count = types[n - 1];
    const contexts = levels[n - 1].token.length;
    const start = new Int32Array(take(contexts + 1, 4));
    const token = width === 2 ? new Uint16Array(take(count, 2)) : new Uint32Array(take(count, 4));
    const level = {
      start,
      token,
      count: new Uint32Array(take(count, 4)),
      continuation: new Uint32Array(take(n < order ? count : 0, 4)),
    };
    const fault = faultOf(level, count, vocabularySize);
    if (fault) throw invalid(name, `sorted counts of order ${n}`, fault);
    levels.push(level);
  }
  return { model: new NgramModel({ order, vocabularySize, boundary, levels }, smoothing, k), about };
}

function faultOf({ start, token }: NgramLevel, types: number, vocabularySize: number): string | undefined {
  if (start[0] !== 0 || start[start.length - 1] !== types) return 'ranges that leave the array';
  for (let c = 0; c + 1 < start.length; c++) {
    if (start[c + 1] < start[c]) return 'ranges that run backwards';
    if (!ascending(token, start[c], start[c + 1])) return 'tokens out of order';
  }
  for (let i = 0; i < types; i++) if (token[i] >= vocabularySize) return `token ${token[i]} of ${vocabularySize}`;
  return undefined;
}

function ascending(token: NgramTokens, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) if (token[i] <= token[i - 1]) return false;
  return true;
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

function invalid(where: string, expected: string, got: string): LookbackError {
  return new LookbackError('FILE_INVALID', { where, expected, got, next: 'Make the model again from its text' });
}
