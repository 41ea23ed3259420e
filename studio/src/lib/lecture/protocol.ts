/** What the lecture's pages and their worker say to each other. */

export type CellKind = 'rnn' | 'lstm' | 'gru';

export type ToWorker =
  | { kind: 'cell'; cell: CellKind; steps: number }
  | { kind: 'language' }
  | { kind: 'oneStep'; steps: number };

/** What one sequence did in a recurrent cell, step by step. */
export interface CellTrace {
  step: number;
  /** Of the batch just trained on. */
  loss: number;
  /** The input and what the readout says, [T]. */
  x: number[];
  y: number[];
  /** What it should say at the end. */
  target: number;
  /** [T][G·H]: lstm i f g o, gru r z n; none for the plain RNN. */
  gates: number[][];
  /** [T][H]; lstm only. */
  cells: number[][];
  hidden: number[][];
  /** |∂loss/∂h| at each step, [T]. */
  gradient: number[];
}

/** Where a small GPT stands in its training on the artificial language. */
export interface LanguageTrace {
  step: number;
  tokens: number;
  validation: number;
  /** The line that is looked at, and its patterns [layer][head][T·T]. */
  line: string;
  patterns: number[][][];
  /** Length of what each part adds to the residual stream, mean over the line: embedding, then attention and MLP of each block. */
  parts: { name: string; length: number }[];
  sample?: string;
}

/** What the one-step forecaster says of the last 48 months, in passengers, [48]. */
export interface OneStepTrace {
  step: number;
  /** Mean squared error of the training windows, scaled to 0 … 1. */
  loss: number;
  /** Each month from the true ones before it. */
  ahead: number[];
  /** Each month from its own forecasts, once the truth ends. */
  alone: number[];
}

export type FromWorker =
  | { kind: 'oneStep'; trace: OneStepTrace; done: boolean }
  | { kind: 'cell'; trace: CellTrace; done: boolean }
  | {
      kind: 'floors';
      floors: { name: string; value: number }[];
      characters: number;
      parameters: number;
      steps: number;
      backend: string;
    }
  | { kind: 'language'; trace: LanguageTrace; done: boolean }
  | { kind: 'failed'; message: string };
