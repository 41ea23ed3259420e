/**
 * Programs of others on the same processor, which the operating system of a rented machine does not see: they take half of
 * a core that two share. What gives them away is that a small matrix product, which needs the nearer caches only, runs
 * slower than it did at another time of the same process.
 */
import { matmul, ones, scope } from '../tensor/index.ts';
import type { LoadMeter } from './measure.ts';

const [rows, inner, columns] = [336, 128, 384];
const products = 25;
const milliseconds = 12;

/** Products a second: the median of the last few of some milliseconds, so that threads are awake and spread over the cores. */
export function productRate(): number {
  return scope(() => {
    const [a, b] = [ones([rows, inner]), ones([inner, columns])];
    const seconds: number[] = [];
    const end = performance.now() + milliseconds;
    while (seconds.length < products || performance.now() < end) {
      const start = performance.now();
      scope(() => void matmul(a, b));
      seconds.push((performance.now() - start) / 1000);
    }
    return 1 / seconds.slice(-products).sort((x, y) => x - y)[products >> 1];
  });
}

/** The rate varies so much without anybody's doing. */
const tolerance = 0.1;
const lookAgain = 0.2;

/** Others on our processor, noticed by our own speed. */
export class Neighbours {
  private best = 0;

  /** `rate` gives a speed to compare with itself. */
  constructor(
    private readonly threads: number,
    private readonly rate: () => number = productRate,
  ) {}

  /**
   * Asks for the rate before and after. What the slower of both lacks of the best one ever, beyond the tolerance, counts
   * as cores of others.
   */
  readonly meter: LoadMeter = () => {
    const before = this.ask();
    return () => {
      const slower = Math.min(before, this.ask());
      return () => this.taken(slower);
    };
  };

  /** Sleeps until they are quiet, at most so many seconds; whether they are. */
  settle(seconds: number): boolean {
    const end = performance.now() + 1000 * seconds;
    for (;;) {
      if (this.taken(this.ask()) === 0) return true;
      if (performance.now() >= end) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000 * lookAgain);
    }
  }

  private ask(): number {
    const now = this.rate();
    this.best = Math.max(this.best, now);
    return now;
  }

  private taken(rate: number): number {
    return this.threads * Math.max(0, 1 - tolerance - rate / this.best);
  }
}
