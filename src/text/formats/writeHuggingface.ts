/** Writes a byte-level tokenizer as tokenizer.json, which Hugging Face's library loads. */
import type { BytePairTokenizer } from '../bpe/bytePairTokenizer.ts';
import { MergeSpace } from '../bpe/merge.ts';
import { type MergeRules, NEVER, PairRules } from '../bpe/rules.ts';
import { toByteLevel } from '../pretokenize/byteLevel.ts';
import { patterns } from '../pretokenize/scanners.ts';

/** The contents of tokenizer.json, ready for `JSON.stringify`. */
export function toTokenizerJson(tokenizer: BytePairTokenizer): Record<string, unknown> {
  const { vocabulary, special, pattern } = tokenizer;
  const name = (id: number) => toByteLevel(vocabulary.token(id));
  const vocab: Record<string, number> = {};
  for (let id = 0; id < vocabulary.size; id++) if (vocabulary.has(id)) vocab[name(id)] = id;
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const split = {
    type: 'Split',
    pattern: { Regex: patterns[pattern].expression },
    behavior: 'Isolated',
    invert: false,
  };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...special.ids].map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: !special.plain.has(content),
    })),
    normalizer: tokenizer.normalizeNfc ? { type: 'NFC' } : null,
    pre_tokenizer:
      pattern === 'gpt2'
        ? { ...bytes, use_regex: true }
        : pattern === 'none'
          ? bytes
          : { type: 'Sequence', pretokenizers: [split, bytes] },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: tokenizer.wholeWords,
      vocab: Object.assign(vocab, Object.fromEntries(special.ids)),
      merges: mergeList(tokenizer).map(([left, right]) => [name(left), name(right)]),
    },
  };
}

/** Pairs in the order they merge. A rank file has none: the pair of a token is what its bytes merge to before it. */
function mergeList(tokenizer: BytePairTokenizer): [number, number][] {
  const { rules, vocabulary } = tokenizer;
  if (rules instanceof PairRules) {
    return Array.from(rules.tokens, (_, i) => [rules.pairs[2 * i], rules.pairs[2 * i + 1]]);
  }
  const merges: [number, number][] = [];
  const space = new MergeSpace();
  let limit = 0;
  const below: MergeRules = {
    rank: (left, right, bytes, start, end) => {
      const rank = rules.rank(left, right, bytes, start, end);
      return rank < limit ? rank : NEVER;
    },
    token: (rank, bytes, start, end) => rules.token(rank, bytes, start, end),
  };
  for (limit = 0; limit < vocabulary.size; limit++) {
    const bytes = vocabulary.token(limit);
    if (bytes.length < 2) continue;
    space.reserve(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      space.ids[i] = vocabulary.find(bytes, i, i + 1);
      space.starts[i] = i;
    }
    space.starts[bytes.length] = bytes.length;
    // A token that is not two lower ones joined only ever comes as a whole word.
    if (space.merge(below, bytes, bytes.length) === 2) merges.push([space.ids[0], space.ids[1]]);
  }
  return merges;
}
