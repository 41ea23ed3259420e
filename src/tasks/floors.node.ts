/** The n-gram floors of a language run's split, computed once and kept in the cache by the text's hash. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../data/node.ts';
import { bestFloor, type NgramFloor } from '../text/index.ts';
import { ensureFolder, readJson, writeFileAtomic } from '../track/node.ts';
import type { LanguageTask } from './language.ts';

/** Raised when the way floors are computed changes. */
const version = 1;
/** Ids counted and scored at most: a floor takes half a minute and 2 GB then. More would lie lower. */
const mostCounted = 8_000_000;
const mostScored = 2_000_000;

/**
 * The best order of each smoothing on the task's own split, nats per token. Orders up to 6. Of a corpus too large to be
 * counted the beginnings of both parts stand for it, and `tokens` says how many were counted.
 */
export function floorsFor(
  { tokenizer, ...task }: Pick<LanguageTask, 'train' | 'validation' | 'tokenizer'>,
  { cache = cacheFolder(), counted = mostCounted }: { cache?: string; counted?: number } = {},
): NgramFloor[] {
  const train = task.train.subarray(0, Math.min(counted, task.train.length));
  const validation = task.validation.subarray(0, Math.min(mostScored, task.validation.length));
  const hash = createHash('sha256').update(train).update('|').update(validation).digest('hex').slice(0, 32);
  const folder = join(cache, 'floors');
  const path = join(folder, `${hash}-v${version}.json`);
  if (existsSync(path)) {
    try {
      return noted(readJson(path) as NgramFloor[]);
    } catch {
      // A damaged cache entry is computed again and replaced.
    }
  }
  const { floors } = bestFloor(train, validation, { maxOrder: 6, vocabularySize: tokenizer.vocabularySize });
  try {
    ensureFolder(folder);
    writeFileAtomic(path, JSON.stringify(floors));
  } catch {
    // A cache that cannot be written costs a second next time, no more.
  }
  return noted(floors);

  function noted(all: readonly NgramFloor[]): NgramFloor[] {
    return all.map((floor) => (train.length < task.train.length ? { ...floor, tokens: train.length } : { ...floor }));
  }
}
