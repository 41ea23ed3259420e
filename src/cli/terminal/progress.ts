/**
 * How far a long job is: one line rewritten in place on a terminal, a plain line every few seconds elsewhere, JSON lines
 * for machines, or nothing. It measures time for display only; no number of a run comes from here.
 */
import { formatCount, formatDuration, formatNumber } from './format.ts';
import type { Terminal } from './terminal.ts';

export type ProgressMode = 'live' | 'lines' | 'json' | 'quiet';

export interface ProgressState {
  step: number;
  total: number;
  /** Measurements to show, in order: `{ loss: 2.31 }`. */
  values?: Readonly<Record<string, number>>;
  /** Things done so far, counted in `unit`; default the steps. */
  done?: number;
  /** How much is done, 0 … 1, where steps are few and long; default that of the steps. */
  share?: number;
}

export interface ProgressOptions {
  mode: ProgressMode;
  terminal: Terminal;
  /** What the rate counts, e.g. `tokens`. */
  unit?: string;
  /** What a step is called. */
  stepName?: string;
  /** Milliseconds; replaced in tests. */
  now?: () => number;
}

/** `--json` and `--quiet` win; else the kind of terminal decides. */
export function progressMode(
  { json = false, quiet = false }: { json?: boolean; quiet?: boolean },
  { live }: Pick<Terminal, 'live'>,
): ProgressMode {
  if (json) return 'json';
  if (quiet) return 'quiet';
  return live ? 'live' : 'lines';
}

/** Milliseconds between two reports. */
const interval = { live: 100, lines: 5000, json: 1000, quiet: Number.POSITIVE_INFINITY } satisfies Record<
  ProgressMode,
  number
>;

export class Progress {
  readonly #options: Required<ProgressOptions>;
  #first: { share: number; done: number; time: number } | undefined;
  #lastShown = Number.NEGATIVE_INFINITY;
  #lineOpen = false;

  constructor({ mode, terminal, unit = 'steps', stepName = 'step', now = () => performance.now() }: ProgressOptions) {
    this.#options = { mode, terminal, unit, stepName, now };
  }

  /** Call after every step; the last one is always shown. The first call only starts the clock. */
  update(state: ProgressState): void {
    const { mode, terminal, unit, stepName, now } = this.#options;
    const time = now();
    const done = state.done ?? state.step;
    const share = state.share ?? (state.total > 0 ? Math.min(1, state.step / state.total) : 1);
    this.#first ??= { share, done, time };
    const last = share >= 1;
    if (mode === 'quiet' || (!last && time - this.#lastShown < interval[mode])) return;
    this.#lastShown = time;
    const seconds = (time - this.#first.time) / 1000;
    const rate = seconds > 0 ? (done - this.#first.done) / seconds : undefined;
    const passed = share - this.#first.share;
    const secondsLeft = passed > 0 ? (seconds / passed) * (1 - share) : undefined;
    const measured = { ...state, unit, stepName, rate, secondsLeft };
    if (mode === 'json') terminal.write(progressJson(measured));
    else if (mode === 'lines') terminal.writeError(`${progressLine(measured)}\n`);
    else {
      terminal.writeError(`\r\x1b[2K${progressLine({ ...measured, width: terminal.width - 1 })}`);
      this.#lineOpen = true;
    }
  }

  /** Prints a line of text without tearing the live one; silent with json and quiet. */
  note(text: string): void {
    const { mode, terminal } = this.#options;
    if (mode === 'json' || mode === 'quiet') return;
    terminal.writeError(`${this.#lineOpen ? '\r\x1b[2K' : ''}${text}\n`);
    this.#lineOpen = false;
    this.#lastShown = Number.NEGATIVE_INFINITY;
  }

  /** Leaves the cursor on a fresh line. */
  finish(): void {
    if (this.#lineOpen) this.#options.terminal.writeError('\n');
    this.#lineOpen = false;
  }
}

interface MeasuredProgress extends ProgressState {
  unit: string;
  stepName?: string;
  rate?: number;
  secondsLeft?: number;
  /** Columns; given, the line gets a bar and is cut to fit. */
  width?: number;
}

/** `step 120/600  loss 2.310  28.4k tokens/s  12 s left`, after a bar where there is room. */
export function progressLine(progress: MeasuredProgress): string {
  const { step, total, values = {}, unit, stepName = 'step', rate, secondsLeft, width } = progress;
  const share = progress.share ?? Math.min(step, total) / Math.max(1, total);
  const counts = `${stepName} ${String(step).padStart(String(total).length)}/${total}`;
  const parts = [counts, ...Object.entries(values).map(([name, value]) => `${name} ${formatNumber(value)}`)];
  if (rate !== undefined) parts.push(`${rate < 100 ? formatNumber(rate, 3) : formatCount(rate)} ${unit}/s`);
  if (share < 1 && secondsLeft !== undefined) parts.push(`${formatDuration(secondsLeft)} left`);
  const text = parts.join('  ');
  if (width === undefined) return text;
  const room = Math.min(20, width - text.length - 2);
  if (room < 6) return text.slice(0, width);
  const filled = Math.round(share * room);
  return `${'█'.repeat(filled)}${'░'.repeat(room - filled)}  ${text}`;
}

/** One event for machines, ended by a line break. */
export function progressJson({ step, total, values = {}, unit, rate, secondsLeft }: MeasuredProgress): string {
  return `${JSON.stringify({ event: 'progress', step, total, ...values, rate, unit, secondsLeft })}\n`;
}
