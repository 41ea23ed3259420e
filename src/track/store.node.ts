/**
 * The folder of all runs: making one, finding one by name or path, listing and removing them.
 */

import { createHash, randomInt } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { LookbackError, nearest } from '../errors.ts';
import { ensureFolder, listFolder, removeAll, writeFileAtomic } from './files.node.ts';
import { checkLabel, checkLabels } from './labels.node.ts';
import { takeLock } from './lock.node.ts';
import { runName } from './names.ts';
import { Run, type RunStatus, writeRecord } from './run.node.ts';

export interface CreateRunOptions {
  /** The folder of all runs; made where it is missing. */
  root?: string;
  /** The resolved recipe: plain data. */
  recipe: unknown;
  seed: number;
  backend: string;
  versions: Readonly<Record<string, string>>;
  /** A name of your own: letters, digits, `-`, `_` and `.`; default: one such as cerulean-plasma-69. */
  name?: string;
  /** What the run belongs to. */
  project?: string;
  tags?: readonly string[];
  notes?: string;
  /** When it began, if not now. */
  started?: Date;
  /** Draws the name's parts, numbers in [0, 1). */
  uniform?: () => number;
}

/**
 * Makes a run's folder and opens it for writing, with status `running`.
 *
 * @throws BAD_ARGUMENT for a name that is taken or unfit for a folder, or for unfit labels; FILE_WRITE
 */
export function createRun({
  root = 'runs',
  recipe,
  seed,
  backend,
  versions,
  name,
  project,
  tags,
  notes,
  started = new Date(),
  uniform = () => randomInt(2 ** 32) / 2 ** 32,
}: CreateRunOptions): Run {
  if (project !== undefined) checkLabel('project', project);
  checkLabels({ tags, notes });
  ensureFolder(root);
  const folder = claimFolder(root, name, uniform);
  writeFileAtomic(join(folder, 'recipe.yaml'), stringify(recipe));
  writeRecord(folder, {
    schema: 1,
    status: 'running',
    recipeHash: recipeHash(recipe),
    seed,
    backend,
    versions,
    started: started.toISOString(),
    ended: null,
    summary: {},
    project,
    tags,
    notes,
  });
  return new Run(folder, { write: true });
}

/** Makes the run's folder; making it is what claims the name, so two processes never share one. */
function claimFolder(root: string, name: string | undefined, uniform: () => number): string {
  if (name !== undefined && !/^\w[\w.-]*$/.test(name)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `run name ${JSON.stringify(name)}`,
      expected: 'letters, digits, -, _ and .',
    });
  }
  for (;;) {
    const chosen = name ?? runName(uniform, (candidate) => existsSync(join(root, candidate)));
    const folder = join(root, chosen);
    try {
      mkdirSync(folder);
      return folder;
    } catch (cause) {
      const taken = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
      if (taken && name === undefined) continue;
      throw new LookbackError(taken ? 'BAD_ARGUMENT' : 'FILE_WRITE', {
        where: folder,
        problem: taken ? 'a run of this name exists' : 'the folder could not be made',
        next: taken ? 'Choose another name, or leave it out' : undefined,
        cause,
      });
    }
  }
}

/**
 * Opens a run by its name under `root`, or by the path of its folder.
 *
 * @param write takes the run's lock; without it the run is only read
 * @throws RUN_NOT_FOUND with the nearest name, RUN_BUSY, FILE_INVALID for a damaged record
 */
export function openRun(pathOrName: string, root = 'runs', { write = false }: { write?: boolean } = {}): Run {
  for (const folder of [join(root, pathOrName), pathOrName]) {
    if (existsSync(join(folder, 'run.json'))) return new Run(folder, { write });
  }
  throw notFound(pathOrName, root);
}

function notFound(name: string, root: string): LookbackError {
  const names = runNames(root);
  const suggestion = nearest(name, names);
  return new LookbackError('RUN_NOT_FOUND', {
    where: `run ${JSON.stringify(name)}`,
    problem: `no such run in ${resolve(root)} (${names.length === 1 ? '1 run' : `${names.length} runs`} there)`,
    next: suggestion ? `Did you mean ${suggestion}?` : 'See `lookback runs list`',
  });
}

/** A run that could be read, or what is wrong with it. */
export type ListedRun =
  | { name: string; folder: string; status: RunStatus; run: Run }
  | { name: string; folder: string; status: 'damaged'; problem: string };

/** Every run under `root`, oldest first; damaged ones at the end. None when there is no such folder. */
export function listRuns(root = 'runs'): ListedRun[] {
  const listed = runNames(root).map((name): ListedRun => {
    const folder = join(root, name);
    try {
      const run = new Run(folder);
      return { name, folder, status: run.status, run };
    } catch (error) {
      return { name, folder, status: 'damaged', problem: error instanceof Error ? error.message : String(error) };
    }
  });
  const started = (entry: ListedRun) => (entry.status === 'damaged' ? '~' : entry.run.record.started);
  return listed.sort((a, b) => (started(a) < started(b) ? -1 : started(a) > started(b) ? 1 : 0));
}

/**
 * Removes a run with everything in it; a damaged one too.
 *
 * @throws RUN_NOT_FOUND, RUN_BUSY while a process writes it, BAD_ARGUMENT for a path elsewhere than right in `root`
 */
export function removeRun(name: string, root = 'runs'): void {
  if (name === '' || name !== basename(name) || /^\.+$/.test(name) || name.includes('\\')) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `run ${JSON.stringify(name)}`,
      expected: `the name of a run in ${root}, not a path`,
      next: 'Name the folder of all runs apart: --runs FOLDER',
    });
  }
  const folder = join(root, name);
  if (!existsSync(join(folder, 'run.json'))) throw notFound(name, root);
  // Held until the folder is gone; the lock's own file goes with it.
  takeLock(folder);
  // First what makes it a run, so that a kill leaves no run without its parts.
  removeAll(join(folder, 'run.json'));
  removeAll(folder);
}

function runNames(root: string): string[] {
  return listFolder(root).filter((name) => existsSync(join(root, name, 'run.json')));
}

/** SHA-256 of a recipe as JSON with sorted keys: the same for the same experiment, however it was spelled. */
export function recipeHash(recipe: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(recipe, sortedKeys) ?? '')
    .digest('hex');
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
