/**
 * One folder a run of vitest, in which the first test file that needs the studio's pages builds them for all others
 * (`built.ts`). Builds nothing itself, since most runs need none.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    studioBuilds: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'lookback-studio-builds-'));
  project.provide('studioBuilds', folder);
  // In watch mode the sources have changed.
  project.onTestsRerun(() => empty(folder));
  return () => empty(folder, true);
}

function empty(folder: string, whole = false): void {
  if (whole) rmSync(folder, { recursive: true, force: true });
  else for (const build of ['pages', 'site']) rmSync(join(folder, build), { recursive: true, force: true });
}
