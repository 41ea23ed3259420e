/** `lookback runs export | import`: metrics to and from CSV, JSON lines and TensorBoard. */
import { type Command, Option } from 'commander';
import { LookbackError } from '../../errors.ts';
import { writeCsv, writeJsonl } from '../../track/index.ts';
import {
  type ExportFormat,
  exportFormats,
  exportRun,
  type ImportFormat,
  importRun,
  openRun,
} from '../../track/node.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { collected } from './runsLabel.ts';
import { printable, rootOption } from './runsText.ts';

interface ExportOptions {
  runs: string;
  format: ExportFormat;
  out?: string;
  json?: boolean;
}

interface ImportOptions {
  runs: string;
  format?: ImportFormat;
  name?: string;
  step?: string;
  project?: string;
  tag: string[];
  json?: boolean;
}

export function register(group: Command, terminal: Terminal): void {
  group
    .command('export')
    .argument('<run>', 'name of a run, or path of its folder')
    .description('the metrics of a run for other programs')
    .addOption(new Option('--format <format>', 'what to write').choices(exportFormats).default('csv'))
    .option('--out <path>', "a new file, or a folder for TensorBoard's; default: standard output")
    .option(...rootOption)
    .option('--json', 'print where the file is as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  lookback runs export cerulean-plasma-69 --format csv > metrics.csv\n  lookback runs export cerulean-plasma-69 --format tensorboard --out logs/cerulean-plasma-69',
    )
    .action((name: string, options: ExportOptions) => exportOne(name, options, terminal));
  group
    .command('import')
    .argument('<path>', 'a .csv or .jsonl file, an event file, or a folder of event files')
    .description('make a run of metrics from another program')
    .addOption(new Option('--format <format>', 'what it is, where its name does not say').choices(exportFormats))
    .option('--name <name>', 'name of the new run; default: one is drawn')
    .option('--step <column>', 'the column of steps; default: step, global_step or iteration')
    .option('--project <project>', 'what the run belongs to')
    .option('--tag <tag>', 'a tag for it; may be given more than once', collected, [])
    .option(...rootOption)
    .option('--json', 'print the new run as JSON')
    .addHelpText('after', '\nExample:\n  lookback runs import logs/resnet --project vision')
    .action((path: string, options: ImportOptions) => importOne(path, options, terminal));
}

function exportOne(name: string, { runs: root, format, out, json }: ExportOptions, terminal: Terminal): void {
  const run = openRun(name, root);
  if (out === undefined) {
    if (format === 'tensorboard' || json) {
      throw new LookbackError('USAGE', {
        where: 'lookback runs export',
        expected: format === 'tensorboard' ? '--out with a folder for the event file' : '--out with --json',
        next: `For example: --out ${format === 'tensorboard' ? 'logs' : `metrics.${format}`}`,
      });
    }
    const write = { csv: writeCsv, jsonl: writeJsonl };
    for (const line of write[format](run.metrics())) terminal.write(line);
    return;
  }
  const path = exportRun(run, format, out);
  terminal.write(json ? `${JSON.stringify({ name: run.name, format, path })}\n` : `wrote ${printable(path)}\n`);
}

function importOne(path: string, { runs: root, tag, json, ...options }: ImportOptions, terminal: Terminal): void {
  const run = importRun(path, { root, tags: tag.length > 0 ? tag : undefined, ...options });
  const rows = run.metrics();
  const names = new Set(rows.flatMap(({ values }) => Object.keys(values)));
  if (json) {
    const { name, folder } = run;
    terminal.write(`${JSON.stringify({ name, folder, rows: rows.length, metrics: [...names] })}\n`);
    return;
  }
  terminal.write(`${run.name}: ${names.size} metrics, ${rows.length} rows\n  See it: lookback runs show ${run.name}\n`);
}
