/** `lookback runs report`: a run as one self-contained HTML page. Reads the run; writes the page and nothing else. */
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { openRun, writeFileAtomic } from '../../track/node.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printable, rootOption } from './runsText.ts';

interface ReportOptions {
  runs: string;
  out?: string;
  json?: boolean;
}

export function register(group: Command, terminal: Terminal): void {
  group
    .command('report')
    .argument('<run>', 'name of a run, or path of its folder')
    .description('a run as one HTML page that needs nothing else: summary, curves, forecast, scores, samples, recipe')
    .option('--out <file>', 'where to write it; default: NAME.html in the working directory')
    .option(...rootOption)
    .option('--json', 'print where the file is as JSON')
    .addHelpText('after', '\nExample:\n  lookback runs report cerulean-plasma-69 --out report.html')
    .action((name: string, options: ReportOptions) => report(name, options, terminal));
}

async function report(name: string, { runs: root, out, json }: ReportOptions, terminal: Terminal): Promise<void> {
  const run = openRun(name, root);
  // Loaded here, for no other command draws.
  const { runReport } = await import('../../server/report.node.ts');
  const { RunsFolder } = await import('../../server/runs.node.ts');
  const page = await runReport(new RunsFolder(dirname(run.folder)), run.name);
  const path = out ?? `${run.name}.html`;
  writeFileAtomic(path, page);
  const kilobytes = Math.ceil(page.length / 1000);
  terminal.write(
    json ? `${JSON.stringify({ name: run.name, path })}\n` : `wrote ${printable(path)}, ${kilobytes} kB\n`,
  );
}
