/** `lookback studio build --static DIR`: the pages that need no server, as a folder to put anywhere. */
import type { Command } from 'commander';
import { formatBytes } from '../terminal/format.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface BuildOptions {
  static: string;
  force?: boolean;
  json?: boolean;
}

export function register(studio: Command, terminal: Terminal): void {
  studio
    .command('build')
    .description('write the studio as files for a static host or a USB stick: what needs no server, training included')
    .requiredOption('--static <folder>', 'where to; an older site there is replaced')
    .option('--force', 'replace the folder even where it holds something else')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nOpen its index.html, also from a disk, or serve the folder. With the headers' +
        '\nCross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp it trains on several' +
        '\nthreads; without them on one, to the same bits.\n\nExample:\n  lookback studio build --static site',
    )
    .action((options: BuildOptions) => build(options, terminal));
}

async function build({ static: folder, force, json }: BuildOptions, terminal: Terminal): Promise<void> {
  const { buildStaticSite } = await import('../../server/static.node.ts');
  const site = await buildStaticSite(folder, { force });
  if (json) {
    terminal.write(`${JSON.stringify(site)}\n`);
    return;
  }
  const ink = colours(terminal.colour);
  const index = ink.cyan(`${folder.replace(/\/+$/, '')}/index.html`);
  terminal.write(`Wrote ${index}: ${site.files} files, ${formatBytes(site.bytes)}.\n`);
}
