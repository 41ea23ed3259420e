/** What cuts one pre-token into pieces of a vocabulary: WordPiece, Unigram, BPE over characters, or whole words. */
export interface PieceModel {
  /** Appends the ids of `word` to `out`. */
  encode(word: string, out: number[]): void;
}

/** A vocabulary of whole words. */
export class WordLevel implements PieceModel {
  constructor(
    readonly ids: ReadonlyMap<string, number>,
    readonly unknown: number | undefined,
  ) {}

  encode(word: string, out: number[]): void {
    const id = this.ids.get(word) ?? this.unknown;
    if (id !== undefined) out.push(id);
  }
}
