/** What threads do for text: count the words of a part of a corpus, or encode documents. The same functions in any thread. */
import { BytePairTokenizer } from './bpe/bytePairTokenizer.ts';
import { PipelineTokenizer } from './formats/pipelineTokenizer.ts';
import { tokenizerFromJSON } from './fromJson.ts';
import type { Tokenizer } from './tokenizer.ts';
import { type CountTask, countPart } from './training/countPart.ts';
import type { PackedCounts } from './training/wordCounts.ts';
import { encodeUtf8 } from './utf8.ts';

export interface EncodedDocuments {
  /** Ids of all documents, one after the other, and where each begins: shape [documents + 1]. */
  readonly ids: Int32Array;
  readonly offsets: Int32Array;
  /** UTF-8 bytes of each document. */
  readonly bytes: Float64Array;
}

export type TextTask =
  | ({ readonly kind: 'count' } & CountTask)
  | { readonly kind: 'encode'; readonly texts: readonly string[] };

export type TextAnswer = PackedCounts | EncodedDocuments;

/** The function of one thread; `tokenizer` is what encodes, as `toJSON` stored it. */
export function textWorker(tokenizer?: unknown): (task: TextTask) => TextAnswer {
  let made: Tokenizer | undefined;
  return (task) => {
    if (task.kind === 'count') return countPart(task);
    made ??= tokenizerFromJSON(tokenizer);
    return encodeDocuments(made, task.texts);
  };
}

/** Documents as ids, without frames; what looks like a special token in them is text. */
export function encodeDocuments(tokenizer: Tokenizer, texts: readonly string[]): EncodedDocuments {
  const parts = texts.map((text) => encodePlain(tokenizer, text));
  const offsets = new Int32Array(parts.length + 1);
  parts.forEach((part, i) => {
    offsets[i + 1] = offsets[i] + part.length;
  });
  const ids = new Int32Array(offsets[parts.length]);
  parts.forEach((part, i) => {
    ids.set(part, offsets[i]);
  });
  return { ids, offsets, bytes: Float64Array.from(texts, (text) => encodeUtf8(text).length) };
}

/** Ids of a text of a corpus: no frame, and special tokens in it are letters. */
export function encodePlain(tokenizer: Tokenizer, text: string): Int32Array {
  if (tokenizer instanceof BytePairTokenizer) return tokenizer.encode(text, { special: 'text' });
  if (tokenizer instanceof PipelineTokenizer) return tokenizer.encode(text, { special: 'text', frame: false });
  return tokenizer.encode(text);
}
