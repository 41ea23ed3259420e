/**
 * What people say about a run: tags, notes, and whether it is put away. `labels.json`, beside the record.
 *
 * Apart from `run.json` because that belongs to the process that trains; these are changed at any time, by anybody,
 * and the last change wins.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LookbackError } from '../errors.ts';
import { readJson, writeFileAtomic } from './files.node.ts';

export interface RunLabels {
  /** Words to find the run by; each once. */
  readonly tags?: readonly string[];
  readonly notes?: string;
  /** Left out of lists unless asked for. */
  readonly archived?: boolean;
}

/** Longest tag or project, in UTF-16 units, and longest notes. */
const longestLabel = 64;
const longestNotes = 20_000;

/** Whether a value read from a file has labels of the right types; what they say is not judged. */
export function isLabels(value: unknown): value is RunLabels {
  if (typeof value !== 'object' || value === null) return false;
  const { tags, notes, archived } = value as Record<string, unknown>;
  return (
    (tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) &&
    (notes === undefined || typeof notes === 'string') &&
    (archived === undefined || typeof archived === 'boolean')
  );
}

/** BAD_ARGUMENT unless the text is fit for a tag or a project: letters, digits and `. _ - : /` and spaces inside. */
export function checkLabel(what: 'tag' | 'project', text: string): void {
  if (text.length <= longestLabel && /^[\p{L}\p{N}]([\p{L}\p{N} ._:/-]*[\p{L}\p{N}])?$/u.test(text)) return;
  throw new LookbackError('BAD_ARGUMENT', {
    where: `${what} ${JSON.stringify(text.slice(0, 2 * longestLabel))}`,
    expected: `at most ${longestLabel} letters, digits, spaces, . _ - : and /, a letter or digit at both ends`,
  });
}

/** BAD_ARGUMENT unless every tag passes {@link checkLabel} and the notes are of a length to be read. */
export function checkLabels({ tags = [], notes = '' }: RunLabels): void {
  for (const tag of tags) checkLabel('tag', tag);
  if (notes.length > longestNotes) {
    throw new LookbackError('BAD_ARGUMENT', { where: 'notes', expected: `at most ${longestNotes} characters` });
  }
}

/** None where they were never changed. FILE_INVALID for a damaged file. */
export function readLabels(folder: string): RunLabels {
  const path = join(folder, 'labels.json');
  if (!existsSync(path)) return {};
  const value = readJson(path);
  if (!isLabels(value)) throw new LookbackError('FILE_INVALID', { where: path, expected: 'tags, notes and archived' });
  const { tags, notes, archived } = value;
  return JSON.parse(JSON.stringify({ tags, notes, archived })) as RunLabels;
}

/** BAD_ARGUMENT as {@link checkLabels}, FILE_WRITE. */
export function writeLabels(folder: string, labels: RunLabels): void {
  checkLabels(labels);
  const tags = labels.tags && [...new Set(labels.tags)];
  writeFileAtomic(join(folder, 'labels.json'), `${JSON.stringify({ ...labels, tags }, null, 2)}\n`);
}
