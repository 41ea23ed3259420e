/**
 * How far a job of several phases is, on a terminal: one line rewritten in place with what is done, its rate and the time
 * left in this phase. Says nothing where standard error is no terminal, or to machines. For display only.
 */
import { formatCount, formatDuration, formatNumber } from './terminal/format.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Milliseconds between two looks of the line; a new phase shows at once. */
const interval = 100;

export interface PhaseProgress {
  /** What goes on; the clock starts anew with each. */
  phase: string;
  /** Where in the phase, e.g. `order 3 of 9`. */
  where?: string;
  done?: number;
  /** Left out where nobody knows. */
  total?: number;
  /** What `done` counts. */
  unit?: string;
}

export class PhaseLine {
  readonly #terminal: Terminal;
  readonly #silent: boolean;
  readonly #now: () => number;
  #phase = '';
  #first = { done: 0, time: 0 };
  #shown = 0;
  #open = false;

  /** `now`: milliseconds; replaced in tests. */
  constructor(
    terminal: Terminal,
    { json = false, now = () => performance.now() }: { json?: boolean; now?: () => number } = {},
  ) {
    this.#terminal = terminal;
    this.#silent = json || !terminal.live;
    this.#now = now;
  }

  update({ phase, where, done, total, unit = '' }: PhaseProgress): void {
    if (this.#silent) return;
    const time = this.#now();
    const begins = phase !== this.#phase;
    if (begins) {
      this.#phase = phase;
      this.#first = { done: done ?? 0, time };
    } else if (time - this.#shown < interval) return;
    this.#shown = time;
    const parts = [where === undefined ? phase : `${phase}, ${where}`];
    if (done !== undefined) {
      parts.push(`${formatCount(done)}${total === undefined ? '' : ` of ${formatCount(total)}`} ${unit}`);
      const rate = (done - this.#first.done) / ((time - this.#first.time) / 1000);
      if (rate > 0 && Number.isFinite(rate)) {
        parts.push(`${rate < 100 ? formatNumber(rate, 3) : formatCount(rate)}/s`);
        if (total !== undefined) parts.push(`${formatDuration(Math.max(0, total - done) / rate)} left`);
      }
    }
    this.#terminal.writeError(`\r\x1b[2K${parts.join('  ').slice(0, this.#terminal.width - 1)}`);
    this.#open = true;
  }

  /** Takes the line away, before something else is printed. */
  clear(): void {
    if (this.#open) this.#terminal.writeError('\r\x1b[2K');
    this.#open = false;
  }
}
