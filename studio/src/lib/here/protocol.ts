/** What the page and its training worker say to each other. */
import type { LiveRow } from '../../../../src/server/wire.ts';
import type { Recipe } from '../../../../src/tasks/recipe.ts';
import type { ForecastStory } from '../../../../src/tasks/story.ts';
import type { Floor } from '../curves.ts';
import type { BreakName, BreakPoint } from './breaks.ts';

export type ToWorker =
  /** With `onlyFor` data of another hash is not trained on until `continue`. */
  | { kind: 'train'; recipe: Recipe; texts: [source: string, text: string][]; onlyFor?: string }
  /** After the step in progress; `continue` goes on from there. */
  | { kind: 'stop' }
  | { kind: 'continue' }
  /** What counting reaches on the same split of a text. */
  | { kind: 'floors'; text: string; validation: number }
  | { kind: 'break'; name: BreakName; broken: boolean; text: string };

/** What computes. */
export interface Machine {
  backend: string;
  threads: number;
  /** Whether multiply-add fuses, as the engine found when it was loaded: without that bits differ. */
  fused: boolean;
}

export type FromWorker =
  | {
      kind: 'started';
      machine: Machine;
      dataHash: string;
      parameters: number;
      /** Forecast task with a test part. */
      story?: ForecastStory;
      /** Language task: V. */
      vocabulary?: number;
    }
  | { kind: 'rows'; rows: LiveRow[] }
  | { kind: 'forecast'; step: number; forecast: number[] }
  | { kind: 'sample'; step: number; text: string }
  | {
      kind: 'ended';
      reason: 'finished' | 'stopped' | 'early';
      step: number;
      parametersHash?: string;
      story?: ForecastStory;
      validationLoss?: number;
      sample?: string;
    }
  | { kind: 'floors'; floors: Floor[] }
  | { kind: 'point'; point: BreakPoint }
  | { kind: 'broke'; seconds: number }
  | { kind: 'failed'; code: string; message: string };
