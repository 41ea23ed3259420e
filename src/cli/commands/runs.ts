/** `lookback runs list | show`: what was trained and what became of it. Reads runs; never writes to one. */
import type { Command } from 'commander';
import { LookbackError } from '../../errors.ts';
import { listRuns, openRun, type Run } from '../../track/node.ts';
import { formatDuration, formatNumber } from '../terminal/format.ts';
import { plot } from '../terminal/plot.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface RunsOptions {
  runs: string;
  json?: boolean;
}

export function register(program: Command, terminal: Terminal): void {
  const group = program.command('runs').description('list runs, or show one');
  const folder = ['--runs <folder>', 'the folder of all runs', 'runs'] as const;
  group
    .command('list')
    .description('every run, oldest first')
    .option(...folder)
    .option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  lookback runs list')
    .action((options: RunsOptions) => list(options, terminal));
  group
    .command('show')
    .argument('<run>', 'name of a run, or path of its folder')
    .description('the record of one run and the curve of its loss')
    .option(...folder)
    .option('--json', 'print the record, the recipe and all metrics as JSON')
    .addHelpText('after', '\nExample:\n  lookback runs show cerulean-plasma-69')
    .action((name: string, options: RunsOptions) => show(name, options, terminal));
}

function list({ runs: root, json }: RunsOptions, terminal: Terminal): void {
  const listed = listRuns(root);
  if (json) {
    const entries = listed.map((entry) =>
      entry.status === 'damaged' ? entry : { name: entry.name, folder: entry.folder, ...recordOf(entry.run) },
    );
    terminal.write(`${JSON.stringify(entries, null, 2)}\n`);
    return;
  }
  if (listed.length === 0) {
    terminal.write(`No runs in ${root}/. Start one: lookback train recipes/airline-lstm.yaml\n`);
    return;
  }
  const rows = listed.map((entry) => {
    if (entry.status === 'damaged') return [entry.name, entry.status, '', '', entry.problem];
    const { started, summary } = entry.run.record;
    return [entry.name, entry.status, localTime(started), kindOf(entry.run), summaryText(summary)];
  });
  const columns = ['run', 'status', 'started', 'model', 'summary'];
  terminal.write(table({ columns, rows, colour: terminal.colour }));
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
  const { started, ended, seed, backend, recipeHash, versions, summary } = run.record;
  const seconds = ended === null ? undefined : (Date.parse(ended) - Date.parse(started)) / 1000;
  const facts: [string, string][] = [
    ['status', run.status],
    ['folder', run.folder],
    ['model', kindOf(run)],
    ['started', localTime(started)],
    ...(seconds === undefined ? [] : [['took', formatDuration(seconds)] satisfies [string, string]]),
    ['backend', backend],
    ['seed', String(seed)],
    ['recipe', recipeHash.slice(0, 12)],
    [
      'versions',
      Object.entries(versions)
        .map(([part, version]) => `${part} ${version}`)
        .join(', '),
    ],
    ['steps', String(metrics.at(-1)?.step ?? 0)],
    ...Object.entries(summary).map(([key, value]): [string, string] => [key, shown(value)]),
  ];
  const width = Math.max(...facts.map(([key]) => key.length));
  terminal.write(`${ink.bold(run.name)}\n`);
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
    .map(([name, curve]) => ({ name, ...curve }));
}

/** The record with the status as it is now, which may be `interrupted`. */
function recordOf(run: Run) {
  return { ...run.record, status: run.status };
}

/** `forecast lstm`, or nothing where the recipe cannot be read. */
function kindOf(run: Run): string {
  try {
    const recipe = run.recipe() as { task?: unknown; model?: { kind?: unknown } } | null;
    return [recipe?.task, recipe?.model?.kind].filter((part) => typeof part === 'string').join(' ');
  } catch (error) {
    if (error instanceof LookbackError) return '';
    throw error;
  }
}

function summaryText(summary: Run['record']['summary']): string {
  return Object.entries(summary)
    .slice(0, 3)
    .map(([key, value]) => `${key} ${shown(value)}`)
    .join('  ');
}

function shown(value: number | string | null): string {
  if (typeof value !== 'number') return value ?? '—';
  return Number.isInteger(value) ? String(value) : formatNumber(value);
}

/** `2025-03-01 14:05` in the reader's time zone. */
function localTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
