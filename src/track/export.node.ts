/** A run's metrics as a file for other programs. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LookbackError } from '../errors.ts';
import { ensureFolder, writeChunks } from './files.node.ts';
import type { Run } from './run.node.ts';
import { tensorBoardFileName, writeTensorBoard } from './tensorboard.ts';
import { writeCsv, writeJsonl } from './transfer.ts';

export const exportFormats = ['csv', 'jsonl', 'tensorboard'] as const;

export type ExportFormat = (typeof exportFormats)[number];

/**
 * Writes the rows that count to `out`: a file that is not there yet; for TensorBoard a folder, which gets an event file.
 *
 * @returns the path of the file written
 * @throws BAD_ARGUMENT where there is a file already, FILE_WRITE, FILE_INVALID for damaged metrics
 */
export function exportRun(run: Run, format: ExportFormat, out: string): string {
  const rows = run.metrics();
  const path = format === 'tensorboard' ? join(out, tensorBoardFileName(rows[0]?.time ?? 0)) : out;
  if (existsSync(path)) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: path,
      problem: 'it exists already',
      next: 'Choose another place, or remove it first',
    });
  }
  if (format === 'tensorboard') ensureFolder(out);
  const chunks = { csv: writeCsv, jsonl: writeJsonl, tensorboard: writeTensorBoard };
  writeChunks(path, chunks[format](rows));
  return path;
}
