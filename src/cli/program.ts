/**
 * The command line as a tree of commands, one file each in `commands/`, and what every command shares: exit statuses
 * (2 wrong use, 1 failure), errors without a stack trace, and `--json`. It does no work of its own.
 */
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { LookbackError } from '../errors.ts';
import { register as bench } from './commands/bench.ts';
import { register as data } from './commands/data.ts';
import { register as doctor } from './commands/doctor.ts';
import { register as embed } from './commands/embed.ts';
import { register as forecast } from './commands/forecast.ts';
import { register as generate } from './commands/generate.ts';
import { register as learn } from './commands/learn.ts';
import { register as ngram } from './commands/ngram.ts';
import { register as runs } from './commands/runs.ts';
import { register as size } from './commands/size.ts';
import { register as start } from './commands/start.ts';
import { register as studio } from './commands/studio.ts';
import { register as tokenize } from './commands/tokenize.ts';
import { register as train } from './commands/train.ts';
import { colours, systemTerminal, type Terminal } from './terminal/terminal.ts';

/** In the order of the help text; adding a command is one line here and one import. */
const commands: readonly ((program: Command, terminal: Terminal) => void)[] = [
  start,
  train,
  forecast,
  generate,
  ngram,
  embed,
  runs,
  size,
  tokenize,
  data,
  learn,
  studio,
  bench,
  doctor,
];

/** Builds the program; `terminal` receives everything it prints. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('lookback')
    .description('Train, track, inspect and use sequence models.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.writeError(text),
      getOutHelpWidth: () => terminal.width,
      getErrHelpWidth: () => terminal.width,
      getOutHasColors: () => terminal.colour,
      getErrHasColors: () => terminal.colour,
    });
  for (const register of commands) register(program, terminal);
  return program;
}

/**
 * Runs the words after `lookback` and returns the exit status; prints errors instead of throwing them.
 */
export async function runProgram(words: readonly string[], terminal: Terminal = systemTerminal()): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message, with the nearest option or command.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportError(error, terminal, { json: words.includes('--json') });
  }
}

/** Prints an error, its code and, with LOOKBACK_DEBUG=1, its stack; returns the exit status it stands for. */
export function reportError(error: unknown, terminal: Terminal, { json = false }: { json?: boolean } = {}): 1 | 2 {
  const code = error instanceof LookbackError ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    terminal.writeError(`${JSON.stringify({ event: 'error', code, message })}\n`);
  } else {
    const ink = colours(terminal.colour);
    terminal.writeError(`${ink.red('error:')} ${message} ${ink.dim(`(${code})`)}\n`);
    if (process.env.LOOKBACK_DEBUG === '1' && error instanceof Error) terminal.writeError(`${error.stack}\n`);
    else if (code === 'INTERNAL') terminal.writeError('This is a fault in lookback; LOOKBACK_DEBUG=1 shows where.\n');
  }
  return error instanceof LookbackError ? error.exitCode : 1;
}
