/**
 * tiktoken's rank files: a `.tiktoken` file of lines `base64 rank`, and the JSON of npm `tiktoken`, whose `bpe_ranks` are
 * lines `! firstRank base64 base64 …`. The rank of a token is its id. Ranks may have gaps, but no rank stands twice.
 */
import { LookbackError } from '../../errors.ts';
import { fromBase64 } from '../base64.ts';
import { BytePairTokenizer } from '../bpe/bytePairTokenizer.ts';
import { type PatternName, patternOf } from '../pretokenize/scanners.ts';

/** Above every vocabulary there is; a larger rank would only make an empty table of that size. */
const highestRank = 1 << 22;

/** Special tokens that tiktoken adds to the ranks, which its rank files do not hold (openai/tiktoken openai_public.py). */
export const tiktokenSpecial = {
  gpt2: { '<|endoftext|>': 50256 },
  cl100k: {
    '<|endoftext|>': 100257,
    '<|fim_prefix|>': 100258,
    '<|fim_middle|>': 100259,
    '<|fim_suffix|>': 100260,
    '<|endofprompt|>': 100276,
  },
  o200k: { '<|endoftext|>': 199999, '<|endofprompt|>': 200018 },
} as const;

/** Bytes by rank of a `.tiktoken` file. @throws FILE_INVALID with the line */
export function parseTiktokenRanks(text: string, where = 'rank file'): (Uint8Array | undefined)[] {
  const tokens: (Uint8Array | undefined)[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const space = line.indexOf(' ');
    const digits = line.slice(space + 1).trim();
    addToken(tokens, space < 0 ? '' : line.slice(0, space), digits, `${where}: line ${i + 1}`);
  });
  return checked(tokens, where);
}

/** Bytes by rank of npm tiktoken's `bpe_ranks`. @throws FILE_INVALID */
export function parsePackedRanks(text: string, where = 'bpe_ranks'): (Uint8Array | undefined)[] {
  const tokens: (Uint8Array | undefined)[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const [, first, ...words] = line.split(' ');
    words.forEach((word, k) => {
      addToken(tokens, word, /^\d+$/.test(first) ? String(Number(first) + k) : first, `${where}: line ${i + 1}`);
    });
  });
  return checked(tokens, where);
}

/** A tokenizer from a rank file. @throws FILE_INVALID */
export function readTiktoken(
  text: string,
  {
    pattern,
    special = [],
    where,
  }: { pattern: PatternName; special?: Iterable<readonly [string, number]>; where?: string },
): BytePairTokenizer {
  return new BytePairTokenizer({ tokens: parseTiktokenRanks(text, where), pattern, special, where });
}

/** A tokenizer from npm tiktoken's `encoders/NAME.json`. @throws FILE_INVALID */
export function readTiktokenJson(json: unknown, where = 'tiktoken encoder'): BytePairTokenizer {
  const stored = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const pattern = typeof stored.pat_str === 'string' ? patternOf(stored.pat_str) : undefined;
  const special = Object.entries((stored.special_tokens ?? {}) as Record<string, number>);
  if (typeof stored.bpe_ranks !== 'string' || !pattern || !special.every(([, id]) => Number.isInteger(id) && id >= 0)) {
    throw new LookbackError('FILE_INVALID', {
      where,
      expected: "bpe_ranks, special_tokens and a pat_str that is GPT-2's, cl100k's or o200k's",
      got: `keys ${Object.keys(stored).join(', ') || '(none)'}`,
    });
  }
  return new BytePairTokenizer({ tokens: parsePackedRanks(stored.bpe_ranks, where), pattern, special, where });
}

function addToken(tokens: (Uint8Array | undefined)[], word: string, rank: string, where: string): void {
  const bytes = fromBase64(word);
  const id = /^\d{1,8}$/.test(rank) ? Number(rank) : -1;
  if (!bytes || bytes.length === 0 || id < 0 || id > highestRank) {
    throw new LookbackError('FILE_INVALID', {
      where,
      expected: 'a token in base64 and its rank',
      got: JSON.stringify(`${word} ${rank}`.slice(0, 60)),
      next: 'Fetch the file again',
    });
  }
  if (tokens[id] !== undefined) {
    throw new LookbackError('FILE_INVALID', {
      where,
      problem: `rank ${id} stands twice`,
      next: 'Fetch the file again',
    });
  }
  tokens[id] = bytes;
}

function checked(tokens: (Uint8Array | undefined)[], where: string): (Uint8Array | undefined)[] {
  if (tokens.length > 0) return tokens;
  throw new LookbackError('FILE_INVALID', { where, problem: 'it holds no ranks', next: 'Fetch the file again' });
}
