/** What generation needs of a language model: feed ids, get the logits of the next one. */

/** A model in the middle of some texts, one a row. It holds memory: call `dispose()`. */
export interface Decoder {
  /** V */
  readonly vocabulary: number;
  /**
   * Feeds the same number of ids, at least one, to every row (the first call may set the number of rows) and gives the
   * logits [V] of each row's next token.
   */
  feed(rows: readonly ArrayLike<number>[]): Promise<Float32Array[]>;
  /** Row i continues what row `rows[i]` was; the number of rows may change. */
  reorder(rows: readonly number[]): void;
  dispose(): void;
}

/** A model that can be decoded token by token. */
export interface Generative {
  decoder(): Decoder;
}

/** Rows of numbers [B, V] from one array. */
export function rowsOf(values: ArrayLike<number>, width: number): Float32Array[] {
  const all = Float32Array.from(values);
  return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width));
}
