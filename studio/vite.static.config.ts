/**
 * Builds the pages that need no server into dist/studio-static as one classic script and one style sheet: a page opened
 * from a disk may load neither modules nor anything it would have to fetch. `lookback studio build` lays them out.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';
import studio from './vite.config.ts';

const common = studio as UserConfig;

export default defineConfig({
  ...common,
  build: {
    ...common.build,
    outDir: fileURLToPath(new URL('../dist/studio-static', import.meta.url)),
    assetsDir: '.',
    cssCodeSplit: false,
    rolldownOptions: {
      ...common.build?.rolldownOptions,
      input: fileURLToPath(new URL('src/main.ts', import.meta.url)),
      output: { format: 'iife', codeSplitting: false, entryFileNames: 'site.js', assetFileNames: 'site[extname]' },
    },
  },
});
