/**
 * One run's folder: its record, its recipe and its metrics. See `checkpoint.node.ts` for weights, `store.node.ts` for
 * finding and making runs.
 *
 *   run.json        the record: status, seed, backend, versions, start and end, summary; replaced as a whole
 *   recipe.yaml     the resolved recipe
 *   metrics.jsonl   one event a line, append-only
 *   labels.json     tags, notes and archived, where they were changed: nobody's lock is needed for that
 */

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { LookbackError } from '../errors.ts';
import {
  ensureFolder,
  LineWriter,
  readBytes,
  readJson,
  readLines,
  removeLeftovers,
  writeFileAtomic,
} from './files.node.ts';
import { isLabels, type RunLabels, readLabels, writeLabels } from './labels.node.ts';
import { isLocked, takeLock } from './lock.node.ts';
import { type MetricRow, type MetricValue, metricLine, parseMetrics, resumedLine } from './metrics.ts';

/** `interrupted`: the record says running but its process is gone; the run can be resumed. */
export type RunStatus = 'running' | 'finished' | 'stopped' | 'failed' | 'interrupted';

export interface RunRecord extends RunLabels {
  readonly schema: 1;
  /** What the run belongs to, for a list of runs of many kinds. */
  readonly project?: string;
  /** Never `interrupted`: nobody is left to write that. Ask {@link Run.status}. */
  readonly status: Exclude<RunStatus, 'interrupted'>;
  /** SHA-256 of the recipe as JSON with sorted keys. */
  readonly recipeHash: string;
  readonly seed: number;
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
  /** ISO 8601; `ended` is null while the run goes on. */
  readonly started: string;
  readonly ended: string | null;
  readonly summary: Readonly<Record<string, MetricValue | null>>;
}

const statuses: readonly string[] = ['running', 'finished', 'stopped', 'failed'] satisfies RunRecord['status'][];

/** The longest that a logged row waits in memory. */
const flushMilliseconds = 1000;

/** A run's folder, open for reading, or held by this process for writing. */
export class Run {
  readonly folder: string;
  readonly name: string;
  #record: RunRecord;
  #labels: RunLabels;
  #release: (() => void) | undefined;
  #metrics: LineWriter | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #lastFlush = 0;

  /** Use `createRun` or `openRun`. With `write`, takes the run's lock (RUN_BUSY) and clears what a kill left. */
  constructor(folder: string, { write = false }: { write?: boolean } = {}) {
    this.folder = folder;
    this.name = basename(folder);
    if (write) this.#release = takeLock(folder);
    try {
      this.#record = readRecord(folder);
      this.#labels = readLabels(folder);
      if (write) for (const part of ['', 'checkpoints', 'snapshots', 'model']) removeLeftovers(this.path(part));
    } catch (error) {
      this.#release?.();
      throw error;
    }
  }

  /** `run.json`, with the labels as they were changed since. */
  get record(): RunRecord {
    return { ...this.#record, ...this.#labels };
  }

  get writable(): boolean {
    return this.#release !== undefined;
  }

  /** What became of the run; `interrupted` when it says running and no living process holds it. */
  get status(): RunStatus {
    const { status } = this.#record;
    return status === 'running' && !isLocked(this.folder) ? 'interrupted' : status;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** The resolved recipe, as plain data. */
  recipe(): unknown {
    const path = this.path('recipe.yaml');
    try {
      return parse(new TextDecoder().decode(readBytes(path)));
    } catch (cause) {
      if (cause instanceof LookbackError) throw cause;
      throw new LookbackError('FILE_INVALID', { where: path, problem: 'it is not YAML', cause });
    }
  }

  /** Changes the record and replaces `run.json`; `summary` is merged into the one before. */
  update({
    summary,
    ...changes
  }: Partial<Pick<RunRecord, 'status' | 'ended' | 'backend' | 'versions' | 'summary'>>): void {
    this.assertWritable();
    this.#record = { ...this.#record, ...changes, summary: { ...this.#record.summary, ...summary } };
    writeRecord(this.folder, this.#record);
  }

  /**
   * Changes tags, notes or archived, in a file of their own: a run that another process writes can be labelled too.
   *
   * @throws BAD_ARGUMENT for labels that `isLabels` refuses, FILE_WRITE
   */
  label(changes: RunLabels): void {
    this.#labels = { ...readLabels(this.folder), ...changes };
    writeLabels(this.folder, this.#labels);
  }

  /** Marks the run as going on from `step`: rows logged beyond it no longer count. */
  resume(step: number): void {
    this.update({ status: 'running', ended: null });
    this.#writer().write(resumedLine(step, now()));
    this.flush({ sync: true });
  }

  /**
   * Adds one event to `metrics.jsonl`, at most a second late. Log what belongs to a step before saving its checkpoint:
   * the save flushes, so that a resumed run has every row up to where it starts.
   */
  log(step: number, values: Readonly<Record<string, MetricValue>>): void {
    this.append({ step, time: now(), values });
  }

  /** {@link Run.log} for a row measured at another time. */
  append(row: MetricRow): void {
    this.#writer().write(metricLine(row));
    if (performance.now() - this.#lastFlush >= flushMilliseconds) this.flush();
    else this.#flushTimer ??= setTimeout(() => this.#flushQuietly(), flushMilliseconds).unref();
  }

  /** From a timer nobody could catch an error: the rows are kept, and the next log or flush raises it. */
  #flushQuietly(): void {
    try {
      this.flush();
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      this.#lastFlush = 0;
    }
  }

  /** Writes the rows held back; with `sync`, waits until they are on the disk. */
  flush({ sync = false }: { sync?: boolean } = {}): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#lastFlush = performance.now();
    this.#metrics?.flush({ sync });
  }

  /** The rows that count, as far as they are written. A torn last line and rows voided by a resume are left out. */
  metrics(): MetricRow[] {
    this.flush();
    const path = this.path('metrics.jsonl');
    return existsSync(path) ? parseMetrics(readLines(path), path) : [];
  }

  /** Records how the run ended and closes it. */
  finish(status: 'finished' | 'stopped' | 'failed', summary: RunRecord['summary'] = {}): void {
    this.update({ status, summary, ended: new Date().toISOString() });
    this.close();
  }

  /** Flushes the metrics and gives the lock back; the status stays as it is. A second call does nothing. */
  close(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    try {
      this.#metrics?.close();
    } finally {
      this.#metrics = undefined;
      this.#release?.();
      this.#release = undefined;
    }
  }

  /** BAD_ARGUMENT unless this process holds the run for writing. */
  assertWritable(): void {
    if (!this.writable) {
      throw new LookbackError('BAD_ARGUMENT', {
        where: `run ${this.name}`,
        problem: 'it is open for reading only',
        next: 'Open it with { write: true }',
      });
    }
  }

  #writer(): LineWriter {
    this.assertWritable();
    this.#metrics ??= new LineWriter(this.path('metrics.jsonl'));
    return this.#metrics;
  }
}

/** Writes `run.json`, which is what makes a folder a run. */
export function writeRecord(folder: string, record: RunRecord): void {
  ensureFolder(folder);
  writeFileAtomic(join(folder, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** FILE_NOT_FOUND without a `run.json`, FILE_INVALID when it is damaged or of a later schema. */
function readRecord(folder: string): RunRecord {
  const path = join(folder, 'run.json');
  const record = readJson(path) as Partial<RunRecord> | null;
  const whole =
    record !== null &&
    statuses.includes(record.status ?? '') &&
    typeof record.started === 'string' &&
    typeof record.summary === 'object' &&
    record.summary !== null &&
    (record.project === undefined || typeof record.project === 'string') &&
    isLabels(record);
  if (record?.schema !== 1 || !whole) {
    throw new LookbackError('FILE_INVALID', {
      where: path,
      expected: 'a run record of schema 1',
      got: record?.schema === 1 ? 'one with fields missing' : `schema ${JSON.stringify(record?.schema)}`,
    });
  }
  return record as RunRecord;
}

/** Seconds since 1970, to the millisecond. */
function now(): number {
  return Date.now() / 1000;
}
