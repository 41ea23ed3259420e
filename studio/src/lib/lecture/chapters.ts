/** The lecture's spine: its chapters in order, each loaded when it is opened, and what is still to come. */
import type { Component } from 'svelte';

export interface Chapter {
  /** In the address: `#/lecture/NAME`. */
  readonly name: string;
  readonly title: string;
  /** What one sees there, in a few words. */
  readonly about: string;
  /** Numbers of its exercises. */
  readonly exercises: readonly number[];
  readonly load: () => Promise<{ default: Component }>;
}

export const chapters: readonly Chapter[] = [
  {
    name: 'start',
    title: 'Two models, live',
    about: 'A forecast that bends, a text that improves',
    exercises: [],
    load: () => import('../../pages/Start.svelte'),
  },
  {
    name: 'series',
    title: 'Series and memory',
    about: 'RNN, LSTM, GRU, step by step',
    exercises: [1],
    load: () => import('../../parts/lecture/Series.svelte'),
  },
  {
    name: 'forecasting',
    title: 'Forecasting',
    about: 'Windows, formulas, the one-step trap',
    exercises: [10, 11, 12],
    load: () => import('../../parts/lecture/Forecasting.svelte'),
  },
  {
    name: 'words',
    title: 'Representing words',
    about: 'Pieces, counts, directions',
    exercises: [7, 8, 9],
    load: () => import('../../parts/lecture/Words.svelte'),
  },
  {
    name: 'attention',
    title: 'Attention',
    about: 'Scores, softmax, a weighted sum',
    exercises: [2],
    load: () => import('../../parts/lecture/Attention.svelte'),
  },
  {
    name: 'transformer',
    title: 'The Transformer',
    about: 'Blocks on a residual stream',
    exercises: [3],
    load: () => import('../../parts/lecture/Transformer.svelte'),
  },
  {
    name: 'language',
    title: 'Language',
    about: 'A GPT chases counting',
    exercises: [4],
    load: () => import('../../parts/lecture/Language.svelte'),
  },
  {
    name: 'training',
    title: 'Training',
    about: 'SGD, momentum, Adam downhill',
    exercises: [5],
    load: () => import('../../parts/lecture/Training.svelte'),
  },
  {
    name: 'size',
    title: 'Size',
    about: 'Parameters, memory, cost',
    exercises: [6],
    load: () => import('../../parts/lecture/Size.svelte'),
  },
];

/** Marked as coming in the spine. */
export const coming: readonly string[] = [
  'Fine-tuning',
  'Preferences and reward',
  'Scaling laws',
  'Circuits',
  'Neutrino events',
];
