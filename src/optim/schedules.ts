/** Learning rates as functions of the step, counted from 0. The same bits in every engine (src/math.ts). */
import { LookbackError } from '../errors.ts';
import { cos } from '../math.ts';

/** The value at a step; step 0 is the first update. */
export type Schedule = (step: number) => number;

/** Warm-up, then decay. Lengths in steps. */
export interface WarmupOptions {
  /** Largest value. */
  peak: number;
  /** Steps before the peak is reached. */
  warmup?: number;
  /** From this step on the value is `floor`. */
  steps: number;
  /** Smallest value of the decay; the warm-up may be below it. */
  floor?: number;
}

/** The same value at every step. */
export function constant(value: number): Schedule {
  return () => value;
}

/**
 * peak · (step + 1) / (warmup + 1) while step < warmup, then half a cosine from `peak` at step = warmup down to `floor` at
 * step = `steps`, and `floor` from there on (Loshchilov and Hutter 2017, "SGDR"; the formula of nanoGPT's train.py).
 *
 * @throws LookbackError BAD_ARGUMENT for lengths that are not integers ≥ 0, or a warm-up longer than `steps`.
 */
export function warmupCosine({ peak, warmup = 0, steps, floor = 0 }: WarmupOptions): Schedule {
  return warmupThen('warmupCosine', { peak, warmup, steps, floor }, (done) => 0.5 * (1 + cos(Math.PI * done)));
}

/** As `warmupCosine`, with a straight line instead of the cosine. */
export function warmupLinear({ peak, warmup = 0, steps, floor = 0 }: WarmupOptions): Schedule {
  return warmupThen('warmupLinear', { peak, warmup, steps, floor }, (done) => 1 - done);
}

/** `shape` goes from 1 to 0 as its argument, the part of the decay that is done, goes from 0 to 1. */
function warmupThen(
  where: string,
  { peak, warmup, steps, floor }: Required<WarmupOptions>,
  shape: (done: number) => number,
): Schedule {
  if (!Number.isInteger(warmup) || !Number.isInteger(steps) || warmup < 0 || steps < warmup) {
    throw new LookbackError('BAD_ARGUMENT', {
      where,
      expected: 'integers with 0 ≤ warmup ≤ steps',
      got: `warmup ${warmup}, steps ${steps}`,
    });
  }
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / (warmup + 1);
    if (step >= steps) return floor;
    return floor + shape((step - warmup) / (steps - warmup)) * (peak - floor);
  };
}
