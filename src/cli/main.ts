/** The process behind `lookback`: runs the program and turns its outcome into an exit status. */
import { reportError, runProgram } from './program.ts';
import { systemTerminal } from './terminal/terminal.ts';

const terminal = systemTerminal();

// `lookback … | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error: unknown) => {
    process.exit(reportError(error, terminal, { json: process.argv.includes('--json') }));
  });
}

process.exitCode = (await runProgram(process.argv.slice(2), terminal)) || process.exitCode;
