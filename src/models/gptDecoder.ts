/**
 * Token-by-token decoding of a GPT with a cache of keys and values.
 *
 * When the context is full, it starts again from the later half of what it has seen: positions are absolute, so a
 * cache cannot slide. The model then sees between half a context and a whole one, at an even cost a token.
 */
import { KeyValueCache } from '../nn/cache.ts';
import { inference, Scope, slice, type Tensor, tensor } from '../tensor/index.ts';
import { type Decoder, rowsOf } from './decoder.ts';
import type { GPT } from './gpt.ts';

export class GPTDecoder implements Decoder {
  readonly vocabulary: number;
  private readonly cache: KeyValueCache;
  /** What the cache holds, by row. */
  private history: number[][] = [];

  constructor(private readonly model: GPT) {
    this.vocabulary = model.config.vocabulary;
    this.cache = new KeyValueCache(model.config.context);
  }

  async feed(rows: readonly ArrayLike<number>[]): Promise<Float32Array[]> {
    const { context } = this.model.config;
    let fresh = rows.map((row) => Array.from(row));
    this.history = fresh.map((row, i) => [...(this.history[i] ?? []), ...row]);
    if (this.history[0].length > context) {
      const kept = Math.max(1, Math.floor(context / 2));
      this.history = this.history.map((row) => row.slice(-kept));
      fresh = this.history;
      this.cache.clear();
    }
    const scope = new Scope();
    try {
      const logits = scope.run(() => inference(() => this.step(fresh)));
      return rowsOf(await logits.data(), this.vocabulary);
    } finally {
      scope.close();
    }
  }

  reorder(rows: readonly number[]): void {
    this.history = rows.map((row) => [...this.history[row]]);
    this.cache.reorder(rows);
  }

  dispose(): void {
    this.cache.dispose();
  }

  /** Logits [B, V] after the last of the new ids; the others need no projection. */
  private step(rows: number[][]): Tensor {
    const T = rows[0].length;
    const ids = tensor(Int32Array.from(rows.flat()), { shape: [rows.length, T] });
    const hidden = this.model.hidden(ids, { cache: this.cache });
    return this.model.head.forward(slice(hidden, 1, T - 1, T));
  }
}
