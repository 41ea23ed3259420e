/**
 * Trains word vectors: word2vec (Mikolov et al. 2013, both papers), skip-gram or CBOW with negative sampling,
 * subsampling and a dynamic window. The loops are one kernel (kernels/word2vec.hpp), native or WebAssembly; here are
 * vocabulary tables, the schedule and the order of work. No hierarchical softmax, no phrases.
 */
import { type Backend, getBackend } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { LookbackError } from '../errors.ts';
import { pow } from '../math.ts';
import { Random } from '../random.ts';
import { type VectorCorpus, whole } from './corpus.ts';
import { WordVectors } from './wordVectors.ts';

export interface Word2VecOptions {
  model?: 'skip-gram' | 'cbow';
  dimensions?: number;
  /** Words on either side at most; each word draws its own reach from 1 … window. */
  window?: number;
  /** Words drawn against each prediction, 1 … 63. */
  negative?: number;
  epochs?: number;
  /** Falls in a line from the first to the last over all words; CBOW's default is 0.05, skip-gram's 0.025. */
  rate?: number;
  lastRate?: number;
  /** Words above this share of the text are thinned out (1e-3 as gensim's default); 0 keeps all. */
  subsample?: number;
  /** Negatives are drawn by count to this power. */
  power?: number;
  seed?: number;
  /** The same bits for any number of threads, by using one. Otherwise as many as the backend has, without locks. */
  deterministic?: boolean;
  /** Default: the default backend, which must have kernels. */
  backend?: Backend;
  /** Told after every part of an epoch; may return a promise, so that a page can draw. */
  onProgress?: (progress: Word2VecProgress) => void | Promise<void>;
  signal?: AbortSignal;
}

export interface Word2VecProgress {
  /** From 1. */
  epoch: number;
  epochs: number;
  /** Words of the corpus passed, over all epochs. */
  words: number;
  total: number;
  /** Mean -ln likelihood of a prediction (its word and its negatives) in this part. */
  loss: number;
  /** A copy of the vectors as they stand, to look at; to be called before the next part begins. */
  vectors: () => WordVectors;
}

export interface Word2VecResult {
  vectors: WordVectors;
  /** Mean loss of each epoch, nats a prediction. */
  losses: number[];
  /** Predictions made, over all epochs. */
  predictions: number;
  /** Seconds in the kernel, for display. */
  seconds: number;
}

/** Words a kernel call passes, so that progress shows and a signal is heard. */
const partWords = 200_000;
const lanes = 16;

/**
 * Trains on `corpus`.
 * @throws BAD_ARGUMENT for an option out of range, BACKEND_UNAVAILABLE on the reference backend, the signal's reason.
 */
export async function trainWord2Vec(
  corpus: VectorCorpus,
  {
    model = 'skip-gram',
    dimensions = 100,
    window = 5,
    negative = 5,
    epochs = 5,
    rate = model === 'cbow' ? 0.05 : 0.025,
    lastRate = 0.0001,
    subsample = 1e-3,
    power = 0.75,
    seed = 1,
    deterministic = false,
    backend = getBackend(),
    onProgress,
    signal,
  }: Word2VecOptions = {},
): Promise<Word2VecResult> {
  whole('dimensions', dimensions, 1, 4096);
  whole('window', window, 1, 1000);
  whole('negative', negative, 1, 63);
  whole('epochs', epochs, 1, 100_000);
  for (const [name, value] of Object.entries({ rate, lastRate, subsample, power })) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: `word vectors: ${name}`,
        expected: 'a number of at least 0',
        got: String(value),
      });
    }
  }
  if (!(backend instanceof CpuBackend)) {
    throw new LookbackError('BACKEND_UNAVAILABLE', {
      where: 'word2vec',
      expected: 'the native or the WebAssembly backend',
      got: backend.name,
      next: 'Call init() without naming the reference backend',
    });
  }
  const { words, tokens, starts } = corpus;
  const vocabulary = words.length;
  const stride = Math.ceil(dimensions / lanes) * lanes;
  const chunks = deterministic || backend.threads === 1 ? 1 : backend.threads * 4;
  const random = new Random(seed, 'word2vec');
  const { acceptance, alias } = aliasTable(corpus.counts, power);
  const blocks = new Blocks(backend);
  try {
    const input = blocks.put(initialRows(vocabulary, dimensions, stride, random));
    const output = blocks.put(new Float32Array(vocabulary * stride));
    const parts = partsOf(starts);
    const longest = parts.reduce((most, [from, to]) => Math.max(most, starts[to] - starts[from]), 0);
    const text = blocks.take(longest * 4);
    const ends = blocks.take(parts.reduce((most, [from, to]) => Math.max(most, to - from + 1), 0) * 4);
    const keep = blocks.put(keepThresholds(corpus, subsample));
    const accept = blocks.put(acceptance);
    const aliases = blocks.put(alias);
    const totals = blocks.take(chunks * 16);
    const sums = new Float32Array(chunks * 4);
    const total = tokens.length * epochs;
    const losses: number[] = [];
    let passed = 0;
    let predictions = 0;
    let seconds = 0;
    const rateAt = (at: number) => rate + (lastRate - rate) * (at / total);
    const vectorsNow = (): WordVectors => {
      const rows = new Float32Array(vocabulary * stride);
      backend.module.read(rows, input);
      const data = new Float32Array(vocabulary * dimensions);
      for (let v = 0; v < vocabulary; v++) data.set(rows.subarray(v * stride, v * stride + dimensions), v * dimensions);
      if (data.every(Number.isFinite)) return new WordVectors(words, data, dimensions);
      throw new LookbackError('NON_FINITE', {
        where: 'word2vec',
        problem: 'the vectors grew beyond all bounds',
        next: 'Use a lower learning rate',
      });
    };
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const [seed0, seed1] = new Random(seed, `word2vec.epoch.${epoch}`).key;
      let epochLoss = 0;
      let epochMeasured = 0;
      for (const [from, to] of parts) {
        signal?.throwIfAborted();
        const size = starts[to] - starts[from];
        backend.module.write(text, tokens.subarray(starts[from], starts[to]));
        backend.module.write(
          ends,
          starts.subarray(from, to + 1).map((at) => at - starts[from]),
        );
        const began = performance.now();
        backend.run(
          {
            name: 'word2vec',
            // biome-ignore format: the kernel's arguments in the order of kernels.table
            cpu: (kernels) => kernels.word2vec(totals, input, output, text, ends, keep, accept, aliases, to - from,
              vocabulary, stride, window, negative, model === 'cbow' ? 1 : 0, rateAt(passed), rateAt(passed + size),
              seed0 | 0, seed1 | 0, from, chunks),
          },
          [],
          [],
          undefined,
        );
        seconds += (performance.now() - began) / 1000;
        passed += size;
        backend.module.read(sums, totals);
        let loss = 0;
        let measured = 0;
        for (let c = 0; c < sums.length; c += 4) {
          loss += sums[c];
          measured += sums[c + 1];
          predictions += sums[c + 3];
        }
        epochLoss += loss;
        epochMeasured += measured;
        const mean = measured > 0 ? loss / measured : Number.NaN;
        await onProgress?.({ epoch, epochs, words: passed, total, loss: mean, vectors: vectorsNow });
      }
      losses.push(epochMeasured > 0 ? epochLoss / epochMeasured : Number.NaN);
    }
    return { vectors: vectorsNow(), losses, predictions, seconds };
  } finally {
    blocks.free();
  }
}

/** Memory of the kernels, given back at the end whatever happened. */
class Blocks {
  readonly #held: [address: number, bytes: number][] = [];
  constructor(private readonly backend: CpuBackend) {}

  take(bytes: number): number {
    const size = Math.max(64, bytes);
    const address = this.backend.module.allocate(size);
    if (address === 0) {
      throw new LookbackError('OUT_OF_MEMORY', {
        where: 'word2vec',
        problem: `no block of ${Math.ceil(size / 2 ** 20)} MiB is to be had`,
        next: 'Use fewer dimensions or a smaller vocabulary (a higher minimum count)',
      });
    }
    this.#held.push([address, size]);
    return address;
  }

  put(values: Float32Array | Int32Array): number {
    const address = this.take(values.byteLength);
    if (values.length > 0) this.backend.module.write(address, values);
    return address;
  }

  free(): void {
    for (const [address, bytes] of this.#held) this.backend.module.release(address, bytes);
  }
}

/** Uniform in ±1 / dimensions, as gensim (word2vec's own code takes half of it); what pads a row to whole vectors is zero. */
function initialRows(vocabulary: number, dimensions: number, stride: number, random: Random): Float32Array {
  const rows = new Float32Array(vocabulary * stride);
  for (let v = 0; v < vocabulary; v++)
    for (let d = 0; d < dimensions; d++) rows[v * stride + d] = random.uniform(-1, 1) / dimensions;
  return rows;
}

/** Sentences [from, to) of about `partWords` words each; one sentence at least. */
function partsOf(starts: Int32Array): [from: number, to: number][] {
  const parts: [number, number][] = [];
  const sentences = starts.length - 1;
  for (let from = 0; from < sentences; ) {
    let to = from + 1;
    while (to < sentences && starts[to + 1] - starts[from] <= partWords) to++;
    parts.push([from, to]);
    from = to;
  }
  return parts;
}

/** P(keep) = (sqrt(f / t) + 1) t / f for a word of share f, as the code of word2vec; as thresholds of 32 random bits. */
function keepThresholds({ counts, tokens }: VectorCorpus, subsample: number): Int32Array {
  const threshold = subsample * tokens.length;
  return Int32Array.from(counts, (count) => {
    const probability = subsample === 0 ? 1 : (Math.sqrt(count / threshold) + 1) * (threshold / count);
    return Math.min(0xffffffff, Math.floor(probability * 2 ** 32)) | 0;
  });
}

/** Walker's alias table for drawing in proportion to count^power: acceptance of 32 random bits, else the alias. */
export function aliasTable(counts: ArrayLike<number>, power: number): { acceptance: Int32Array; alias: Int32Array } {
  const weights = Float64Array.from(counts, (count) => pow(count, power));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const share = weights.map((weight) => weight / mean);
  const alias = Int32Array.from(share, (_, i) => i);
  const acceptance = new Int32Array(share.length).fill(-1);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < share.length; i++) (share[i] < 1 ? small : large).push(i);
  for (let s = small.pop(), l = large.pop(); s !== undefined && l !== undefined; s = small.pop()) {
    acceptance[s] = Math.floor(share[s] * 2 ** 32) | 0;
    alias[s] = l;
    share[l] -= 1 - share[s];
    if (share[l] < 1) {
      small.push(l);
      l = large.pop();
    }
  }
  return { acceptance, alias };
}
