/** The studio's pages and its site without a server, built once for all test files of a run. Nobody writes into them. */
import { existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { inject } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';

/** What `npm run build` puts into dist/studio, with the manifest of its files. */
export const studioPages = (): Promise<string> =>
  once('pages', async (outDir) => {
    const configFile = fileURLToPath(new URL('../../studio/vite.config.ts', import.meta.url));
    await build({ configFile, logLevel: 'error', build: { outDir, manifest: 'manifest.json' } });
  });

/** What `lookback studio build --static` writes. */
export const staticSite = (): Promise<string> =>
  once('site', async (folder) => {
    let said = '';
    const write = (text: string) => {
      said += text;
    };
    const terminal = { write: () => undefined, writeError: write, colour: false, live: false, width: 80 };
    const status = await runProgram(['studio', 'build', '--static', folder], terminal);
    if (status !== 0 || said !== '') throw new Error(`studio build ended with ${status}: ${said}`);
  });

/** The folder that `make` fills, in whichever test file comes first; others wait for it, and try if it failed. */
async function once(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const [folder, lock] = [join(inject('studioBuilds'), name), join(inject('studioBuilds'), `${name}.lock`)];
  for (;;) {
    if (existsSync(folder)) return folder;
    try {
      mkdirSync(lock);
    } catch {
      await new Promise((later) => setTimeout(later, 100));
      continue;
    }
    try {
      if (existsSync(folder)) return folder;
      await make(`${folder}.made`);
      renameSync(`${folder}.made`, folder);
      return folder;
    } finally {
      rmdirSync(lock);
    }
  }
}
