/**
 * Tracking for any program: `const run = await track({ project, config }); run.log({ loss }, step); await run.finish()`.
 *
 * What it makes is an ordinary run folder. A row is a line in memory, appended to `metrics.jsonl` once a second and when
 * the process exits: logging never waits for a disk, and a crash loses at most the last second. A disk that is full
 * never stops the program that is tracked: rows wait in memory until it takes them, and `finish` says if it never did.
 */

import { LookbackError } from '../errors.ts';
import type { RunLabels } from './labels.node.ts';
import type { MetricValue } from './metrics.ts';
import type { Run, RunRecord } from './run.node.ts';
import { createRun } from './store.node.ts';

export interface TrackOptions {
  /** What the run belongs to. */
  project?: string;
  /** The settings of the run: anything JSON can hold. Kept as its recipe, so runs are compared by it. */
  config?: unknown;
  tags?: readonly string[];
  notes?: string;
  /** The folder of all runs; made where it is missing. */
  root?: string;
  /** Default: one such as cerulean-plasma-69. */
  name?: string;
  /** For the record only; 0 where the program has none. */
  seed?: number;
}

/** One listener for all, however many runs a program has. */
const unfinished = new Set<TrackedRun>();
const closeAll = () => {
  for (const run of unfinished) run.close();
};

/** A run of a program of your own, until `finish`. */
export class TrackedRun {
  readonly #run: Run;
  readonly #last = new Map<string, number>();
  #step = 0;
  #warned = false;

  /** Use {@link track}. */
  constructor(run: Run) {
    this.#run = run;
    if (unfinished.size === 0) process.on('exit', closeAll);
    unfinished.add(this);
  }

  get name(): string {
    return this.#run.name;
  }

  get folder(): string {
    return this.#run.folder;
  }

  /**
   * Adds values measured at a step: numbers, infinite and undefined ones too, or texts.
   *
   * @param step default: one more than the last
   * @throws BAD_ARGUMENT for another type, a reserved name (`step`, `time`, `resumed`) or a run that has finished
   */
  log(values: Readonly<Record<string, MetricValue>>, step = this.#step + 1): void {
    this.#attempt(() => this.#run.log(step, values));
    this.#step = step;
    for (const name of Object.keys(values)) {
      const value = values[name];
      if (typeof value === 'number') this.#last.set(name, value);
    }
  }

  /** Changes tags, notes or archived. BAD_ARGUMENT for unfit ones. */
  label(labels: RunLabels): void {
    this.#run.label(labels);
  }

  /**
   * Writes what is left, records how the run ended with the last number of each metric, and closes it. A second call
   * does nothing.
   *
   * @param summary what to keep besides, or instead, by the same name
   * @throws FILE_WRITE when rows could not be written
   */
  async finish({
    status = 'finished',
    summary = {},
  }: {
    status?: 'finished' | 'stopped' | 'failed';
    summary?: RunRecord['summary'];
  } = {}): Promise<void> {
    if (!this.#run.writable) return;
    unfinished.delete(this);
    if (unfinished.size === 0) process.off('exit', closeAll);
    this.#run.finish(status, { ...Object.fromEntries(this.#last), ...summary });
  }

  /** Writes what is left and lets go of the run, which then counts as interrupted; for the end of the process. */
  close(): void {
    this.#attempt(() => this.#run.close());
  }

  /** Trouble with the disk becomes a warning, once; a wrong argument is the caller's. */
  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof LookbackError) || error.code === 'BAD_ARGUMENT') throw error;
      if (!this.#warned) process.emitWarning(error.message, { type: 'LookbackWarning', code: error.code });
      this.#warned = true;
    }
  }
}

/**
 * Starts a run for a program of your own. Finish it, or it counts as interrupted when the process ends.
 *
 * @throws BAD_ARGUMENT for a config that JSON cannot hold, unfit labels or a name that is taken; FILE_WRITE
 */
export async function track({
  project,
  config = {},
  tags,
  notes,
  root = 'runs',
  name,
  seed = 0,
}: TrackOptions = {}): Promise<TrackedRun> {
  let recipe: unknown;
  try {
    recipe = JSON.parse(JSON.stringify(config));
  } catch (cause) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'track, config', expected: 'what JSON can hold', cause });
  }
  const versions = { node: process.versions.node };
  const run = createRun({ root, recipe, seed, backend: 'external', versions, name, project, tags, notes });
  return new TrackedRun(run);
}
