/**
 * Checkpoints: everything a run needs to go on, kept so that a kill at any moment leaves a valid one.
 *
 *   checkpoints/last-000120/   model.safetensors, optimizer.safetensors, state.json, manifest.json (SHA-256 of the others)
 *   checkpoints/last.json      the pointer: which folder counts, with the same sums
 *
 * A save writes a new folder under a temporary name, renames it, replaces the pointer, and only then removes the folder
 * before. A load believes the sums, never the names. What `state` means is the training loop's business.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorParts, LookbackError } from '../errors.ts';
import {
  ensureFolder,
  listFolder,
  readBytes,
  readJson,
  removeAll,
  renameFolder,
  syncFolder,
  temporaryName,
  writeFileAtomic,
  writeFileSynced,
} from './files.node.ts';
import type { Run } from './run.node.ts';
import { loadSafetensors, type TensorEntry, writeSafetensors } from './safetensors.ts';

/** `last`: where to go on from. `best`: the lowest validation loss so far. */
export type CheckpointKind = 'last' | 'best';

/** Plain data; every number finite, since JSON has no others. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Checkpoint {
  /** Optimizer steps done. */
  readonly step: number;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly optimizer: ReadonlyMap<string, TensorEntry>;
  /** The data cursor, random state and whatever else the loop goes on from. */
  readonly state: Json;
}

export interface LoadedCheckpoint extends Checkpoint {
  readonly folder: string;
  /** What was wrong with the newest checkpoint, when an older one had to serve. */
  readonly fellBackFrom?: string;
}

/** Raised when the meaning of the files changes; a reader refuses every other number. */
const schema = 1;

const partNames = ['model.safetensors', 'optimizer.safetensors', 'state.json'] as const;

interface Manifest {
  readonly schema: number;
  readonly folder: string;
  readonly step: number;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Saves a checkpoint and removes the one before of its kind. The run's metrics are flushed first.
 *
 * @throws BAD_ARGUMENT for a run open for reading or a state with a number that is not finite, FILE_WRITE
 */
export function saveCheckpoint(run: Run, kind: CheckpointKind, { step, tensors, optimizer, state }: Checkpoint): void {
  run.assertWritable();
  const parts: Record<(typeof partNames)[number], string | Uint8Array> = {
    'model.safetensors': writeSafetensors(tensors),
    'optimizer.safetensors': writeSafetensors(optimizer),
    'state.json': JSON.stringify({ schema, step, state }, refuseNonFinite),
  };
  run.flush({ sync: true });

  const root = run.path('checkpoints');
  ensureFolder(root);
  const base = `${kind}-${String(step).padStart(6, '0')}`;
  let folder = base;
  for (let copy = 2; existsSync(join(root, folder)); copy++) folder = `${base}.${copy}`;
  const temporary = join(root, temporaryName(folder));
  removeAll(temporary);
  ensureFolder(temporary);
  const files: Record<string, string> = {};
  for (const name of partNames) {
    writeFileSynced(join(temporary, name), parts[name]);
    files[name] = sha256(parts[name]);
  }
  const manifest = JSON.stringify({ schema, folder, step, files } satisfies Manifest, null, 2);
  writeFileSynced(join(temporary, 'manifest.json'), manifest);
  syncFolder(temporary);
  renameFolder(temporary, join(root, folder));
  writeFileAtomic(join(root, `${kind}.json`), manifest);
  for (const { folder: other } of foldersOf(root, kind)) if (other !== folder) removeAll(join(root, other));
}

/**
 * Loads the newest valid checkpoint: the one the pointer names, else the one of most steps; for `last`, `best` serves
 * when no other does.
 *
 * @throws FILE_NOT_FOUND when the run has none, CHECKPOINT_INVALID naming each damaged file when none is valid, or when
 *   the pointer is of another schema version
 */
export function loadCheckpoint(run: Run, kind: CheckpointKind): LoadedCheckpoint {
  const root = run.path('checkpoints');
  const problems: string[] = [];
  const pointed = readPointed(run, kind, problems);
  if (pointed) return pointed;

  const kinds: CheckpointKind[] = kind === 'last' ? ['last', 'best'] : ['best'];
  for (const { folder } of kinds.flatMap((each) => foldersOf(root, each))) {
    try {
      const loaded = loadFolder(root, readManifest(join(root, folder, 'manifest.json'), folder));
      return problems.length > 0 ? { ...loaded, fellBackFrom: problems.join('; ') } : loaded;
    } catch (error) {
      const problem = describe(error);
      if (!problems.includes(problem)) problems.push(problem);
    }
  }
  if (problems.length === 0) {
    throw new LookbackError('FILE_NOT_FOUND', {
      where: `run ${run.name}`,
      problem: `it has no ${kind} checkpoint`,
      next: 'Train it until its first checkpoint is saved',
    });
  }
  throw invalid({ where: `run ${run.name}`, problem: `no valid ${kind} checkpoint: ${problems.join('; ')}` });
}

/** The steps of the checkpoint that the pointer names, undefined without a readable one. Verifies nothing else. */
export function checkpointStep(run: Run, kind: CheckpointKind): number | undefined {
  try {
    return readManifest(run.path('checkpoints', `${kind}.json`)).step;
  } catch {
    return undefined;
  }
}

/** Reads what the pointer names. A run being trained may replace it meanwhile, so a moved pointer is followed. */
function readPointed(run: Run, kind: CheckpointKind, problems: string[]): LoadedCheckpoint | undefined {
  const root = run.path('checkpoints');
  const path = join(root, `${kind}.json`);
  let tried: string | undefined;
  while (existsSync(path)) {
    let manifest: Manifest;
    try {
      manifest = readManifest(path);
    } catch (error) {
      if (error instanceof OtherSchema) throw error;
      problems.push(describe(error));
      return undefined;
    }
    if (manifest.folder === tried) return undefined;
    tried = manifest.folder;
    problems.length = 0;
    try {
      return loadFolder(root, manifest);
    } catch (error) {
      if (error instanceof OtherSchema) throw error;
      problems.push(describe(error));
    }
  }
  return undefined;
}

/** Loads a folder whose every file has the sum in `manifest`. CHECKPOINT_INVALID naming the file that has not. */
function loadFolder(root: string, { folder, step, files }: Manifest): LoadedCheckpoint {
  const [model, optimizer, stateBytes] = partNames.map((name) => {
    const where = join(root, folder, name);
    if (!existsSync(where)) throw invalid({ where, problem: 'the file is missing' });
    const bytes = readBytes(where);
    if (sha256(bytes) !== files[name]) throw invalid({ where, problem: 'its SHA-256 is not the one recorded' });
    return bytes;
  });
  const where = join(root, folder);
  const { schema: found, state } = JSON.parse(new TextDecoder().decode(stateBytes)) as { schema: number; state: Json };
  if (found !== schema) throw otherSchema(join(where, 'state.json'), found);
  return {
    step,
    tensors: loadSafetensors(model, join(where, 'model.safetensors')),
    optimizer: loadSafetensors(optimizer, join(where, 'optimizer.safetensors')),
    state,
    folder: where,
  };
}

/** Reads a pointer or a folder's manifest; `folder`, where given, must be the one it names. */
function readManifest(path: string, folder?: string): Manifest {
  if (!existsSync(path)) throw invalid({ where: path, problem: 'the file is missing' });
  const value = readJson(path) as Partial<Manifest> | null;
  if (typeof value?.schema === 'number' && value.schema !== schema) throw otherSchema(path, value.schema);
  const { folder: named, step, files } = value ?? {};
  const whole = typeof named === 'string' && /^(last|best)-\d+(\.\d+)?$/.test(named) && (!folder || folder === named);
  if (!whole || value?.schema !== schema || !Number.isSafeInteger(step) || typeof files !== 'object' || !files) {
    throw invalid({ where: path, problem: 'it does not describe a checkpoint' });
  }
  return value as Manifest;
}

/** The checkpoint folders of a kind, most steps first, whether or not they are whole. */
function foldersOf(root: string, kind: CheckpointKind): { folder: string; step: number; copy: number }[] {
  return listFolder(root)
    .flatMap((folder) => {
      const [, step, copy = '1'] = new RegExp(`^${kind}-(\\d+)(?:\\.(\\d+))?$`).exec(folder) ?? [];
      return step === undefined ? [] : [{ folder, step: Number(step), copy: Number(copy) }];
    })
    .sort((a, b) => b.step - a.step || b.copy - a.copy);
}

/** A checkpoint of another version of Lookback: not damage, so nothing older silently takes its place. */
class OtherSchema extends LookbackError {}

function otherSchema(where: string, found: number): LookbackError {
  return new OtherSchema('CHECKPOINT_INVALID', {
    where,
    expected: `checkpoint schema ${schema}`,
    got: `schema ${found}`,
    next: 'Use the version of Lookback that wrote it',
  });
}

function invalid(parts: ErrorParts): LookbackError {
  return new LookbackError('CHECKPOINT_INVALID', parts);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

function refuseNonFinite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `checkpoint state, ${key}`,
      expected: 'a finite number or null',
      got: String(value),
    });
  }
  return value;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
