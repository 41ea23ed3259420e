/** `lookback runs compare`: where recipes differ and where their metrics ended. Reads runs; never writes to one. */
import type { Command } from 'commander';
import { LookbackError } from '../../errors.ts';
import { metricDirection, recipeDifferences } from '../../track/index.ts';
import { MetricsReader, openRun, type Run } from '../../track/node.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';
import { printable, recipeOf, rootOption, shown } from './runsText.ts';

interface Outcome {
  readonly last: number;
  /** The least, or the greatest where more is better; NaN only when there is nothing else. */
  readonly best: number;
}

export function register(group: Command, terminal: Terminal): void {
  group
    .command('compare')
    .argument('<runs...>', 'names of two runs or more, or paths of their folders')
    .description('where the recipes of runs differ, and the last and best of each metric')
    .option(...rootOption)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  lookback runs compare cerulean-plasma-69 amber-tide-4')
    .action((names: string[], options: { runs: string; json?: boolean }) => compare(names, options, terminal));
}

function compare(names: readonly string[], { runs: root, json }: { runs: string; json?: boolean }, terminal: Terminal) {
  if (names.length < 2) {
    throw new LookbackError('USAGE', {
      where: 'lookback runs compare',
      expected: 'two runs or more',
      got: 'one',
      next: 'See their names with: lookback runs list',
    });
  }
  const runs = names.map((name) => openRun(name, root));
  const recipe = recipeDifferences(runs.map(recipeOf));
  const outcomes = runs.map(outcomesOf);
  const metrics = [...new Set(outcomes.flatMap((each) => [...each.keys()]))];
  if (json) {
    const rows = metrics.map((name) => ({
      name,
      better: metricDirection(name),
      values: outcomes.map((each) => each.get(name) ?? null),
    }));
    const differences = recipe.map(({ path, values }) => ({ path, values: values.map((value) => value ?? null) }));
    terminal.write(
      `${JSON.stringify({ runs: runs.map(({ name }) => name), recipe: differences, metrics: rows }, null, 2)}\n`,
    );
    return;
  }
  const ink = colours(terminal.colour);
  const titles = runs.map(({ name }) => printable(name));
  terminal.write(`${ink.bold('Recipes')}\n`);
  if (recipe.length === 0) terminal.write('  the same\n');
  else {
    const rows = recipe.map(({ path, values }) => [printable(path), ...values.map(shown)]);
    terminal.write(table({ columns: ['key', ...titles], rows, colour: terminal.colour }));
  }
  terminal.write(`\n${ink.bold('Metrics')} ${ink.dim('last, and best: the least, or the greatest where marked ↑')}\n`);
  const rows = metrics.map((name) => [
    `${printable(name)}${metricDirection(name) === 'higher' ? ' ↑' : ''}`,
    ...outcomes.flatMap((each) => [shown(each.get(name)?.last), shown(each.get(name)?.best)]),
  ]);
  const columns = ['metric', ...titles.flatMap((title) => [title, 'best'])];
  terminal.write(metrics.length > 0 ? table({ columns, rows, colour: terminal.colour }) : '  none yet\n');
}

function outcomesOf(run: Run): Map<string, Outcome> {
  const reader = new MetricsReader(run.folder);
  reader.update();
  return new Map(
    reader.table.names.map((name) => {
      const column = reader.table.column(name);
      const { min, max, last } = column?.extent(0, column.length) ?? {
        min: Number.NaN,
        max: Number.NaN,
        last: Number.NaN,
      };
      return [name, { last, best: metricDirection(name) === 'higher' ? max : min }];
    }),
  );
}
