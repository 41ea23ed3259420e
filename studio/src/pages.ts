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
  readonly load: () => Promise<{ default: Component<PageProps> }>;
}

export const pages: readonly Page[] = [
  { page: 'ngrams', title: 'N-grams', server: false, load: () => import('./pages/Ngrams.svelte') },
  { page: 'vectors', title: 'Vectors', server: false, load: () => import('./pages/Vectors.svelte') },
];
