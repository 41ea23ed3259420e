/**
 * Least and greatest value and the mean over any stretch of a growing column, by keeping those of 8, 64, 512, … points.
 *
 * It follows the column on its own: what was appended since the last question is added at the next one, so an append
 * costs nothing and every point is looked at once. It keeps no values; the column does.
 */

/** Points, or blocks of the level below, in one block. */
const fanOut = 8;

interface Level {
  min: Float32Array;
  max: Float32Array;
  /** Of the finite ones, in float64, and how many they are: what a mean is made of. */
  sum: Float64Array;
  finite: Uint32Array;
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
   * Of `values` from `begin` up to `end`, NaN left aside, the mean of the finite ones; NaN when there is nothing else.
   *
   * @param values [points] the column, as in the last call with points appended
   */
  extent(values: Float32Array, begin: number, end: number): { min: number; max: number; mean: number } {
    this.#follow(values);
    let min = Infinity;
    let max = -Infinity;
    let sum = 0;
    let finite = 0;
    for (let at = begin; at < end; ) {
      // The largest block that begins here and ends within.
      let level = -1;
      let size = 1;
      while (level + 1 < this.#levels.length && at % (size * fanOut) === 0 && at + size * fanOut <= end) {
        size *= fanOut;
        level++;
      }
      const block = level < 0 ? point(values[at]) : blockOf(this.#levels[level], at / size);
      if (block.min < min) min = block.min;
      if (block.max > max) max = block.max;
      sum += block.sum;
      finite += block.finite;
      at += size;
    }
    const mean = finite > 0 ? sum / finite : Number.NaN;
    return min <= max ? { min, max, mean } : { min: Number.NaN, max: Number.NaN, mean };
  }

  /** Adds the blocks that have become complete. */
  #follow(values: Float32Array): void {
    let below: Level | undefined;
    let available = values.length;
    for (let index = 0; available >= fanOut; index++) {
      const blocks = Math.floor(available / fanOut);
      this.#levels[index] ??= {
        min: new Float32Array(),
        max: new Float32Array(),
        sum: new Float64Array(),
        finite: new Uint32Array(),
        blocks: 0,
      };
      const level = this.#levels[index];
      if (blocks > level.min.length) {
        const length = Math.max(blocks, level.min.length * 2);
        level.min = resized(level.min, new Float32Array(length));
        level.max = resized(level.max, new Float32Array(length));
        level.sum = resized(level.sum, new Float64Array(length));
        level.finite = resized(level.finite, new Uint32Array(length));
      }
      for (let block = level.blocks; block < blocks; block++) {
        let min = Infinity;
        let max = -Infinity;
        let sum = 0;
        let finite = 0;
        for (let i = block * fanOut; i < (block + 1) * fanOut; i++) {
          const least = below ? below.min[i] : values[i];
          const greatest = below ? below.max[i] : values[i];
          if (least < min) min = least;
          if (greatest > max) max = greatest;
          if (below) {
            sum += below.sum[i];
            finite += below.finite[i];
          } else if (Number.isFinite(values[i])) {
            sum += values[i];
            finite++;
          }
        }
        // Of NaN alone: Infinity and -Infinity, which change no comparison above.
        level.min[block] = min;
        level.max[block] = max;
        level.sum[block] = sum;
        level.finite[block] = finite;
      }
      level.blocks = blocks;
      below = level;
      available = blocks;
    }
  }
}

function resized<A extends Float32Array | Float64Array | Uint32Array>(array: A, larger: A): A {
  larger.set(array);
  return larger;
}

/** A single point as a block; one that is NaN changes no comparison. */
function point(value: number): { min: number; max: number; sum: number; finite: number } {
  const finite = Number.isFinite(value);
  return { min: value, max: value, sum: finite ? value : 0, finite: finite ? 1 : 0 };
}

function blockOf({ min, max, sum, finite }: Level, at: number): ReturnType<typeof point> {
  return { min: min[at], max: max[at], sum: sum[at], finite: finite[at] };
}
