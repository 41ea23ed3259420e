/**
 * Least and greatest value over any stretch of a growing column, by keeping those of 8, 64, 512, … points.
 *
 * It follows the column on its own: what was appended since the last question is added at the next one, so an append
 * costs nothing and every point is looked at once. It keeps no values; the column does.
 */

/** Points, or blocks of the level below, in one block. */
const fanOut = 8;

interface Level {
  min: Float32Array;
  max: Float32Array;
  /** Complete blocks. */
  blocks: number;
}

export class Pyramid {
  readonly #levels: Level[] = [];

  /** Forgets everything: the column is no longer the one before with points appended. */
  clear(): void {
    this.#levels.length = 0;
  }

  /**
   * Of `values` from `begin` up to `end`, NaN left aside; NaN when there is nothing else.
   *
   * @param values [points] the column, as in the last call with points appended
   */
  extent(values: Float32Array, begin: number, end: number): { min: number; max: number } {
    this.#follow(values);
    let min = Infinity;
    let max = -Infinity;
    for (let at = begin; at < end; ) {
      // The largest block that begins here and ends within.
      let level = -1;
      let size = 1;
      while (level + 1 < this.#levels.length && at % (size * fanOut) === 0 && at + size * fanOut <= end) {
        size *= fanOut;
        level++;
      }
      const least = level < 0 ? values[at] : this.#levels[level].min[at / size];
      const greatest = level < 0 ? values[at] : this.#levels[level].max[at / size];
      if (least < min) min = least;
      if (greatest > max) max = greatest;
      at += size;
    }
    return min <= max ? { min, max } : { min: Number.NaN, max: Number.NaN };
  }

  /** Adds the blocks that have become complete. */
  #follow(values: Float32Array): void {
    let below: { min: Float32Array; max: Float32Array } = { min: values, max: values };
    let available = values.length;
    for (let index = 0; available >= fanOut; index++) {
      const blocks = Math.floor(available / fanOut);
      this.#levels[index] ??= { min: new Float32Array(), max: new Float32Array(), blocks: 0 };
      const level = this.#levels[index];
      if (blocks > level.min.length) {
        level.min = resized(level.min, Math.max(blocks, level.min.length * 2));
        level.max = resized(level.max, level.min.length);
      }
      for (let block = level.blocks; block < blocks; block++) {
        let min = Infinity;
        let max = -Infinity;
        for (let i = block * fanOut; i < (block + 1) * fanOut; i++) {
          if (below.min[i] < min) min = below.min[i];
          if (below.max[i] > max) max = below.max[i];
        }
        // Of NaN alone: Infinity and -Infinity, which change no comparison above.
        level.min[block] = min;
        level.max[block] = max;
      }
      level.blocks = blocks;
      below = level;
      available = blocks;
    }
  }
}

function resized(array: Float32Array, length: number): Float32Array {
  const larger = new Float32Array(length);
  larger.set(array);
  return larger;
}
