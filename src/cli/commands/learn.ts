/**
 * `lookback learn`: the lecture's exercises as files. Lists them, writes one to begin with, and checks what was made of
 * it against the engine.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { LookbackError } from '../../errors.ts';
import type { Exercise, Verdict } from '../../learn/index.ts';
import { ensureFolder, writeFileAtomic } from '../../track/node.ts';
import { table } from '../terminal/table.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';

interface LearnOptions {
  folder: string;
  force?: boolean;
  json?: boolean;
}

type Status = 'not begun' | 'begun' | 'solved';

export function register(program: Command, terminal: Terminal): void {
  const learn = program
    .command('learn')
    .argument('[exercise]', 'its number or name; without one, all are listed')
    .description('the exercises of the lecture: list them, or write one as a file with a blank to fill in')
    .option('--folder <folder>', 'where the files are', 'learn')
    .option('--force', 'write the file anew, over what is there')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  lookback learn\n  lookback learn 2\n  lookback learn check 2')
    .action((word: string | undefined, options: LearnOptions) =>
      word === undefined ? list(options, terminal) : begin(word, options, terminal),
    );
  learn
    .command('check')
    .argument('[exercise]', 'its number or name; without one, all that were begun')
    .description('compare what the file gives with the engine, and say what differs; exit status 1 until it is right')
    .addHelpText('after', '\nExample:\n  lookback learn check attention')
    // The options may stand before or after `check`.
    .option('--folder <folder>', 'where the files are')
    .option('--json', 'print one JSON object')
    .action((word: string | undefined, _: LearnOptions, command: Command) =>
      check(word, { ...learn.opts<LearnOptions>(), ...defined(command.opts()) }, terminal),
    );
}

async function list({ folder, json }: LearnOptions, terminal: Terminal): Promise<void> {
  const { exercises } = await import('../../learn/index.ts');
  const rows: { exercise: Exercise; status: Status }[] = [];
  for (const exercise of exercises) rows.push({ exercise, status: await statusOf(folder, exercise) });
  if (json) {
    const listed = rows.map(({ exercise: { number, name, title, chapter, task }, status }) => {
      return { number, name, title, chapter, task, status, file: pathOf(folder, { number, name }) };
    });
    terminal.write(`${JSON.stringify({ exercises: listed })}\n`);
    return;
  }
  const ink = colours(terminal.colour);
  const shown = { 'not begun': ink.dim('not begun'), begun: ink.yellow('begun'), solved: ink.green('✓ solved') };
  const lines = rows.map(({ exercise, status }) => [
    String(exercise.number),
    exercise.title,
    exercise.chapter,
    shown[status],
  ]);
  terminal.write(`${table({ columns: ['', 'exercise', 'chapter', 'status'], rows: lines, colour: terminal.colour })}`);
  const next = rows.find(({ status }) => status !== 'solved')?.exercise.number;
  terminal.write(next === undefined ? '\nAll solved.\n' : `\nGo on with: lookback learn ${next}\n`);
}

async function begin(word: string, { folder, force, json }: LearnOptions, terminal: Terminal): Promise<void> {
  const { findExercise } = await import('../../learn/index.ts');
  const exercise = findExercise(word);
  const path = pathOf(folder, exercise);
  const written = force === true || !existsSync(path);
  if (written) {
    ensureFolder(folder);
    const head = `// Exercise ${exercise.number}: ${exercise.title}. Check it with: lookback learn check ${exercise.number}\n`;
    writeFileAtomic(path, head + exercise.starter);
  }
  const { number, title, task, hint } = exercise;
  if (json) {
    terminal.write(`${JSON.stringify({ number, title, task, hint, file: path, written })}\n`);
    return;
  }
  const ink = colours(terminal.colour);
  const kept = written ? '' : ` ${ink.dim('(it was there already and is left as it is; --force writes it anew)')}`;
  terminal.write(`${ink.bold(`${number}. ${title}`)}\n${task}\n\nFile   ${path}${kept}\n`);
  terminal.write(`Check  lookback learn check ${number}\n${ink.dim(`Hint   ${hint}`)}\n`);
}

async function check(word: string | undefined, { folder, json }: LearnOptions, terminal: Terminal): Promise<void> {
  const { exercises, findExercise } = await import('../../learn/index.ts');
  const chosen =
    word === undefined ? exercises.filter((each) => existsSync(pathOf(folder, each))) : [findExercise(word)];
  if (chosen.length === 0) throw missing(folder, 1);
  const verdicts: { exercise: Exercise; verdict: Verdict }[] = [];
  for (const exercise of chosen) verdicts.push({ exercise, verdict: await verdictOf(folder, exercise) });
  if (json) {
    const told = verdicts.map(({ exercise: { number, name }, verdict }) => ({ number, name, ...verdict }));
    terminal.write(`${JSON.stringify({ exercises: told })}\n`);
  } else {
    for (const { exercise, verdict } of verdicts) terminal.write(tell(exercise, verdict, terminal));
  }
  if (verdicts.some(({ verdict }) => !verdict.solved)) process.exitCode = 1;
}

function tell({ number, title }: Exercise, verdict: Verdict, terminal: Terminal): string {
  const { solved, message, problem, passed, total } = verdict;
  const ink = colours(terminal.colour);
  const mark = solved ? ink.green('✓') : ink.red('✗');
  const count = solved ? '' : ink.dim(`  ${passed} of ${total} cases right`);
  let text = `${mark} ${ink.bold(`${number}. ${title}`)}${count}\n  ${message}\n`;
  if (problem) {
    const where = problem.where ? `${problem.where}  ` : '';
    text += `    on ${problem.about}\n    inputs    ${problem.inputs}\n`;
    text += `    ${where}expected ${ink.green(problem.expected)}, got ${ink.red(problem.got)}\n`;
  }
  return text;
}

async function verdictOf(folder: string, exercise: Exercise): Promise<Verdict> {
  const { checkSource } = await import('../../learn/run.node.ts');
  let source: string;
  try {
    source = readFileSync(pathOf(folder, exercise), 'utf8');
  } catch {
    throw missing(folder, exercise.number);
  }
  return checkSource(exercise, source);
}

async function statusOf(folder: string, exercise: Exercise): Promise<Status> {
  if (!existsSync(pathOf(folder, exercise))) return 'not begun';
  return (await verdictOf(folder, exercise)).solved ? 'solved' : 'begun';
}

const pathOf = (folder: string, { number, name }: Pick<Exercise, 'number' | 'name'>): string =>
  join(folder, `${number}-${name}.ts`);

function missing(folder: string, number: number): LookbackError {
  return new LookbackError('FILE_NOT_FOUND', {
    where: folder,
    problem: 'the exercise has not been begun there',
    next: `lookback learn ${number} writes its file`,
  });
}

/** The options that were given, without those left out. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
