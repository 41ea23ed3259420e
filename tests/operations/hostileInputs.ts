/** What hostile.test.ts draws: shapes, numbers and tensors that nearly fit, or do not at all. */
import * as fc from 'fast-check';
import type { DType } from '../../src/backends/backend.ts';
import type { NestedNumbers, Tensor } from '../../src/tensor/index.ts';
import { permute, tensor } from '../../src/tensor/index.ts';

/** A drawn input: calling it gives the tensor that was made last, on whichever backend. */
export interface Slot {
  (): Tensor;
  readonly tensor: Tensor;
  make(): void;
}

interface InputOptions {
  dtype?: DType;
  /** Indices are mostly below this. */
  below?: number;
}

/** Beyond what is sensible. Sizes just below 2^31 are left out: a machine might grant them. */
const absurd = [
  ...[Number.NaN, Infinity, -Infinity, 0.5, -1.5, -7, 1e5, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 + 1, 2 ** 53],
  ...[1e300, -1e300, Number.MIN_VALUE],
];
const special = [Number.NaN, Infinity, -Infinity, 0, -0, 3e38, -3e38, 1e-40, 1e30, -1e-30];
const outside = [-1, 2147483647, -2147483648, 1000, -100];

export class Draw {
  readonly slots: Slot[] = [];

  constructor(private readonly gen: fc.GeneratorValue) {}

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  private below(n: number): number {
    return this.gen(fc.integer, { min: 0, max: n - 1 });
  }

  private oneIn(n: number): boolean {
    return this.below(n) === n - 1;
  }

  dtype(): DType {
    return this.pick(['f32', 'i32', 'u8', 'bf16']);
  }

  /** 0 to 4, now and then more than a vector or two. */
  extent(): number {
    return this.oneIn(8) ? this.pick([17, 33]) : this.below(5);
  }

  extents(count: number): number[] {
    return Array.from({ length: count }, () => this.extent());
  }

  /** At most `rank` axes; at most one is long. */
  shape(rank = 5): number[] {
    return Array.from({ length: this.below(rank + 1) }, () => (this.oneIn(4) ? this.extent() : 1 + this.below(3)));
  }

  /** Mostly a small whole number. */
  number(): number {
    return this.oneIn(3) ? this.pick(absurd) : this.below(6) - 1;
  }

  /** As `number`, for what becomes an extent. */
  size(): number {
    const size = this.number();
    return size === 1e5 ? 100 : size;
  }

  sizes(): number[] {
    return Array.from({ length: this.below(4) }, () => this.size());
  }

  axis(rank: number): number {
    return this.oneIn(5) ? this.number() : this.below(Math.max(1, 2 * rank)) - rank;
  }

  /** A shape that broadcasts to `shape`. */
  broadcastable(shape: readonly number[]): number[] {
    const start = this.oneIn(3) ? this.below(shape.length + 1) : 0;
    return shape.slice(start).map((extent) => (this.oneIn(4) ? 1 : extent));
  }

  /** Another extent at `axis`. */
  resized(shape: readonly number[], axis: number): number[] {
    const at = axis < 0 ? axis + shape.length : axis;
    return shape.map((extent, i) => (i === at ? this.extent() : extent));
  }

  /** Mostly `shape`, else nearly. */
  mutated(shape: readonly number[]): number[] {
    if (!this.oneIn(6)) return [...shape];
    const at = this.below(shape.length + 1);
    const kind = this.below(4);
    if (kind === 0) return this.shape();
    if (kind === 1) return shape.toSpliced(at, 0, this.extent());
    if (kind === 2) return shape.toSpliced(at, 1);
    return shape.map((extent, i) => (i === at ? this.extent() : extent));
  }

  optional<T>(make: () => T): T | undefined {
    return this.oneIn(3) ? undefined : make();
  }

  /** Values of a call of `tensor`, ragged now and then. */
  nested(): NestedNumbers {
    const [rows, columns] = [this.below(3), this.below(3)];
    const values: NestedNumbers[] = Array.from({ length: rows }, () => new Array<number>(columns).fill(1.5));
    if (this.oneIn(4)) values.push(this.pick<NestedNumbers>([2, [], [1, 2, 3, 4], [[1]]]));
    return this.oneIn(4) ? this.number() : values;
  }

  /** A tensor that has nearly this shape and type, strided now and then, freed rarely. */
  input(shape: readonly number[], { dtype = 'f32', below = 3 }: InputOptions = {}): Slot {
    const actual = this.mutated(shape);
    const type = this.oneIn(20) ? this.dtype() : dtype;
    const size = actual.reduce((product, extent) => product * extent, 1);
    const odd = this.oneIn(4) ? this.pick(type === 'f32' ? special : outside) : undefined;
    const values = Array.from({ length: size }, (_, i) =>
      type === 'f32' ? (((i * 7) % 11) - 5) / 4 : (i * 5) % Math.max(1, Math.min(below, type === 'u8' ? 2 : below)),
    );
    if (odd !== undefined && size > 0) values[this.below(size)] = odd;
    const isStrided = this.oneIn(3);
    const isFreed = this.oneIn(60);
    let made: Tensor | undefined;
    const slot = (() => slot.tensor) as Slot;
    Object.defineProperty(slot, 'tensor', { get: () => made });
    slot.make = () => {
      const order = actual.map((_, i) => actual.length - 1 - i);
      made = isStrided
        ? permute(tensor(values, { shape: order.map((i) => actual[i]), dtype: type }), order)
        : tensor(values, { shape: actual, dtype: type });
      if (isFreed) made.dispose();
    };
    this.slots.push(slot);
    return slot;
  }
}
