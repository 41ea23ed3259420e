/**
 * KeyValueCache: keys and values of earlier steps, so that decoding computes only the new ones.
 *
 * Holds one pair of blocks for each attention layer, [B, G, capacity, D], made at first use. It belongs to no scope:
 * call `dispose()`. For inference only; what it returns has no gradient.
 */
import { LookbackError } from '../errors.ts';
import { copyInto } from '../tensor/memory.ts';
import { unscoped } from '../tensor/scope.ts';
import { allocate, type Tensor } from '../tensor/tensor.ts';

interface Blocks {
  keys: Tensor;
  values: Tensor;
}

export class KeyValueCache {
  /** How many steps are held. */
  length = 0;
  private readonly blocks = new Map<object, Blocks>();

  /** @param capacity the most steps it can hold */
  constructor(readonly capacity: number) {}

  /**
   * Appends keys and values [B, G, T, D] for one layer and returns all of that layer's, [B, G, length + T, D]. The
   * model calls `advance(T)` when every layer has done so.
   */
  extend(layer: object, keys: Tensor, values: Tensor): Blocks {
    const [B, G, T, D] = keys.shape;
    if (this.length + T > this.capacity) {
      throw new LookbackError('SHAPE_MISMATCH', {
        where: 'KeyValueCache',
        expected: `at most ${this.capacity} steps`,
        got: `${this.length} held and ${T} more`,
        next: 'Clear the cache and feed a shorter history',
      });
    }
    let blocks = this.blocks.get(layer);
    if (!blocks) {
      const make = () => unscoped(() => allocate([B, G, this.capacity, D], keys.dtype, keys.backend));
      blocks = { keys: make(), values: make() };
      this.blocks.set(layer, blocks);
    }
    const { length } = this;
    const append = (block: Tensor, more: Tensor): Tensor => {
      const place = steps(block, length, T);
      copyInto(place, more);
      return steps(block, 0, length + T);
    };
    return { keys: append(blocks.keys, keys), values: append(blocks.values, values) };
  }

  /** Counts `steps` as held. */
  advance(steps: number): void {
    this.length += steps;
  }

  /** Row i of the batch becomes what row `rows[i]` was; the number of rows may change. */
  reorder(rows: readonly number[]): void {
    for (const blocks of this.blocks.values()) {
      blocks.keys = reordered(blocks.keys, rows);
      blocks.values = reordered(blocks.values, rows);
    }
  }

  /** Forgets everything and frees the memory. */
  clear(): void {
    for (const { keys, values } of this.blocks.values()) {
      keys.dispose();
      values.dispose();
    }
    this.blocks.clear();
    this.length = 0;
  }

  dispose(): void {
    this.clear();
  }
}

function steps(block: Tensor, from: number, count: number): Tensor {
  const [B, G, , D] = block.shape;
  return block.view([B, G, count, D], block.strides, block.offset + from * block.strides[2]);
}

function reordered(block: Tensor, rows: readonly number[]): Tensor {
  const shape = block.shape.slice(1);
  return unscoped(() => {
    const result = allocate([rows.length, ...shape], block.dtype, block.backend);
    rows.forEach((row, i) => {
      const from = block.view([1, ...shape], block.strides, block.offset + row * block.strides[0]);
      const to = result.view([1, ...shape], result.strides, i * result.strides[0]);
      copyInto(to, from);
      from.dispose();
      to.dispose();
    });
    block.dispose();
    return result;
  });
}
