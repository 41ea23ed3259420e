/** How the merges of byte-pair encoding build one word: each step's pieces, and what the pair was. Pure. */
import { type BytePairTokenizer, encodeUtf8, patterns } from '../../../../src/text/index.ts';
import { type Piece, pieceOf, shown } from './pieces.ts';

/** Longest word that is stepped through, bytes: each step is kept. */
export const longestWord = 120;

export interface Step {
  /** What there is before the merge. */
  readonly pieces: readonly Piece[];
  /** Place of the left half of the pair that merges next; undefined at the end. */
  readonly at?: number;
  readonly rank?: number;
  readonly left: string;
  readonly right: string;
  readonly made?: Piece;
}

export interface Building {
  readonly steps: readonly Step[];
  /** The word is a token itself and is taken without any merge, which the merges would not have made. */
  readonly whole?: Piece;
  /** Whether the word was cut short. */
  readonly cut: boolean;
}

/** The merges of `word`, taken as one pre-token. */
export function build(tokenizer: BytePairTokenizer, word: string): Building {
  const characters = Array.from(tokenizer.normalizeNfc ? word.normalize('NFC') : word);
  let bytes = 0;
  const fitting = characters.filter((character) => {
    bytes += encodeUtf8(character).length;
    return bytes <= longestWord;
  });
  const kept = fitting.join('');
  const merged = tokenizer.mergeSteps(kept);
  const steps = merged.map(({ ids, at, rank }, i): Step => {
    const pieces = ids.map((id) => pieceOf(tokenizer, id));
    if (at === undefined) return { pieces, left: '', right: '' };
    const [left, right] = [shown(pieces[at], true).text, shown(pieces[at + 1], true).text];
    return { pieces, at, rank, left, right, made: pieceOf(tokenizer, merged[i + 1].ids[at]) };
  });
  const all = encodeUtf8(kept);
  const id = tokenizer.wholeWords ? tokenizer.vocabulary.find(all, 0, all.length) : -1;
  const whole = id >= 0 && steps[steps.length - 1].pieces.length > 1 ? pieceOf(tokenizer, id) : undefined;
  return { steps, whole, cut: fitting.length < characters.length };
}

/** The pre-token that holds the byte at `place` of `bytes`, as text; '' behind the end. */
export function wordAt({ pattern }: BytePairTokenizer, bytes: Uint8Array, place: number): string {
  const { scan } = patterns[pattern];
  for (let start = 0; start < bytes.length; ) {
    const end = scan(bytes, start, bytes.length);
    if (place < end) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end));
    start = end;
  }
  return '';
}
