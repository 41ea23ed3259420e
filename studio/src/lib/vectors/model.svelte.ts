/** The word vectors of the page: trained here, on WebAssembly, or read from a file; and what is asked of them. */
import { createBackend } from '../../../../src/backends/init.ts';
import {
  buildCorpus,
  type Neighbour,
  principalComponents,
  readVectors,
  sentencesOf,
  trainWord2Vec,
  type WordVectors,
} from '../../../../src/vectors/index.ts';
import { messageOf } from '../api.ts';

export interface Place {
  word: string;
  x: number;
  y: number;
}

/** Longest text trained on in the page, characters. */
export const mostCharacters = 3_000_000;

export class VectorsModel {
  vectors = $state.raw<WordVectors | undefined>(undefined);
  from = $state('');
  problem = $state<string | undefined>(undefined);
  /** 0 to 1 while training. */
  progress = $state<number | undefined>(undefined);
  loss = $state<number | undefined>(undefined);
  #stop: AbortController | undefined;

  async train(
    text: string,
    {
      name,
      epochs,
      dimensions,
      minCount,
      onEpoch,
    }: {
      name: string;
      epochs: number;
      dimensions: number;
      minCount: number;
      /** Shown the vectors as they form. */
      onEpoch?: (vectors: WordVectors, epoch: number, loss: number) => void;
    },
  ) {
    this.stop();
    const stop = new AbortController();
    this.#stop = stop;
    this.problem = undefined;
    this.progress = 0;
    try {
      const corpus = buildCorpus(sentencesOf(text.slice(0, mostCharacters)), { minCount });
      const backend = await createBackend({ backend: 'wasm', threads: 1 });
      const { vectors } = await trainWord2Vec(corpus, {
        epochs,
        dimensions,
        backend,
        rate: 0.05,
        deterministic: true,
        signal: stop.signal,
        onProgress: ({ words, total, loss, epoch, vectors }) => {
          this.progress = words / total;
          this.loss = loss;
          onEpoch?.(vectors(), epoch, loss);
          return new Promise((resolve) => setTimeout(resolve));
        },
      });
      this.vectors = vectors;
      this.from = name;
    } catch (error) {
      if (!stop.signal.aborted) this.problem = messageOf(error);
    } finally {
      if (this.#stop === stop) this.progress = undefined;
    }
  }

  async open(file: File) {
    this.stop();
    this.problem = undefined;
    try {
      // The page draws and searches all of them: the most frequent are enough.
      this.vectors = readVectors(new Uint8Array(await file.arrayBuffer()), { name: file.name, limit: 100_000 });
      this.from = file.name;
    } catch (error) {
      this.problem = messageOf(error);
    }
  }

  stop() {
    this.#stop?.abort();
    this.#stop = undefined;
    this.progress = undefined;
  }
}

/** Words in the plane of their two principal components, and the share of variance it holds. */
export function plane(vectors: WordVectors, words: readonly string[]): { places: Place[]; explained: number } {
  const { dimensions } = vectors;
  const unit = vectors.unit();
  const rows = new Float32Array(words.length * dimensions);
  for (const [i, word] of words.entries()) {
    const row = vectors.find(word);
    rows.set(unit.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
  }
  const { points, explained } = principalComponents(rows, dimensions);
  const size = points.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return {
    places: words.map((word, i) => ({ word, x: points[i * 2] / size, y: points[i * 2 + 1] / size })),
    explained: explained[0] + explained[1],
  };
}

export type Answer = { neighbours: Neighbour[] } | { problem: string };

export function ask(question: () => Neighbour[]): Answer {
  try {
    return { neighbours: question() };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
