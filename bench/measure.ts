/** Timing: bursts of calls, best and median, on a clock that other processes share. */

export interface Timing {
  /** Seconds of one call. */
  best: number;
  median: number;
  calls: number;
}

/** Calls `fn` for about `seconds` after a warm-up. */
export function measure(fn: () => void, { seconds = 2, warmup = 3 } = {}): Timing {
  for (let i = 0; i < warmup; i++) fn();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || times.length < 5) {
    const start = performance.now();
    fn();
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  return { best: times[0], median: times[times.length >> 1], calls: times.length };
}

/** One line of a report. */
export interface Figure {
  name: string;
  unit: string;
  best: number;
  median: number;
}

/** A rate from a timing: `amount` per second. */
export function rate(name: string, unit: string, amount: number, { best, median }: Timing): Figure {
  return { name, unit, best: amount / best, median: amount / median };
}
