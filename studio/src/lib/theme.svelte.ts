/** Dark or light: the system's choice until the reader makes one, which is then remembered. */
import type { Theme } from './colours.ts';
import { recall, remember } from './memory.ts';

const system = window.matchMedia('(prefers-color-scheme: dark)');

class ThemeChoice {
  #chosen = $state<Theme | undefined>(recall<Theme | undefined>('theme', undefined));
  #system = $state<Theme>(system.matches ? 'dark' : 'light');

  constructor() {
    system.addEventListener('change', ({ matches }) => {
      this.#system = matches ? 'dark' : 'light';
    });
  }

  get current(): Theme {
    return this.#chosen ?? this.#system;
  }

  /** The other one; back to following the system where that is what the system says. */
  toggle(): void {
    const next = this.current === 'dark' ? 'light' : 'dark';
    this.#chosen = next === this.#system ? undefined : next;
    remember('theme', this.#chosen);
  }
}

export const theme = new ThemeChoice();
