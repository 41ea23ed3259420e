/**
 * Programs of others on the same processor, which the operating system of a rented machine does not see: they take half of
 * a core that two share. What gives them away is that a small matrix product, which needs the nearer caches only, runs
 * slower than it did at another time of the same process.
 */
import { matmul, ones, scope } from '../tensor/index.ts';
import type { LoadMeter } from './measure.ts';

const [rows, inner, columns] = [336, 128, 384];
const products = 25;

/** Products a second: the median of a few milliseconds. */
export function productRate(): number {
  return scope(() => {
    const [a, b] = [ones([rows, inner]), ones([inner, columns])];
    const seconds = Array.from({ length: products }, () => {
      const start = performance.now();
      scope(() => void matmul(a, b));
      return (performance.now() - start) / 1000;
    });
    return 1 / seconds.sort((x, y) => x - y)[products >> 1];
  });
}

/** The rate varies so much without anybody's doing. */
const tolerance = 0.1;

/**
 * Watches by asking for the rate before and after. What the slower of both lacks of the best one ever, beyond the tolerance,
 * counts as cores of others.
 */
export function slowdown(threads: number, rate: () => number = productRate): LoadMeter {
  let best = 0;
  const ask = () => {
    const now = rate();
    best = Math.max(best, now);
    return now;
  };
  return () => {
    const before = ask();
    return () => {
      const slower = Math.min(before, ask());
      return () => threads * Math.max(0, 1 - tolerance - slower / best);
    };
  };
}
