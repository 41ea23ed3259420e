/** One question to a source at a time: a new one gives up the one before, and the last answer stays until the next. */
import { messageOf } from '../api.ts';

export class Asked<T> {
  value = $state.raw<T | undefined>(undefined);
  problem = $state<string | undefined>(undefined);
  busy = $state(false);
  #controller: AbortController | undefined;

  async ask(question: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.busy = true;
    try {
      const value = await question(controller.signal);
      if (controller.signal.aborted) return undefined;
      this.value = value;
      this.problem = undefined;
      return value;
    } catch (error) {
      if (!controller.signal.aborted) this.problem = messageOf(error);
      return undefined;
    } finally {
      if (this.#controller === controller) this.busy = false;
    }
  }

  /** Gives up what is asked; the answer before stays. */
  stop(): void {
    this.#controller?.abort();
    this.busy = false;
  }
}
