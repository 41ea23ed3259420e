/** `lookback runs list | show`, and the group of commands about runs. Reads runs; never writes to one. */
import { type Command, Option } from 'commander';
import { type ListedRun, listRuns, openRun, type Run } from '../../track/node.ts';
import { formatDuration } from '../terminal/format.ts';
import { plot } from '../terminal/plot.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';
import { register as compare } from './runsCompare.ts';
import { collected, register as label } from './runsLabel.ts';
import { register as report } from './runsReport.ts';
import { register as share } from './runsShare.ts';
import { kindOf, localTime, printable, recordOf, rootOption, shown, summaryText } from './runsText.ts';
import { register as transfer } from './runsTransfer.ts';

interface RunsOptions {
  runs: string;
  json?: boolean;
}

interface ListOptions extends RunsOptions {
  tag: string[];
  status?: ListedRun['status'];
  project?: string;
  all?: boolean;
}

const statuses: ListedRun['status'][] = ['running', 'finished', 'stopped', 'failed', 'interrupted', 'damaged'];

export function register(program: Command, terminal: Terminal): void {
  const group = program.command('runs').description('list, show, compare, tag, export, import, report and remove runs');
  group
    .command('list')
    .description('every run that is not archived, oldest first')
    .option('--tag <tag>', 'only runs with this tag; with two, those that have both', collected, [])
    .addOption(new Option('--status <status>', 'only runs of this status').choices(statuses))
    .option('--project <project>', 'only runs of this project')
    .option('--all', 'archived runs too')
    .option(...rootOption)
    .option('--json', 'print one JSON array')
    .addHelpText('after', '\nExamples:\n  lookback runs list\n  lookback runs list --tag baseline --status finished')
    .action((options: ListOptions) => list(options, terminal));
  group
    .command('show')
    .argument('<run>', 'name of a run, or path of its folder')
    .description('the record of one run and the curve of its loss')
    .option(...rootOption)
    .option('--json', 'print the record, the recipe and all metrics as JSON')
    .addHelpText('after', '\nExample:\n  lookback runs show cerulean-plasma-69')
    .action((name: string, options: RunsOptions) => show(name, options, terminal));
  compare(group, terminal);
  label(group, terminal);
  transfer(group, terminal);
  share(group, terminal);
  report(group, terminal);
}

function list(options: ListOptions, terminal: Terminal): void {
  const { runs: root, json } = options;
  const every = listRuns(root);
  const listed = every.filter((entry) => isWanted(entry, options));
  if (json) {
    const entries = listed.map((entry) =>
      entry.status === 'damaged' ? entry : { name: entry.name, folder: entry.folder, ...recordOf(entry.run) },
    );
    terminal.write(`${JSON.stringify(entries, null, 2)}\n`);
    return;
  }
  if (every.length === 0) {
    terminal.write(`No runs in ${root}/. Start one: lookback train recipes/airline-lstm.yaml\n`);
    return;
  }
  const rows = listed.map((entry) => {
    const name = printable(entry.name);
    if (entry.status === 'damaged') return [name, entry.status, '', '', '', '', printable(entry.problem)];
    const { started, summary, project = '', tags = [], archived } = entry.run.record;
    const labels = [...tags, ...(archived ? ['(archived)'] : [])].join(' ');
    const cells = [localTime(started), kindOf(entry.run), printable(project), printable(labels), summaryText(summary)];
    return [name, entry.status, ...cells];
  });
  const columns = ['run', 'status', 'started', 'model', 'project', 'tags', 'summary'];
  // Columns that no run uses would only take room.
  const used = columns.map((column, j) => !['project', 'tags'].includes(column) || rows.some((row) => row[j] !== ''));
  const kept = (cells: readonly string[]) => cells.filter((_, j) => used[j]);
  if (rows.length > 0) terminal.write(table({ columns: kept(columns), rows: rows.map(kept), colour: terminal.colour }));
  if (listed.length === every.length) return;
  const ink = colours(terminal.colour);
  const hint = options.all ? '' : '; --all lists archived ones too';
  terminal.write(`${ink.dim(`showing ${listed.length} of ${every.length}${hint}`)}\n`);
}

function isWanted(entry: ListedRun, { tag, status, project, all }: ListOptions): boolean {
  if (status !== undefined && entry.status !== status) return false;
  if (entry.status === 'damaged') return tag.length === 0 && project === undefined;
  const { tags = [], archived, project: its } = entry.run.record;
  return tag.every((each) => tags.includes(each)) && (project === undefined || its === project) && (all || !archived);
}

function show(name: string, { runs: root, json }: RunsOptions, terminal: Terminal): void {
  const run = openRun(name, root);
  const metrics = run.metrics();
  if (json) {
    const whole = { name: run.name, folder: run.folder, ...recordOf(run), recipe: run.recipe(), metrics };
    terminal.write(`${JSON.stringify(whole, null, 2)}\n`);
    return;
  }
  const ink = colours(terminal.colour);
  const { started, ended, seed, backend, recipeHash, versions, summary, project, tags, notes, archived } = run.record;
  const seconds = ended === null ? undefined : (Date.parse(ended) - Date.parse(started)) / 1000;
  const facts: [string, string][] = [
    ['status', archived ? `${run.status}, archived` : run.status],
    ...(project ? [['project', printable(project)] satisfies [string, string]] : []),
    ...(tags?.length ? [['tags', printable(tags.join(', '))] satisfies [string, string]] : []),
    ...(notes ? [['notes', printable(notes.replace(/\s+/g, ' '))] satisfies [string, string]] : []),
    ['folder', printable(run.folder)],
    ['model', kindOf(run)],
    ['started', localTime(started)],
    ...(seconds === undefined ? [] : [['took', formatDuration(seconds)] satisfies [string, string]]),
    ['backend', printable(String(backend))],
    ['seed', String(seed)],
    ['recipe', recipeHash.slice(0, 12)],
    [
      'versions',
      Object.entries(versions)
        .map(([part, version]) => printable(`${part} ${version}`))
        .join(', '),
    ],
    ['steps', String(metrics.at(-1)?.step ?? 0)],
    ...Object.entries(summary).map(([key, value]): [string, string] => [printable(key), shown(value)]),
  ];
  const width = Math.max(...facts.map(([key]) => key.length));
  terminal.write(`${ink.bold(printable(run.name))}\n`);
  for (const [key, value] of facts) terminal.write(`  ${ink.dim(key.padEnd(width))}  ${value}\n`);
  const series = lossSeries(metrics);
  if (series.length > 0) {
    terminal.write(`\n${plot(series, { title: 'loss by step', width: terminal.width, colour: terminal.colour })}`);
  }
}

/** Every metric whose name speaks of a loss, as a curve over steps. */
function lossSeries(metrics: ReturnType<Run['metrics']>): { name: string; values: number[]; x: number[] }[] {
  const curves = new Map<string, { values: number[]; x: number[] }>();
  for (const { step, values } of metrics) {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'number' || !/loss/i.test(name)) continue;
      const curve = curves.get(name) ?? { values: [], x: [] };
      curves.set(name, curve);
      curve.values.push(value);
      curve.x.push(step);
    }
  }
  return [...curves]
    .filter(([, { x }]) => x.length > 1)
    .slice(0, 4)
    .map(([name, curve]) => ({ name: printable(name), ...curve }));
}
