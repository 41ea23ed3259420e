/**
 * Trains byte-level BPE from files or streams of any size: parts of a fixed size are read one after the other, counted on
 * several threads, and joined in the order of the corpus, so that any number of threads learns the same tokenizer.
 *
 * Held in memory: as many parts as there are threads, and the distinct words. When these are more than `mostWords`, the
 * rarest are dropped after the part that was one too many; `dropped` says so.
 */
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { LookbackError } from '../../errors.ts';
import type { BytePairTokenizer } from '../bpe/bytePairTokenizer.ts';
import { startTextThreads } from '../threads.node.ts';
import { lastCut } from './chunks.ts';
import { checkTraining, type TrainOptions, trainFromCounts } from './trainBytePairs.ts';
import { type PackedCounts, WordCounts } from './wordCounts.ts';

export interface TrainFilesOptions extends TrainOptions {
  /** Threads that count; all cores by default. The result does not depend on it. */
  readonly threads?: number;
  /** Bytes read at once. */
  readonly partBytes?: number;
  /** Distinct words kept in memory, about 40 bytes each. */
  readonly mostWords?: number;
  readonly onRead?: (bytes: number) => void;
}

export interface TrainedFiles {
  readonly tokenizer: BytePairTokenizer;
  readonly bytes: number;
  readonly words: number;
  readonly distinctWords: number;
  /** How often rare words were dropped to keep within `mostWords`. */
  readonly dropped: number;
}

/** @throws FILE_NOT_FOUND, BAD_ARGUMENT, DATA_INVALID for an empty corpus */
export async function trainFiles(paths: readonly string[], options: TrainFilesOptions): Promise<TrainedFiles> {
  return trainStreams(
    paths.map((path) => readFileParts(path)),
    options,
  );
}

/** The same from streams of bytes: a stream is one text, and no word reaches from one into the next. */
export async function trainStreams(
  streams: Iterable<AsyncIterable<Uint8Array>>,
  options: TrainFilesOptions,
): Promise<TrainedFiles> {
  checkTraining(options);
  const { pattern = 'gpt2', special = [], mostWords = 20_000_000, partBytes = 1 << 23, onRead } = options;
  const threads = Math.max(1, options.threads ?? availableParallelism());
  const pool = await startTextThreads(threads);
  let counts = new WordCounts();
  let dropped = 0;
  let bytes = 0;
  const waiting: Promise<PackedCounts>[] = [];
  const join = async () => {
    counts.merge(await (waiting.shift() as Promise<PackedCounts>));
    if (counts.size > mostWords) {
      counts = counts.pruned(mostWords);
      dropped++;
    }
  };
  try {
    for (const stream of streams) {
      for await (const part of cutParts(stream, { pattern, partBytes })) {
        bytes += part.length;
        waiting.push(pool.run({ kind: 'count', bytes: part, pattern, special }) as Promise<PackedCounts>);
        if (waiting.length >= threads + 1) await join();
        onRead?.(bytes);
      }
    }
    while (waiting.length > 0) await join();
  } finally {
    // A part that is still being counted when reading fails is of no use any more.
    for (const one of waiting) one.catch(() => {});
    await pool.close();
  }
  const packed = counts.pack();
  const words = packed.counts.reduce((sum, count) => sum + count, 0);
  const tokenizer = trainFromCounts(packed, options);
  return { tokenizer, bytes, words, distinctWords: packed.counts.length, dropped };
}

async function* readFileParts(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path).catch((cause) => {
    throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'it cannot be opened', cause });
  });
  try {
    for (;;) {
      const block = new Uint8Array(1 << 20);
      const { bytesRead } = await file.read(block, 0, block.length).catch((cause) => {
        throw new LookbackError('FILE_NOT_FOUND', { where: path, problem: 'it cannot be read as a file', cause });
      });
      if (bytesRead === 0) return;
      yield block.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Parts of about `partBytes` that end where a text may be cut; a text without such a place is one part. */
async function* cutParts(
  stream: AsyncIterable<Uint8Array>,
  { pattern, partBytes }: Required<Pick<TrainFilesOptions, 'pattern' | 'partBytes'>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let held = new Uint8Array(partBytes * 2);
  let length = 0;
  let tried = 0;
  for await (const block of stream) {
    if (length + block.length > held.length) {
      const larger = new Uint8Array((length + block.length) * 2);
      larger.set(held.subarray(0, length));
      held = larger;
    }
    held.set(block, length);
    length += block.length;
    while (length >= Math.max(partBytes, tried * 2)) {
      // The cut depends on partBytes alone, not on how the stream was cut into blocks.
      const end = tried > 0 ? length : partBytes;
      const cut = lastCut(held.subarray(0, end), pattern);
      if (cut <= 0) {
        tried = length;
        break;
      }
      tried = 0;
      yield held.slice(0, cut);
      held.copyWithin(0, cut, length);
      length -= cut;
    }
  }
  if (length > 0) yield held.slice(0, length);
}
