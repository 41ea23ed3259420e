/**
 * Timing on a machine that other programs share: calls in bursts, and only the bursts in which the machine was otherwise
 * quiet count. It knows no operating system; what others used comes in as a meter.
 */

/**
 * Begins to watch; the function it returns ends that and gives a question: how many cores other programs used, or
 * undefined if nobody can say. The answer may become better known as more is measured.
 */
export type LoadMeter = () => () => () => number | undefined;

/** Others' work as seen by the first meter and the second: the larger, of what is known. */
export function either(first: LoadMeter, second: LoadMeter): LoadMeter {
  return () => {
    const ends = [first(), second()];
    return () => {
      const loads = ends.map((end) => end());
      return () => {
        const known = loads.map((load) => load()).filter((load) => load !== undefined);
        return known.length > 0 ? Math.max(...known) : undefined;
      };
    };
  };
}

export interface MeasureOptions {
  /** Of timing; up to twice as many more while no burst was quiet. */
  seconds?: number;
  warmup?: number;
  meter?: LoadMeter;
}

/** What is timed: it may return the seconds to count instead of its own duration. */
export type Timed = (() => void) | (() => number);

export interface Timing {
  /** Seconds of one call. */
  best: number;
  median: number;
  calls: number;
  /** False when others computed through every burst (or nobody could say); the quietest burst counts then. */
  quiet: boolean;
}

/** Cores of others' work that still count as quiet. */
export const quietLoad = 0.1;
const burstSeconds = 0.3;

interface Burst {
  times: number[];
  load: () => number;
}

/** Times `fn` in bursts. */
export function measure(fn: Timed, { seconds = 2, warmup = 3, meter }: MeasureOptions = {}): Timing {
  for (let i = 0; i < warmup; i++) fn();
  const bursts: Burst[] = [];
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const enough = () => elapsed() >= seconds && (elapsed() >= 3 * seconds || bursts.some(isQuiet));
  while (bursts.length === 0 || !enough()) bursts.push(burst(fn, meter, Math.min(burstSeconds, seconds)));
  const quiet = bursts.filter(isQuiet);
  const counted = quiet.length > 0 ? quiet : [bursts.reduce((a, b) => (b.load() < a.load() ? b : a))];
  const times = counted.flatMap((one) => one.times).sort((a, b) => a - b);
  return { best: times[0], median: times[times.length >> 1], calls: times.length, quiet: quiet.length > 0 };
}

const isQuiet = ({ load }: Burst) => load() < quietLoad;

function burst(fn: Timed, meter: LoadMeter | undefined, seconds: number): Burst {
  const times: number[] = [];
  const othersUsed = meter?.();
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || times.length < 3) {
    const start = performance.now();
    const own = fn();
    times.push(typeof own === 'number' ? own : (performance.now() - start) / 1000);
  }
  const load = othersUsed?.();
  return { times, load: () => load?.() ?? Number.POSITIVE_INFINITY };
}

/** One line of a report. */
export interface Figure {
  name: string;
  unit: string;
  best: number;
  median: number;
  /** What the machine could reach, in the same unit, measured in the same run; null where there is no such limit. */
  limit: number | null;
  /** False when other programs computed through all of it. */
  quiet: boolean;
  peer?: PeerFigure;
}

export interface PeerFigure {
  name: string;
  version: string;
  threads: number;
  best: number;
  median: number;
  /** Ours over theirs, medians; below 1 is worse, for memory better. */
  ratio: number;
}

/** A rate from a timing: `amount` per second. */
export function rate(name: string, unit: string, amount: number, timing: Timing, limit: number | null = null): Figure {
  const { best, median, quiet } = timing;
  return { name, unit, best: amount / best, median: amount / median, limit, quiet };
}

/** One entry of a topic: a name that is known before it runs, and what measures it. */
export interface Entry {
  name: string;
  run(bench: Bench): Figure;
}

/** What the entries of one run share. */
export interface Bench {
  limits: Limits;
  options: MeasureOptions;
}

/** Of this machine, backend and number of threads. */
export interface Limits {
  /** Fused multiply-adds on registers, two each. */
  flops: number;
  /** To and from memory. */
  bytes: number;
}
