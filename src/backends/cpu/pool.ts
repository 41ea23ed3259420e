/**
 * Reuses blocks of memory, so that a training step allocates nothing after the first few.
 *
 * Sizes are rounded to eight classes an octave at a granularity of 64 bytes (a power-of-two rounding would
 * waste a third); blocks above 1 MiB are rounded to pages and reused only for exactly their size.
 * Small classes are carved out of slabs. When the machine refuses, everything unused is given back once and
 * the request repeated; then it is an OUT_OF_MEMORY error.
 */
import { LookbackError } from '../../errors.ts';
import type { MemoryReport } from '../backend.ts';

/** Where blocks come from: the kernels' allocator. Addresses are 64-byte aligned; 0 means refused. */
export interface BlockSource {
  allocate(bytes: number): number;
  release(address: number, bytes: number): void;
}

/** What a backend takes its memory from. */
export interface Blocks {
  /** The address of a block of at least `bytes` bytes. Throws OUT_OF_MEMORY. */
  take(bytes: number): number;
  /** Gives a block back; `bytes` is what was asked for. */
  give(address: number, bytes: number): void;
  /** Returns what is unused to the machine; returns how many bytes that freed. */
  trim(): number;
  report(): MemoryReport;
}

const granularity = 64;
const largeBlock = 1 << 20;
const slabBytes = 1 << 20;
const smallBlock = 1 << 15;
const page = 4096;
/** Unused bytes kept whatever is in use; beyond that, at most as many as are in use. */
const idleAllowed = 64 << 20;

/** The size a request is rounded to, in bytes. */
export function roundedSize(bytes: number): number {
  if (bytes <= granularity) return granularity;
  if (bytes > largeBlock) return Math.ceil(bytes / page) * page;
  const octave = 2 ** (31 - Math.clz32(bytes));
  const step = Math.max(granularity, octave / 8);
  return Math.ceil(bytes / step) * step;
}

export class Pool implements Blocks {
  private readonly free = new Map<number, number[]>();
  private slab = 0;
  private slabLeft = 0;
  private inUse = 0;
  private peak = 0;
  private reserved = 0;
  private allocations = 0;
  private storages = 0;

  constructor(private readonly source: BlockSource) {}

  take(bytes: number): number {
    const size = roundedSize(bytes);
    const address = this.free.get(size)?.pop() ?? this.fresh(size);
    this.inUse += size;
    this.storages++;
    if (this.inUse > this.peak) this.peak = this.inUse;
    return address;
  }

  give(address: number, bytes: number): void {
    const size = roundedSize(bytes);
    this.inUse -= size;
    this.storages--;
    const list = this.free.get(size);
    if (list) list.push(address);
    else this.free.set(size, [address]);
  }

  /** Returns unused blocks but the small ones, which are parts of slabs. */
  trim(): number {
    let freed = 0;
    for (const [size, list] of this.free) {
      if (size <= smallBlock) continue;
      for (const address of list) this.source.release(address, size);
      freed += size * list.length;
      this.free.delete(size);
    }
    this.reserved -= freed;
    return freed;
  }

  report(): MemoryReport {
    const { inUse, reserved, allocations, storages, peak } = this;
    return { inUse, reserved, allocations, storages, peak };
  }

  private fresh(size: number): number {
    if (size > smallBlock) return this.ask(size);
    if (this.slabLeft < size) {
      // The rest of the old slab stays useful: it goes to the largest classes that fit in it.
      this.scatterRest();
      this.slab = this.ask(slabBytes);
      this.slabLeft = slabBytes;
    }
    const address = this.slab;
    this.slab += size;
    this.slabLeft -= size;
    return address;
  }

  private scatterRest(): void {
    while (this.slabLeft >= granularity) {
      const size = Math.min(smallBlock, roundedDown(this.slabLeft));
      const list = this.free.get(size);
      if (list) list.push(this.slab);
      else this.free.set(size, [this.slab]);
      this.slab += size;
      this.slabLeft -= size;
    }
  }

  private ask(bytes: number): number {
    // Large blocks are reused for exactly their size, so sizes that keep changing would pile up unused ones.
    if (this.reserved - this.inUse > Math.max(idleAllowed, this.inUse)) this.trim();
    let address = this.source.allocate(bytes);
    if (address === 0 && this.trim() > 0) address = this.source.allocate(bytes);
    if (address === 0) {
      throw new LookbackError('OUT_OF_MEMORY', {
        where: 'allocate',
        problem: `no block of ${(bytes / 2 ** 20).toFixed(1)} MiB is to be had (${(this.inUse / 2 ** 20).toFixed(1)} MiB in use)`,
        next: 'Use a smaller batch or context, checkpoint(), or close scopes earlier',
      });
    }
    this.allocations++;
    this.reserved += bytes;
    return address;
  }
}

function roundedDown(bytes: number): number {
  const octave = 2 ** (31 - Math.clz32(bytes));
  const step = Math.max(granularity, octave / 8);
  return Math.floor(bytes / step) * step;
}
