/** The lecture's spine: its chapters in order, each loaded when it is opened, and what is still to come. */
import type { Component } from 'svelte';

export interface Chapter {
  /** In the address: `#/lecture/NAME`. */
  readonly name: string;
  readonly title: string;
  /** What one sees there, in a few words. */
  readonly about: string;
  /** Number of its exercise. */
  readonly exercise?: number;
  readonly load: () => Promise<{ default: Component }>;
}

export const chapters: readonly Chapter[] = [
  {
    name: 'start',
    title: 'Two models, live',
    about: 'A forecast that bends, a text that improves',
    load: () => import('../../pages/Start.svelte'),
  },
  {
    name: 'series',
    title: 'Series and memory',
    about: 'RNN, LSTM, GRU, step by step',
    exercise: 1,
    load: () => import('../../parts/lecture/Series.svelte'),
  },
  {
    name: 'attention',
    title: 'Attention',
    about: 'Scores, softmax, a weighted sum',
    exercise: 2,
    load: () => import('../../parts/lecture/Attention.svelte'),
  },
  {
    name: 'transformer',
    title: 'The Transformer',
    about: 'Blocks on a residual stream',
    exercise: 3,
    load: () => import('../../parts/lecture/Transformer.svelte'),
  },
  {
    name: 'language',
    title: 'Language',
    about: 'A GPT chases counting',
    exercise: 4,
    load: () => import('../../parts/lecture/Language.svelte'),
  },
  {
    name: 'training',
    title: 'Training',
    about: 'SGD, momentum, Adam downhill',
    exercise: 5,
    load: () => import('../../parts/lecture/Training.svelte'),
  },
  {
    name: 'size',
    title: 'Size',
    about: 'Parameters, memory, cost',
    exercise: 6,
    load: () => import('../../parts/lecture/Size.svelte'),
  },
];

/** Marked as coming in the spine. */
export const coming: readonly string[] = [
  'Tokenizers',
  'Word vectors',
  'Fine-tuning',
  'Preferences and reward',
  'Scaling laws',
  'Circuits',
  'Neutrino events',
];
