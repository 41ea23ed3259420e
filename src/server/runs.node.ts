/**
 * The runs folder as the studio sees it: rows kept up to date by looking at times of change, folders by their names,
 * metrics as they grow.
 *
 * It reads only what lies inside the folder: a name is one part of a path, and a run that holds a link out of the
 * folder, a pipe or a device is refused. Never writes to a run, but for its labels and the cache of the metrics of one that has ended.
 */
import { type Dirent, existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { LookbackError, nearest } from '../errors.ts';
import type { MetricTable } from '../track/columns.ts';
import { MetricsReader, Run, type RunLabels, type RunStatus } from '../track/node.ts';
import { damagedRow, type FlatRecipe, messageOf, readRow } from './row.node.ts';
import type { RunRow } from './wire.ts';

interface Entry {
  /** Undefined for a folder that is no run. */
  row: RunRow | undefined;
  recipe: FlatRecipe | undefined;
  /** Times of change of the folder and of `metrics.jsonl`, and the size of the latter. */
  signature: string;
  /** What reading all of the metrics found; the end alone may look whole. */
  metricsProblem?: string;
}

/** A time of change younger than this may be followed by another that looks the same, milliseconds. */
const settledAfter = 100;

/** Most metrics held open, in bytes, and how long after the last use, milliseconds. Fifty runs of 100,000 points fit. */
const mostBytes = 256 << 20;
const readersKept = 120_000;

export class RunsFolder {
  readonly root: string;
  readonly #entries = new Map<string, Entry>();
  /** The least recently used first. */
  readonly #readers = new Map<string, MetricsReader>();
  #closing: ReturnType<typeof setTimeout> | undefined;

  readonly #mostBytes: number;

  constructor(root: string, { metricsHeld = mostBytes }: { metricsHeld?: number } = {}) {
    this.root = root;
    this.#mostBytes = metricsHeld;
  }

  /** The rows as of the last refresh; a row that has not changed is the same object. */
  get rows(): RunRow[] {
    return [...this.#entries.values()].flatMap(({ row }) => row ?? []);
  }

  /**
   * Reads anew what has changed. `thorough` also looks at the metrics of runs that nobody should be writing.
   *
   * A record, a label or a lock is replaced by renaming, which changes the time of the folder; so one look at a folder
   * is enough, but for running ones: they grow, and they may be killed.
   */
  refresh({ thorough = false }: { thorough?: boolean } = {}): void {
    const seen = new Set<string>();
    for (const found of this.#folders()) {
      seen.add(found.name);
      const entry = this.#entries.get(found.name);
      if (found.isSymbolicLink()) {
        const row = damagedRow(found.name, 'it is a link; the studio shows folders only');
        if (!entry) this.#entries.set(found.name, { row, recipe: undefined, signature: 'link' });
      } else this.#refreshEntry(found.name, entry, thorough);
    }
    for (const name of this.#entries.keys()) if (!seen.has(name)) this.#entries.delete(name);
  }

  /** Every run, oldest first; damaged ones at the end. */
  list(): RunRow[] {
    this.refresh({ thorough: true });
    const key = ({ status, started }: RunRow) => (status === 'damaged' ? '~' : started);
    return this.rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  }

  /** RUN_NOT_FOUND with the nearest name. */
  row(name: string): RunRow {
    const isRun = isFileName(name) && isFolder(join(this.root, name));
    if (isRun) this.#refreshEntry(name, this.#entries.get(name), true);
    const row = this.#entries.get(name)?.row;
    if (!row) throw this.#notFound(name);
    return row;
  }

  /** The folder of a run that is safe to read. RUN_NOT_FOUND; FILE_INVALID for one with links out of the runs folder. */
  folder(name: string): string {
    const folder = join(this.root, name);
    if (!isFileName(name) || !isFolder(folder) || !existsSync(join(folder, 'run.json'))) throw this.#notFound(name);
    const problem = this.#unsafe(folder);
    if (problem) throw new LookbackError('FILE_INVALID', { where: `run ${JSON.stringify(name)}`, problem });
    return folder;
  }

  /** A file of a run; undefined when it is not there. RUN_NOT_FOUND, FILE_INVALID as {@link RunsFolder.folder}. */
  file(name: string, ...parts: string[]): string | undefined {
    const path = join(this.folder(name), ...parts);
    if (!existsSync(path)) return undefined;
    if (!statSync(path).isFile() || !isInside(path, this.root)) {
      throw new LookbackError('FILE_INVALID', { where: path, problem: 'it is no file of the runs folder' });
    }
    return path;
  }

  /** The metrics as they are now; of a damaged file what stands before the damage, which the row then names. */
  table(name: string): MetricTable {
    const folder = this.folder(name);
    const reader = this.#readers.get(name) ?? new MetricsReader(folder);
    this.#readers.delete(name);
    this.#readers.set(name, reader);
    let problem: string | undefined;
    try {
      reader.update();
    } catch (error) {
      if (!(error instanceof LookbackError)) throw error;
      problem = error.message;
    }
    const entry = this.#entries.get(name);
    if (entry?.row && entry.metricsProblem !== problem) {
      entry.metricsProblem = problem;
      const { problem: _, ...row } = entry.row;
      entry.row = problem ? { ...row, problem } : row;
    }
    if (entry?.row?.status !== 'running') reader.save();
    this.#closeReaders();
    return reader.table;
  }

  /** Changes tags, notes or archived; what is left out stays. RUN_NOT_FOUND, FILE_INVALID, BAD_ARGUMENT, FILE_WRITE. */
  label(name: string, labels: RunLabels): void {
    new Run(this.folder(name)).label(labels);
  }

  #folders(): Dirent[] {
    // The runs folder itself may be a link: who started the server chose it.
    if (!statSync(this.root, { throwIfNoEntry: false })?.isDirectory()) return [];
    return readdirSync(this.root, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() || (entry.isSymbolicLink() && existsSync(join(this.root, entry.name, 'run.json'))),
    );
  }

  #refreshEntry(name: string, entry: Entry | undefined, thorough: boolean): void {
    const folder = join(this.root, name);
    const live = entry?.row?.status === 'running';
    let signature: string;
    try {
      const { mtimeMs } = statSync(folder);
      const racy = Date.now() - mtimeMs < settledAfter ? ' racy' : '';
      const [, before] = entry?.signature.split('|') ?? [];
      signature = `${mtimeMs}${racy}|${live || thorough || before === undefined ? metricsSignature(folder) : before}`;
    } catch {
      // Removed meanwhile; the next look finds it gone.
      return;
    }
    const same = entry?.signature === signature && !signature.includes('racy');
    if (same && !(live && statusOf(folder) !== 'running')) return;
    if (!existsSync(join(folder, 'run.json'))) {
      this.#entries.set(name, { row: undefined, recipe: undefined, signature });
      return;
    }
    const unsafe = this.#unsafe(folder);
    const read = unsafe
      ? { row: damagedRow(name, unsafe), recipe: undefined }
      : readRow(folder, name, entry?.row && entry.recipe);
    const sameMetrics = live || entry?.signature.split('|')[1] === signature.split('|')[1];
    const metricsProblem = sameMetrics ? entry?.metricsProblem : undefined;
    const row = metricsProblem ? { ...read.row, problem: metricsProblem } : read.row;
    const unchanged = entry?.row && JSON.stringify(entry.row) === JSON.stringify(row);
    this.#entries.set(name, { ...read, row: unchanged ? entry.row : row, signature, metricsProblem });
  }

  /** What makes a folder unfit to be read. */
  #unsafe(folder: string): string | undefined {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isFile() || entry.isDirectory()) continue;
      if (entry.isSymbolicLink() && isInside(join(folder, entry.name), this.root)) continue;
      return `${entry.name} is ${entry.isSymbolicLink() ? 'a link out of the runs folder' : 'no ordinary file'}`;
    }
    return undefined;
  }

  #closeReaders(): void {
    let bytes = [...this.#readers.values()].reduce((sum, { table }) => sum + table.bytes, 0);
    for (const [name, { table }] of this.#readers) {
      if (this.#readers.size === 1 || bytes <= this.#mostBytes) break;
      bytes -= table.bytes;
      this.#readers.delete(name);
    }
    clearTimeout(this.#closing);
    this.#closing = setTimeout(() => this.#readers.clear(), readersKept);
    this.#closing.unref();
  }

  #notFound(name: string): LookbackError {
    const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
    const suggestion = nearest(
      shown,
      this.rows.map((row) => row.name),
    );
    return new LookbackError('RUN_NOT_FOUND', {
      where: `run ${JSON.stringify(shown)}`,
      problem: 'there is no such run',
      next: suggestion && `Did you mean ${suggestion}?`,
    });
  }
}

/** Whether a path, links followed, lies in a folder or is that folder. False for what is not there. */
export function isInside(path: string, folder: string): boolean {
  try {
    const real = realpathSync(path);
    const realFolder = realpathSync(folder);
    return real === realFolder || real.startsWith(realFolder.endsWith(sep) ? realFolder : realFolder + sep);
  } catch {
    return false;
  }
}

/** Whether a name is one part of a path on any system. */
function isFileName(name: string): boolean {
  return name !== '' && name.length <= 255 && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

/** Whether there is a folder, and no link to one. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function metricsSignature(folder: string): string {
  try {
    const { size, mtimeMs } = statSync(join(folder, 'metrics.jsonl'));
    return `${size} ${mtimeMs}`;
  } catch {
    return 'none';
  }
}

/** `running` while the record says so and a living process holds the run. */
function statusOf(folder: string): RunStatus | 'damaged' {
  try {
    return new Run(folder).status;
  } catch (error) {
    if (error instanceof LookbackError) return 'damaged';
    throw new Error(messageOf(error));
  }
}
