/** `lookback runs tag | rm`: what people say about a run, and taking one away. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { LookbackError } from '../../errors.ts';
import { openRun, removeRun } from '../../track/node.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printable, rootOption } from './runsText.ts';

interface TagOptions {
  runs: string;
  remove: string[];
  note?: string;
  archive?: boolean;
  unarchive?: boolean;
  json?: boolean;
}

/** For an option that may be given more than once. */
export const collected = (value: string, before: string[]): string[] => [...before, value];

export function register(group: Command, terminal: Terminal): void {
  group
    .command('tag')
    .argument('<run>', 'name of a run, or path of its folder')
    .argument('[tags...]', 'tags to add')
    .description('add or remove tags, write a note, put a run away; also while it is training')
    .option('--remove <tag>', 'a tag to take away; may be given more than once', collected, [])
    .option('--note <text>', 'replace the notes; an empty text removes them')
    .option('--archive', 'leave the run out of lists')
    .option('--unarchive', 'list the run again')
    .option(...rootOption)
    .option('--json', 'print the labels as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  lookback runs tag cerulean-plasma-69 baseline --note "before the wider window"',
    )
    .action((name: string, tags: string[], options: TagOptions) => tag(name, tags, options, terminal));
  group
    .command('rm')
    .argument('<runs...>', 'names of runs')
    .description('remove runs and all they hold; there is no way back')
    .option('--yes', 'do not ask')
    .option(...rootOption)
    .option('--json', 'print what was removed as JSON')
    .addHelpText('after', '\nExample:\n  lookback runs rm cerulean-plasma-69 --yes')
    .action((names: string[], options: { runs: string; yes?: boolean; json?: boolean }) =>
      remove(names, options, terminal),
    );
}

function tag(name: string, added: readonly string[], options: TagOptions, terminal: Terminal): void {
  const { runs: root, remove: removed, note, archive, unarchive, json } = options;
  if (archive && unarchive) {
    throw new LookbackError('USAGE', {
      where: 'lookback runs tag',
      problem: '--archive and --unarchive exclude each other',
    });
  }
  const run = openRun(name, root);
  const before = run.record.tags ?? [];
  const missing = removed.filter((each) => !before.includes(each));
  if (missing.length > 0) {
    throw new LookbackError('BAD_ARGUMENT', {
      where: '--remove',
      problem: `${run.name} has no tag ${missing.map((each) => JSON.stringify(each)).join(', ')}`,
      next: before.length > 0 ? `It has ${before.map((each) => JSON.stringify(each)).join(', ')}` : undefined,
    });
  }
  if (added.length > 0 || removed.length > 0) {
    run.label({ tags: [...before.filter((each) => !removed.includes(each)), ...added] });
  }
  if (note !== undefined) run.label({ notes: note });
  if (archive || unarchive) run.label({ archived: archive === true });

  const { tags = [], notes = '', archived = false } = run.record;
  if (json) {
    terminal.write(`${JSON.stringify({ name: run.name, tags, notes, archived }, null, 2)}\n`);
    return;
  }
  const said = [
    tags.length > 0 ? `tags ${tags.map(printable).join(', ')}` : 'no tags',
    ...(archived ? ['archived'] : []),
  ];
  terminal.write(
    `${printable(run.name)}: ${said.join('; ')}\n${notes ? `  ${printable(notes.replace(/\s+/g, ' '))}\n` : ''}`,
  );
}

async function remove(
  names: readonly string[],
  { runs: root, yes, json }: { runs: string; yes?: boolean; json?: boolean },
  terminal: Terminal,
): Promise<void> {
  const question = `Remove ${names.length === 1 ? printable(names[0]) : `${names.length} runs`} for good?`;
  if (!yes && !(await confirmed(question, terminal))) {
    if (!json) terminal.write('Nothing was removed.\n');
    return;
  }
  for (const name of names) {
    removeRun(name, root);
    if (!json) terminal.write(`removed ${printable(name)}\n`);
  }
  if (json) terminal.write(`${JSON.stringify({ removed: names })}\n`);
}

/** Asks on a terminal. USAGE where there is nobody to ask. */
async function confirmed(question: string, terminal: Terminal): Promise<boolean> {
  if (!terminal.live || !process.stdin.isTTY) {
    throw new LookbackError('USAGE', {
      where: 'lookback runs rm',
      problem: 'there is no terminal to ask on',
      next: 'Add --yes to remove without asking',
    });
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
