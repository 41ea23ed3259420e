/**
 * Builds dist/: `index` and `node` for libraries, `cli` for the command line, from shared chunks so that each module
 * exists once. LOOKBACK_BUILD=quick leaves out the type declarations (what `npm start` needs).
 */
import { defineConfig } from 'tsdown';

const quick = process.env.LOOKBACK_BUILD === 'quick';

export default defineConfig({
  entry: { index: 'src/index.ts', node: 'src/node.ts', cli: 'src/cli/main.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'neutral',
  // zod and yaml go in: loading their many files would cost about 80 of the 150 ms that importing lookback may take.
  deps: { neverBundle: [/^node:/], alwaysBundle: ['zod', 'yaml'], onlyBundle: false },
  dts: quick ? false : { entry: ['src/index.ts', 'src/node.ts'] },
  sourcemap: !quick,
  report: false,
});
