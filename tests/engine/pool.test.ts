/** The pool of blocks, over a machine of our own that says what was asked of it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pool, roundedSize } from '../../src/backends/cpu/pool.ts';
import { coded } from './coded.ts';

const MiB = 1 << 20;

/** A machine with `capacity` bytes, which never gives an address twice. */
class Machine {
  readonly asked: number[] = [];
  readonly released: number[] = [];
  private next = 64;
  private left: number;

  constructor(readonly capacity: number) {
    this.left = capacity;
  }

  allocate(bytes: number): number {
    this.asked.push(bytes);
    if (bytes > this.left) return 0;
    this.left -= bytes;
    const address = this.next;
    this.next += Math.ceil(bytes / 64) * 64;
    return address;
  }

  release(_address: number, bytes: number): void {
    this.released.push(bytes);
    this.left += bytes;
  }
}

describe('sizes', () => {
  it('are multiples of 64 bytes in eight classes an octave', () => {
    for (let octave = 512; octave < MiB; octave *= 2) {
      const sizes = new Set<number>();
      for (let bytes = octave + 1; bytes <= 2 * octave; bytes += 7) sizes.add(roundedSize(bytes));
      expect(sizes.size).toBe(8);
      for (const size of sizes) expect(size % 64).toBe(0);
    }
  });

  it('hold what was asked for, are their own classes and waste at most an eighth, or 63 bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 * MiB }), (bytes) => {
        const size = roundedSize(bytes);
        expect(size).toBeGreaterThanOrEqual(bytes);
        expect(roundedSize(size)).toBe(size);
        expect(size - bytes).toBeLessThanOrEqual(Math.max(63, bytes / 8));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('are exact to a page above 1 MiB', () => {
    expect(roundedSize(MiB + 1)).toBe(MiB + 4096);
    expect(roundedSize(5 * MiB)).toBe(5 * MiB);
  });
});

describe('the pool', () => {
  it('gives a freed block of the class again and asks the machine no more', () => {
    const machine = new Machine(64 * MiB);
    const pool = new Pool(machine);
    for (const bytes of [100, 40_000, 3 * MiB]) {
      const first = pool.take(bytes);
      pool.give(first, bytes);
      const asked = machine.asked.length;
      expect(pool.take(bytes)).toBe(first);
      expect(machine.asked.length).toBe(asked);
    }
  });

  it('reuses a large block for exactly its size only', () => {
    const pool = new Pool(new Machine(64 * MiB));
    const large = pool.take(4 * MiB);
    pool.give(large, 4 * MiB);
    expect(pool.take(3 * MiB)).not.toBe(large);
    expect(pool.take(4 * MiB)).toBe(large);
  });

  it('carves small blocks out of one slab', () => {
    const machine = new Machine(64 * MiB);
    const pool = new Pool(machine);
    for (let i = 0; i < 1000; i++) pool.take(64);
    expect(machine.asked).toEqual([MiB]);
    expect(pool.report()).toMatchObject({ storages: 1000, inUse: 64_000, reserved: MiB, allocations: 1 });
  });

  it('gives everything unused back once and asks again before it says OUT_OF_MEMORY', () => {
    const machine = new Machine(10 * MiB);
    const pool = new Pool(machine);
    pool.give(pool.take(6 * MiB), 6 * MiB);
    const block = pool.take(8 * MiB);
    expect(machine.asked).toEqual([6 * MiB, 8 * MiB, 8 * MiB]);
    expect(machine.released).toEqual([6 * MiB]);
    coded('OUT_OF_MEMORY', () => pool.take(4 * MiB), /4\.0 MiB .*8\.0 MiB in use/);
    expect(pool.report()).toMatchObject({ storages: 1, inUse: 8 * MiB, reserved: 8 * MiB });
    pool.give(block, 8 * MiB);
    expect(pool.take(4 * MiB)).toBeGreaterThan(0);
  });

  it('does not ask twice where there is nothing to give back', () => {
    const machine = new Machine(MiB);
    coded('OUT_OF_MEMORY', () => new Pool(machine).take(2 * MiB));
    expect(machine.asked).toEqual([2 * MiB]);
  });

  it('never has two live blocks that overlap, and counts right, whatever comes and goes', () => {
    const sizes = fc.oneof(
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 200_000 }),
      fc.integer({ min: 1, max: 3 * MiB }),
    );
    // A number takes that many bytes; the other one frees a live block.
    const steps = fc.array(fc.tuple(sizes, fc.nat(), fc.boolean()), { minLength: 50, maxLength: 400 });
    fc.assert(
      fc.property(steps, (list) => {
        const pool = new Pool(new Machine(40 * MiB));
        const live: { address: number; bytes: number }[] = [];
        let peak = 0;
        for (const [bytes, which, frees] of list) {
          if (frees && live.length > 0) {
            const [block] = live.splice(which % live.length, 1);
            pool.give(block.address, block.bytes);
          } else {
            try {
              live.push({ address: pool.take(bytes), bytes });
            } catch (error) {
              expect(error).toMatchObject({ code: 'OUT_OF_MEMORY' });
            }
          }
          const inUse = live.reduce((sum, block) => sum + roundedSize(block.bytes), 0);
          peak = Math.max(peak, inUse);
          expect(pool.report()).toMatchObject({ inUse, peak, storages: live.length });
          expect(pool.report().reserved).toBeGreaterThanOrEqual(inUse);
        }
        const sorted = live.toSorted((a, b) => a.address - b.address);
        sorted.forEach(({ address }, i) => {
          expect(address % 64).toBe(0);
          if (i > 0) expect(address).toBeGreaterThanOrEqual(sorted[i - 1].address + sorted[i - 1].bytes);
        });
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});
