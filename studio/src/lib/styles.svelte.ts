/** The one book of run styles of the page, remembered between visits. */
import { SvelteMap } from 'svelte/reactivity';
import { StyleBook } from './colours.ts';
import { recall, remember } from './memory.ts';

/** More names than this are not worth remembering: the oldest are forgotten. */
const remembered = 500;

const moved = new SvelteMap<string, number>(recall<[string, number][]>('styles', []));

export const styles = new StyleBook(moved);

/** Call within an effect: makes the runs shown together look different. */
export function showStyles(names: readonly string[]): void {
  styles.show(names);
  remember('styles', [...moved].slice(-remembered));
}
