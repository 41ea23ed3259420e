/**
 * Trains a byte-level BPE tokenizer: from texts in memory here, from files and on several threads in `trainFiles.node.ts`.
 * Ids: the special tokens, the 256 bytes, then one token a merge.
 */
import { LookbackError } from '../../errors.ts';
import { BytePairTokenizer } from '../bpe/bytePairTokenizer.ts';
import type { PatternName } from '../pretokenize/scanners.ts';
import { SpecialTokens } from '../special.ts';
import { encodeUtf8 } from '../utf8.ts';
import { learnMerges } from './learnMerges.ts';
import { type PackedCounts, WordCounts } from './wordCounts.ts';

export interface TrainOptions {
  /** Tokens altogether, those of bytes and the special ones included. */
  readonly vocabulary: number;
  readonly pattern?: PatternName;
  /** Texts that are one token each and part of no other; where they stand, the corpus is cut. */
  readonly special?: readonly string[];
  /** A pair that stands less often is not merged. */
  readonly minimumCount?: number;
  readonly onProgress?: (merges: number) => void;
}

/** @throws BAD_ARGUMENT for a vocabulary smaller than the bytes and special tokens; DATA_INVALID for an empty corpus */
export function trainBytePairs(texts: Iterable<string>, options: TrainOptions): BytePairTokenizer {
  checkTraining(options);
  const { pattern = 'gpt2', special = [] } = options;
  const counts = new WordCounts();
  const table = new SpecialTokens(special.map((text, id) => [text, id] as const));
  for (const text of texts) {
    for (const { start, end, id } of table.split(text)) {
      if (id === undefined) counts.addText(encodeUtf8(text.slice(start, end)), pattern);
    }
  }
  return trainFromCounts(counts.pack(), options);
}

/** The tokenizer for words counted before. @throws DATA_INVALID when there are none */
export function trainFromCounts(counts: PackedCounts, options: TrainOptions): BytePairTokenizer {
  const { vocabulary, pattern = 'gpt2', special = [], minimumCount, onProgress } = options;
  if (counts.counts.length === 0) {
    throw new LookbackError('DATA_INVALID', {
      where: 'training a tokenizer',
      expected: 'a corpus of at least one character',
      got: 'an empty one',
      next: 'Check the files the text is read from',
    });
  }
  const shift = special.length;
  const { pairs, tokens } = learnMerges(counts, { merges: vocabulary - 256 - shift, minimumCount, onProgress });
  return new BytePairTokenizer({
    tokens: [...new Array<undefined>(shift).fill(undefined), ...tokens],
    merges: {
      pairs: pairs.map((id) => id + shift),
      tokens: Int32Array.from({ length: pairs.length / 2 }, (_, i) => 256 + shift + i),
    },
    special: special.map((text, id) => [text, id] as const),
    pattern,
  });
}

/** @throws BAD_ARGUMENT */
export function checkTraining({ vocabulary, special = [] }: TrainOptions): void {
  const least = 256 + special.length;
  const where = 'training a tokenizer';
  if (!Number.isInteger(vocabulary) || vocabulary < least || vocabulary > 1 << 22) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `${where}: vocabulary`,
      expected: `at least ${least}: the 256 bytes${special.length > 0 ? ` and ${special.length} special tokens` : ''}`,
      got: String(vocabulary),
      next: 'Ask for a larger vocabulary',
    });
  }
  if (new Set(special).size < special.length || special.includes('')) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `${where}: special`,
      expected: 'distinct texts',
      got: special.join(' '),
    });
  }
}
