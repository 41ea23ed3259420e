/** `lookback studio`: the local web page of all runs, live. The server itself is `src/server`. */
import { spawn } from 'node:child_process';
import { type Command, InvalidArgumentError } from 'commander';
import { LookbackError } from '../../errors.ts';
import type { Studio } from '../../server/serve.node.ts';
import { colours, type Terminal } from '../terminal/terminal.ts';
import { register as build } from './studioBuild.ts';

interface StudioCommandOptions {
  runs: string;
  port?: number;
  token?: string;
  open?: boolean;
}

/** Tried first, so that the address stays the same from day to day; any free one where it is taken. */
const usualPort = 4817;

export function register(program: Command, terminal: Terminal): void {
  const command = program
    .command('studio')
    .description('serve the studio: every run in the browser, live; this machine only')
    .option('--runs <folder>', 'the folder of all runs', 'runs')
    .option(
      '--port <number>',
      `port to listen on, 0 for any (default: ${usualPort}, else any that is free)`,
      portNumber,
    )
    .option('--token <text>', 'token of the address instead of a random one')
    .option('--open', 'open the page in the browser')
    .addHelpText(
      'after',
      '\nPrints an address to open; Ctrl-C closes it, and stops the runs that were started from the page.' +
        '\n\nExamples:\n  lookback studio\n  lookback studio --runs experiments/runs --port 0 --open' +
        '\n  lookback studio build --static site',
    )
    .action((options: StudioCommandOptions) => studio(options, terminal));
  build(command, terminal);
}

async function studio({ runs, port, token, open }: StudioCommandOptions, terminal: Terminal): Promise<void> {
  const serving = await serveHere({ runs, port, token }, terminal);
  const ink = colours(terminal.colour);
  terminal.write(`Studio of ${runs}/ at ${ink.cyan(serving.address)}\n${ink.dim('Ctrl-C closes it.')}\n`);
  if (open) openInBrowser(serving.address, terminal);
  await interrupted();
  await closeSaving(serving, terminal);
}

/** The server on the port asked for, else on the usual one or, where that is taken, on any. */
export async function serveHere(
  { runs, port, token }: { runs: string; port?: number; token?: string },
  terminal: Terminal,
): Promise<Studio> {
  // Loaded here, for no other command needs a server.
  const { serveStudio } = await import('../../server/serve.node.ts');
  const report = (error: unknown) =>
    terminal.writeError(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  const options = { root: runs, token, report };
  return serveStudio({ ...options, port: port ?? usualPort }).catch((error) => {
    if (port !== undefined || !(error instanceof LookbackError) || error.code !== 'BAD_ARGUMENT') throw error;
    return serveStudio({ ...options, port: 0 });
  });
}

/** Stops the runs that were started here, saving them, then the server. */
export async function closeSaving(serving: Studio, terminal: Terminal): Promise<void> {
  const { jobCount } = serving;
  if (jobCount > 0) {
    const what = jobCount === 1 ? 'the run' : `the ${jobCount} runs`;
    terminal.writeError(`\nStopping ${what} after this step and saving; press Ctrl-C again to leave at once.\n`);
  }
  await serving.close();
}

export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('expected a port from 0 to 65535.');
}

/** Resolves at the first SIGINT or SIGTERM; the next one ends the process. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

export function openInBrowser(address: string, terminal: Terminal): void {
  const [program, ...words] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""']
        : ['xdg-open'];
  const child = spawn(program, [...words, address], { stdio: 'ignore', detached: true });
  child.on('error', () => terminal.writeError(`No browser could be opened (${program}); open the address yourself.\n`));
  child.unref();
}
