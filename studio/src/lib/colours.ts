/**
 * One colour and dash pattern per run, the same in every view: Okabe and Ito's colours, told apart without colour vision
 * by the dashes once a colour comes again.
 */

export type Theme = 'light' | 'dark';

export interface RunStyle {
  /** Index into {@link palettes}. */
  readonly colour: number;
  /** Canvas and SVG dash pattern, CSS pixels. */
  readonly dash: readonly number[];
}

/** The same hues in both, darkened or lightened to stand at 3:1 or more against the panel. */
export const palettes: Record<Theme, readonly string[]> = {
  light: ['#0072b2', '#d55e00', '#00896a', '#c0568f', '#a87400', '#2b8fc7', '#7a6a00'],
  dark: ['#4a9fdc', '#f07c35', '#22b98f', '#de94bd', '#f0ae2b', '#8ad0f7', '#e8de5a'],
};

export const dashes: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

const colourCount = palettes.light.length;

/** A style by its number: all colours solid, then all in the next dash pattern. */
const styleAt = (slot: number): RunStyle => ({
  colour: slot % colourCount,
  dash: dashes[Math.floor(slot / colourCount)],
});

/**
 * Styles by name: the colour its hash says, unless two runs that are shown together would look alike; then the later
 * one moves on to a free style and keeps it. `moved` holds those: hand in a reactive or a remembered map.
 */
export class StyleBook {
  readonly #moved: Map<string, number>;

  constructor(moved: Map<string, number> = new Map()) {
    this.#moved = moved;
  }

  of(name: string): RunStyle {
    return styleAt(this.#slot(name));
  }

  /** Makes the styles of runs shown together distinct, as far as there are styles; the first ones named keep theirs. */
  show(names: readonly string[]): void {
    const slots = colourCount * dashes.length;
    const taken = new Set<number>();
    for (const name of names) {
      let slot = this.#slot(name);
      if (taken.has(slot) && taken.size < slots) {
        const free = Array.from({ length: slots }, (_, i) => i).filter((i) => !taken.has(i));
        const plain = free.filter((i) => i < colourCount);
        const choice = plain.length > 0 ? plain : free;
        slot = choice[hash(name) % choice.length];
        this.#moved.set(name, slot);
      }
      taken.add(slot);
    }
  }

  #slot(name: string): number {
    return this.#moved.get(name) ?? hash(name) % colourCount;
  }
}
