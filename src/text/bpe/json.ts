/** The stored form of a byte-pair tokenizer: tokens in base64, merges as numbers, special tokens by name. */
import { LookbackError } from '../../errors.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import { type PatternName, patterns } from '../pretokenize/scanners.ts';
import type { BytePairParts, BytePairTokenizer } from './bytePairTokenizer.ts';
import { PairRules } from './rules.ts';

export interface BytePairJson {
  type: 'bytePair';
  version: 1;
  pattern: PatternName;
  wholeWords: boolean;
  normalizeNfc: boolean;
  /** Base64 by id, empty where an id has no token. */
  tokens: string[];
  /** [left, right, token, …] in the order of merging; left out where the ids are the ranks. */
  merges?: number[];
  special: Record<string, number>;
  /** Those of `special` that plain text may hold. */
  plain?: string[];
}

export function toBytePairJson(tokenizer: BytePairTokenizer): BytePairJson {
  const { vocabulary, rules, special, pattern, wholeWords, normalizeNfc } = tokenizer;
  const merges: number[] = [];
  if (rules instanceof PairRules) {
    for (let i = 0; i < rules.tokens.length; i++)
      merges.push(rules.pairs[i * 2], rules.pairs[i * 2 + 1], rules.tokens[i]);
  }
  return {
    type: 'bytePair',
    version: 1,
    pattern,
    wholeWords,
    normalizeNfc,
    tokens: Array.from({ length: vocabulary.size }, (_, id) => toBase64(vocabulary.token(id))),
    ...(rules instanceof PairRules ? { merges } : {}),
    special: Object.fromEntries(special.ids),
    plain: [...special.plain],
  };
}

/** @throws FILE_INVALID when `json` is not what `toBytePairJson` gives */
export function fromBytePairJson(json: unknown, where = 'BytePairTokenizer.fromJSON'): BytePairParts {
  const stored = (typeof json === 'object' && json !== null ? json : {}) as Partial<BytePairJson>;
  const refuse = (expected: string, got: string) => new LookbackError('FILE_INVALID', { where, expected, got });
  if (stored.type !== 'bytePair' || stored.version !== 1) {
    const got = `type ${JSON.stringify(stored.type)} and version ${JSON.stringify(stored.version)}`;
    throw refuse("an object with type 'bytePair' and version 1", got);
  }
  const { pattern, tokens, merges, special } = stored;
  if (typeof pattern !== 'string' || !Object.hasOwn(patterns, pattern)) {
    throw refuse(`a pattern of ${Object.keys(patterns).join(', ')}`, JSON.stringify(pattern));
  }
  if (!Array.isArray(tokens)) throw refuse('a list of tokens', typeof tokens);
  const decoded = tokens.map((token, id) => {
    const bytes = typeof token === 'string' ? fromBase64(token) : undefined;
    if (!bytes) throw refuse('tokens in base64', `${JSON.stringify(token)} for id ${id}`);
    return bytes;
  });
  const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < tokens.length;
  if (merges !== undefined && (!Array.isArray(merges) || merges.length % 3 !== 0 || !merges.every(isId))) {
    throw refuse('merges as triples of ids', 'something else');
  }
  const names = Object.entries(special ?? {});
  const wrong = names.find(([, id]) => !Number.isInteger(id) || id < 0 || id > 0xffffff);
  if (wrong) throw refuse('ids of special tokens', JSON.stringify(wrong));
  return {
    tokens: decoded,
    merges: merges && {
      pairs: Int32Array.from({ length: (merges.length / 3) * 2 }, (_, i) => merges[(i >> 1) * 3 + (i & 1)]),
      tokens: Int32Array.from({ length: merges.length / 3 }, (_, i) => merges[i * 3 + 2]),
    },
    special: names,
    plain: Array.isArray(stored.plain) ? stored.plain.filter((name) => typeof name === 'string') : [],
    pattern: pattern as PatternName,
    wholeWords: stored.wholeWords === true,
    normalizeNfc: stored.normalizeNfc === true,
    where,
  };
}
