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

/** The best order of each smoothing on the task's own split, nats per character. Orders up to 6. */
export function floorsFor({ train, validation, tokenizer }: LanguageTask, cache = cacheFolder()): NgramFloor[] {
  const hash = createHash('sha256').update(train).update('|').update(validation).digest('hex').slice(0, 32);
  const folder = join(cache, 'floors');
  const path = join(folder, `${hash}-v${version}.json`);
  if (existsSync(path)) {
    try {
      return readJson(path) as NgramFloor[];
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
  return [...floors];
}
