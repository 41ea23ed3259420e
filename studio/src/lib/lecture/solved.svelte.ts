/** Which exercises this browser has solved. */
import { SvelteSet } from 'svelte/reactivity';
import { recall, remember } from '../memory.ts';

class Solved {
  readonly #names = new SvelteSet(recall<string[]>('solved', []));

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    this.#names.add(name);
    remember('solved', [...this.#names]);
  }
}

export const solved = new Solved();
