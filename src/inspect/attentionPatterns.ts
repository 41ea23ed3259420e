/**
 * Attention patterns: all heads as small pictures, one head in full.
 *
 * A picture keeps the largest weight of each block, so that a single strong look stays visible at any size. Patterns of
 * one layer at a time are held: 144 heads of 512² would be 151 MB.
 */
import { anatomyOf, observe, requireIndex, type Subject, stepsOf } from './subject.ts';

export interface AttentionPictures {
  readonly layers: number;
  readonly heads: number;
  /** Rows and columns of a picture: T where that is at most what was asked for. */
  readonly cells: number;
  /** [layers, heads, cells, cells], row = query, column = key: round(255 √weight), so that 1/512 is still seen. */
  readonly values: Uint8Array<ArrayBuffer>;
}

/** Every head's pattern, max-pooled to at most `cells` × `cells`. */
export function attentionPictures(subject: Subject, cells = 64): AttentionPictures {
  const { layers, heads } = anatomyOf(subject.model).attention ?? { layers: 0, heads: 0 };
  const T = stepsOf(subject);
  const side = Math.min(T, cells);
  const values = new Uint8Array(layers * heads * side * side);
  if (layers === 0) return { layers, heads, cells: side, values };
  observe(
    subject,
    {
      wants: (name) => layerOf(name) !== undefined,
      activation: (name, value) => {
        const pattern = value.dataSync() as Float32Array;
        const layer = layerOf(name) ?? 0;
        for (let head = 0; head < heads; head++) {
          const from = head * T * T;
          const into = (layer * heads + head) * side * side;
          poolLargest(pattern.subarray(from, from + T * T), T, values.subarray(into, into + side * side), side);
        }
        return undefined;
      },
    },
    () => undefined,
  );
  return { layers, heads, cells: side, values };
}

/** One head's pattern [T, T], row = query: each row sums to 1. @throws LookbackError INDEX_OUT_OF_RANGE */
export function attentionPattern(subject: Subject, layer: number, head: number): Float32Array<ArrayBuffer> {
  const { layers, heads } = anatomyOf(subject.model).attention ?? { layers: 0, heads: 0 };
  requireIndex('layer', layer, layers);
  requireIndex('head', head, heads);
  const T = stepsOf(subject);
  const pattern = new Float32Array(T * T);
  observe(
    subject,
    {
      wants: (name) => layerOf(name) === layer,
      activation: (_, value) => {
        pattern.set((value.dataSync() as Float32Array).subarray(head * T * T, (head + 1) * T * T));
        return undefined;
      },
    },
    () => undefined,
  );
  return pattern;
}

/** The weight a picture's byte stands for. */
export function weightOfByte(byte: number): number {
  return (byte / 255) * (byte / 255);
}

/** The largest of each block of `pattern` [T, T], as bytes [side, side]. */
function poolLargest(pattern: Float32Array, T: number, out: Uint8Array, side: number): void {
  const edges = Int32Array.from({ length: side + 1 }, (_, i) => Math.floor((i * T) / side));
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      let most = 0;
      for (let row = edges[i]; row < edges[i + 1]; row++) {
        // All models here are causal: nothing stands right of the diagonal.
        const end = row * T + Math.min(edges[j + 1], row + 1);
        for (let at = row * T + edges[j]; at < end; at++) if (pattern[at] > most) most = pattern[at];
      }
      out[i * side + j] = Math.min(255, Math.round(255 * Math.sqrt(most)));
    }
  }
}

/** The layer whose pattern a tap's name is. */
function layerOf(name: string): number | undefined {
  const [, layer] = /^blocks\.(\d+)\.attention\.pattern$/.exec(name) ?? [];
  return layer === undefined ? undefined : Number(layer);
}
