/** The pages beside Runs and Run, in the order of the navigation; each is loaded when it is first opened. */
import type { Component } from 'svelte';

/** What every page is given. */
export interface PageProps {
  /** What follows the page in the address, '' without. */
  name: string;
  query: URLSearchParams;
}

export interface Page {
  /** First part of the address: `#/PAGE`. */
  readonly page: string;
  readonly title: string;
  /** Whether it needs the server of `lookback studio`; the others also work from a static site. */
  readonly server: boolean;
  /** Reached by an address of its own, not by the navigation. */
  readonly unlisted?: true;
  readonly load: () => Promise<{ default: Component<PageProps> }>;
}

export const pages: readonly Page[] = [
  { page: 'lecture', title: 'Lecture', server: false, load: () => import('./pages/Lecture.svelte') },
  { page: 'model', title: 'Model', server: true, load: () => import('./pages/Model.svelte') },
  { page: 'size', title: 'Size', server: false, load: () => import('./pages/Size.svelte') },
  { page: 'forecast', title: 'Forecast', server: false, load: () => import('./pages/Forecast.svelte') },
  { page: 'here', title: 'Train here', server: false, load: () => import('./pages/TrainHere.svelte') },
  { page: 'break', title: 'Break it', server: false, load: () => import('./pages/BreakIt.svelte') },
  { page: 'shared', title: 'A shared run', server: false, unlisted: true, load: () => import('./pages/Shared.svelte') },
  { page: 'tokens', title: 'Tokens', server: false, load: () => import('./pages/Tokens.svelte') },
  { page: 'ngrams', title: 'N-grams', server: false, load: () => import('./pages/Ngrams.svelte') },
  { page: 'vectors', title: 'Vectors', server: false, load: () => import('./pages/Vectors.svelte') },
];
