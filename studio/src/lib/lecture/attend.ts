/**
 * Attention over a typed sentence, number by number. The word vectors are drawn from a seed by each word's spelling,
 * and the matrices too: nothing is trained, so equal words meet and all else is chance.
 */
import { withBackend } from '../../../../src/backends/backend.ts';
import { ReferenceBackend } from '../../../../src/backends/reference/reference.ts';
import { Random } from '../../../../src/random.ts';
import { attention, attentionPattern, matmul, scope, type Tensor, tensor } from '../../../../src/tensor/index.ts';

/** Channels of a word's vector and of q, k and v. */
export const d = 4;

export const mostWords = 12;

export interface Attended {
  words: string[];
  /** [T][d] each. */
  x: number[][];
  q: number[][];
  k: number[][];
  v: number[][];
  /** q·k, divided by √d where asked; [T][T]. */
  scores: number[][];
  weights: number[][];
  /** The weighted sums, [T][d]. */
  mixed: number[][];
}

const backend = new ReferenceBackend({ float64: true });

export function attend(sentence: string, { causal, scaled }: { causal: boolean; scaled: boolean }): Attended {
  const words = sentence.trim().split(/\s+/).filter(Boolean).slice(0, mostWords);
  const T = words.length;
  if (T === 0) return { words, x: [], q: [], k: [], v: [], scores: [], weights: [], mixed: [] };
  return withBackend(backend, () =>
    scope(() => {
      const vectors = words.map((word) => [
        ...new Random(1, `word/${word.toLowerCase()}`).fillNormal(new Float32Array(d)),
      ]);
      const x = tensor(vectors.flat(), { shape: [T, d] });
      // Queries and keys share most of their matrix, so that a word is drawn to what is like it.
      const shared = new Random(2, 'shared').fillNormal(new Float32Array(d * d));
      const matrix = (name: string, share: number) => {
        const own = new Random(2, name).fillNormal(new Float32Array(d * d));
        return tensor(
          own.map((value, i) => share * shared[i] + (1 - share) * value),
          { shape: [d, d] },
        );
      };
      const [q, k, v] = [matmul(x, matrix('query', 0.8)), matmul(x, matrix('key', 0.8)), matmul(x, matrix('value', 0))];
      const scale = scaled ? 1 / Math.sqrt(d) : 1;
      const heads = (each: Tensor) => each.reshape([1, 1, T, d]);
      const options = { causal, scale };
      return {
        words,
        x: rows(x, T),
        q: rows(q, T),
        k: rows(k, T),
        v: rows(v, T),
        scores: rows(matmul(q, k.transpose(0, 1)).mul(scale), T),
        weights: rows(attentionPattern(heads(q), heads(k), options), T),
        mixed: rows(attention(heads(q), heads(k), heads(v), options), T),
      };
    }),
  );
}

function rows(value: Tensor, count: number): number[][] {
  const flat = [...value.dataSync()];
  const width = flat.length / count;
  return Array.from({ length: count }, (_, i) => flat.slice(i * width, (i + 1) * width));
}
