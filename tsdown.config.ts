/**
 * Builds dist/: `index` and `node` for libraries, `cli` for the command line, from shared chunks so that each module
 * exists once. LOOKBACK_BUILD=quick leaves out the type declarations (what `npm start` needs).
 */
import { defineConfig } from 'tsdown';

const quick = process.env.LOOKBACK_BUILD === 'quick';
const library = { index: 'src/index.ts', node: 'src/node.ts' };
const common = { format: 'esm', target: 'node20', platform: 'neutral', report: false } as const;

/** Leaves out a helper of the bundler's that declarations of `export * as` pass between chunks without declaring it. */
const dropHelper = {
  name: 'drop-helper',
  generateBundle(_: unknown, bundle: Record<string, { code?: string }>) {
    for (const file of Object.values(bundle)) {
      file.code = file.code?.replaceAll(/(__exportAll as [\w$]+|[\w$]+ as __exportAll), /g, '');
    }
  },
};

export default defineConfig([
  {
    ...common,
    entry: { ...library, cli: 'src/cli/main.ts', textWorker: 'src/text/textWorker.node.ts' },
    // zod and yaml go in: loading their many files would cost about 80 of the 150 ms that importing lookback may take.
    deps: { neverBundle: [/^node:/], alwaysBundle: ['zod', 'yaml'], onlyBundle: false },
    dts: false,
  },
  // Declarations apart, for zod's must stay zod's: copied into ours they no longer pass TypeScript's own check.
  ...(quick ? [] : [{ ...common, entry: library, dts: { emitDtsOnly: true }, clean: false, plugins: [dropHelper] }]),
]);
