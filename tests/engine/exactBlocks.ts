/** Memory without a pool: each block is the machine's own and exactly as long as asked for, so that address checks work. */
import type { MemoryReport } from '../../src/backends/backend.ts';
import type { BlockSource, Blocks } from '../../src/backends/cpu/pool.ts';
import { LookbackError } from '../../src/errors.ts';

export class ExactBlocks implements Blocks {
  private inUse = 0;
  private peak = 0;
  private storages = 0;
  private allocations = 0;

  constructor(private readonly source: BlockSource) {}

  take(bytes: number): number {
    const address = this.source.allocate(bytes);
    if (address === 0) throw new LookbackError('OUT_OF_MEMORY', { where: 'allocate', problem: `no ${bytes} bytes` });
    this.inUse += bytes;
    this.peak = Math.max(this.peak, this.inUse);
    this.storages++;
    this.allocations++;
    return address;
  }

  give(address: number, bytes: number): void {
    this.source.release(address, bytes);
    this.inUse -= bytes;
    this.storages--;
  }

  trim(): number {
    return 0;
  }

  report(): MemoryReport {
    const { inUse, allocations, storages, peak } = this;
    return { inUse, reserved: inUse, allocations, storages, peak };
  }
}
