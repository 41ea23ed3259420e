/** `lookback runs share`: a finished run as an address that whoever opens it can train again and check. */
import type { Command } from 'commander';
import { LookbackError } from '../../errors.ts';
import { parseRecipe } from '../../tasks/recipe.ts';
import { encodeShare, shareAddress } from '../../tasks/share.ts';
import { openRun } from '../../track/node.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { rootOption } from './runsText.ts';

interface ShareOptions {
  runs: string;
  site: string;
  json?: boolean;
}

export function register(group: Command, terminal: Terminal): void {
  group
    .command('share')
    .argument('<run>', 'name of a run, or path of its folder')
    .description('the address of a finished run: recipe, hash of its data, hash of its parameters')
    .option('--site <address>', 'where a static site stands (lookback studio build --static)', '')
    .option(...rootOption)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nOpened, it trains the run again in the tab and turns green when the hash is the same. Without --site it begins' +
        '\nwith #: put it behind the address of any studio.' +
        '\n\nExample:\n  lookback runs share cerulean-plasma-69 --site https://example.org/lookback/',
    )
    .action((name: string, options: ShareOptions) => share(name, options, terminal));
}

async function share(name: string, { runs: root, site, json }: ShareOptions, terminal: Terminal): Promise<void> {
  const run = openRun(name, root);
  const { dataHash, parametersHash } = run.record.summary;
  if (typeof dataHash !== 'string' || typeof parametersHash !== 'string') {
    throw new LookbackError('BAD_ARGUMENT', {
      where: `run ${run.name}`,
      expected: 'a finished run with the hashes of its data and parameters',
      got: `a ${run.status} one without`,
      next:
        run.status === 'finished' ? 'Train it again; older versions kept no hash' : `Try: lookback resume ${run.name}`,
    });
  }
  const recipe = parseRecipe(run.recipe(), run.path('recipe.yaml'));
  const version = run.record.versions.lookback ?? 'unknown';
  const address = shareAddress(await encodeShare({ recipe, dataHash, parametersHash, version }), site);
  if (json) terminal.write(`${JSON.stringify({ run: run.name, address, dataHash, parametersHash, version })}\n`);
  else terminal.write(`${address}\n`);
}
