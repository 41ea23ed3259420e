/**
 * How far the model is that `lookback forecast FILE` fits just now: its origin, and of a network the steps, their rate and
 * the time left for this fit. One line rewritten on a terminal, a plain line every few seconds elsewhere.
 */
import type { ForecastProgress } from '../forecasting/index.ts';
import { progressLine } from './terminal/progress.ts';
import type { Terminal } from './terminal/terminal.ts';

export class FitLine {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #began = 0;
  #shown: number;
  #open = false;

  /** `now`: milliseconds; replaced in tests. */
  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#shown = now();
  }

  update({ model, origin, origins, step, steps }: ForecastProgress): void {
    const time = this.#now();
    if (step <= 1) this.#began = time;
    const { live, width } = this.#terminal;
    const began = step === 0;
    if (step === 1 || (!(began && live) && time - this.#shown < (live ? 100 : 5000))) return;
    this.#shown = time;
    const seconds = (time - this.#began) / 1000;
    const rate = seconds > 0 ? (step - 1) / seconds : undefined;
    const secondsLeft = rate === undefined ? undefined : (steps - step) / rate;
    const where = origin === null ? 'all values' : `origin ${origin}/${origins}`;
    const done = began ? '' : `: ${progressLine({ step, total: steps, unit: 'steps', rate, secondsLeft })}`;
    const line = `${model}, ${where}${done}`;
    this.#terminal.writeError(live ? `\r\x1b[2K${line.slice(0, width - 1)}` : `${line}\n`);
    this.#open = live;
  }

  /** Takes the line away, before something else is printed. */
  clear(): void {
    if (this.#open) this.#terminal.writeError('\r\x1b[2K');
    this.#open = false;
  }
}
