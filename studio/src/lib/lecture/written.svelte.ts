/** The small GPT of two chapters: trained once in a visit, in a worker, and looked at from both. */
import { compute } from './client.ts';
import type { FromWorker, LanguageTrace } from './protocol.ts';

type Facts = Extract<FromWorker, { kind: 'floors' }>;

class Written {
  facts = $state.raw<Facts | undefined>(undefined);
  traces = $state.raw<readonly LanguageTrace[]>([]);
  done = $state(false);
  problem = $state<string | undefined>(undefined);
  #end: (() => void) | undefined;

  /** Starts the training unless it has been started. */
  begin(): void {
    if (!this.#end) this.again();
  }

  again(): void {
    this.#end?.();
    this.traces = [];
    this.done = false;
    this.problem = undefined;
    this.#end = compute({ kind: 'language' }, (message) => {
      if (message.kind === 'floors') this.facts = message;
      if (message.kind === 'failed') this.problem = message.message;
      if (message.kind !== 'language') return;
      this.traces = [...this.traces, message.trace];
      this.done = message.done;
      if (message.done) this.#end?.();
    });
  }
}

export const written = new Written();
