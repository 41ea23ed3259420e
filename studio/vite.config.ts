/** Builds the studio into dist/studio, every asset bundled, addresses relative so that it runs under any path. */
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [svelte()],
  // The page reads CSV files as the command line does; this build of the parser needs nothing of Node's.
  resolve: { alias: { 'csv-parse/sync': 'csv-parse/browser/esm/sync' } },
  // Holidays of all countries are larger than the library: pages do without, and so do workers that hold it.
  worker: { rolldownOptions: { external: ['date-holidays'] } },
  build: {
    outDir: fileURLToPath(new URL('../dist/studio', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Figures take the page's own document; linkedom serves where there is none.
    rolldownOptions: { external: ['linkedom', 'date-holidays'] },
  },
});
