/**
 * Snapshots: the model alone at chosen steps, `snapshots/step-000123.safetensors`, for watching things form.
 *
 * Kept for good and never resumed from; see `checkpoint.node.ts` for that.
 */

import { ensureFolder, listFolder, readBytes, writeFileAtomic } from './files.node.ts';
import type { Run } from './run.node.ts';
import { loadSafetensors, type TensorEntry, writeSafetensors } from './safetensors.ts';

function fileName(step: number): string {
  return `step-${String(step).padStart(6, '0')}.safetensors`;
}

/** Saves the model of a step, in place of an earlier one of the same step. FILE_WRITE. */
export function saveSnapshot(run: Run, step: number, tensors: ReadonlyMap<string, TensorEntry>): void {
  run.assertWritable();
  ensureFolder(run.path('snapshots'));
  writeFileAtomic(run.path('snapshots', fileName(step)), writeSafetensors(tensors, { step: String(step) }));
}

/** The steps that have a snapshot, ascending, and where each lies. */
export function listSnapshots(run: Run): { step: number; path: string }[] {
  return listFolder(run.path('snapshots'))
    .flatMap((name) => {
      const [, step] = /^step-(\d+)\.safetensors$/.exec(name) ?? [];
      return step === undefined ? [] : [{ step: Number(step), path: run.path('snapshots', name) }];
    })
    .sort((a, b) => a.step - b.step);
}

/** FILE_NOT_FOUND when the step has none, FILE_INVALID when it is damaged. */
export function loadSnapshot(run: Run, step: number): Map<string, TensorEntry> {
  const path = run.path('snapshots', fileName(step));
  return loadSafetensors(readBytes(path), path);
}
